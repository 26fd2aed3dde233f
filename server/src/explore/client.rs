//! A client: the real flow, a person who does what is asked, and a disk of bytes as they would be
//! in files.
//!
//! Promise: the flow is `firstkey_core::flow::accept`, driven effect by effect; whatever is in
//! memory is gone with it, and what the next run is given is read from the disk again. Left out:
//! the terminal, HTTP, files and their folder, and Argon2id, for which a hash stands.

use super::digest;
use super::hand::{Answer, Sent};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::{StretchJob, Stretched};
use firstkey_core::crypto::recovery::write_code;
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, NoAnswer};
use firstkey_core::flow::{Accepted, Answer as Said, Effect, Flow, Notice, Question, Reply};
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::{Framing, ProblemName, Response};
use firstkey_core::wire::outbound::Outbound;
use firstkey_core::wire::refusal::Blame;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::chance::Seeded;
use std::collections::HashMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What every person here types: with one password for all, nothing is told apart by it.
const PASSWORD: &str = "velvet Kumquat tramway 42 orbit";
/// The one request that changes an account.
pub(super) const COMPLETE: &str = "/v1/enrol/complete";
/// Effects after which a run is taken for endless.
const ENDLESS: usize = 400;
/// Runs that are kept alive, so that the next event need not play them from their beginning.
const KEPT: usize = 4000;

/// A disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// Saved uploads, oldest first.
    checkpoints: Vec<Vec<u8>>,
    /// Completed accounts.
    pins: Vec<Vec<u8>>,
}

impl Disk {
    pub(super) fn digest(&self) -> u128 {
        let parts: Vec<&[u8]> = self
            .checkpoints
            .iter()
            .map(Vec::as_slice)
            .chain([&b"|"[..]])
            .chain(self.pins.iter().map(Vec::as_slice))
            .collect();
        digest(&parts)
    }

    /// Whether an upload is saved whose fate is open, as `status` says it.
    pub(super) fn is_pending(&self) -> bool {
        let Options { pins, checkpoints, .. } = self.options(true);
        checkpoints.iter().any(|saved| !saved.is_outdated(&pins))
    }

    fn save(&mut self, checkpoint: &Checkpoint) {
        self.drop_checkpoints(checkpoint.invite.as_bytes());
        self.checkpoints.push(checkpoint.encode());
    }

    fn pin(&mut self, pin: &Pin) {
        // One file for each account: the newer one takes its place.
        self.pins.retain(|file| Pin::read(file).is_ok_and(|kept| kept.context != pin.context));
        self.pins.push(pin.encode());
    }

    fn drop_checkpoints(&mut self, invite: &[u8; 16]) {
        self.checkpoints.retain(|file| Checkpoint::read(file).is_ok_and(|kept| kept.invite.as_bytes() != invite));
    }

    /// Whether keys are remembered here as those of an account that was read back.
    pub(super) fn remembers(&self, ed25519: &[u8]) -> bool {
        self.pins.iter().any(|file| Pin::read(file).is_ok_and(|pin| pin.identity.ed25519 == ed25519))
    }

    fn options(&self, resume: bool) -> Options {
        Options {
            pins: self.pins.iter().filter_map(|file| Pin::read(file).ok()).collect(),
            checkpoints: self.checkpoints.iter().filter_map(|file| Checkpoint::read(file).ok()).collect(),
            resume,
            ..Options::new(&Zxcvbn)
        }
    }

    /// Whether just this upload is saved.
    fn holds(&self, body: &[u8]) -> bool {
        self.checkpoints.iter().any(|file| Checkpoint::read(file).is_ok_and(|kept| kept.request.body() == body))
    }
}

/// What a run begins with.
#[derive(Debug)]
pub(super) struct Begun {
    /// What its chance comes from: the client and how many runs it had.
    pub(super) seed: u128,
    pub(super) disk: Arc<Disk>,
    /// The links of all letters that came so far; where one is asked for again, it is the one of
    /// that invite.
    pub(super) links: Arc<Vec<String>>,
    /// Which of them is pasted first.
    pub(super) pasted: usize,
    /// Whether it is `accept --resume`.
    pub(super) resume: bool,
}

/// What a waiting run hears.
#[derive(Clone)]
pub(super) enum Heard {
    Answer(Arc<Answer>),
    Silence(NoAnswer),
}

/// A run that waits for an answer.
pub(super) struct Running {
    begun: Arc<Begun>,
    heard: Arc<Vec<Heard>>,
    /// Says the same of two runs that are in one state, but for how often the present request was
    /// sent.
    settled: u128,
    /// How often the present request stayed without an answer.
    pub(super) silences: u8,
    pub(super) sent: Arc<Sent>,
}

impl Running {
    /// Says the same of two runs that are in one state.
    pub(super) fn key(&self) -> u128 {
        digest(&[&self.settled.to_le_bytes(), &[self.silences]])
    }
}

/// A success.
#[derive(Clone, Debug)]
pub(super) struct Success {
    pub(super) pin: Pin,
    /// The upload of the run that says so; `None` if an earlier run had finished it.
    pub(super) upload: Option<Vec<u8>>,
    /// The fingerprint that the person was told at the end.
    pub(super) fingerprint: String,
}

/// What somebody can do after a bad end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The same command again.
    Again,
    /// The same when the server has time again.
    Later,
    /// The same when the organisation has the person active again.
    Wait,
    /// There is nothing to do before another letter comes; the administrator is named.
    Ask,
    /// What is stored is not what was sent: to be shown to the administrator.
    Warn,
}

/// The end of a run.
#[derive(Debug)]
pub(super) enum End {
    Done(Box<Success>),
    Stopped(Step, String),
    /// A bad end that should not be there.
    Dead(String),
}

/// Where a run is after an event.
pub(super) enum Now {
    Waits(Arc<Running>),
    Ended(Arc<End>),
}

/// What came of an event.
pub(super) struct Played {
    pub(super) now: Now,
    pub(super) disk: Arc<Disk>,
    /// The disk in the middle of the last step: the pin is there, the checkpoint still is too.
    pub(super) half: Option<Arc<Disk>>,
    /// Something that must not be.
    pub(super) broken: Option<String>,
}

/// A run in memory.
struct Live {
    flow: Accept,
    chance: Seeded,
    links: Arc<Vec<String>>,
    pasted: usize,
    /// The invite of the last signed request, as it stands in a link.
    invite: Option<String>,
    kit: String,
    disk: Disk,
    half: Option<Disk>,
    upload: Option<Vec<u8>>,
    fingerprint: Option<String>,
    broken: Option<String>,
}

enum Pause {
    Waits(Arc<Sent>),
    Ended(End),
}

/// The runs of all clients; what was played once is not played again.
#[derive(Default)]
pub(super) struct Runs {
    known: HashMap<(u128, u128), Arc<Played>>,
    live: HashMap<u128, Live>,
    /// Events that were played by the flow.
    pub(super) played: u64,
    /// Events that were asked for.
    pub(super) asked: u64,
}

impl Runs {
    /// A run begins.
    pub(super) fn begin(&mut self, begun: Begun) -> Arc<Played> {
        self.asked += 1;
        let key = digest(&[
            &begun.seed.to_le_bytes(),
            &begun.disk.digest().to_le_bytes(),
            begun.links.concat().as_bytes(),
            &[u8::from(begun.resume), u8::try_from(begun.pasted).expect("invariant: a handful")],
        ]);
        if let Some(known) = self.known.get(&(key, 0)) {
            return Arc::clone(known);
        }
        self.played += 1;
        let begun = Arc::new(begun);
        let mut live = Live::new(&begun);
        let pause = live.go(Reply::Begin);
        self.remember((key, 0), live, pause, &begun, Vec::new(), key, 0)
    }

    /// The run hears something.
    pub(super) fn hear(&mut self, run: &Running, heard: &Heard) -> Arc<Played> {
        self.asked += 1;
        let before = run.key();
        let event = match heard {
            Heard::Answer(answer) => answer.digest | 1,
            Heard::Silence(why) => u128::from(matches!(why, NoAnswer::TimedOut)) * 2 + 2,
        };
        if let Some(known) = self.known.get(&(before, event)) {
            return Arc::clone(known);
        }
        self.played += 1;
        let mut live = self.live.remove(&before).unwrap_or_else(|| Live::again(run));
        let pause = live.go(heard.reply());
        let mut all = run.heard.as_ref().clone();
        let (settled, silences) = match heard {
            Heard::Silence(_) => (run.settled, run.silences + 1),
            Heard::Answer(answer) => {
                // Once there is an answer, a run remembers of the silence before it only that there
                // was some.
                if run.silences > 0 {
                    all.push(Heard::Silence(NoAnswer::Broken));
                }
                all.push(heard.clone());
                let repeated = [u8::from(run.silences > 0)];
                (digest(&[&run.settled.to_le_bytes(), &answer.digest.to_le_bytes(), &repeated]), 0)
            }
        };
        self.remember((before, event), live, pause, &run.begun, all, settled, silences)
    }

    #[allow(clippy::too_many_arguments, reason = "what a run is made of")]
    fn remember(
        &mut self,
        event: (u128, u128),
        mut live: Live,
        pause: Pause,
        begun: &Arc<Begun>,
        heard: Vec<Heard>,
        settled: u128,
        silences: u8,
    ) -> Arc<Played> {
        let disk = Arc::new(live.disk.clone());
        let (half, broken) = (live.half.take().map(Arc::new), live.broken.take());
        let now = match pause {
            Pause::Ended(end) => Now::Ended(Arc::new(end)),
            Pause::Waits(sent) => {
                let (begun, heard) = (Arc::clone(begun), Arc::new(heard));
                let running = Running { begun, heard, settled, silences, sent };
                if self.live.len() >= KEPT {
                    self.live.clear();
                }
                self.live.insert(running.key(), live);
                Now::Waits(Arc::new(running))
            }
        };
        let played = Arc::new(Played { now, disk, half, broken });
        self.known.insert(event, Arc::clone(&played));
        played
    }
}

impl Heard {
    fn reply(&self) -> Reply {
        match self {
            Self::Silence(why) => Reply::Unreachable(*why),
            Self::Answer(answer) => Reply::Received(Response {
                status: answer.status,
                content_type: answer.content_type.clone(),
                retry_after: answer.retry_after,
                signed: answer.signed.clone(),
                framing: Framing::Plain,
                body: Zeroizing::new(answer.body.clone()),
            }),
        }
    }
}

impl Live {
    fn new(begun: &Begun) -> Self {
        Self {
            flow: Accept::new(begun.disk.options(begun.resume)),
            chance: Seeded::wide(begun.seed),
            links: Arc::clone(&begun.links),
            pasted: begun.pasted,
            invite: None,
            kit: String::new(),
            disk: begun.disk.as_ref().clone(),
            half: None,
            upload: None,
            fingerprint: None,
            broken: None,
        }
    }

    /// One that has come as far as `run`.
    fn again(run: &Running) -> Self {
        let mut live = Self::new(&run.begun);
        live.go(Reply::Begin);
        let silences = (0..run.silences).map(|_| Heard::Silence(NoAnswer::Broken));
        for heard in run.heard.iter().cloned().chain(silences) {
            live.go(heard.reply());
        }
        live
    }

    /// Goes on until it waits for an answer, or ends.
    fn go(&mut self, mut reply: Reply) -> Pause {
        for _ in 0..ENDLESS {
            reply = match self.flow.step(reply, &mut self.chance) {
                Effect::Send(request) => return Pause::Waits(self.sends(&request)),
                Effect::Finish(end) => return Pause::Ended(self.ends(*end)),
                Effect::Ask(question) => Reply::Answer(self.answer(question)),
                Effect::Tell(notice) => {
                    self.told(&notice);
                    Reply::Told
                }
                // A courtesy that may always get lost; the explorer ends sessions by itself.
                Effect::EndSession(..) => Reply::Told,
                Effect::Prepare(_) => Reply::Ready,
                Effect::Stretch(job) => Reply::Stretched(Stretched(MasterKey::from_bytes(&stretch(&job)))),
                Effect::Save(checkpoint) => {
                    self.disk.save(&checkpoint);
                    Reply::Saved
                }
                Effect::Conclude(pin) => {
                    self.disk.pin(&pin);
                    self.half = Some(self.disk.clone());
                    if let Some(invite) = &pin.invite {
                        self.disk.drop_checkpoints(invite.as_bytes());
                    }
                    Reply::Saved
                }
                Effect::Wait(_) => Reply::Waited,
            };
        }
        Pause::Ended(End::Dead("the run does not end".to_owned()))
    }

    fn sends(&mut self, request: &Outbound) -> Arc<Sent> {
        let sent = Sent::new(request);
        self.invite = sent.invite().map(str::to_owned).or(self.invite.take());
        if sent.path == COMPLETE {
            if !self.disk.holds(&sent.body) {
                self.broken = Some("an upload was sent that is not saved".to_owned());
            }
            self.upload = Some(sent.body.clone());
        }
        Arc::new(sent)
    }

    fn told(&mut self, notice: &Notice) {
        // Said before the upload; it has to be that of the keys that are stored in the end.
        if let Notice::KeysMade(fingerprint) = notice {
            self.fingerprint = Some(fingerprint.to_string());
        }
    }

    fn ends(&self, end: Result<Accepted, AcceptStop>) -> End {
        match end {
            Ok(done) if done.rehearsal.is_some() => End::Dead("a rehearsal".to_owned()),
            Ok(done) => {
                let fingerprint = self.fingerprint.clone().unwrap_or_else(|| done.pin.fingerprint().to_string());
                let upload = if done.repeated { None } else { self.upload.clone() };
                End::Done(Box::new(Success { pin: done.pin, upload, fingerprint }))
            }
            Err(stop) => stopped(&stop),
        }
    }

    fn answer(&mut self, question: Question) -> Said {
        let pasted = |link: Option<&String>| {
            Said::Text(Zeroizing::new(link.map(|link| link.clone().into_bytes()).unwrap_or_default()))
        };
        let typed = |text: &str| Said::Secret(Zeroizing::new(text.as_bytes().to_vec()));
        match question {
            Question::Invite { .. } => pasted(self.links.get(self.pasted)),
            Question::InviteAgain => {
                pasted(self.links.iter().find(|link| {
                    self.invite.as_deref().is_some_and(|invite| link.contains(&format!("fkinv2.{invite}.")))
                }))
            }
            Question::Host(_) | Question::Consent(_) | Question::Reset(_) => Said::Yes,
            Question::Password { .. } | Question::Again { .. } | Question::PasswordOnceMore { .. } => typed(PASSWORD),
            Question::Kit(kit) => {
                // EXPOSE: the person writes it down.
                write_code(kit.code.expose()).as_str().clone_into(&mut self.kit);
                Said::Yes
            }
            Question::KitProof { group, .. } => {
                typed(self.kit.split('-').nth(usize::from(group).wrapping_sub(1)).unwrap_or_default())
            }
            // Nothing else is asked by an enrolment without a secret key.
            _ => Said::No,
        }
    }
}

/// The stand-in for Argon2id.
fn stretch(job: &StretchJob) -> [u8; 32] {
    // EXPOSE: stands in for Argon2id, which takes the password too.
    hazmat::sha256(&[job.password.expose(), &job.block.encode()].concat())
}

/// What the person can do: each of these ends has a text with that step in `ui/text`.
fn stopped(stop: &AcceptStop) -> End {
    let said = format!("{:?} ({:?})", stop.why, stop.reach);
    let step = match &stop.why {
        AcceptReason::Unreachable(NoAnswer::Busy) => Step::Later,
        AcceptReason::Unreachable(_) | AcceptReason::Paused(_) | AcceptReason::NotOpened => Step::Again,
        AcceptReason::Invite(problem) => match problem.name {
            ProblemName::ClaimStale => Step::Again,
            ProblemName::Suspended => Step::Wait,
            ProblemName::InviteUsed
            | ProblemName::InviteWithdrawn
            | ProblemName::InviteExpired
            | ProblemName::Removed => Step::Ask,
            _ => return End::Dead(said),
        },
        AcceptReason::Refused(refusal) if refusal.blame() == Blame::Security => Step::Warn,
        _ => return End::Dead(said),
    };
    End::Stopped(step, said)
}
