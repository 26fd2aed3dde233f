use super::{PROBE, VERIFY, invited, run, stopped};
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble, NoAnswer, Reach};
use firstkey_core::flow::world::World;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectDeed, DialectNotice, DialectQuestion, DialectReason, Infisical};
use firstkey_infisical::says::Says;
use firstkey_testkit::infisical::fake::Lie;
use std::convert::Infallible;

fn uploads(fixture: &firstkey_testkit::infisical::person::DialectFixture) -> Vec<Vec<u8>> {
    fixture.fake.log.iter().filter(|one| one.path == PROBE && one.body != b"{}").map(|one| one.body.clone()).collect()
}

#[test]
fn w25_a_completion_whose_answer_is_lost_is_found_out_by_logging_in() {
    for lie in [Lie::LoseAfter(PROBE), Lie::PageAfter(PROBE)] {
        let (mut fixture, link) = invited(&[lie]);
        let done = run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{lie:?} {stop:?}"));
        assert_eq!(done.deed, DialectDeed::Completed);
        assert_eq!(uploads(&fixture).len(), 1, "{lie:?}: it is not sent again");
        assert!(fixture.told.contains(&"FindingOut".to_owned()));
    }
}

#[test]
fn w25_a_completion_that_never_arrived_is_sent_again_with_the_same_bytes_after_a_log_in_showed_it() {
    let (mut fixture, link) = invited(&[]);
    run(&mut fixture, &link).expect("an honest server");
    // The probes come first; the third request to that path is the upload.
    let (mut fixture, link) = invited(&[]);
    fixture.fake.lies.clear();
    let mut lost = Losing { at: 4, fixture };
    let end = lost.run(&link);
    assert!(end.is_ok(), "{:?}", end.err());
    let sent = uploads(&lost.fixture);
    assert_eq!(sent.len(), 1, "the first one never arrived");
    let tries = lost.fixture.trace.iter().filter(|one| **one == format!("send POST {PROBE}")).count();
    assert_eq!(tries, 6, "three probes and the upload, then a probe and the upload");
}

/// Loses the n-th request to the probe's path before it arrives.
struct Losing {
    at: usize,
    fixture: firstkey_testkit::infisical::person::DialectFixture,
}

impl Losing {
    fn run(&mut self, link: &str) -> Result<super::DialectDone, super::DialectStop> {
        let link = zeroize::Zeroizing::new(link.as_bytes().to_vec());
        let mut rng = firstkey_testkit::chance::Seeded::new(42);
        firstkey_testkit::infisical::person::ready(firstkey_infisical::flow::accept::accept(
            self,
            &mut rng,
            firstkey_infisical::flow::DialectOptions::default(),
            link,
        ))
    }
}

impl World<Infisical> for Losing {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        self.fixture.ask(question)
    }
    fn tell(&mut self, notice: &DialectNotice) {
        self.fixture.tell(notice);
    }
    fn prepare(&mut self, (): ()) -> Result<(), LocalTrouble> {
        Ok(())
    }
    async fn stretch(
        &mut self,
        job: firstkey_infisical::keys::StretchJob,
    ) -> Result<firstkey_core::secret::MasterKey, Halt> {
        self.fixture.stretch(job).await
    }
    async fn send(
        &mut self,
        request: &firstkey_infisical::door::Request,
        _: Option<&Infallible>,
    ) -> Result<firstkey_core::wire::inbound::Response, Halt> {
        if request.call().target().1 == PROBE {
            self.at -= usize::from(self.at > 0);
            if self.at == 0 && request.call() == Call::CompleteInvite {
                self.at = usize::MAX;
                self.fixture.trace.push(format!("send POST {PROBE}"));
                return Err(Halt::Silent(NoAnswer::TimedOut));
            }
        }
        self.fixture.send(request, None).await
    }
    async fn wait(&mut self, time: std::time::Duration) -> Result<(), Halt> {
        self.fixture.wait(time).await
    }
    fn estimator(&self) -> &dyn firstkey_core::crypto::strength::Estimator {
        self.fixture.estimator()
    }
    fn keep(&mut self, pin: &firstkey_infisical::pin::Pin) -> Result<(), LocalTrouble> {
        self.fixture.keep(pin)
    }
}

#[test]
fn a_verification_whose_answer_is_lost_is_not_sent_again() {
    for lie in [Lie::LoseAfter(VERIFY), Lie::LoseBefore(VERIFY)] {
        let (mut fixture, link) = invited(&[lie]);
        let stop = stopped(run(&mut fixture, &link));
        assert!(matches!(stop.why, DialectReason::Lost(Call::VerifyInvite, NoAnswer::Broken)), "{stop:?}");
        assert_eq!(fixture.fake.bodies(VERIFY).len(), 1);
        assert!(uploads(&fixture).is_empty());
        // The same command once more tells how it stands.
        let again = run(&mut fixture, &link);
        if lie == Lie::LoseAfter(VERIFY) {
            assert!(matches!(stopped(again).why, DialectReason::Says(Call::VerifyInvite, Says::CodeGone)));
        } else {
            assert!(again.is_ok());
        }
    }
}

#[test]
fn questions_that_change_nothing_are_asked_again() {
    for path in ["/api/v3/auth/login1", "/api/v1/user", "/api/v1/organization"] {
        for lie in [Lie::LoseBefore(path), Lie::LoseAfter(path), Lie::LimitOnce(path)] {
            let (mut fixture, link) = invited(&[lie]);
            let done = run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{lie:?} {stop:?}"));
            assert_eq!(done.deed, DialectDeed::Completed);
            assert!(fixture.told.iter().any(|told| told.starts_with("Retrying")), "{lie:?}");
        }
    }
}

#[test]
fn a_limiter_stands_before_everything_so_even_the_upload_may_follow_it() {
    for path in [VERIFY, PROBE] {
        let (mut fixture, link) = invited(&[Lie::LimitOnce(path)]);
        let done = run(&mut fixture, &link).unwrap_or_else(|stop| panic!("{path} {stop:?}"));
        assert_eq!(done.deed, DialectDeed::Completed);
        let bodies = uploads(&fixture);
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same bytes");
    }
}

#[test]
fn a_kit_whose_answer_is_lost_is_looked_up() {
    let path = "/api/v1/password/backup-private-key";
    let (mut fixture, link) = invited(&[Lie::LoseAfter(path)]);
    let done = run(&mut fixture, &link).expect("it was stored");
    assert_eq!(done.kit, Some(true));
    assert_eq!(fixture.fake.paths().iter().filter(|one| **one == format!("POST {path}")).count(), 1);
}

#[test]
fn a_kit_that_never_arrived_is_stored_again() {
    let path = "/api/v1/password/backup-private-key";
    let (mut fixture, link) = invited(&[Lie::LoseBefore(path)]);
    let done = run(&mut fixture, &link).expect("the account is whole");
    assert_eq!(done.kit, Some(true), "{:?}", fixture.told);
    let sent: Vec<_> = fixture.fake.bodies(path).into_iter().filter(|body| body["iv"].is_string()).collect();
    assert_eq!((sent.len(), &sent[0]["iv"]), (2, &sent[1]["iv"]), "the same kit");
}

#[test]
fn a_stop_never_says_that_less_happened_than_did() {
    let (mut fixture, link) = invited(&[]);
    run(&mut fixture, &link).expect("an honest server");
    let whole = fixture.trace.len();
    for patience in 1..whole {
        let (mut fixture, link) = invited(&[]);
        fixture.patience = patience;
        let Err(stop) = run(&mut fixture, &link) else { continue };
        if fixture.fake.users[0].keys.is_some() {
            assert!(stop.reach >= Reach::Unknown, "{patience} {stop:?}");
        }
        if fixture.fake.memberships[0].code.is_none() {
            assert!(stop.reach >= Reach::CodeUsed, "{patience} {stop:?}");
        }
    }
}
