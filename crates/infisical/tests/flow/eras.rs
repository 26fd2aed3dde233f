use super::{PROBE, VERIFY, invited, invited_at, run, stopped};
use crate::exchanges::exchanges;
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::Response;
use firstkey_infisical::door::{Call, Request};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{DialectNotice, DialectOptions, DialectQuestion, DialectReason, Infisical};
use firstkey_infisical::keys::StretchJob;
use firstkey_infisical::pin::Pin;
use firstkey_infisical::probe::NotThisEra;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{Era, Lie};
use firstkey_testkit::infisical::person::{DialectFixture, ready};
use std::convert::Infallible;
use std::time::Duration;
use zeroize::Zeroizing;

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
        let (mut fixture, link) = invited_at(era, &[]);
        let stop = stopped(run(&mut fixture, &link));
        assert!(matches!(&stop.why, DialectReason::Era(found) if *found == expected), "{era:?} {stop:?}");
        assert_eq!(stop.reach, Reach::NothingChanged);
        assert_eq!(fixture.fake.paths(), [format!("POST {PROBE}")], "{era:?}");
        assert_eq!(fixture.fake.log[0].body, b"{}");
        assert!(fixture.bearers.is_empty());
        assert!(!fixture.asked.contains(&"new password".to_owned()), "{era:?}: no password is asked for");
    }
}

#[test]
fn w02_a_server_that_is_upgraded_meanwhile_gets_neither_code_nor_keys() {
    // Between the first probe and the second.
    let (mut fixture, link) = invited(&[Lie::UpgradeAfterProbe]);
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::Era(NotThisEra::WantsPassword)), "{stop:?}");
    assert!(!super::paths(&fixture).contains(&VERIFY.to_owned()));
    // Between the code and the upload.
    let (mut fixture, link) = invited(&[Lie::UpgradeAfterVerify]);
    let stop = stopped(run(&mut fixture, &link));
    assert!(matches!(stop.why, DialectReason::Era(NotThisEra::WantsPassword)), "{stop:?}");
    assert_eq!(stop.reach, Reach::CodeUsed);
    assert!(fixture.fake.log.iter().filter(|one| one.path == PROBE).all(|one| one.body == b"{}"), "no keys left");
}

#[test]
fn w02_a_server_that_was_busy_is_probed_again_before_it_gets_the_same_bytes() {
    for (path, sensitive) in [(VERIFY, VERIFY), ("upload", PROBE)] {
        let (mut fixture, link) = invited(&[]);
        let mut busy = Busy { upload: path == "upload", refused: false, fixture: &mut fixture };
        let end = ready(accept(
            &mut busy,
            &mut Seeded::new(42),
            DialectOptions { now: 1_795_457_000, ..DialectOptions::default() },
            Zeroizing::new(link.into_bytes()),
        ));
        // While it was busy it was replaced by one that wants the password.
        let stop = stopped(end);
        assert!(matches!(stop.why, DialectReason::Era(NotThisEra::WantsPassword)), "{path} {stop:?}");
        let sent = fixture.fake.log.iter().filter(|one| one.path == sensitive && one.body != b"{}").count();
        assert_eq!(sent, 0, "{path}: the refused one never arrived, and there was no other");
    }
}

/// Refuses the code, or the upload, once, and is a later generation when it is asked again.
struct Busy<'a> {
    upload: bool,
    refused: bool,
    fixture: &'a mut DialectFixture,
}

impl World<Infisical> for Busy<'_> {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        self.fixture.ask(question)
    }
    fn tell(&mut self, notice: &DialectNotice) {
        self.fixture.tell(notice);
    }
    fn prepare(&mut self, (): ()) -> Result<(), LocalTrouble> {
        Ok(())
    }
    async fn stretch(&mut self, job: StretchJob) -> Result<MasterKey, Halt> {
        self.fixture.stretch(job).await
    }
    async fn send(&mut self, request: &Request, _: Option<&Infallible>) -> Result<Response, Halt> {
        let wanted = if self.upload { Call::CompleteInvite } else { Call::VerifyInvite };
        if request.call() == wanted && !std::mem::replace(&mut self.refused, true) {
            let mut answer = exchanges().remove(&119).expect("the limiter's answer").response;
            answer.retry_after = Some(1);
            return Ok(answer);
        }
        self.fixture.send(request, None).await
    }
    async fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        self.fixture.fake.era = Era::G1;
        self.fixture.wait(time).await
    }
    fn estimator(&self) -> &dyn Estimator {
        self.fixture.estimator()
    }
    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.fixture.keep(pin)
    }
}
