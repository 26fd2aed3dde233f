//! The table of faults: each change of an account, met by each fault at each of its requests. After
//! every one the person gets in, and running the command again finishes it.

use super::{AccountReason, AccountStop, Bench, Meddle, NEW, ready};
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

type Deed = fn(&mut Bench, u64) -> Result<(), AccountStop>;

const DEEDS: [(&str, Deed); 4] = [
    ("secret-key", |bench, seed| {
        bench.scene.server.asks["secret_key"] = "allowed".into();
        let known = bench.known();
        ready(change_secret_key(bench, &mut Seeded::new(seed), known)).map(drop)
    }),
    ("password", |bench, seed| {
        let known = bench.known();
        ready(change_password(bench, &mut Seeded::new(seed), known, None)).map(drop)
    }),
    ("recover", |bench, seed| {
        let known = bench.known();
        ready(recover(bench, &mut Seeded::new(seed), known, None, None)).map(drop)
    }),
    ("kit", |bench, seed| {
        let known = bench.known();
        ready(change_kit(bench, &mut Seeded::new(seed), known)).map(drop)
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
fn mended(bench: &mut Bench, password: &str, code: &str) {
    (bench.asked, bench.patience, bench.meddle, bench.before) = (0, usize::MAX, None, None);
    bench.typed = VecDeque::from([password.to_owned()]);
    bench.codes = VecDeque::from([code.to_owned()]);
}

fn opens(bench: &mut Bench, password: &str) -> bool {
    let code = bench.first_kit();
    mended(bench, password, &code);
    let known = bench.known();
    bench.verify(known).is_ok()
}

#[test]
fn after_every_fault_at_every_request_one_pair_opens_and_the_command_can_be_done_again() {
    let mut table =
        String::from("change     fault          done at once  stopped, unchanged  stopped, sent  stopped, stored\n");
    let mut runs = 0;
    for (name, deed) in DEEDS {
        let mut honest = Bench::new();
        deed(&mut honest, 5).expect("nothing meddles");
        for (fault, meddle) in FAULTS {
            let mut counts = [0_u32; 4];
            for at in 1..=honest.paths.len() {
                let mut bench = Bench::new();
                bench.meddle = Some((at, meddle));
                let end = deed(&mut bench, 5);
                let kits = bench.kits.clone();
                let (old, new) = (opens(&mut bench, PASSWORD), opens(&mut bench, NEW));
                let place = format!("{name}, {fault} at {at} ({}): {end:?}", honest.paths[at - 1]);
                assert!(old != new, "{place}");
                let stored = match name {
                    "kit" => None,
                    // The password stays; what it takes beside it does not.
                    "secret-key" => Some(bench.block().two_secret),
                    _ => Some(new),
                };
                let slot = match &end {
                    Ok(()) => 0,
                    Err(stop) => {
                        assert!(!matches!(stop.why, AccountReason::Cancelled | AccountReason::NothingKnown), "{place}");
                        match stop.reach {
                            Reach::NothingChanged => 1,
                            Reach::NothingSent | Reach::CodeUsed => panic!("{place} {stop:?}"),
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
                let done = [bench.first_kit()].into_iter().chain(kits).any(|code| {
                    mended(&mut bench, password, &code);
                    bench.new = VecDeque::from(["quite another Lantern 88 gravel".to_owned()]);
                    deed(&mut bench, 6).is_ok()
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
