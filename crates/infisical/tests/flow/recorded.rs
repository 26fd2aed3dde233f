//! Every answer that a real server was recorded to give, played into a whole run by a scripted
//! server: what the person is told then.
//!
//! One answer of a run against the fake is replaced, not performed, by the recorded one; everything
//! else goes on as it would. The table says how each run ends. A recorded success is a lie in
//! another account's run, so it must not pass.

use crate::exchanges::{Exchange, exchanges};
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble};
use firstkey_core::flow::world::World;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::Response;
use firstkey_infisical::door::{Call, Request};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{DialectNotice, DialectOptions, DialectQuestion, Infisical};
use firstkey_infisical::keys::StretchJob;
use firstkey_infisical::pin::Pin;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{Era, Fake, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, ready};
use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;
use zeroize::Zeroizing;

/// A world in which the first answer to `call` is the recorded one.
struct Scripted {
    fixture: DialectFixture,
    call: Call,
    answer: Option<Response>,
    played: bool,
}

impl World<Infisical> for Scripted {
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
        if request.call() == self.call
            && let Some(answer) = self.answer.take()
        {
            self.played = true;
            return Ok(answer);
        }
        self.fixture.send(request, None).await
    }
    async fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        self.fixture.wait(time).await
    }
    fn estimator(&self) -> &dyn Estimator {
        self.fixture.estimator()
    }
    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.fixture.keep(pin)
    }
}

/// The requests of a completion, by invite or by ticket.
const CALLS: [Call; 11] = [
    Call::VerifyInvite,
    Call::CompleteInvite,
    Call::CompleteSignup,
    Call::VerifyEmail,
    Call::Login1,
    Call::Login2,
    Call::Organisations,
    Call::SelectOrganisation,
    Call::OwnAccount,
    Call::IssueKit,
    Call::FetchKit,
];

/// One run with one answer replaced; how it ended.
fn play(call: Call, exchange: Exchange) -> (Scripted, String) {
    let mut fake = Fake::new(Era::G0);
    let by_ticket = matches!(call, Call::CompleteSignup | Call::VerifyEmail);
    let path = if by_ticket {
        let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
        fake.users[user].email_verified = call != Call::VerifyEmail;
        fake.sign_in(user, TICKETS_END)
    } else {
        fake.invite("ada+new@example.org")
    };
    let mut fixture = DialectFixture::new(fake);
    fixture.before_link = Some(|fake, links| links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END))));
    let mut world = Scripted { fixture, call, answer: Some(exchange.response), played: false };
    let link = Zeroizing::new(format!("{ORIGIN}{path}").into_bytes());
    let options = DialectOptions { now: 1_795_457_000, ..DialectOptions::default() };
    let end = match ready(accept(&mut world, &mut Seeded::new(42), options, link)) {
        Ok(done) => {
            let told = |found: Option<bool>| found.map_or("unknown".to_owned(), |found| found.to_string());
            format!("{:?}, kit {}, member {}", done.deed, told(done.kit), told(done.member))
        }
        Err(stop) => format!("{:?}; {:?}", stop.why, stop.reach),
    };
    (world, end)
}

#[test]
fn every_recorded_answer_ends_a_run_as_the_table_says() {
    let mut table = String::new();
    for (n, exchange) in exchanges() {
        let of_this = |call: &&Call| call.target() == (exchange.method.as_str(), exchange.path.as_str());
        let Some(call) = CALLS.iter().find(of_this).copied() else { continue };
        let (status, step) = (exchange.response.status, exchange.step.clone());
        let (world, end) = play(call, exchange);
        assert!(world.played, "{n} {step}: nobody asked");
        assert!(
            !end.starts_with("Completed") || world.fixture.fake.users[0].keys.is_some(),
            "{n} {step}: {end}, and nothing is stored"
        );
        writeln!(table, "{n} {call:?} {status} -> {end}").expect("memory");
    }
    assert_eq!(table.trim_end(), include_str!("recorded.txt").trim_end(), "\n{table}");
}
