//! The program is killed at random requests, before they arrive or after they were done, run after
//! run and command after command; the person comes back and does the same again. It always ends
//! well, and no step of it is an alarm: every server here is honest. The table of `faults` has the
//! same death at each request of each command, one at a time.

use crate::acting::{Acting, Deed, End, Fault, Path, is_alarm};
use firstkey_testkit::chance::Seeded;
use rand_core::RngCore;

/// Lives that are lived.
const ROUNDS: u64 = 200;
/// The most requests of a run, and a few more: then it is not killed.
const REQUESTS: u64 = 26;

fn draw(rng: &mut Seeded, below: u64) -> u64 {
    rng.next_u64() % below
}

/// Runs `deed` with up to three deaths, then to its end. How often it died.
fn with_deaths(person: &mut Acting, deed: Deed, rng: &mut Seeded) -> u32 {
    let mut deaths = 0;
    for _ in 0..=draw(rng, 3) {
        let at = usize::try_from(1 + draw(rng, REQUESTS)).expect("small");
        let moment = if draw(rng, 2) == 0 { Fault::DiesBefore } else { Fault::DiesAfter };
        match person.run(deed, Some((at, moment))) {
            End::Done(_) => return deaths,
            End::Dead => {
                deaths += 1;
                if deed != Deed::Accept && person.is_in_doubt() {
                    // Which password counts is looked up before the same is done again.
                    person.settle_doubt();
                }
            }
            End::Stopped(stop) => {
                assert!(!is_alarm(&stop), "{deed:?} {stop:?} {:?}", person.fixture.told);
                person.lawful(&stop);
            }
        }
    }
    person.bring_to_its_end(deed);
    deaths
}

#[test]
fn however_often_it_is_killed_every_command_comes_to_its_end_and_nobody_is_accused() {
    let mut deaths = 0;
    for round in 0..ROUNDS {
        let mut rng = Seeded::new(0x5eed_0000 + round);
        let path = if round % 2 == 0 { Path::Invite } else { Path::SignIn };
        let mut person = Acting::new(path, 1000 * round);
        deaths += with_deaths(&mut person, Deed::Accept, &mut rng);
        let deed =
            [Deed::Password, Deed::Recover, Deed::Kit, Deed::Verify][usize::try_from(round / 2 % 4).expect("small")];
        deaths += with_deaths(&mut person, deed, &mut rng);
        person.all_is_well();
    }
    assert!(u64::from(deaths) > ROUNDS, "{deaths} deaths only");
}
