//! The nine laws of a person's life, asked after every order of events.
//!
//! The model is a realm of two organisations, each with at most two people, and two mailboxes. What
//! happens: an identity provider creates, corrects, activates, deactivates and deletes; a person
//! follows the link that is live; an administrator sends again or takes back. Everything at every
//! mailbox is settled after each event. The same laws are asked of the program, with its SQL, by
//! `store/laws.rs`.
//!
//! | law | here |
//! |---|---|
//! | 1 no stranger's letter | a letter goes to the address that the person has now |
//! | 2 no silence | who is active is complete, invited once, or waits for a reason |
//! | 3 every link leads somewhere | a live invitation can be finished |
//! | 4 tenants do not touch | one organisation's people stand alike with and without the other's events |
//! | 5 leavers are out | who is not active has nothing open; a later hire is served |
//! | 6 corrections follow | the invitation of who has not accepted is at the address of now |
//! | 7 letters about keys | `store/due_letters.rs` |
//! | 8 sending again | acts for the organisation that is named alone |
//! | 9 held back | nobody gets a first letter whom the organisation holds back |

use super::{Bond, InviteMove, Live, Mode, Outcome, Person, Reason, Standing, settle};
use std::collections::{HashMap, HashSet};
use std::io::Write as _;

/// A mailbox.
type Box = u8;
const BOXES: [Box; 2] = [0, 1];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Link {
    mode: Mode,
    at: Box,
}

/// A person as the model keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Somebody {
    active: bool,
    at: Option<Box>,
    bond: Bond,
    /// The mailbox of the account that the person is a member of or asked to join.
    account: Option<Box>,
    link: Option<Link>,
    was_invited: bool,
    taken_back: bool,
    released: bool,
    standing: Standing,
}

/// A realm: the people of each organisation in the order in which they came, and whether a complete
/// account is at each mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Realm {
    orgs: [Vec<Somebody>; 2],
    accounts: [bool; 2],
    /// Whether each organisation holds its people back.
    holds: [bool; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    Create {
        org: usize,
        at: Option<Box>,
        active: bool,
    },
    Update {
        org: usize,
        who: usize,
        at: Option<Box>,
        active: bool,
    },
    Delete {
        org: usize,
        who: usize,
    },
    Finish {
        org: usize,
        who: usize,
    },
    Resend {
        org: usize,
        at: Box,
    },
    TakeBack {
        org: usize,
        who: usize,
    },
    Release {
        org: usize,
        who: usize,
    },
    /// The organisation begins to hold its people back, or ends it.
    Hold {
        org: usize,
        holds: bool,
    },
}

impl Event {
    fn org(self) -> usize {
        match self {
            Self::Create { org, .. }
            | Self::Update { org, .. }
            | Self::Delete { org, .. }
            | Self::Finish { org, .. }
            | Self::Resend { org, .. }
            | Self::TakeBack { org, .. }
            | Self::Release { org, .. }
            | Self::Hold { org, .. } => org,
        }
    }
}

/// How much is tried.
#[derive(Clone, Copy)]
struct Bounds {
    people: usize,
    boxes: usize,
    /// Whether organisations begin and end to hold their people back.
    holds: bool,
}

impl Realm {
    const EMPTY: Self = Self { orgs: [Vec::new(), Vec::new()], accounts: [false; 2], holds: [false; 2] };

    fn events(&self, bounds: Bounds) -> Vec<Event> {
        let mut events = Vec::new();
        let places = || BOXES[..bounds.boxes].iter().copied().map(Some).chain([None]);
        for org in 0..2 {
            if self.orgs[org].len() < bounds.people {
                for (at, active) in places().flat_map(|at| [(at, true), (at, false)]) {
                    events.push(Event::Create { org, at, active });
                }
            }
            for (who, person) in self.orgs[org].iter().enumerate() {
                for (at, active) in places().flat_map(|at| [(at, true), (at, false)]) {
                    if (at, active) != (person.at, person.active) {
                        events.push(Event::Update { org, who, at, active });
                    }
                }
                events.push(Event::Delete { org, who });
                if person.link.is_some() {
                    events.push(Event::Finish { org, who });
                    events.push(Event::TakeBack { org, who });
                }
                if self.holds[org] && person.active && !person.released && person.bond != Bond::Accepted {
                    events.push(Event::Release { org, who });
                }
            }
            events.extend(BOXES[..bounds.boxes].iter().map(|at| Event::Resend { org, at: *at }));
            if bounds.holds {
                events.push(Event::Hold { org, holds: !self.holds[org] });
            }
        }
        events
    }

    fn apply(&self, event: Event) -> Self {
        let mut next = self.clone();
        match event {
            Event::Create { org, at, active } => next.orgs[org].push(Somebody {
                active,
                at,
                bond: Bond::Pending,
                account: None,
                link: None,
                was_invited: false,
                taken_back: false,
                released: false,
                standing: Standing::Staged,
            }),
            Event::Update { org, who, at, active } => {
                let person = &mut next.orgs[org][who];
                if person.at != at || !active {
                    person.taken_back = false;
                }
                person.released &= active;
                (person.at, person.active) = (at, active);
            }
            Event::Delete { org, who } => {
                let gone = next.orgs[org].remove(who);
                next.leave(gone);
            }
            Event::Finish { org, who } => {
                let person = &mut next.orgs[org][who];
                let link = person.link.take().expect("a live link");
                (person.bond, person.account) = (Bond::Accepted, Some(link.at));
                next.accounts[usize::from(link.at)] = true;
            }
            Event::Resend { org, at } => {
                let here = |person: &&mut Somebody| person.at == Some(at) && person.active;
                for person in next.orgs[org].iter_mut().filter(here) {
                    person.taken_back = false;
                    person.link = None;
                }
            }
            Event::TakeBack { org, who } => {
                let person = &mut next.orgs[org][who];
                (person.link, person.taken_back) = (None, true);
            }
            Event::Release { org, who } => next.orgs[org][who].released = true,
            Event::Hold { org, holds } => next.holds[org] = holds,
        }
        next.settle_all();
        next
    }

    /// An account without a member is gone.
    fn leave(&mut self, gone: Somebody) {
        let Some(at) = gone.account.filter(|_| gone.bond == Bond::Accepted) else { return };
        let has_member =
            self.orgs.iter().flatten().any(|person| person.bond == Bond::Accepted && person.account == Some(at));
        self.accounts[usize::from(at)] = has_member;
    }

    fn settle_all(&mut self) {
        for org in 0..2 {
            for at in BOXES {
                let has_account = self.accounts[usize::from(at)];
                let here: Vec<usize> = (0..self.orgs[org].len()).filter(|who| self.orgs[org][*who].is_at(at)).collect();
                self.settle_some(org, &here, has_account, at);
            }
            for who in 0..self.orgs[org].len() {
                if self.orgs[org][who].at.is_none() && self.orgs[org][who].bond != Bond::Accepted {
                    self.settle_some(org, &[who], false, 0);
                }
            }
        }
    }

    fn settle_some(&mut self, org: usize, here: &[usize], has_account: bool, at: Box) {
        let people: Vec<Person> = here.iter().map(|who| self.orgs[org][*who].asked(at, self.holds[org])).collect();
        for (who, outcome) in here.iter().zip(settle(has_account, &people)) {
            self.orgs[org][*who].take(outcome, at);
        }
    }
}

impl Somebody {
    /// At this mailbox: as a member of its account, or by naming it.
    fn is_at(&self, at: Box) -> bool {
        if self.bond == Bond::Accepted { self.account == Some(at) } else { self.at == Some(at) }
    }

    fn asked(&self, at: Box, holds: bool) -> Person {
        let invitation = match self.link {
            None => Live::None,
            Some(link) if link.at == at => Live::Here(link.mode),
            Some(_) => Live::Elsewhere,
        };
        Person {
            active: self.active,
            unplaced: (self.at.is_none() && self.bond != Bond::Accepted).then_some(Reason::NoAddress),
            bond: self.bond,
            invitation,
            was_invited: self.was_invited,
            taken_back: self.taken_back,
            held_back: holds && !self.released,
        }
    }

    fn take(&mut self, outcome: Outcome, at: Box) {
        let Outcome { standing, bond, invitation } = outcome;
        if self.bond != Bond::Accepted {
            (self.bond, self.account) = (bond, (bond == Bond::Asked).then_some(at));
        }
        self.standing = standing;
        match invitation {
            InviteMove::Stays => {}
            InviteMove::Withdrawn => self.link = None,
            InviteMove::Issued(mode) => {
                self.link = Some(Link { mode, at });
                self.was_invited = true;
            }
        }
    }

    /// What the organisation and its person see, whatever the link is called.
    fn seen(&self) -> (bool, Option<Box>, &'static str, Option<Reason>, bool, bool) {
        let is_member = self.bond == Bond::Accepted;
        (self.active, self.at, self.standing.as_str(), self.standing.reason(), self.link.is_some(), is_member)
    }
}

/// The laws that one moment can break.
fn hold(realm: &Realm) -> Result<(), String> {
    let everybody = realm.orgs.iter().zip(realm.holds).flat_map(|(org, holds)| org.iter().map(move |one| (one, holds)));
    for (person, holds) in everybody {
        let is_held = holds && !person.released && !person.was_invited;
        let fail = |law: &str| Err(format!("{law}: {person:?} in {realm:?}"));
        if let Some(link) = person.link {
            if person.at != Some(link.at) {
                return fail("1 no stranger's letter, 6 corrections follow");
            }
            let leads = match link.mode {
                Mode::Enrol => person.bond == Bond::Pending && !realm.accounts[usize::from(link.at)],
                Mode::Join => person.bond == Bond::Asked && realm.accounts[usize::from(link.at)],
            };
            if !leads {
                return fail("3 every link leads somewhere");
            }
            if !person.active {
                return fail("5 leavers are out");
            }
        }
        if person.active {
            let is_told = match person.standing {
                Standing::Complete => person.bond == Bond::Accepted && person.link.is_none(),
                Standing::Invited(mode) => person.link.is_some_and(|link| link.mode == mode),
                Standing::Waiting(_) => person.link.is_none(),
                Standing::Staged => person.link.is_none() && is_held,
                Standing::Suspended => false,
            };
            if !is_told {
                return fail("2 no silence");
            }
        }
    }
    for org in &realm.orgs {
        for at in BOXES {
            let here: Vec<&Somebody> = org.iter().filter(|person| person.is_at(at) && person.active).collect();
            let is_served = here.iter().any(|person| {
                let is_next = person.taken_back || person.standing == Standing::Staged;
                person.link.is_some() || person.bond == Bond::Accepted || is_next
            });
            let links = here.iter().filter(|person| person.link.is_some()).count();
            if !here.is_empty() && !is_served || links > 1 {
                return Err(format!("5 a later hire is served, and one of those at a mailbox: {realm:?}"));
            }
        }
    }
    let mut again = realm.clone();
    again.settle_all();
    if again != *realm {
        return Err(format!("settling twice is settling once: {realm:?} {again:?}"));
    }
    Ok(())
}

/// Whoever has the turn keeps it, whoever else comes to the mailbox; only a member of the account
/// there comes before.
fn keeps_the_turn(before: &Realm, after: &Realm, event: Event) -> Result<(), String> {
    let (org, who) = match event {
        Event::Create { org, .. } => (org, before.orgs[org].len()),
        Event::Update { org, who, .. } => (org, who),
        _ => return Ok(()),
    };
    if after.orgs[org][who].bond == Bond::Accepted {
        return Ok(());
    }
    for (at, (was, is)) in before.orgs[org].iter().zip(&after.orgs[org]).enumerate() {
        if at != who && was.link.is_some() && is.link != was.link {
            return Err(format!("2 who is invited stays invited: {event:?} changed {was:?} to {is:?}"));
        }
    }
    Ok(())
}

/// Whoever is invited for the first time was not held back; and a release, or its end, touches no
/// invitation that is there.
fn is_let_go(before: &Realm, after: &Realm, event: Event) -> Result<(), String> {
    for (org, people) in after.orgs.iter().enumerate() {
        for (who, person) in people.iter().enumerate() {
            // A deletion moves those behind.
            let was = before.orgs[org].get(who).filter(|_| !matches!(event, Event::Delete { .. }));
            let is_first = person.was_invited && was.is_some_and(|was| !was.was_invited);
            if is_first && after.holds[org] && !person.released {
                return Err(format!("9 nobody is invited who is held back: {event:?} invited {person:?}"));
            }
            let is_about_holding = matches!(event, Event::Hold { .. } | Event::Release { .. });
            if is_about_holding && was.is_some_and(|was| was.link.is_some() && was.link != person.link) {
                return Err(format!("9 holding back touches no invitation: {event:?} changed {was:?} to {person:?}"));
            }
        }
    }
    Ok(())
}

/// What one event may do to others.
fn is_allowed(before: &Realm, after: &Realm, event: Event) -> Result<(), String> {
    keeps_the_turn(before, after, event)?;
    is_let_go(before, after, event)?;
    let is_by_person = matches!(event, Event::Finish { .. } | Event::Delete { .. });
    let other = 1 - event.org();
    for (was, is) in before.orgs[other].iter().zip(&after.orgs[other]) {
        if was.seen() != is.seen() || (!is_by_person && was != is) {
            return Err(format!("4 tenants do not touch, 8 sending again: {event:?} changed {was:?} to {is:?}"));
        }
    }
    Ok(())
}

/// Not captured: how much was tried is read by whoever runs the tests.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Every sequence of events: each state once, with the number of sequences that lead to it.
fn every_sequence(bounds: Bounds, length: usize) -> (usize, u64, u128) {
    let mut level: HashMap<Realm, u128> = HashMap::from([(Realm::EMPTY, 1)]);
    let mut seen = HashSet::from([Realm::EMPTY]);
    let (mut steps, mut sequences) = (0_u64, 0_u128);
    for _ in 0..length {
        let mut next: HashMap<Realm, u128> = HashMap::new();
        for (realm, ways) in &level {
            for event in realm.events(bounds) {
                steps += 1;
                let after = realm.apply(event);
                if seen.insert(after.clone()) {
                    hold(&after).unwrap_or_else(|broken| panic!("{event:?}: {broken}"));
                }
                is_allowed(realm, &after, event).unwrap_or_else(|broken| panic!("{broken}"));
                *next.entry(after).or_insert(0) += ways;
            }
        }
        sequences += next.values().sum::<u128>();
        level = next;
    }
    (seen.len(), steps, sequences)
}

#[test]
fn the_laws_hold_after_every_sequence_of_events_up_to_the_bound() {
    let bounds = |people, boxes, holds| Bounds { people, boxes, holds };
    for (bounds, length) in [
        (bounds(1, 2, false), 8),
        (bounds(2, 1, false), 7),
        (bounds(2, 2, false), 4),
        (bounds(1, 1, true), 8),
        (bounds(1, 2, true), 5),
        (bounds(2, 1, true), 5),
    ] {
        let (states, steps, sequences) = every_sequence(bounds, length);
        tell(&format!(
            "laws of life: 2 organisations x {} people x {} mailboxes: {sequences} sequences of up to {length} events, {states} states, {steps} steps",
            bounds.people, bounds.boxes
        ));
    }
}

#[test]
fn the_laws_hold_along_long_sequences() {
    let bounds = Bounds { people: 2, boxes: 2, holds: true };
    // A multiplier that walks through all its values (Knuth, volume 2, section 3.3.4).
    let mut chance = 1_u64;
    for _ in 0..300 {
        let mut realm = Realm::EMPTY;
        for _ in 0..200 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let events = realm.events(bounds);
            let event = events[usize::try_from(chance >> 33).expect("31 bits") % events.len()];
            let after = realm.apply(event);
            hold(&after).unwrap_or_else(|broken| panic!("{event:?}: {broken}"));
            is_allowed(&realm, &after, event).unwrap_or_else(|broken| panic!("{broken}"));
            realm = after;
        }
    }
}

#[test]
fn an_organisation_stands_alike_with_and_without_the_other() {
    let bounds = Bounds { people: 1, boxes: 2, holds: false };
    let mut level = HashSet::from([(Realm::EMPTY, Realm::EMPTY)]);
    let (mut seen, mut pairs) = (level.clone(), 0_u64);
    for _ in 0..7 {
        let mut next = HashSet::new();
        for (with, without) in &level {
            for event in with.events(bounds) {
                let alone = if event.org() == 0 { without.apply(event) } else { without.clone() };
                let pair = (with.apply(event), alone);
                let look = |realm: &Realm| realm.orgs[0].iter().map(Somebody::seen).collect::<Vec<_>>();
                assert_eq!(look(&pair.0), look(&pair.1), "4 tenants do not touch: {event:?} from {with:?}");
                pairs += 1;
                if seen.insert(pair.clone()) {
                    next.insert(pair);
                }
            }
        }
        level = next;
    }
    tell(&format!("laws of life: {pairs} steps of one organisation compared with and without the other"));
}
