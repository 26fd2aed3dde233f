//! The laws of `life` asked of the program: its routes, commands and SQL, after every sequence of
//! events up to a bound and along long ones.
//!
//! After each event everybody is read back from the tables, and what the laws say of one moment is
//! asked of them; everything is settled once more, which must change nothing.

use super::Store;
use super::db::{Db, values};
use super::in_memory::Rows;
use super::mailboxes::{For, Issue, settle_alone, settle_in};
use super::people::{Draft, Edited, PersonKey, Placed};
use super::releases::Whom as ReleaseOf;
use crate::address;
use crate::life::{Inviting, Reason};
use crate::rng::seeded;
use std::collections::HashMap;
use std::io::Write as _;

const BOXES: [&str; 2] = ["ada@example.org", "ada@example.com"];
const ORGS: [[u8; 16]; 2] = [[1; 16], [2; 16]];
const TTL: i64 = 1000;
const NOW: i64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Event {
    Create {
        org: usize,
        at: Option<usize>,
        active: bool,
    },
    Update {
        person: PersonKey,
        at: Option<usize>,
        active: bool,
    },
    Delete(PersonKey),
    Finish(PersonKey),
    Resend {
        org: usize,
        at: usize,
    },
    TakeBack {
        org: usize,
        at: usize,
    },
    /// A person whom the organisation holds back is let go.
    Release(PersonKey),
}

/// A person as the tables have them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Somebody {
    key: PersonKey,
    active: bool,
    at: Option<String>,
    accepted: bool,
    account: [u8; 16],
    account_state: String,
    account_at: Option<String>,
    standing: String,
    reason: Option<String>,
    link: Option<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    mode: String,
    at: Option<String>,
    account: [u8; 16],
}

fn draft(name: &str, at: Option<usize>, active: bool) -> Draft {
    Draft {
        user_name: name.to_owned(),
        external_id: None,
        active,
        email: at.map(|at| BOXES[at].to_owned()),
        display_name: None,
        attributes: "{}".into(),
        addresses: Vec::new(),
        unplaced: at.is_none().then_some(Reason::NoAddress),
    }
}

/// A realm of two organisations in memory; the second one may hold its people back.
struct Realm {
    runtime: tokio::runtime::Runtime,
    store: Store,
}

impl Realm {
    fn new(second: Inviting) -> (Self, Rows) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let store = Store::open_in_memory().expect("a store");
        for (org, inviting) in ORGS.into_iter().zip([Inviting::AtOnce, second]) {
            runtime
                .block_on(store.add_organisation(org, "Example".into(), None, 1, inviting, NOW))
                .expect("an organisation");
        }
        let rows = store.in_memory().take().expect("rows");
        (Self { runtime, store }, rows)
    }

    fn people(&self) -> Vec<Somebody> {
        let sql = "SELECT m.user_id, m.org_id, m.active, m.email_key, m.accepted_at IS NOT NULL, m.account_id, a.state, a.email_key,
                          m.standing, m.reason, i.mode, i.email, i.account_id
                   FROM membership m JOIN account a ON a.account_id = m.account_id
                   LEFT JOIN invite i ON i.user_id = m.user_id AND i.state = 'live' ORDER BY m.org_id, m.created_at, m.user_id";
        let read = self.store.in_memory().read(|db: &Db| {
            let rows = db.rows(sql, &[])?;
            let person = |row: &super::db::Row| {
                let mode: Option<String> = row.at(10)?;
                let at: Option<String> = row.at(11)?;
                let link = match mode {
                    Some(mode) => Some(Link { mode, at: at.map(|at| address::key(&at)), account: row.at(12)? }),
                    None => None,
                };
                Ok(Somebody {
                    key: PersonKey { user: row.at(0)?, org: row.at(1)? },
                    active: row.at(2)?,
                    at: row.at(3)?,
                    accepted: row.at(4)?,
                    account: row.at(5)?,
                    account_state: row.at(6)?,
                    account_at: row.at(7)?,
                    standing: row.at(8)?,
                    reason: row.at(9)?,
                    link,
                })
            };
            rows.iter().map(person).collect()
        });
        read.expect("people")
    }

    fn events(&self, each: usize, boxes: usize) -> Vec<Event> {
        let people = self.people();
        let places = || (0..boxes).map(Some).chain([None]).flat_map(|at| [(at, true), (at, false)]);
        let mut events = Vec::new();
        for (org, id) in ORGS.iter().enumerate() {
            if people.iter().filter(|person| person.key.org == *id).count() < each {
                events.extend(places().map(|(at, active)| Event::Create { org, at, active }));
            }
            for at in 0..boxes {
                events.push(Event::Resend { org, at });
                events.push(Event::TakeBack { org, at });
            }
        }
        for person in &people {
            events.extend(places().map(|(at, active)| Event::Update { person: person.key, at, active }));
            events.push(Event::Delete(person.key));
            if person.link.is_some() {
                events.push(Event::Finish(person.key));
            }
            if person.is_held() {
                events.push(Event::Release(person.key));
            }
        }
        events
    }

    fn apply(&self, event: Event, step: i64) {
        let now = NOW + step;
        let Self { runtime, store } = self;
        runtime.block_on(async {
            match event {
                Event::Create { org, at, active } => {
                    let name = format!("person{}", self.people().len() + 10 * usize::try_from(step).expect("small"));
                    let placed = store.create_person(ORGS[org], draft(&name, at, active), TTL, now).await;
                    assert!(matches!(placed.expect("created"), Placed::Person(_)));
                }
                Event::Update { person, at, active } => {
                    let edited = store
                        .edit_person::<(), _>(person, TTL, now, move |present| {
                            Ok(draft(&present.draft.user_name, at, active))
                        })
                        .await;
                    assert!(matches!(edited.expect("edited"), Edited::Person(_)));
                }
                Event::Delete(person) => {
                    let removed = store.remove_person::<(), _>(person, TTL, now, |_| Ok(())).await;
                    assert!(matches!(removed.expect("removed"), Edited::Person(_)));
                }
                Event::Finish(person) => self.finish(person, now),
                Event::Resend { org, at } => {
                    drop(store.resend(BOXES[at].into(), Some(ORGS[org]), TTL, now).await.expect("answered"));
                }
                Event::Release(person) => {
                    let whom = ReleaseOf::One(person.user);
                    let released = store.release(person.org, whom, 0, false, now).await.expect("answered");
                    assert_eq!(released.expect("released").people, 1);
                    assert_eq!(store.invite_released(TTL, now).await.expect("invited"), 1);
                    assert_eq!(store.invite_released(TTL, now).await.expect("nobody is left"), 0);
                }
                Event::TakeBack { org, at } => {
                    store.withdraw_invites(BOXES[at].into(), Some(ORGS[org]), now).await.expect("answered");
                }
            }
        });
    }

    /// The person follows their link to its end: what `complete` and `join` write.
    fn finish(&self, person: PersonKey, now: i64) {
        self.store
            .in_memory()
            .write(move |db| {
                let row = db.one(
                    "SELECT i.invite_id, i.mode, i.account_id, m.email FROM invite i JOIN membership m USING (user_id)
                     WHERE i.user_id = ?1 AND i.state = 'live'",
                    &values![person.user],
                )?;
                let (invite, mode, account): ([u8; 16], String, [u8; 16]) = (row.at(0)?, row.at(1)?, row.at(2)?);
                super::invites::use_up(db, invite, now)?;
                if mode == "enrol" {
                    let email: String = row.at(3)?;
                    assert!(
                        super::addresses::prove(db, account, &email, "eight words", now)?,
                        "3 every link leads somewhere"
                    );
                    super::invites::accept(db, person, now)?;
                    super::mailboxes::settle_everywhere(db, &address::key(&email), Issue { ttl: TTL, now })?;
                } else {
                    super::invites::accept(db, person, now)?;
                }
                Ok(())
            })
            .expect("finished");
    }

    /// Asks what the laws say of one moment.
    fn hold(&self, after: &str) {
        let people = self.people();
        for person in &people {
            let fail = |law: &str| -> ! { panic!("{law}, after {after}: {person:#?}\namong {people:#?}") };
            if let Some(link) = &person.link {
                if link.at.is_none() || link.at != person.at {
                    fail("1 no stranger's letter, 6 corrections follow");
                }
                let leads = match link.mode.as_str() {
                    "enrol" => {
                        person.account_state == "invited"
                            && people.iter().filter(|other| other.account == person.account).count() == 1
                    }
                    _ => person.account_state == "complete" && person.account_at == person.at && !person.accepted,
                };
                if !leads || link.account != person.account {
                    fail("3 every link leads somewhere");
                }
                if !person.active {
                    fail("5 leavers are out");
                }
            }
            let is_told = match person.standing.as_str() {
                "complete" => person.active && person.accepted && person.link.is_none(),
                "invited" => person.active && person.link.is_some(),
                "waiting" => person.active && person.link.is_none() && person.reason.is_some(),
                "staged" => !person.active || (person.link.is_none() && person.key.org == ORGS[1]),
                _ => !person.active,
            };
            if !is_told {
                fail("2 no silence");
            }
        }
        let again = self.store.in_memory().read(|db| {
            db.batch("SAVEPOINT again")?;
            for person in &people {
                let issue = Issue { ttl: TTL, now: NOW };
                match &person.at {
                    Some(at) => settle_in(db, person.key.org, at, For::Changed(person.key.user), issue)?,
                    None if person.accepted => {}
                    None => settle_alone(db, person.key, Reason::NoAddress, issue)?,
                }
            }
            Ok(())
        });
        again.expect("settled");
        assert_eq!(self.people(), people, "settling twice is settling once, after {after}");
        self.store.in_memory().read(|db| db.batch("ROLLBACK TO again; RELEASE again")).expect("taken back");
    }

    /// How the people of one organisation stand, without what differs by chance alone.
    fn look(&self, org: usize) -> Vec<(bool, Option<String>, String, Option<String>, bool)> {
        let ours = self.people().into_iter().filter(|person| person.key.org == ORGS[org]);
        ours.map(|person| (person.active, person.at, person.standing, person.reason, person.link.is_some())).collect()
    }

    fn put(&self, rows: &Rows) {
        self.store.in_memory().put(rows).expect("rows");
    }

    fn take(&self) -> Rows {
        self.store.in_memory().take().expect("rows")
    }
}

impl Somebody {
    fn is_held(&self) -> bool {
        self.active && self.standing == "staged"
    }
}

fn org_of(event: Event) -> [u8; 16] {
    match event {
        Event::Create { org, .. } | Event::Resend { org, .. } | Event::TakeBack { org, .. } => ORGS[org],
        Event::Update { person, .. } | Event::Delete(person) | Event::Finish(person) | Event::Release(person) => {
            person.org
        }
    }
}

/// Every sequence of events up to a length: states that look alike are gone on from once.
fn every_sequence(each: usize, boxes: usize, length: i64, second: Inviting) {
    let (realm, empty) = Realm::new(second);
    let mut level: HashMap<String, (Rows, u128)> = HashMap::from([(String::new(), (empty, 1))]);
    let (mut steps, mut sequences, mut states) = (0_u64, 0_u128, 0_usize);
    let mut seen = std::collections::HashSet::new();
    for step in 1..=length {
        let mut next: HashMap<String, (Rows, u128)> = HashMap::new();
        for (rows, ways) in level.values() {
            realm.put(rows);
            for event in realm.events(each, boxes) {
                realm.put(rows);
                let before = [realm.look(0), realm.look(1)];
                seeded::with(u128::from(steps), || realm.apply(event, step));
                steps += 1;
                realm.hold(&format!("{event:?}"));
                let other = usize::from(org_of(event) == ORGS[0]);
                assert_eq!(realm.look(other), before[other], "4 tenants do not touch: {event:?}");
                let (sight, after) = (sight(&realm.people()), realm.take());
                sequences += ways;
                if seen.insert(sight.clone()) {
                    states += 1;
                    next.insert(sight, (after, *ways));
                } else if let Some((_, known)) = next.get_mut(&sight) {
                    *known += ways;
                }
            }
        }
        level = next;
    }
    let _ = writeln!(
        std::io::stderr(),
        "laws of life, with SQL: 2 organisations x {each} people x {boxes} mailboxes: {sequences} sequences of up to {length} events, {states} states, {steps} steps"
    );
}

/// Everybody without ids, which differ from run to run.
fn sight(people: &[Somebody]) -> String {
    let mut accounts: Vec<[u8; 16]> = people.iter().map(|person| person.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let person = |person: &Somebody| {
        let account = people.iter().position(|other| other.account == person.account);
        let link = person.link.as_ref().map(|link| &link.mode);
        format!(
            "{:?}",
            (
                person.key.org[0],
                person.active,
                &person.at,
                person.accepted,
                account,
                &person.account_state,
                &person.account_at,
                &person.standing,
                &person.reason,
                link
            )
        )
    };
    people.iter().map(person).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_laws_hold_after_every_sequence_of_events_up_to_the_bound() {
    every_sequence(1, 2, 5, Inviting::AtOnce);
    every_sequence(2, 1, 4, Inviting::AtOnce);
    every_sequence(2, 2, 3, Inviting::AtOnce);
    every_sequence(1, 2, 4, Inviting::Staged);
    every_sequence(2, 1, 4, Inviting::Staged);
}

#[test]
fn the_laws_hold_along_long_sequences() {
    let (realm, empty) = Realm::new(Inviting::Staged);
    for run in 0..20_u32 {
        realm.take();
        realm.put(&empty);
        seeded::with(u128::from(run), || {
            for step in 1..=100 {
                let events = realm.events(3, 2);
                let chosen = usize::from(u16::from_le_bytes(crate::rng::random::<2>())) % events.len();
                realm.apply(events[chosen], step);
                realm.hold(&format!("{:?}", events[chosen]));
            }
        });
    }
}

#[test]
fn an_organisation_stands_alike_with_and_without_the_other() {
    let ((with, empty), (without, _)) = (Realm::new(Inviting::Staged), Realm::new(Inviting::Staged));
    for run in 0..20_u32 {
        with.take();
        without.take();
        with.put(&empty);
        without.put(&empty);
        seeded::with(u128::from(run) + 1000, || {
            for step in 1..=60 {
                let events = with.events(2, 2);
                let chosen = usize::from(u16::from_le_bytes(crate::rng::random::<2>())) % events.len();
                let event = events[chosen];
                let place = |realm: &Realm, key: PersonKey| {
                    realm
                        .people()
                        .iter()
                        .filter(|person| person.key.org == key.org)
                        .position(|person| person.key == key)
                };
                // The same person has other ids in the two realms.
                let there = |key| {
                    let at = place(&with, key).expect("a person");
                    without.people().iter().filter(|person| person.key.org == ORGS[0]).nth(at).expect("the same").key
                };
                let twin = match event {
                    _ if org_of(event) != ORGS[0] => None,
                    Event::Update { person, at, active } => Some(Event::Update { person: there(person), at, active }),
                    Event::Delete(person) => Some(Event::Delete(there(person))),
                    Event::Finish(person) => Some(Event::Finish(there(person))),
                    other => Some(other),
                };
                with.apply(event, step);
                if let Some(twin) = twin {
                    without.apply(twin, step);
                }
                assert_eq!(with.look(0), without.look(0), "4 tenants do not touch: {event:?}");
            }
        });
    }
}
