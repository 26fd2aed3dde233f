//! The table of faults of this dialect: each command, met by each fault at each of its requests. No
//! run of it is an alarm, and doing the same again ends well.

use crate::acting::{Acting, Deed, End, Fault, Path, is_alarm};
use rows::row;
use std::fmt::Write as _;

#[path = "../../../../tests/support/row.rs"]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "rows are written where whoever runs the test wants them"
)]
mod rows;

const COMMANDS: [(&str, Path, Deed); 8] = [
    ("infisical: accept by invite", Path::Invite, Deed::Accept),
    ("infisical: accept by sign-in", Path::SignIn, Deed::Accept),
    ("infisical: verify", Path::Invite, Deed::Verify),
    ("infisical: verify by sign-in", Path::SignIn, Deed::Verify),
    ("infisical: password", Path::Invite, Deed::Password),
    ("infisical: recover", Path::Invite, Deed::Recover),
    ("infisical: recover by sign-in", Path::SignIn, Deed::Recover),
    ("infisical: kit", Path::Invite, Deed::Kit),
];

const FAULTS: [(&str, Fault); 10] = [
    ("refused", Fault::Refused),
    ("reset before", Fault::CutBefore),
    ("reset after", Fault::CutAfter),
    ("deaf after", Fault::Deaf),
    ("truncated", Fault::Truncated),
    ("500", Fault::Instead(500)),
    ("429 for 59 s", Fault::Instead(429)),
    ("502, a page", Fault::Instead(502)),
    ("killed before", Fault::DiesBefore),
    ("killed after", Fault::DiesAfter),
];

#[test]
fn after_every_fault_at_every_request_of_every_command_the_same_again_ends_well() {
    let mut table = String::from(
        "command                       fault          done at once  stopped  dead  most runs until done\n",
    );
    let mut runs = 0;
    for (name, path, deed) in COMMANDS {
        let begun = begun(path, deed);
        let mut honest = begun.copy();
        assert!(matches!(honest.run(deed, None), End::Done(_)));
        let paths = honest.paths.clone();
        for (fault_name, fault) in FAULTS {
            let (mut counts, mut most) = ([0; 3], 0);
            for at in 1..=paths.len() {
                let mut person = begun.copy();
                let end = person.run(deed, Some((at, fault)));
                let place = format!("{name}, {fault_name} at {at} ({})", paths[at - 1]);
                let (slot, told) = match &end {
                    End::Done(done) if (done.member, done.kit) != (Some(true), Some(true)) => {
                        (1, "done, and told what is missing".to_owned())
                    }
                    End::Done(_) => (0, "done at once".to_owned()),
                    End::Stopped(stop) => {
                        assert!(!is_alarm(stop), "{place}: {stop:?} {:?}", person.fixture.told);
                        if fault != Fault::Instead(500) {
                            person.lawful_or_later(stop);
                        }
                        (1, format!("stopped, {:?}", stop.reach))
                    }
                    End::Dead => (2, "dead".to_owned()),
                };
                if slot > 0 {
                    most = most.max(person.bring_to_its_end(deed));
                }
                person.all_is_well();
                row(
                    name,
                    &format!("request {at}, {}", paths[at - 1]),
                    fault_name,
                    &format!("{told}; the same again is done"),
                );
                counts[slot] += 1;
                runs += 1;
            }
            let [done, stopped, dead] = counts;
            let _ = writeln!(table, "{name:<29} {fault_name:<14} {done:>12}  {stopped:>7}  {dead:>4}  {most:>20}");
        }
    }
    assert!(runs > 8 * 10 * 8, "{runs} runs only\n{table}");
}

/// Somebody who has done what comes before.
fn begun(path: Path, deed: Deed) -> Acting {
    let mut person = Acting::new(path, 40);
    if deed != Deed::Accept {
        assert!(matches!(person.run(Deed::Accept, None), End::Done(_)));
    }
    person
}
