//! A person, a disk and a processor around [`super::fake::Fake`].

use super::fake::{Fake, Reply};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{Halt, LocalTrouble, Missing, NoAnswer};
use firstkey_core::flow::world::World;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_estimator::Zxcvbn;
use firstkey_infisical::door::Request;
use firstkey_infisical::flow::{DialectNotice, DialectQuestion, Digits, Infisical};
use firstkey_infisical::keys::StretchJob;
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use zeroize::Zeroizing;

/// A world.
pub struct DialectFixture {
    /// The server.
    pub fake: Fake,
    /// Links that will be pasted when one is asked for.
    pub links: VecDeque<String>,
    /// Passwords that will be typed for a new one; the last stays.
    pub new: VecDeque<Vec<u8>>,
    /// The password that will be typed where one exists.
    pub old: Vec<u8>,
    /// Six digits.
    pub digits: String,
    /// Whether they consent.
    pub consents: bool,
    /// Whether they keep the kit.
    pub keeps_kit: bool,
    /// How often the second typing will be typed wrong.
    pub mistypes: u32,
    /// How often the kit's group will be typed wrong.
    pub kit_mistypes: u32,
    /// The kit that was shown last.
    pub kit: Option<Kit>,
    /// The kit that is in the file which was named for it.
    pub kit_file: Option<Kit>,
    /// What will be typed for a kit's secret.
    pub kit_secret: Vec<u8>,
    /// The passphrase that was made.
    pub made: Option<String>,
    /// What was asked, by name.
    pub asked: Vec<String>,
    /// What was told.
    pub told: Vec<String>,
    /// Pins, in the order that they were kept.
    pub pins: Vec<Pin>,
    /// What is remembered now, a pin for each account.
    pub disk: Vec<Pin>,
    /// What was done, in order: `ask X`, `stretch`, `send METHOD path`, `keep`.
    pub trace: Vec<String>,
    /// Bearer tokens that were sent.
    pub bearers: Vec<String>,
    /// After so many effects the person stops the program.
    pub patience: usize,
    /// Whether answers are kept.
    pub keeps_answers: bool,
    /// Status and body of each answer, if they are.
    pub answers: Vec<(u16, Vec<u8>)>,
    /// Called before each link that is asked for, so that the server can make one.
    pub before_link: Option<fn(&mut Fake, &mut VecDeque<String>)>,
}

/// The server's address.
pub const ORIGIN: &str = "https://app.example.org";
/// A password that may be set.
pub const PASSWORD: &str = "velvet tundra misprint cobra lunar eggplant 7";

impl DialectFixture {
    /// An honest person before this server.
    pub fn new(fake: Fake) -> Self {
        Self {
            fake,
            links: VecDeque::new(),
            new: VecDeque::from([PASSWORD.as_bytes().to_vec()]),
            old: PASSWORD.as_bytes().to_vec(),
            digits: "684915".to_owned(),
            consents: true,
            keeps_kit: true,
            mistypes: 0,
            kit_mistypes: 0,
            kit: None,
            kit_file: None,
            kit_secret: Vec::new(),
            made: None,
            asked: Vec::new(),
            told: Vec::new(),
            pins: Vec::new(),
            disk: Vec::new(),
            trace: Vec::new(),
            bearers: Vec::new(),
            patience: usize::MAX,
            keeps_answers: false,
            answers: Vec::new(),
            before_link: None,
        }
    }

    fn tired(&mut self, what: String) -> bool {
        self.trace.push(what);
        self.patience = self.patience.saturating_sub(1);
        self.patience == 0
    }
}

/// A stand-in for Argon2id that costs nothing.
pub fn cheap_stretch(password: &[u8], salt: &str) -> MasterKey {
    MasterKey::from_bytes(&hazmat::sha256(&[b"not argon2", password, salt.as_bytes()].concat()))
}

fn text(text: &str) -> Answer {
    Answer::Text(Zeroizing::new(text.as_bytes().to_vec()))
}

fn secret(bytes: &[u8]) -> Answer {
    Answer::Secret(Zeroizing::new(bytes.to_vec()))
}

impl World<Infisical> for DialectFixture {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        let name = match &question {
            DialectQuestion::Link(wish) => format!("link {wish:?}"),
            DialectQuestion::Host(_) => "host".to_owned(),
            DialectQuestion::Consent(_) => "consent".to_owned(),
            DialectQuestion::FirstName => "first name".to_owned(),
            DialectQuestion::LastName => "last name".to_owned(),
            DialectQuestion::NewPassword { .. } => "new password".to_owned(),
            DialectQuestion::Again { .. } => "again".to_owned(),
            DialectQuestion::Kit(_) => "kit".to_owned(),
            DialectQuestion::KitProof { .. } => "kit proof".to_owned(),
            DialectQuestion::Digits(_) => "digits".to_owned(),
            DialectQuestion::Password { .. } => "password".to_owned(),
            DialectQuestion::KitAtHand => "kit at hand".to_owned(),
            DialectQuestion::KitSecret { .. } => "kit secret".to_owned(),
        };
        self.asked.push(name.clone());
        if self.tired(format!("ask {name}")) {
            return Answer::Cancelled;
        }
        if matches!(question, DialectQuestion::KitProof { .. }) && self.kit_mistypes > 0 {
            self.kit_mistypes -= 1;
            return secret(b"zzzz");
        }
        if matches!(question, DialectQuestion::Again { .. }) && self.mistypes > 0 {
            self.mistypes -= 1;
            if let DialectQuestion::Again { made: Some(made) } = &question {
                self.made = Some(made.to_string());
            }
            return secret(b"something else");
        }
        match question {
            DialectQuestion::Link(_) => {
                if let Some(make) = self.before_link {
                    make(&mut self.fake, &mut self.links);
                }
                self.links.pop_front().map_or(Answer::Missing(Missing::Invite), |link| text(&link))
            }
            DialectQuestion::Host(_) => Answer::Yes,
            DialectQuestion::Consent(_) => {
                if self.consents {
                    Answer::Yes
                } else {
                    Answer::No
                }
            }
            DialectQuestion::FirstName => text("Ada"),
            DialectQuestion::LastName => text("Lovelace"),
            DialectQuestion::NewPassword { .. } => {
                let typed = self.new.front().cloned().unwrap_or_default();
                if self.new.len() > 1 {
                    self.new.pop_front();
                }
                self.made = None;
                self.asked.push(format!("typed {}", typed.len()));
                self.trace.pop();
                self.trace.push("ask new password".to_owned());
                self.old.clone_from(&typed);
                secret(&typed)
            }
            DialectQuestion::Again { made: Some(made) } => {
                self.made = Some(made.to_string());
                self.old = made.as_bytes().to_vec();
                secret(made.as_bytes())
            }
            DialectQuestion::Kit(kit) => {
                self.kit = Some(*kit);
                if self.keeps_kit { Answer::Yes } else { Answer::No }
            }
            DialectQuestion::KitProof { group } => {
                let groups = self.kit.as_ref().map(|kit| kit.secret.groups()).unwrap_or_default();
                secret(groups.split('-').nth(usize::from(group) - 1).unwrap_or_default().as_bytes())
            }
            DialectQuestion::Digits(Digits::Address) => text(&self.digits.clone()),
            DialectQuestion::Digits(Digits::LogIn) => text("123456"),
            DialectQuestion::Again { made: None } | DialectQuestion::Password { .. } => secret(&self.old.clone()),
            DialectQuestion::KitAtHand => match &self.kit_file {
                Some(kit) => text(&kit.page()),
                None => Answer::No,
            },
            DialectQuestion::KitSecret { .. } => secret(&self.kit_secret.clone()),
        }
    }

    fn tell(&mut self, notice: &DialectNotice) {
        self.told.push(format!("{notice:?}"));
    }

    fn prepare(&mut self, (): ()) -> Result<(), LocalTrouble> {
        Ok(())
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<MasterKey, Halt> {
        if self.tired("stretch".to_owned()) {
            return Err(Halt::Cancelled);
        }
        // EXPOSE: what Argon2id would take.
        Ok(cheap_stretch(job.password.expose(), &job.salt.text()))
    }

    async fn send(&mut self, request: &Request, _: Option<&Infallible>) -> Result<Response, Halt> {
        let (method, path) = request.call().target();
        if self.tired(format!("send {method} {path}")) {
            return Err(Halt::Cancelled);
        }
        // EXPOSE: the server takes it back.
        let bearer = request.bearer().map(|bearer| String::from_utf8_lossy(bearer.expose()).into_owned());
        self.bearers.extend(bearer.clone());
        match self.fake.handle(method, path, bearer.as_deref(), true, request.body()) {
            Reply::Nothing => Err(Halt::Silent(NoAnswer::Broken)),
            Reply::Answer { status, content_type, headers, body } => Ok(Response {
                status: {
                    if self.keeps_answers {
                        self.answers.push((status, body.clone()));
                    }
                    status
                },
                content_type: Some(content_type.to_owned()),
                retry_after: headers
                    .iter()
                    .find_map(|(name, value)| if *name == "retry-after" { value.parse().ok() } else { None }),
                signed: None,
                framing: Framing::Plain,
                body: Zeroizing::new(body),
            }),
        }
    }

    async fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        self.fake.pass(time.as_secs());
        if self.tired("wait".to_owned()) { Err(Halt::Cancelled) } else { Ok(()) }
    }

    fn estimator(&self) -> &dyn Estimator {
        &Zxcvbn
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.trace.push("keep".to_owned());
        self.pins.push(pin.clone());
        self.disk.retain(|other| other.stem() != pin.stem() && !pin.takes_the_place_of(other));
        // Through its bytes, as a disk would have it.
        self.disk.push(Pin::read(&pin.encode()).map_err(|_| LocalTrouble::SelfCheck)?);
        Ok(())
    }
}

/// Runs a future that never waits.
///
/// # Panics
/// If it does wait.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("a world in memory never waits"),
    }
}
