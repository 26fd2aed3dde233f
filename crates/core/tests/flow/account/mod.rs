//! Opening an account: against an honest server, and against what a hostile one or a bad line would
//! do.

mod interference;
mod join;
mod kit;
mod managed;
mod password;
mod people;
mod realm;
mod recover;
mod secret_key;
mod sessions;
mod statement;
mod table;

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::identity::KeyPairs;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, StretchJob, Stretched};
use firstkey_core::crypto::recovery::{CodeError, write_code, write_secret_key};
use firstkey_core::crypto::statement::BundlePart;
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop, Change};
use firstkey_core::flow::account::{Done, Known, verify};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::stop::{GaveUp, Halt, LocalTrouble, NoAnswer};
use firstkey_core::flow::world::World;
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::secret::{MasterKey, SessionToken};
use firstkey_core::wire::disclose::Email;
use firstkey_core::wire::inbound::{Response, read_login_params};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_core::wire::refusal::Refusal;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::honest::{HonestServer, response};
use firstkey_testkit::infisical::person::ready;
use firstkey_testkit::scene::{PASSWORD, Scene, stretch};
use std::collections::VecDeque;
use std::time::Duration;
use zeroize::Zeroizing;

/// A password that may be set, another one.
const NEW: &str = "harbor Trumpet 91 mosaic tundra";

/// A server with one completed account, the person, and a line that can be meddled with.
struct AccountFixture {
    scene: Scene,
    typed: VecDeque<String>,
    /// What is typed for a new password, twice each; the last stays.
    new: VecDeque<String>,
    /// What was typed or made last.
    chosen: String,
    /// What is typed the second time instead; which attempts at a new password were asked for,
    /// which pairs of typings were said to come next.
    second: Option<String>,
    attempts: Vec<u32>,
    pairs: Vec<u32>,
    /// The groups that were asked for, of kits and secret keys.
    groups: Vec<u8>,
    /// The address that a script was told to consent for, where it is another.
    meant: Option<String>,
    /// What is typed as recovery code; the last stays. Empty: what the kit says that was kept at
    /// the completion.
    codes: VecDeque<String>,
    /// The kits that were shown since, as written down.
    kits: Vec<String>,
    /// Whether a shown kit is written down.
    writes: bool,
    /// Whether a membership is wanted, and the organisations that were shown when that was asked.
    joins: bool,
    shown: Option<(String, Vec<String>)>,
    /// The secret keys that were shown, as written down; what is typed instead of the last one;
    /// whether a group is typed back right.
    keys: Vec<String>,
    keys_typed: VecDeque<String>,
    proves: bool,
    /// What is remembered instead of what the completion left.
    remembered: Option<Pin>,
    slips: Vec<CodeError>,
    /// After so many effects the person stops the program.
    patience: usize,
    /// Called before the request with this number is answered.
    before: Option<(usize, fn(&mut Scene))>,
    asked: usize,
    prepared: Vec<Profile>,
    told: Vec<String>,
    /// What was said of a state that is not the remembered one: the parts, and whether it is
    /// signed.
    changed_since: Vec<(Vec<BundlePart>, bool)>,
    kept: Vec<Pin>,
    paths: Vec<&'static str>,
    bodies: Vec<Vec<u8>>,
    /// Every request, and the session that it was sent in.
    sent: Vec<(Outbound, Option<[u8; 32]>)>,
    /// What happens to the request with this number, from 1.
    meddle: Option<(usize, Meddle)>,
    /// The realm that is pinned on this computer.
    managed: Option<ManagedRealm>,
}

#[derive(Clone, Copy)]
enum Meddle {
    /// It never arrives.
    LoseBefore,
    /// It is performed and its answer lost.
    LoseAfter,
    /// It is not performed and answered as if it had been: the receipt is right.
    Pretend,
    /// It never arrives, nor does any other after it.
    Refuse,
    /// It is performed, and neither its answer nor any other arrives.
    Deaf,
    /// The answer is this one, and nothing is performed.
    Instead(u16),
    /// The answer is changed so.
    Alter(fn(&str) -> String),
}

impl AccountFixture {
    fn new() -> Self {
        Self::at(Scene::new(7))
    }

    /// At a server that keeps no statements.
    fn unsigned() -> Self {
        let mut scene = Scene::new(7);
        scene.server.keeps_statements = false;
        Self::at(scene)
    }

    fn at(mut scene: Scene) -> Self {
        scene.run_honestly(7);
        Self::of(scene)
    }

    /// Where the account is complete already.
    fn of(scene: Scene) -> Self {
        assert!(scene.server.stored.is_some(), "the account is complete");
        Self {
            scene,
            typed: VecDeque::from([PASSWORD.to_owned()]),
            new: VecDeque::from([NEW.to_owned()]),
            chosen: String::new(),
            second: None,
            attempts: Vec::new(),
            pairs: Vec::new(),
            groups: Vec::new(),
            meant: None,
            codes: VecDeque::new(),
            kits: Vec::new(),
            writes: true,
            joins: true,
            shown: None,
            keys: Vec::new(),
            keys_typed: VecDeque::new(),
            proves: true,
            remembered: None,
            slips: Vec::new(),
            patience: usize::MAX,
            before: None,
            asked: 0,
            prepared: Vec::new(),
            told: Vec::new(),
            changed_since: Vec::new(),
            kept: Vec::new(),
            paths: Vec::new(),
            bodies: Vec::new(),
            sent: Vec::new(),
            meddle: None,
            managed: None,
        }
    }

    fn tired(&mut self) -> bool {
        self.patience = self.patience.saturating_sub(1);
        self.patience == 0
    }

    fn pin(&self) -> Pin {
        self.remembered.clone().unwrap_or_else(|| Pin::read(&self.scene.shelf.pins[0]).expect("a pin"))
    }

    /// The settings that the server holds.
    fn block(&mut self) -> KdfBlock {
        let request = Outbound::post(&self.pin().origin, Endpoint::LoginParams)
            .field("email", &Email::read("ada@example.org").expect("an address"))
            .build();
        let answer = self.scene.server.answer(&request).read(read_login_params);
        answer.ok().and_then(Result::ok).expect("an account").kdf_block
    }

    fn known(&self) -> Known {
        let pin = self.pin();
        Known { origin: pin.origin.clone(), email: pin.email.clone(), pin: Some(pin) }
    }

    fn verify(&mut self, known: Known) -> Result<Done, AccountStop> {
        ready(verify(self, &mut Seeded::new(3), known, None))
    }

    /// The code of the kit that was kept when the account was completed.
    fn first_kit(&self) -> String {
        self.scene.kit.clone().expect("a kit was kept")
    }

    fn stopped(&mut self, known: Known) -> AccountReason {
        match self.verify(known) {
            Err(stop) => stop.why,
            Ok(done) => panic!("it went on: {done:?}"),
        }
    }
}

impl World for AccountFixture {
    fn managed(&self) -> Option<&ManagedRealm> {
        self.managed.as_ref()
    }

    fn ask(&mut self, question: Question) -> Answer {
        if self.tired() {
            return Answer::Cancelled;
        }
        let secret = |text: &str| Answer::Secret(Zeroizing::new(text.as_bytes().to_vec()));
        let (email, attempt) = match question {
            Question::Unlock { email, attempt } => (email, attempt),
            Question::NewPassword { attempt } => {
                self.attempts.push(attempt);
                let next = if self.new.len() > 1 { self.new.pop_front() } else { self.new.front().cloned() };
                self.chosen = next.unwrap_or_default();
                return secret(&self.chosen);
            }
            Question::Again { made } => {
                if let Some(made) = made {
                    made.as_str().clone_into(&mut self.chosen);
                }
                return secret(self.second.as_ref().unwrap_or(&self.chosen));
            }
            Question::RecoveryCode { .. } => {
                let next = if self.codes.len() > 1 { self.codes.pop_front() } else { self.codes.front().cloned() };
                return secret(&next.unwrap_or_else(|| self.first_kit()));
            }
            Question::Join { about, members_of } => {
                let members_of = members_of.iter().map(ToString::to_string).collect();
                self.shown = Some((about.organisation.to_string(), members_of));
                if let Some(expected) = self.meant.clone() {
                    return Answer::NotTheInvited { expected };
                }
                return if self.joins { Answer::Yes } else { Answer::No };
            }
            Question::Kit(kit) => {
                // EXPOSE: the person writes it down.
                self.kits.push(write_code(kit.code.expose()).as_str().to_owned());
                return if self.writes { Answer::Yes } else { Answer::No };
            }
            Question::ReplaceSecretKey { .. } => return if self.joins { Answer::Yes } else { Answer::No },
            Question::KeepSecretKey(sheet) => {
                // EXPOSE: the person writes it down.
                self.keys.push(write_secret_key(sheet.key.expose()).as_str().to_owned());
                return if self.writes { Answer::Yes } else { Answer::No };
            }
            Question::SecretKeyProof { group, .. } => {
                self.groups.push(group);
                let key = self.keys.last().expect("it was shown");
                let group = key.split('-').nth(usize::from(group)).expect("a group");
                return secret(if self.proves { group } else { "uuuu" });
            }
            Question::SecretKey { .. } => {
                let next = if self.keys_typed.len() > 1 {
                    self.keys_typed.pop_front()
                } else {
                    self.keys_typed.front().cloned()
                };
                return secret(&next.or_else(|| self.keys.last().cloned()).unwrap_or_default());
            }
            Question::KitProof { group, .. } => {
                self.groups.push(group);
                let kit = self.kits.last().expect("it was shown");
                return secret(kit.split('-').nth(usize::from(group) - 1).expect("a group"));
            }
            _ => panic!("another question"),
        };
        self.asked += 1;
        assert_eq!((email.as_str(), attempt as usize), ("ada@example.org", self.asked));
        let typed = if self.typed.len() > 1 { self.typed.pop_front() } else { self.typed.front().cloned() };
        match typed {
            Some(typed) => Answer::Secret(Zeroizing::new(typed.into_bytes())),
            None => Answer::No,
        }
    }

    fn tell(&mut self, notice: &Notice) {
        if let Notice::NoCode(slip) | Notice::NoSecretKey(slip) = notice {
            self.slips.push(*slip);
        }
        if let Notice::ChangedSince { parts, signed } = notice {
            self.changed_since.push((parts.clone(), *signed));
        }
        if let Notice::TypingsDiffer { attempt, .. } = notice {
            self.pairs.push(*attempt);
        }
        self.told.push(format!("{notice:?}").chars().take_while(|c| c.is_alphanumeric()).collect());
    }

    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble> {
        self.prepared.push(profile);
        Ok(())
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<Stretched, Halt> {
        if self.tired() {
            return Err(Halt::Cancelled);
        }
        Ok(Stretched(MasterKey::from_bytes(&stretch(&job))))
    }

    async fn send(&mut self, request: &Outbound, session: Option<&SessionToken>) -> Result<Response, Halt> {
        // EXPOSE: the server takes its own token back.
        let session = session.map(|session| *session.expose());
        if self.tired() {
            return Err(Halt::Cancelled);
        }
        self.paths.push(request.endpoint().path());
        if let Some((_, act)) = self.before.filter(|(at, _)| *at == self.paths.len()) {
            act(&mut self.scene);
        }
        self.bodies.push(request.body().to_vec());
        self.sent.push((request.clone(), session));
        let meddle = self.meddle.filter(|(at, _)| *at == self.paths.len()).map(|(_, meddle)| meddle);
        if matches!(meddle, Some(Meddle::LoseBefore)) {
            return Err(Halt::Silent(NoAnswer::Broken));
        }
        if let Some((_, Meddle::Refuse | Meddle::Deaf)) = self.meddle.filter(|(at, _)| *at < self.paths.len()) {
            return Err(Halt::Silent(NoAnswer::NoConnection));
        }
        match meddle {
            Some(Meddle::Refuse) => return Err(Halt::Silent(NoAnswer::NoConnection)),
            Some(Meddle::Instead(status)) => {
                // As a load balancer says it.
                return Ok(Response { content_type: Some("text/plain".to_owned()), ..response(status, b"busy") });
            }
            Some(Meddle::Pretend) => {
                let receipt = Base64UrlUnpadded::encode_string(&request.digest());
                return Ok(response(200, format!("{{\"receipt\":\"{receipt}\"}}").as_bytes()));
            }
            _ => {}
        }
        let mut response = self.scene.server.answer_in(session, request);
        match meddle {
            Some(Meddle::LoseAfter | Meddle::Deaf) => return Err(Halt::Silent(NoAnswer::Broken)),
            Some(Meddle::Alter(alter)) => {
                let text = String::from_utf8(response.body.to_vec()).expect("text");
                response.body = Zeroizing::new(alter(&text).into_bytes());
            }
            _ => {}
        }
        Ok(response)
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Halt> {
        if self.tired() { Err(Halt::Cancelled) } else { Ok(()) }
    }

    fn estimator(&self) -> &dyn Estimator {
        &Zxcvbn
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.kept.push(pin.clone());
        Ok(())
    }
}

#[test]
fn an_account_that_was_completed_here_opens_and_is_the_one_that_is_remembered() {
    let mut fixture = AccountFixture::new();
    fixture.scene.server.sessions.clear();
    let known = fixture.known();
    let done = fixture.verify(known).expect("it opens");
    assert!(!done.first_seen);
    assert_eq!(fixture.kept, [fixture.pin()]);
    assert_eq!(fixture.paths, ["/v1/login/params", "/v1/login/start", "/v1/login/finish", "/v1/logout"]);
    assert!(fixture.scene.server.sessions.is_empty(), "the session of this run is over");
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    for body in &fixture.bodies {
        assert!(!String::from_utf8_lossy(body).contains(PASSWORD));
    }
}

#[test]
fn a_computer_that_never_saw_the_account_says_so_and_remembers_it() {
    let mut fixture = AccountFixture::new();
    let known = Known { pin: None, ..fixture.known() };
    let done = fixture.verify(known).expect("it opens");
    assert!(done.first_seen && done.pin.invite.is_none());
    assert_eq!(fixture.kept[0].identity, fixture.pin().identity);
    assert_eq!(Pin::read(&done.pin.encode()), Ok(done.pin));
}

#[test]
fn each_typed_password_is_one_attempt_and_three_are_the_end() {
    let mut fixture = AccountFixture::new();
    fixture.typed = VecDeque::from(["wrong password number 1".to_owned(), PASSWORD.to_owned()]);
    let known = fixture.known();
    fixture.verify(known).expect("the second is right");
    assert_eq!(fixture.paths.iter().filter(|path| **path == "/v1/login/start").count(), 2);
    assert!(fixture.told.contains(&"NotOpened".to_owned()));

    let mut fixture = AccountFixture::new();
    fixture.typed = VecDeque::from(["wrong password number 1".to_owned()]);
    let known = fixture.known();
    assert!(matches!(fixture.stopped(known), AccountReason::NotOpened));
    assert_eq!(fixture.asked, 3);
    assert_eq!(fixture.paths.iter().filter(|path| **path == "/v1/login/start").count(), 3);
    assert!(!fixture.paths.contains(&"/v1/login/finish") && fixture.kept.is_empty());
}

#[test]
fn what_cannot_be_a_password_costs_no_attempt_at_the_server() {
    let mut fixture = AccountFixture::new();
    fixture.typed = VecDeque::from([String::new(), "x".repeat(1025), PASSWORD.to_owned()]);
    let known = fixture.known();
    fixture.verify(known).expect("the third is right");
    assert_eq!(fixture.paths.len(), 4);
}

#[test]
fn the_server_gets_no_guess_if_it_shows_another_account_or_another_generation() {
    type Turn = fn(&mut Pin);
    let cases: [(Turn, Change); 4] = [
        (crate::another::account, Change::Account),
        (crate::another::realm, Change::Account),
        (|pin| crate::another::generation(pin, 2), Change::OlderKeys),
        (|pin| crate::another::generation(pin, 0), Change::OtherKeys),
    ];
    for (turn, expected) in cases {
        let mut fixture = AccountFixture::new();
        let mut pin = fixture.pin();
        turn(&mut pin);
        let known = Known { pin: Some(pin), ..fixture.known() };
        assert!(matches!(fixture.stopped(known), AccountReason::Changed(change) if change == expected), "{expected:?}");
        assert_eq!((fixture.asked, fixture.paths.len(), fixture.kept.len()), (0, 1, 0), "{expected:?}");
    }
}

#[test]
fn another_server_key_or_other_public_keys_are_refused_though_the_password_is_right() {
    let mut fixture = AccountFixture::new();
    let mut pin = fixture.pin();
    pin.server_key[3] ^= 1;
    let known = Known { pin: Some(pin), ..fixture.known() };
    assert!(matches!(fixture.stopped(known), AccountReason::Changed(Change::ServerKey)));
    assert!(!fixture.paths.contains(&"/v1/login/finish"), "no proof is given");

    for turn in [crate::another::agreement_key as fn(&mut Pin), crate::another::signing_key] {
        let mut fixture = AccountFixture::new();
        let mut pin = fixture.pin();
        turn(&mut pin);
        let known = Known { pin: Some(pin), ..fixture.known() };
        assert!(matches!(fixture.stopped(known), AccountReason::Changed(Change::OtherKeys)));
        assert!(fixture.kept.is_empty());
    }
}

#[test]
fn altered_ciphertext_keys_and_parameters_are_refused_and_nothing_is_remembered() {
    let cases: [(usize, fn(&str) -> String, bool); 5] = [
        // Another account's envelope cannot be made; a bit of each kind of value will do.
        (3, |text| turned(text, "\"3\":\""), true),
        (3, |text| turned(text, "\"4\":\""), true),
        (3, |text| turned(text, "\"x25519\":\""), true),
        (3, |text| turned(text, "\"signature\":\""), true),
        // Another salt: the password then opens nothing, and nobody can tell that from a wrong one.
        (1, |text| turned(text, "\"kdf_block\":\""), false),
    ];
    for (at, alter, refused) in cases {
        let mut fixture = AccountFixture::new();
        fixture.meddle = Some((at, Meddle::Alter(alter)));
        fixture.typed.push_back("that was all".to_owned());
        let known = fixture.known();
        let why = fixture.stopped(known);
        assert_eq!(matches!(why, AccountReason::Refused(_) | AccountReason::Changed(_)), refused, "{at} {why:?}");
        assert_eq!(matches!(why, AccountReason::NotOpened), !refused, "{at} {why:?}");
        assert!(fixture.kept.is_empty());
    }
}

#[test]
fn keys_that_a_server_made_itself_do_not_pass_where_there_is_no_pin_to_compare_with() {
    let mut fixture = AccountFixture::new();
    fixture.meddle = Some((3, Meddle::Alter(with_keys_of_the_server)));
    let known = Known { pin: None, ..fixture.known() };
    assert!(matches!(fixture.stopped(known), AccountReason::Refused(Refusal::Statement)));
    assert!(fixture.kept.is_empty());
    // Without a statement they open nothing.
    let mut fixture = AccountFixture::unsigned();
    fixture.meddle = Some((3, Meddle::Alter(with_keys_of_the_server)));
    let known = Known { pin: None, ..fixture.known() };
    assert!(matches!(fixture.stopped(known), AccountReason::Refused(Refusal::Keys)));
    assert!(fixture.kept.is_empty());
}

/// The answer with other public keys, soundly signed by whoever made them.
fn with_keys_of_the_server(text: &str) -> String {
    let pairs = KeyPairs::make(&mut Seeded::new(99));
    let context = HonestServer::new(7).context();
    let (public, signature) = (pairs.public(KeyGen::FIRST), pairs.sign(KeyGen::FIRST, &context));
    let mut answer: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let bundle = &mut answer["bundle"];
    bundle["identity"]["ed25519"] = Base64UrlUnpadded::encode_string(&public.ed25519).into();
    bundle["identity"]["x25519"] = Base64UrlUnpadded::encode_string(&public.x25519).into();
    bundle["signature"] = Base64UrlUnpadded::encode_string(&signature.0).into();
    answer.to_string()
}

/// `text` with the symbol after `mark`, some places on, exchanged.
fn turned(text: &str, mark: &str) -> String {
    let at = text.find(mark).unwrap_or_else(|| panic!("{mark} is not in {text}")) + mark.len() + 30;
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_weak_or_unknown_cost_is_refused_before_a_password_is_asked_for() {
    let mut fixture = AccountFixture::new();
    fixture.meddle = Some((1, Meddle::Alter(|text| text.replace("\"kdf_block\":\"AQI", "\"kdf_block\":\"AQE"))));
    let known = fixture.known();
    assert!(matches!(fixture.stopped(known), AccountReason::Refused(Refusal::Kdf(_))));
    assert_eq!(fixture.asked, 0);
}

#[test]
fn a_lost_message_is_repeated_and_a_lost_end_costs_one_more_conversation() {
    for at in 1..=3 {
        for meddle in [Meddle::LoseBefore, Meddle::LoseAfter] {
            let mut fixture = AccountFixture::new();
            fixture.meddle = Some((at, meddle));
            let known = fixture.known();
            fixture.verify(known).unwrap_or_else(|stop| panic!("{at} {stop:?}"));
            assert_eq!(fixture.asked, 1, "nobody has to type it again");
            let starts = fixture.paths.iter().filter(|path| **path == "/v1/login/start").count();
            let twice = at == 2 || (at == 3 && matches!(meddle, Meddle::LoseAfter));
            assert_eq!(starts, if twice { 2 } else { 1 }, "{at}");
        }
    }
}

#[test]
fn a_host_that_may_look_like_another_is_confirmed_unless_it_is_remembered() {
    let mut fixture = AccountFixture::new();
    let origin = Origin::read("https://xn--kys-hoa.example.org").expect("an origin");
    let known = Known { origin: origin.clone(), email: "ada@example.org".to_owned(), pin: None };
    let mut world = Refusing { fixture: &mut fixture };
    let end = ready(verify(&mut world, &mut Seeded::new(3), known, None));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::GaveUp(GaveUp::Host), .. })));
    assert!(fixture.paths.is_empty(), "nothing was sent");
}

/// Says no.
struct Refusing<'a> {
    fixture: &'a mut AccountFixture,
}

impl World for Refusing<'_> {
    fn ask(&mut self, _: Question) -> Answer {
        Answer::No
    }
    fn tell(&mut self, notice: &Notice) {
        self.fixture.tell(notice);
    }
    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble> {
        self.fixture.prepare(profile)
    }
    async fn stretch(&mut self, job: StretchJob) -> Result<Stretched, Halt> {
        self.fixture.stretch(job).await
    }
    async fn send(&mut self, request: &Outbound, session: Option<&SessionToken>) -> Result<Response, Halt> {
        self.fixture.send(request, session).await
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
