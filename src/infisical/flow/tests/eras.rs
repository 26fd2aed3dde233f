use super::super::{Reach, Why};
use super::{PROBE, VERIFY, invited, invited_at, run, stopped};
use crate::fuzzing::infisical::fake::{Era, Lie};
use crate::infisical::probe::NotThisEra;

#[test]
fn w02_every_later_generation_gets_the_probe_and_nothing_else() {
    for (era, expected) in [
        (Era::G1, NotThisEra::WantsPassword),
        (Era::G2, NotThisEra::WantsPassword),
        (Era::G3, NotThisEra::NoSuchRoute),
        (Era::G3Html, NotThisEra::NoSuchRoute),
        (Era::Html, NotThisEra::NoSuchServer),
        (Era::Redirect, NotThisEra::Redirect),
        (Era::Limited, NotThisEra::Later(None)),
        (Era::Maintenance, NotThisEra::Later(None)),
        (Era::Gateway, NotThisEra::Later(None)),
    ] {
        let (mut bench, link) = invited_at(era, &[]);
        let stop = stopped(run(&mut bench, &link));
        assert!(matches!(&stop.why, Why::Era(found) if *found == expected), "{era:?} {stop:?}");
        assert_eq!(stop.reach, Reach::NothingChanged);
        assert_eq!(bench.fake.paths(), [format!("POST {PROBE}")], "{era:?}");
        assert_eq!(bench.fake.log[0].body, b"{}");
        assert!(bench.bearers.is_empty());
        assert!(!bench.asked.contains(&"new password".to_owned()), "{era:?}: no password is asked for");
    }
}

#[test]
fn w02_a_server_that_is_upgraded_meanwhile_gets_neither_code_nor_keys() {
    // Between the first probe and the second.
    let (mut bench, link) = invited(&[Lie::UpgradeAfterProbe]);
    let stop = stopped(run(&mut bench, &link));
    assert!(matches!(stop.why, Why::Era(NotThisEra::WantsPassword)), "{stop:?}");
    assert!(!super::paths(&bench).contains(&VERIFY.to_owned()));
    // Between the code and the upload.
    let (mut bench, link) = invited(&[Lie::UpgradeAfterVerify]);
    let stop = stopped(run(&mut bench, &link));
    assert!(matches!(stop.why, Why::Era(NotThisEra::WantsPassword)), "{stop:?}");
    assert_eq!(stop.reach, Reach::CodeUsed);
    assert!(bench.fake.log.iter().filter(|one| one.path == PROBE).all(|one| one.body == b"{}"), "no keys left");
}
