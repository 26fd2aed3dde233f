//! One state of the model: one server, its clients, what is under way between them, and the letters
//! that were sent.
//!
//! One event is one of: the server takes a request in and its answer arrives; silence; a crash; a
//! request that was delayed arrives; somebody else does something. What a client does by itself
//! between two requests touches nobody else, so it belongs to the event before. An answer that is
//! under way for long is the same as the next request under way for long, and a lost answer is a
//! request that arrives after its sender has given up waiting: so the order in which the server
//! hears things is the whole schedule.

use super::client::{Begun, COMPLETE, Disk, End, Heard, Now, Played, Running, Runs, Step};
use super::digest;
use super::event::Event;
use super::hand::{Deed, Hand, Sent, Served};
use super::judge::{self, Broken, Looks};
use super::person::{At, Client};
use crate::store::in_memory::Rows;
use firstkey_core::flow::stop::NoAnswer;
use std::collections::HashMap;
use std::sync::Arc;

/// One state of the model.
#[derive(Clone)]
pub(super) struct ModelState {
    pub(super) rows: Rows,
    now: i64,
    pub(super) clients: Vec<Client>,
    /// Requests whose senders have given up waiting, and that may still arrive.
    pub(super) late: Vec<Arc<Sent>>,
    /// How often the server has taken in a request that may still come again.
    served: Vec<(u128, u8)>,
    pub(super) links: Arc<Vec<String>>,
    links_digest: u128,
    deeds: [u8; Deed::ALL.len()],
}

/// What is tried and what is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) clients: u8,
    /// Runs that a client begins while events are chosen; there is no bound where it is asked how
    /// things end.
    pub(super) runs: u8,
    /// Requests under way whose senders have given up.
    pub(super) late: usize,
    /// What somebody else may do, all in all.
    pub(super) deeds: u8,
}

/// What came of a deed, the links of the letters that were sent, and what is wrong with that.
type Done = (Rows, Vec<String>, Option<Broken>);

/// What came of a request, and what is wrong with that.
type Known = Arc<(Served, Option<Broken>)>;

/// Server and clients, with what is known of them.
pub(super) struct Machine {
    hand: Hand,
    runs: Runs,
    answers: HashMap<(u128, u128, u8, u32, i64), Known>,
    deeds: HashMap<(u128, u8, u8, i64), Arc<Done>>,
    pub(super) looks: Looks,
    /// Requests that the server took in, and of these those that it worked on; what is known
    /// already is not worked on again.
    pub(super) requests: (u64, u64),
    /// The same of deeds.
    pub(super) operated: (u64, u64),
}

impl Machine {
    /// The machine, and the first state.
    pub(super) fn new(bounds: &Bounds) -> (Self, ModelState) {
        let (hand, rows, links) = Hand::new();
        let disk = Arc::new(Disk::default());
        let client = Client {
            disk_digest: disk.digest(),
            disk,
            runs: 0,
            letters: 0,
            pasted: 0,
            resumed: false,
            useless: 0,
            at: At::Away,
            done: None,
        };
        let state = ModelState {
            rows,
            now: super::hand::START,
            clients: vec![client; usize::from(bounds.clients)],
            late: Vec::new(),
            served: Vec::new(),
            links_digest: 0,
            links: Arc::new(links),
            deeds: [0; Deed::ALL.len()],
        };
        let machine = Self {
            hand,
            runs: Runs::default(),
            answers: HashMap::new(),
            deeds: HashMap::new(),
            looks: Looks::default(),
            requests: (0, 0),
            operated: (0, 0),
        };
        (machine, state)
    }

    /// Events of the flow that were asked for, and that it played.
    pub(super) fn played(&self) -> (u64, u64) {
        (self.runs.asked, self.runs.played)
    }

    /// What comes of an event that is possible.
    pub(super) fn apply(&mut self, state: &ModelState, event: Event) -> Result<ModelState, Broken> {
        let mut next = state.clone();
        match event {
            Event::Start(client) => self.start(&mut next, client, state.links.len() - 1, false)?,
            Event::Older(client) => {
                let link = state.clients[usize::from(client)].older(state.links.len());
                let link = link.expect("invariant: only what is possible is applied");
                self.start(&mut next, client, link, false)?;
            }
            Event::Resume(client) => self.start(&mut next, client, state.links.len() - 1, true)?,
            Event::Answer(client) => self.answer(&mut next, client)?,
            Event::Twice(client) => {
                let sent = Arc::clone(&waiting(&next, client).sent);
                self.answer(&mut next, client)?;
                next.late.push(sent);
            }
            Event::Lost(client) => self.silence(&mut next, client, NoAnswer::Broken)?,
            Event::Dumb(client) => self.silence(&mut next, client, NoAnswer::TimedOut)?,
            Event::Late(client) => {
                next.late.push(Arc::clone(&waiting(&next, client).sent));
                self.silence(&mut next, client, NoAnswer::Broken)?;
            }
            Event::DumbLate(client) => {
                next.late.push(Arc::clone(&waiting(&next, client).sent));
                self.silence(&mut next, client, NoAnswer::TimedOut)?;
            }
            Event::Crash(client) => next.clients[usize::from(client)].at = At::Away,
            Event::CrashLate(client) => {
                next.late.push(Arc::clone(&waiting(&next, client).sent));
                next.clients[usize::from(client)].at = At::Away;
            }
            Event::CrashHalf(client) | Event::CrashDone(client) => {
                let run = waiting(&next, client);
                let served = self.serve(&mut next, &run.sent, u32::MAX)?;
                let played = self.runs.hear(&run, &Heard::Answer(Arc::clone(&served.0.answer)));
                let half = played.half.as_ref().filter(|_| matches!(event, Event::CrashHalf(_)));
                let disk = Arc::clone(half.unwrap_or(&played.disk));
                let client = &mut next.clients[usize::from(client)];
                (client.disk_digest, client.disk, client.at) = (disk.digest(), disk, At::Away);
            }
            Event::Kill(client, transactions) => {
                let run = waiting(&next, client);
                self.serve(&mut next, &run.sent, u32::from(transactions))?;
                self.silence(&mut next, client, NoAnswer::Broken)?;
            }
            Event::Arrive(at) => {
                let sent = next.late.remove(usize::from(at));
                self.serve(&mut next, &sent, u32::MAX)?;
            }
            Event::Deed(deed) => self.operate(&mut next, deed)?,
        }
        next.tidy();
        Ok(next)
    }

    fn start(&mut self, state: &mut ModelState, client: u8, pasted: usize, resume: bool) -> Result<(), Broken> {
        let links = Arc::clone(&state.links);
        let (letters, one) = (links.len(), &mut state.clients[usize::from(client)]);
        let seed = digest(&[b"run", &[client, one.runs]]);
        one.runs += 1;
        (one.letters, one.pasted, one.resumed) = (letters, pasted, resume);
        let played = self.runs.begin(Begun { seed, disk: Arc::clone(&one.disk), links, pasted, resume });
        self.took(state, client, &played)
    }

    fn answer(&mut self, state: &mut ModelState, client: u8) -> Result<(), Broken> {
        let run = waiting(state, client);
        let served = self.serve(state, &run.sent, u32::MAX)?;
        let played = self.runs.hear(&run, &Heard::Answer(Arc::clone(&served.0.answer)));
        self.took(state, client, &played)
    }

    fn silence(&mut self, state: &mut ModelState, client: u8, why: NoAnswer) -> Result<(), Broken> {
        let run = waiting(state, client);
        let played = self.runs.hear(&run, &Heard::Silence(why));
        self.took(state, client, &played)
    }

    /// The server takes a request in.
    fn serve(&mut self, state: &mut ModelState, sent: &Arc<Sent>, lives: u32) -> Result<Known, Broken> {
        let known = self.look(state, sent, lives);
        if let Some(broken) = &known.1 {
            return Err(broken.clone());
        }
        state.rows = known.0.rows.clone();
        match state.served.iter_mut().find(|(digest, _)| *digest == sent.digest) {
            Some((_, times)) => *times += 1,
            None => state.served.push((sent.digest, 1)),
        }
        Ok(known)
    }

    /// What the server makes of a request, without it happening, and what is wrong with that.
    fn look(&mut self, state: &ModelState, sent: &Sent, lives: u32) -> Known {
        self.requests.0 += 1;
        let times = state.served.iter().find(|(digest, _)| *digest == sent.digest).map_or(0, |(_, times)| *times);
        let key = (state.rows.digest, sent.digest, times, lives, state.now);
        if let Some(known) = self.answers.get(&key) {
            return Arc::clone(known);
        }
        self.requests.1 += 1;
        let seed = digest(&[b"request", &sent.digest.to_le_bytes(), &[times]]);
        let served = self.hand.serve(&state.rows, sent, seed, state.now, lives);
        let judged = judge::served(&state.rows, &served.rows, sent, &served.answer, state.now, &mut self.looks);
        // Who hears nothing of a server that died cannot be told too much.
        let is_dead = lives != u32::MAX && served.answer.status >= 500;
        let known = Arc::new((served, judged.err().filter(|_| !is_dead)));
        self.answers.insert(key, Arc::clone(&known));
        known
    }

    fn operate(&mut self, state: &mut ModelState, deed: Deed) -> Result<(), Broken> {
        state.now += deed.takes();
        let at = deed as usize;
        let times = state.deeds[at];
        let done = self.deed(state, deed);
        state.deeds[at] = times + 1;
        if let Some(broken) = &done.2 {
            return Err(broken.clone());
        }
        state.rows = done.0.clone();
        if !done.1.is_empty() {
            state.links = Arc::new(state.links.iter().chain(&done.1).cloned().collect());
            state.links_digest = digest(&[state.links.concat().as_bytes()]);
        }
        Ok(())
    }

    fn deed(&mut self, state: &ModelState, deed: Deed) -> Arc<Done> {
        self.operated.0 += 1;
        let times = state.deeds[deed as usize];
        let key = (state.rows.digest, deed as u8, times, state.now);
        if let Some(known) = self.deeds.get(&key) {
            return Arc::clone(known);
        }
        self.operated.1 += 1;
        let seed = digest(&[b"deed", &[deed as u8, times]]);
        let (rows, links) = self.hand.operate(&state.rows, deed, seed, state.now);
        let judged = judge::operated(&state.rows, &rows, deed, &mut self.looks);
        let done = Arc::new((rows, links, judged.err()));
        self.deeds.insert(key, Arc::clone(&done));
        done
    }

    /// The client has come to its next request or to its end.
    fn took(&mut self, state: &mut ModelState, client: u8, played: &Arc<Played>) -> Result<(), Broken> {
        if let Some(what) = &played.broken {
            return judge::broken("P6", what.clone());
        }
        let at = usize::from(client);
        let one = &mut state.clients[at];
        if !Arc::ptr_eq(&one.disk, &played.disk) {
            (one.disk_digest, one.disk) = (played.disk.digest(), Arc::clone(&played.disk));
        }
        match &played.now {
            Now::Waits(run) => {
                self.looks.saved_first += u64::from(run.sent.path == COMPLETE);
                one.at = At::Runs(Arc::clone(run));
            }
            Now::Ended(end) => {
                one.ended(end);
                match end.as_ref() {
                    End::Dead(said) => {
                        return judge::broken("P4", format!("client {client} ends without a next step: {said}"));
                    }
                    End::Stopped(Step::Warn, said) => judge::warned(&state.rows, said)?,
                    End::Stopped(..) => {}
                    End::Done(success) => {
                        let others: Vec<_> = (0..).zip(&state.clients).filter(|(other, _)| *other != at).collect();
                        let others: Vec<_> = others.into_iter().map(|(_, other)| other).collect();
                        judge::succeeded(&state.rows, success, &others, &mut self.looks)?;
                        state.clients[at].done = Some(Arc::new(success.as_ref().clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Everything that can happen next.
    pub(super) fn events(&mut self, state: &ModelState, bounds: &Bounds) -> Vec<Event> {
        let mut events = Vec::with_capacity(24);
        let room = state.late.len() < bounds.late;
        let active = judge::is_active(&state.rows);
        for (client, one) in (0_u8..).zip(&state.clients) {
            let At::Runs(run) = &one.at else {
                // All clients are alike until they begin, so they begin in their order.
                let turn = one.runs > 0 || client == 0 || state.clients[usize::from(client) - 1].runs > 0;
                if turn && one.runs < bounds.runs {
                    let wish = one.would_run(state.links.len(), active);
                    events.extend(wish.start.then_some(Event::Start(client)));
                    events.extend(wish.older.then_some(Event::Older(client)));
                    events.extend(wish.resume.then_some(Event::Resume(client)));
                }
                continue;
            };
            let run = Arc::clone(run);
            events.extend([Event::Answer(client), Event::Lost(client), Event::Dumb(client), Event::Crash(client)]);
            if room {
                events.extend([
                    Event::Twice(client),
                    Event::Late(client),
                    Event::DumbLate(client),
                    Event::CrashLate(client),
                ]);
            }
            let served = self.look(state, &run.sent, u32::MAX);
            for transactions in 1..served.0.commits {
                events.push(Event::Kill(client, u8::try_from(transactions).expect("invariant: a handful")));
            }
            let played = self.runs.hear(&run, &Heard::Answer(Arc::clone(&served.0.answer)));
            if played.half.is_some() {
                events.extend([Event::CrashHalf(client), Event::CrashDone(client)]);
            }
        }
        events.extend((0_u8..).zip(&state.late).map(|(at, _)| Event::Arrive(at)));
        if state.deeds.iter().sum::<u8>() < bounds.deeds {
            for deed in Deed::ALL {
                // What changes nothing is no event.
                let changes = if deed == Deed::Week {
                    judge::is_invited(&state.rows, state.now)
                } else {
                    self.deed(state, deed).0.digest != state.rows.digest
                };
                if changes {
                    events.push(Event::Deed(deed));
                }
            }
        }
        events
    }
}

fn waiting(state: &ModelState, client: u8) -> Arc<Running> {
    match &state.clients[usize::from(client)].at {
        At::Runs(run) => Arc::clone(run),
        At::Away | At::Ended(_) => unreachable!("invariant: only what is possible is applied"),
    }
}

impl ModelState {
    /// The state without what is under way, an hour later if somebody was told to wait.
    pub(super) fn calmed(&self) -> Self {
        let mut calm = self.clone();
        calm.late.clear();
        calm.tidy();
        calm
    }

    /// The next event where nothing goes wrong any more and whoever can go on does; `favoured`
    /// first. `None` when everything has come to rest.
    pub(super) fn fair(&self, favoured: usize) -> Option<Event> {
        let active = judge::is_active(&self.rows);
        let count = self.clients.len();
        let order = (0..count).map(|at| (favoured + at) % count);
        for at in order {
            let (client, one) = (u8::try_from(at).expect("invariant: a handful"), &self.clients[at]);
            if one.is_running() {
                return Some(Event::Answer(client));
            }
            // Whoever never began is not waited for, unless nobody did.
            let wanted = one.runs > 0 || self.clients.iter().all(|client| client.runs == 0);
            let wish = one.would_run(self.links.len(), active);
            // What is half done is finished before anything is begun.
            if wanted && wish.resume && !one.resumed_in_vain() {
                return Some(Event::Resume(client));
            }
            if wanted && wish.start {
                return Some(Event::Start(client));
            }
        }
        self.asked_for_a_letter(active).then_some(Event::Deed(Deed::Resend))
    }

    /// Whether somebody was told to ask the administrator for a new letter, because theirs is too
    /// old.
    fn asked_for_a_letter(&self, active: bool) -> bool {
        let asks = |client: &Client| matches!(client.end(), Some(End::Stopped(Step::Ask, _)));
        let unfinished = judge::Account::read(&self.rows).is_ok_and(|account| account.bundle.is_none());
        active && unfinished && !judge::is_invited(&self.rows, self.now) && self.clients.iter().any(asks)
    }

    /// Lets time pass where somebody waits for it.
    pub(super) fn pass(&mut self) {
        let waits = |client: &Client| matches!(client.end(), Some(End::Stopped(Step::Later, _)));
        if self.clients.iter().any(waits) {
            self.now += 3600;
        }
    }

    /// What cannot come again need not be counted; the order of what is under way says nothing.
    fn tidy(&mut self) {
        self.late.sort_by_key(|sent| sent.digest);
        let (clients, late) = (&self.clients, &self.late);
        self.served.retain(|(digest, _)| {
            late.iter().any(|sent| sent.digest == *digest)
                || clients.iter().any(|client| matches!(&client.at, At::Runs(run) if run.sent.digest == *digest))
        });
        self.served.sort_unstable();
    }

    /// Says the same of two states from which the same can happen.
    pub(super) fn key(&self) -> u128 {
        let mut parts: Vec<u8> = Vec::with_capacity(256);
        let mut add = |number: u128| parts.extend_from_slice(&number.to_le_bytes());
        add(self.rows.digest);
        add(self.now.unsigned_abs().into());
        for client in &self.clients {
            add(client.disk_digest);
            add(u128::from(client.runs) << 64 | (client.letters as u128) << 32 | (client.pasted as u128) << 16);
            add(u128::from(client.useless) << 1 | u128::from(client.resumed));
            add(match &client.at {
                At::Away => 0,
                At::Runs(run) => run.key(),
                At::Ended(end) => match end.as_ref() {
                    End::Done(_) => 1,
                    End::Stopped(Step::Again, _) => 2,
                    End::Stopped(Step::Later, _) => 3,
                    End::Stopped(Step::Ask, _) => 4,
                    End::Stopped(Step::Warn, _) => 5,
                    End::Stopped(Step::Wait, _) => 6,
                    End::Dead(_) => 7,
                },
            });
            add(client.done.as_ref().map_or(0, |done| {
                let (key, _) = done.pin.identity.ed25519.split_first_chunk().expect("invariant: 32 bytes hold 16");
                u128::from_le_bytes(*key)
            }));
        }
        for sent in &self.late {
            add(sent.digest);
        }
        add(u128::MAX);
        for (digest, times) in &self.served {
            add(*digest);
            add(u128::from(*times));
        }
        parts.extend_from_slice(&self.deeds);
        parts.extend_from_slice(&self.links_digest.to_le_bytes());
        digest(&[&parts])
    }
}
