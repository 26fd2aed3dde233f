//! The limiter of these servers: so many requests of one address a minute, counted for each route.
//! People behind one address wait for each other, and nobody loses an invite by it.

use super::{PROBE, invited, run};
use crate::acting::{Acting, Deed, End, Fault, Path};
use firstkey_core::flow::stop::Reach;
use firstkey_infisical::flow::{DialectDeed, DialectReason};
use firstkey_infisical::probe::NotThisEra;
use firstkey_testkit::infisical::fake::Fake;
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN};

#[test]
fn of_sixteen_people_behind_one_address_nobody_loses_their_invite() {
    // However much of the minute is used up when they begin.
    for used in [0, 20, 41, 55] {
        let mut fake = Fake::new(firstkey_testkit::infisical::fake::Era::G0);
        fake.limit = Some(60);
        fake.counts = vec![(format!("POST {PROBE}"), used)];
        let links: Vec<_> =
            (0..16).map(|at| format!("{ORIGIN}{}", fake.invite(&format!("person{at}@example.org")))).collect();
        for (at, link) in links.iter().enumerate() {
            let mut fixture = DialectFixture::new(fake.clone());
            let mut end = run(&mut fixture, link);
            if let Err(stop) = &end {
                // Only at the very beginning, with nothing done: the person is told when to come
                // back.
                assert!(matches!(stop.why, DialectReason::Era(NotThisEra::Later(Some(1..=60)))), "{at} {stop:?}");
                assert_eq!(stop.reach, Reach::NothingChanged);
                fixture.fake.pass(60);
                end = run(&mut fixture, link);
            }
            let done = end.unwrap_or_else(|stop| panic!("{used} {at} {stop:?} {:?}", fixture.told));
            assert_eq!((done.deed, done.member, done.kit), (DialectDeed::Completed, Some(true), Some(true)));
            fake = fixture.fake;
        }
        assert!(fake.users.iter().all(|user| user.accepted && user.kit.is_some()));
    }
}

#[test]
fn a_minute_that_the_limiter_asks_for_is_waited_at_every_request_that_counts() {
    for (path, deed) in [(Path::Invite, Deed::Accept), (Path::SignIn, Deed::Accept), (Path::Invite, Deed::Recover)] {
        for at in 2.. {
            let mut person = Acting::new(path, 3);
            if deed != Deed::Accept {
                assert!(matches!(person.run(Deed::Accept, None), End::Done(_)));
            }
            match person.run(deed, Some((at, Fault::Instead(429)))) {
                End::Done(_) if person.sent < at => break,
                End::Done(_) => {}
                End::Stopped(stop) => {
                    // Recovery asks for the mail first; that is a run of its own beginning.
                    assert!(deed == Deed::Recover && stop.reach <= Reach::NothingChanged, "{at} {stop:?}");
                }
                End::Dead => panic!("nothing kills it"),
            }
        }
    }
}

#[test]
fn a_probe_that_the_limiter_refuses_after_the_code_is_used_up_is_sent_again() {
    // The probe between the code and the upload.
    let (mut fixture, link) = invited(&[]);
    fixture.fake.refuse_nth = Some((4, 429));
    let done = run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{stop:?} {:?}", fixture.told));
    assert_eq!(done.deed, DialectDeed::Completed);
    assert_eq!(fixture.fake.paths()[3], format!("POST {PROBE}"));
    assert!(fixture.told.iter().any(|told| told.contains("Retrying") && told.contains("59s")), "{:?}", fixture.told);
}

#[test]
fn a_server_that_stays_full_ends_the_run_and_the_next_one_is_done_whatever_was_used_up() {
    for (path, deed, at, reach) in [
        (Path::Invite, Deed::Accept, 2, Reach::NothingChanged),
        (Path::Invite, Deed::Accept, 4, Reach::CodeUsed),
        (Path::Invite, Deed::Accept, 6, Reach::Stored),
        (Path::SignIn, Deed::Accept, 4, Reach::NothingChanged),
        (Path::SignIn, Deed::Accept, 6, Reach::Stored),
    ] {
        let mut person = Acting::new(path, 3);
        let End::Stopped(stop) = person.run(deed, Some((at, Fault::Full))) else { panic!("{at}: it goes on") };
        assert!(matches!(stop.why, DialectReason::Era(NotThisEra::Later(Some(59)))), "{at} {stop:?}");
        assert_eq!(stop.reach, reach, "{path:?} {at}");
        person.bring_to_its_end(deed);
        person.all_is_well();
    }
}
