//! A person before a server to whom something happens: a request of theirs meets a fault, or their
//! program dies at it. Afterwards they come back and do what the program told them.

use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble, NoAnswer};
use firstkey_core::flow::world::World;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::{Call, Request};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{
    DialectAccount, DialectDone, DialectNotice, DialectOptions, DialectQuestion, DialectReason, DialectStop, Infisical,
    KitCheck, LinkWish, Recovery, Refused, change, recover, renew_kit, verify,
};
use firstkey_infisical::keys::{PublicKey, Sealed, StretchJob};
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{CODE, Era, Fake, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD};
use std::convert::Infallible;
use std::time::Duration;
use zeroize::Zeroizing;

/// What happens to the n-th request of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody listens.
    Refused,
    /// The connection breaks before it arrives.
    CutBefore,
    /// The same after it was done.
    CutAfter,
    /// It is done, and nothing comes back for a minute.
    Deaf,
    /// Half an answer.
    Truncated,
    /// This status in its place.
    Instead(u16),
    /// The limiter refuses it and every one after it.
    Full,
    /// The program dies before it arrives.
    DiesBefore,
    /// The program dies after it was done.
    DiesAfter,
}

/// How an account is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Invite,
    SignIn,
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Accept,
    Verify,
    Password,
    Recover,
    Kit,
}

/// How a run ended.
pub(crate) enum End {
    Done(Box<DialectDone>),
    Stopped(Box<DialectStop>),
    Dead,
}

const CODE_RESET: &str = "00112233445566778899aabbccddeeff";
const NAME: &str = "ada+new@example.org";

/// The person, their computer and the server.
pub(crate) struct Acting {
    pub(crate) fixture: DialectFixture,
    path: Path,
    fault: Option<(usize, Fault)>,
    pub(crate) sent: usize,
    /// The path of each request of the last run.
    pub(crate) paths: Vec<&'static str>,
    /// The password that opens the account, as far as the person knows.
    pub(crate) password: String,
    /// The one that they were about to set.
    wanted: Option<String>,
    /// Kits that were shown, oldest first.
    kits: Vec<Kit>,
    ticket: Option<String>,
    seed: u64,
    codes: u32,
}

impl Acting {
    pub(crate) fn new(path: Path, seed: u64) -> Self {
        let mut fake = Fake::new(Era::G0);
        match path {
            Path::Invite => drop(fake.invite(NAME)),
            Path::SignIn => {
                let user = fake.provision(NAME, NAME);
                fake.users[user].email_verified = true;
            }
        }
        Self {
            fixture: DialectFixture::new(fake),
            path,
            fault: None,
            sent: 0,
            paths: Vec::new(),
            password: PASSWORD.to_owned(),
            wanted: None,
            kits: Vec::new(),
            ticket: None,
            seed,
            codes: 0,
        }
    }

    /// The same once more, as it is now: what many runs begin with is lived once.
    pub(crate) fn copy(&self) -> Self {
        let mut fixture = DialectFixture::new(self.fixture.fake.clone());
        fixture.disk.clone_from(&self.fixture.disk);
        fixture.fake.log.clear();
        Self {
            fixture,
            path: self.path,
            fault: None,
            sent: 0,
            paths: Vec::new(),
            password: self.password.clone(),
            wanted: None,
            kits: self.kits.iter().map(Kit::copy).collect(),
            ticket: self.ticket.clone(),
            seed: self.seed,
            codes: self.codes,
        }
    }

    /// The link in the mail that is newest, or the address of a page after a sign-in.
    fn link(&mut self, fresh: bool) -> String {
        match self.path {
            Path::Invite => {
                let code = self.fixture.fake.memberships[0].code.clone().unwrap_or_else(|| CODE.to_owned());
                let org = firstkey_testkit::infisical::fake::ORG;
                format!("{ORIGIN}/signupinvite?token={code}&to={NAME}&organization_id={org}")
            }
            Path::SignIn => {
                let old = self.ticket.clone().filter(|_| !fresh);
                let link = old.unwrap_or_else(|| format!("{ORIGIN}{}", self.fixture.fake.sign_in(0, TICKETS_END)));
                self.ticket = Some(link.clone());
                link
            }
        }
    }

    /// The administrator invites once more.
    fn invite_again(&mut self) {
        self.codes += 1;
        self.fixture.fake.memberships[0].code = Some(format!("{:032x}", self.codes));
    }

    fn options(&self) -> DialectOptions {
        DialectOptions { pins: self.fixture.disk.clone(), now: 1_795_457_000, rehearsal: false }
    }

    fn account(&self) -> DialectAccount {
        let pin = self.fixture.disk.first().cloned();
        let first = pin.as_ref().expect("an account that was begun is remembered");
        DialectAccount { origin: first.origin.clone(), identity: first.identity.clone(), pin, ticket: None }
    }

    /// The kit that the server's copy belongs to, of those that were shown.
    pub(crate) fn good_kit(&self) -> Option<&Kit> {
        let stored = self.fixture.fake.users[0].kit.as_ref()?;
        let text = |name: &str| stored[name].as_str().unwrap_or_default().to_owned();
        let stored = Sealed::read(&text("encryptedPrivateKey"), &text("iv"), &text("tag"))?;
        self.kits
            .iter()
            .find(|kit| stored.private(&kit.secret.key()).is_ok_and(|key| PublicKey::of(&key) == kit.public_key))
    }

    /// One run, with a fault at a request of it.
    pub(crate) fn run(&mut self, deed: Deed, fault: Option<(usize, Fault)>) -> End {
        (self.fault, self.sent) = (fault, 0);
        self.paths.clear();
        self.seed += 1;
        self.fixture.told.clear();
        self.fixture.old = self.password.clone().into_bytes();
        let mut rng = Seeded::new(self.seed);
        let options = self.options();
        let end = match deed {
            Deed::Accept => {
                let fresh = self.seed.is_multiple_of(2);
                let link = Zeroizing::new(self.link(fresh).into_bytes());
                self.fixture.new = [self.password.clone().into_bytes()].into();
                to_its_end(accept(self, &mut rng, options, link))
            }
            Deed::Verify => {
                let known = self.account();
                to_its_end(verify(self, &mut rng, options, known, KitCheck::Stored))
            }
            Deed::Kit => {
                let known = self.account();
                to_its_end(renew_kit(self, &mut rng, options, known))
            }
            Deed::Password => {
                let known = self.account();
                self.want_another();
                to_its_end(change(self, &mut rng, options, known))
            }
            Deed::Recover => {
                let known = self.account();
                let secret = self.good_kit().map(|kit| kit.secret.groups().as_bytes().to_vec());
                self.fixture.kit_secret = secret.unwrap_or_default();
                self.want_another();
                let with = Recovery { link: None, kit: None, account: Some((known.origin, known.identity)) };
                to_its_end(recover(self, &mut rng, options, with))
            }
        };
        if let Some(kit) = self.fixture.kit.take() {
            self.kits.push(kit);
        }
        match end {
            None => End::Dead,
            Some(Err(stop)) => End::Stopped(Box::new(stop)),
            Some(Ok(done)) => {
                if let Some(wanted) = self.wanted.take() {
                    self.password = wanted;
                }
                End::Done(Box::new(done))
            }
        }
    }

    fn want_another(&mut self) {
        // No four of a kind, which these servers refuse.
        let wanted = format!("harbor trumpet mosaic lantern gravel sonnet {}", self.seed % 89 + 10);
        self.fixture.new = [wanted.clone().into_bytes()].into();
        self.wanted = Some(wanted);
    }

    /// What a person does who was interrupted: the same again, with whatever the program asks for,
    /// until it is done. No step of it may be an alarm. Says how many runs it took.
    pub(crate) fn bring_to_its_end(&mut self, deed: Deed) -> usize {
        for runs in 1..8 {
            self.settle_doubt();
            match self.run(deed, None) {
                End::Done(_) => return runs,
                End::Dead => panic!("nothing kills it"),
                End::Stopped(stop) => self.lawful(&stop),
            }
        }
        panic!("{deed:?} never ends: {:?}", self.fixture.told)
    }

    /// Whether a change was begun of which the person does not know what became.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.wanted.is_some()
    }

    /// Finds it out.
    pub(crate) fn settle_doubt(&mut self) {
        if let Some(wanted) = self.wanted.take() {
            self.see_which_opens(wanted);
        }
    }

    /// Does what a stop asks for, which must be something that a person can do.
    pub(crate) fn lawful(&mut self, stop: &DialectStop) {
        match &stop.why {
            DialectReason::CodeSpentHere | DialectReason::Says(Call::VerifyInvite, Says::CodeGone) => {
                self.invite_again();
            }
            DialectReason::Says(Call::FetchKit, Says::NoKit) => self.make_a_kit(),
            _ => panic!("{stop:?} {:?}", self.fixture.told),
        }
    }

    /// The same of a stop after a fault of the network, which may also say that the server cannot
    /// be had now.
    pub(crate) fn lawful_or_later(&mut self, stop: &DialectStop) {
        match &stop.why {
            DialectReason::Unreachable(_)
            | DialectReason::Lost(..)
            | DialectReason::Era(NotThisEra::Later(_) | NotThisEra::NoSuchServer | NotThisEra::NoSuchRoute)
            | DialectReason::Refused(Refused::Nonsense(_)) => {}
            _ => self.lawful(stop),
        }
    }

    /// What whoever was told that no kit is stored does next.
    fn make_a_kit(&mut self) {
        self.wanted = None;
        assert!(matches!(self.run(Deed::Kit, None), End::Done(_)), "{:?}", self.fixture.told);
    }

    /// Of two passwords one opens the account, and the program says so of the right one.
    fn see_which_opens(&mut self, wanted: String) {
        let old = std::mem::replace(&mut self.password, wanted);
        let with_new = match self.run(Deed::Verify, None) {
            End::Done(_) => true,
            End::Stopped(stop) => {
                assert!(matches!(stop.why, DialectReason::NotOpened), "{stop:?} {:?}", self.fixture.told);
                false
            }
            End::Dead => panic!("nothing kills it"),
        };
        if !with_new {
            self.password = old;
            let end = self.run(Deed::Verify, None);
            assert!(matches!(end, End::Done(_)), "neither opens: {:?}", self.fixture.told);
        }
    }

    /// All is well: the account opens, what is remembered is what is stored, the kit that counts is
    /// one that the person has, and no session of an old password is open.
    pub(crate) fn all_is_well(&mut self) {
        let End::Done(mut done) = self.run(Deed::Verify, None) else { panic!("{:?}", self.fixture.told) };
        if (done.member, done.kit) == (Some(true), Some(false)) {
            // That is said, and the person makes one.
            self.make_a_kit();
            let End::Done(again) = self.run(Deed::Verify, None) else { panic!("{:?}", self.fixture.told) };
            done = again;
        }
        let (pin, disk) = (done.pin.as_ref().expect("a pin"), &self.fixture.disk);
        assert_eq!(disk.as_slice(), std::slice::from_ref(pin), "one record, and it is this one");
        assert!(pin.confirmed && pin.sent.is_empty() && !pin.sessions, "{pin:?}");
        let keys = self.fixture.fake.users[0].keys.as_ref().expect("keys");
        assert_eq!(
            (keys["salt"].as_str(), keys["publicKey"].as_str()),
            (Some(&*pin.salt.text()), Some(&*pin.public_key.text()))
        );
        assert_eq!((done.member, done.kit), (Some(true), Some(true)), "{:?}", self.fixture.told);
        assert!(self.good_kit().is_some_and(|kit| Some(kit.digest()) == pin.kit), "the kit that counts is at hand");
    }
}

/// Whether a stop says that somebody lies or does harm.
pub(crate) fn is_alarm(stop: &DialectStop) -> bool {
    match &stop.why {
        DialectReason::SomebodyElse => true,
        DialectReason::Refused(refused) => {
            !matches!(refused, Refused::Nonsense(Nonsense::NotJson | Nonsense::Encoded | Nonsense::TooLarge))
        }
        _ => false,
    }
}

/// Runs a flow until it ends, or until the program is dead: then it is dropped where it stands.
fn to_its_end<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}

impl World<Infisical> for Acting {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        match question {
            DialectQuestion::Link(LinkWish::Reset(_)) => {
                let link = format!("{ORIGIN}/password-reset?token={CODE_RESET}&to={NAME}");
                Answer::Text(Zeroizing::new(link.into_bytes()))
            }
            DialectQuestion::Link(_) => Answer::Text(Zeroizing::new(self.link(true).into_bytes())),
            question => self.fixture.ask(question),
        }
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
        self.sent += 1;
        self.paths.push(request.call().target().1);
        let hit = |(at, fault): &(usize, Fault)| *at == self.sent || (*fault == Fault::Full && *at <= self.sent);
        let fault = self.fault.filter(hit).map(|(_, fault)| fault);
        let answer = match fault {
            None => return self.fixture.send(request, None).await,
            Some(Fault::Refused) => return Err(Halt::Silent(NoAnswer::NoConnection)),
            Some(Fault::CutBefore) => return Err(Halt::Silent(NoAnswer::Broken)),
            Some(Fault::DiesBefore) => return std::future::pending().await,
            Some(Fault::Instead(_) | Fault::Full) => {
                let status = if let Some(Fault::Instead(status)) = fault { status } else { 429 };
                let limited = status == 429;
                let body = format!("{{\"statusCode\":{status},\"error\":\"x\",\"message\":\"Something went wrong\"}}");
                return Ok(Response {
                    status,
                    content_type: Some(if status == 502 { "text/html" } else { "application/json" }.to_owned()),
                    retry_after: limited.then_some(59),
                    signed: None,
                    framing: Framing::Plain,
                    body: Zeroizing::new(body.into_bytes()),
                });
            }
            Some(Fault::CutAfter | Fault::Deaf | Fault::Truncated | Fault::DiesAfter) => {
                self.fixture.send(request, None).await?
            }
        };
        match fault {
            Some(Fault::CutAfter) => Err(Halt::Silent(NoAnswer::Broken)),
            Some(Fault::Deaf) => Err(Halt::Silent(NoAnswer::TimedOut)),
            Some(Fault::DiesAfter) => std::future::pending().await,
            _ => {
                let half = answer.body.len() / 2;
                Ok(Response { body: Zeroizing::new(answer.body[..half].to_vec()), ..answer })
            }
        }
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
