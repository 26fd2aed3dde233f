//! The table of faults: each change of an account, met by each fault at each of its requests. After
//! every one the person gets in, and running the command again finishes it.

use super::{AccountFixture, AccountReason, AccountStop, Meddle, NEW, ready};
use firstkey_core::flow::account::{change_kit, change_password, change_secret_key, recover};
use firstkey_core::flow::stop::Reach;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::scene::PASSWORD;
use rows::row;
use std::collections::VecDeque;
use std::fmt::Write as _;

#[path = "../../../../../tests/support/row.rs"]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "rows are written where whoever runs the test wants them"
)]
mod rows;

type Deed = fn(&mut AccountFixture, u64) -> Result<(), AccountStop>;

const DEEDS: [(&str, Deed); 4] = [
    ("secret-key", |fixture, seed| {
        fixture.scene.server.asks["secret_key"] = "allowed".into();
        let known = fixture.known();
        ready(change_secret_key(fixture, &mut Seeded::new(seed), known)).map(drop)
    }),
    ("password", |fixture, seed| {
        let known = fixture.known();
        ready(change_password(fixture, &mut Seeded::new(seed), known, None)).map(drop)
    }),
    ("recover", |fixture, seed| {
        let known = fixture.known();
        ready(recover(fixture, &mut Seeded::new(seed), known, None, None)).map(drop)
    }),
    ("kit", |fixture, seed| {
        let known = fixture.known();
        ready(change_kit(fixture, &mut Seeded::new(seed), known)).map(drop)
    }),
];

const FAULTS: [(&str, Meddle); 7] = [
    ("refused", Meddle::Refuse),
    ("reset before", Meddle::LoseBefore),
    ("reset after", Meddle::LoseAfter),
    ("deaf after", Meddle::Deaf),
    ("truncated", Meddle::Alter(|text| text[..text.len() / 2].to_owned())),
    ("500", Meddle::Instead(500)),
    ("429", Meddle::Instead(429)),
];

/// The line is mended and the person comes back another day, with what they have.
fn mended(fixture: &mut AccountFixture, password: &str, code: &str) {
    (fixture.asked, fixture.patience, fixture.meddle, fixture.before) = (0, usize::MAX, None, None);
    fixture.typed = VecDeque::from([password.to_owned()]);
    fixture.codes = VecDeque::from([code.to_owned()]);
}

fn opens(fixture: &mut AccountFixture, password: &str) -> bool {
    let code = fixture.first_kit();
    mended(fixture, password, &code);
    let known = fixture.known();
    fixture.verify(known).is_ok()
}

#[test]
fn after_every_fault_at_every_request_one_pair_opens_and_the_command_can_be_done_again() {
    let mut table =
        String::from("change     fault          done at once  stopped, unchanged  stopped, sent  stopped, stored\n");
    let mut runs = 0;
    for (name, deed) in DEEDS {
        let mut honest = AccountFixture::new();
        deed(&mut honest, 5).expect("nothing meddles");
        for (fault, meddle) in FAULTS {
            let mut counts = [0_u32; 4];
            for at in 1..=honest.paths.len() {
                let mut fixture = AccountFixture::new();
                fixture.meddle = Some((at, meddle));
                let end = deed(&mut fixture, 5);
                let kits = fixture.kits.clone();
                let (old, new) = (opens(&mut fixture, PASSWORD), opens(&mut fixture, NEW));
                let place = format!("{name}, {fault} at {at} ({}): {end:?}", honest.paths[at - 1]);
                assert!(old != new, "{place}");
                let stored = match name {
                    "kit" => None,
                    // The password stays; what it takes beside it does not.
                    "secret-key" => Some(fixture.block().two_secret),
                    _ => Some(new),
                };
                let slot = match &end {
                    Ok(()) => 0,
                    Err(stop) => {
                        assert!(!matches!(stop.why, AccountReason::Cancelled | AccountReason::NothingKnown), "{place}");
                        match stop.reach {
                            Reach::NothingChanged => 1,
                            Reach::NothingSent | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => {
                                panic!("{place} {stop:?}")
                            }
                            Reach::Unknown => 2,
                            Reach::Stored => 3,
                        }
                    }
                };
                counts[slot] += 1;
                if let Some(stored) = stored {
                    assert!(
                        match slot {
                            0 | 3 => stored,
                            1 => !stored,
                            _ => true,
                        },
                        "{place}"
                    );
                }
                // Another day: with the password that opens, or with the kit that belongs to it.
                let password = if new { NEW } else { PASSWORD };
                let done = [fixture.first_kit()].into_iter().chain(kits).any(|code| {
                    mended(&mut fixture, password, &code);
                    fixture.new = VecDeque::from(["quite another Lantern 88 gravel".to_owned()]);
                    deed(&mut fixture, 6).is_ok()
                });
                assert!(done, "again: {place}");
                let end = ["done at once", "stopped, unchanged", "stopped, sent", "stopped, stored"][slot];
                let opens = if new { "new" } else { "old" };
                let end = format!("{end}; the {opens} password opens; the next run is done");
                row(name, &format!("request {at}, {}", honest.paths[at - 1]), fault, &end);
                runs += 1;
            }
            let [done, unchanged, sent, stored] = counts;
            let _ = writeln!(table, "{name:<10} {fault:<14} {done:>12}  {unchanged:>18}  {sent:>13}  {stored:>15}");
        }
    }
    let _ = writeln!(table, "{runs} runs");
    assert_eq!(table, include_str!("faults.txt"), "the table of this run:\n{table}");
}
