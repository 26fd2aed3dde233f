//! Fuzz body: whole runs before a hostile server of the other dialect.
//!
//! Every answer of a server made from the facts may be replaced, cut, altered, lost or delayed.
//! Oracle: no body holds a secret or a member called password; no code and no keys leave without a
//! probe that passed right before; two payloads never differ; success is said only if what is
//! stored opens with the password and is what was pinned; what is told is fit for a terminal; the
//! run ends.

use super::fake::{Era, Fake, Lie, Reply, TICKETS_END};
use super::person::{DialectFixture, ORIGIN, PASSWORD, cheap_stretch, ready};
use crate::chance::Seeded;
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble, NoAnswer};
use firstkey_core::flow::world::World;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_infisical::door::{Call, Request};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{DialectDeed, DialectNotice, DialectOptions, DialectQuestion, Infisical};
use firstkey_infisical::hexadecimal;
use firstkey_infisical::keys::{PublicKey, Salt, Sealed, StretchJob, Vault};
use firstkey_infisical::pin::Pin;
use firstkey_infisical::probe::{Route, judge};
use std::convert::Infallible;
use std::time::Duration;
use zeroize::Zeroizing;

/// The most effects of one run.
const MOST: usize = 3000;

/// Lies that the first bytes choose from.
const LIES: [Lie; 22] = [
    Lie::SwapPublicKey,
    Lie::SwapPublicKeyAtLogin,
    Lie::OtherCiphertext,
    Lie::OtherSalt,
    Lie::ZeroB,
    Lie::ModulusB,
    Lie::ShortB,
    Lie::VersionOne,
    Lie::NullProtectedKey,
    Lie::ShortIv,
    Lie::ShowsVerifier,
    Lie::OtherKit,
    Lie::NoKit,
    Lie::Disturbed(1),
    Lie::Escapes,
    Lie::Deprovision,
    Lie::Rename,
    Lie::UpgradeAfterVerify,
    Lie::UpgradeAfterProbe,
    Lie::LoseAfter("/api/v3/signup/complete-account/invite"),
    Lie::PageAfter("/api/v3/signup/complete-account/invite"),
    Lie::LoseAfter("/api/v1/invite-org/verify"),
];
const ERAS: [Era; 16] = [
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G0,
    Era::G1,
    Era::G2,
    Era::G3,
    Era::G3Html,
    Era::Html,
    Era::Limited,
    Era::Redirect,
    Era::Maintenance,
];

/// A world whose server is hostile as the bytes say.
struct Hostile<'a> {
    fixture: DialectFixture,
    orders: std::slice::Iter<'a, u8>,
    effects: usize,
    /// Whether the last thing that was sent was a probe that passed.
    probed: bool,
    payload: Option<Vec<u8>>,
    wire: Vec<Vec<u8>>,
}

impl Hostile<'_> {
    fn order(&mut self) -> u8 {
        self.orders.next().copied().unwrap_or(0)
    }

    fn count(&mut self) {
        self.effects += 1;
        assert!(self.effects < MOST, "the run does not end");
    }

    fn alter(&mut self, response: &mut Response) -> Result<(), Halt> {
        match self.order() {
            1 => return Err(Halt::Silent(NoAnswer::TimedOut)),
            2 => response.status = [200, 302, 403, 429, 500, 503][usize::from(self.order()) % 6],
            3 => response.framing = Framing::Encoded,
            4 => response.content_type = Some("text/html".to_owned()),
            5 => {
                let length = response.body.len() * usize::from(self.order()) / 256;
                response.body.truncate(length);
            }
            6 => {
                let at = usize::from(u16::from_be_bytes([self.order(), self.order()]));
                let with = self.order();
                if let Some(byte) = response.body.get_mut(at) {
                    *byte = with;
                }
            }
            7 => {
                let rest: Vec<u8> = self.orders.by_ref().take(200).copied().collect();
                response.body = Zeroizing::new(rest);
            }
            _ => {}
        }
        Ok(())
    }

    fn leaves(&mut self, request: &Request) {
        let body = request.body().unwrap_or_default().to_vec();
        let text = String::from_utf8_lossy(&body).to_ascii_lowercase();
        assert!(!text.contains("\"password"), "a member called password: {text}");
        match request.call() {
            Call::ProbeInvite | Call::ProbeSignup => assert_eq!(body, b"{}"),
            Call::VerifyInvite | Call::CompleteInvite | Call::CompleteSignup => {
                assert!(self.probed, "{:?} without a probe right before", request.call());
            }
            _ => {}
        }
        if matches!(request.call(), Call::CompleteInvite) {
            let first = self.payload.get_or_insert_with(|| body.clone());
            assert_eq!(*first, body, "two payloads in one run");
        }
        self.wire.push(body);
    }
}

impl World<Infisical> for Hostile<'_> {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        self.count();
        self.fixture.ask(question)
    }

    fn tell(&mut self, notice: &DialectNotice) {
        self.fixture.tell(notice);
    }

    fn prepare(&mut self, (): ()) -> Result<(), LocalTrouble> {
        Ok(())
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<MasterKey, Halt> {
        self.count();
        self.fixture.stretch(job).await
    }

    async fn send(&mut self, request: &Request, _: Option<&Infallible>) -> Result<Response, Halt> {
        self.count();
        self.leaves(request);
        let (method, path) = request.call().target();
        // EXPOSE: the server takes it back.
        let bearer = request.bearer().map(|bearer| String::from_utf8_lossy(bearer.expose()).into_owned());
        let reply = self.fixture.fake.handle(method, path, bearer.as_deref(), true, request.body());
        self.probed = false;
        let Reply::Answer { status, content_type, body, .. } = reply else {
            return Err(Halt::Silent(NoAnswer::Broken));
        };
        let mut response = Response {
            status,
            content_type: Some(content_type.to_owned()),
            retry_after: None,
            signed: None,
            framing: Framing::Plain,
            body: Zeroizing::new(body),
        };
        self.alter(&mut response)?;
        let route = match request.call() {
            Call::ProbeInvite => Some(Route::Invite),
            Call::ProbeSignup => Some(Route::Signup),
            _ => None,
        };
        self.probed = route.is_some_and(|route| judge(route, &response).is_ok());
        Ok(response)
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Halt> {
        self.count();
        Ok(())
    }

    fn estimator(&self) -> &dyn Estimator {
        self.fixture.estimator()
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.fixture.keep(pin)
    }
}

/// Four bytes choose the server, the rest are orders to it.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let [era, lie, way, seed, orders @ ..] = data else { return };
    let mut fake = Fake::new(ERAS[usize::from(*era) % ERAS.len()]);
    if let Some(lie) = LIES.get(usize::from(*lie)) {
        fake.lies.push(*lie);
    }
    let path = match way % 3 {
        0 => fake.invite("ada+new@example.org"),
        verified => {
            let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
            fake.users[user].email_verified = verified == 1;
            fake.sign_in(user, TICKETS_END)
        }
    };
    let mut fixture = DialectFixture::new(fake);
    if way / 3 % 2 == 0 {
        // Judging a password costs more than all the rest, so most runs have one made.
        fixture.new.clear();
    }
    fixture.before_link = Some(|fake, links| {
        if !fake.users.is_empty() && !fake.users[0].logs_in_by_email {
            links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
        }
    });
    let mut world =
        Hostile { fixture, orders: orders.iter(), effects: 0, probed: false, payload: None, wire: Vec::new() };
    let mut rng = Seeded::new(u64::from(*seed));
    let link = Zeroizing::new(format!("{ORIGIN}{path}").into_bytes());
    let options = DialectOptions { now: 1_795_457_000, ..DialectOptions::default() };
    let end = ready(accept(&mut world, &mut rng, options, link));
    judge_traffic(&world);
    if let Ok(done) = end
        && done.deed == DialectDeed::Completed
    {
        let pin = done.pin.expect("oracle: completed means known");
        judge_account(&world.fixture, &done.identity, &pin);
    }
}

fn judge_traffic(world: &Hostile<'_>) {
    let password = password(&world.fixture);
    let mut secrets = vec![password.as_bytes().to_vec(), hexadecimal::write(password.as_bytes()).as_bytes().to_vec()];
    if let Some(kit) = &world.fixture.kit {
        secrets.push(kit.secret.key().to_vec());
        let private = kit.sealed.private(&kit.secret.key()).expect("oracle: our own kit opens");
        // EXPOSE: looked for where it must not be.
        secrets.push(hexadecimal::write(private.expose()).as_bytes().to_vec());
    }
    for body in &world.wire {
        for secret in &secrets {
            assert!(!body.windows(secret.len()).any(|window| window == secret.as_slice()), "a secret left");
        }
    }
    for told in &world.fixture.told {
        assert!(
            !told.contains(|c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
            "{told:?}"
        );
    }
}

/// The one that was typed or made.
fn password(fixture: &DialectFixture) -> &str {
    fixture.made.as_deref().unwrap_or(PASSWORD)
}

/// What is stored opens with the password, and is what was pinned.
fn judge_account(fixture: &DialectFixture, identity: &str, pin: &Pin) {
    let user = fixture.fake.users.iter().find(|user| user.keys.is_some()).expect("oracle: an account");
    let keys = user.keys.as_ref().expect("oracle: with keys");
    let text = |name: &str| keys[name].as_str().unwrap_or_default().to_owned();
    let vault = Vault {
        protected_key: Sealed::read(&text("protectedKey"), &text("protectedKeyIV"), &text("protectedKeyTag"))
            .expect("oracle: sealed"),
        private_key: Sealed::read(
            &text("encryptedPrivateKey"),
            &text("encryptedPrivateKeyIV"),
            &text("encryptedPrivateKeyTag"),
        )
        .expect("oracle: sealed"),
        public_key: PublicKey::read(&text("publicKey")).expect("oracle: a key"),
    };
    let salt = Salt::read(&text("salt")).expect("oracle: a salt");
    assert!(
        vault.open(&cheap_stretch(password(fixture).as_bytes(), &salt.text())).is_ok(),
        "success, and it does not open"
    );
    assert!(
        pin.confirmed && pin.vault == vault.digest() && pin.salt == salt && pin.identity == identity,
        "success, and the pin differs"
    );
}
