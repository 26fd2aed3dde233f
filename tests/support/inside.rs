//! The client in this process instead of its own: the program's edges around the program's flow,
//! put together as the program does.
//!
//! What a test changes lies between them: a [`Fuse`] that kills the process at an effect, waits
//! that are skipped, limits that are short, a stretch that is cheap.

use super::client::{Desk, Run};
use firstkey::drive::{self, Edges, Person, Server, Shelf, Stretch};
use firstkey::port::http::{HttpServer, Limits};
use firstkey::port::machine::ThisMachine;
use firstkey::port::random::SystemRng;
use firstkey::port::trust::Trust;
use firstkey::store::shelf::StateShelf;
use firstkey::ui::script::{Answers, Outputs, Script};
use firstkey::ui::source::{InviteSource, PasswordSource};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::{Profile, StretchJob, Stretched};
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, LocalTrouble, NoAnswer, Reach};
use firstkey_core::flow::{Accepted, Answer, Effect, Flow, Notice, Question, Reply};
use firstkey_core::secret::{MasterKey, SessionToken};
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::Outbound;
use firstkey_estimator::Zxcvbn;
use rand_core::CryptoRngCore;
use std::cell::Cell;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Kills this process with SIGKILL before the effect after the last one that is allowed.
pub struct Fuse {
    left: Cell<Option<u32>>,
}

impl Fuse {
    /// Lets `effects` happen, and not one more.
    pub fn after(effects: u32) -> Self {
        Self { left: Cell::new(Some(effects)) }
    }

    /// Lets everything happen.
    pub fn endless() -> Self {
        Self { left: Cell::new(None) }
    }

    fn burn(&self) {
        match self.left.get() {
            None => {}
            Some(0) => {
                let own = rustix::process::getpid();
                rustix::process::kill_process(own, rustix::process::Signal::KILL).expect("a process may kill itself");
            }
            Some(left) => self.left.set(Some(left - 1)),
        }
    }
}

/// Limits for an answer that never comes.
const IMPATIENT: Limits = {
    let short = Duration::from_millis(200);
    Limits { connect: short, read: short, total: short }
};

/// What a test may choose.
pub struct Choice {
    /// Where it ends.
    pub fuse: Fuse,
    /// The one path at which hardly any time is waited for an answer; everywhere else it is as long
    /// as the program waits.
    pub impatient_at: Option<&'static str>,
    /// Whether a digest takes the place of Argon2id, and waits take no time.
    pub hasty: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self { fuse: Fuse::endless(), impatient_at: None, hasty: true }
    }
}

/// An edge that is counted.
struct Counted<'a, T> {
    inner: T,
    choice: &'a Choice,
}

impl Person for Counted<'_, &mut Script> {
    fn ask(&mut self, question: Question) -> Answer {
        self.choice.fuse.burn();
        self.inner.ask(question)
    }

    fn tell(&mut self, notice: &Notice) {
        self.choice.fuse.burn();
        self.inner.tell(notice);
    }

    fn stretching(&mut self, profile: Profile) {
        self.inner.stretching(profile);
    }

    fn stretched(&mut self, profile: Profile, took: Duration) {
        self.inner.stretched(profile, took);
    }
}

impl Server for Counted<'_, HttpServer> {
    async fn send(&mut self, request: &Outbound) -> Result<Response, NoAnswer> {
        self.choice.fuse.burn();
        if self.choice.impatient_at == Some(request.endpoint().path()) {
            return HttpServer::new(IMPATIENT, Trust::default(), None).send(request).await;
        }
        self.inner.send(request).await
    }

    async fn send_in(&mut self, session: &SessionToken, request: &Outbound) -> Result<Response, NoAnswer> {
        self.choice.fuse.burn();
        self.inner.send_in(session, request).await
    }
}

impl Shelf for Counted<'_, StateShelf> {
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), LocalTrouble> {
        self.choice.fuse.burn();
        self.inner.save(checkpoint)
    }

    fn conclude(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.choice.fuse.burn();
        self.inner.conclude(pin)
    }

    fn record(&mut self, request: &Outbound) {
        self.choice.fuse.burn();
        self.inner.record(request);
    }
}

impl Stretch for Counted<'_, ThisMachine> {
    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble> {
        self.choice.fuse.burn();
        self.inner.prepare(profile)
    }

    async fn run(&mut self, job: StretchJob) -> Result<Stretched, LocalTrouble> {
        self.choice.fuse.burn();
        if self.choice.hasty {
            let mut key = [0; 32];
            hazmat::hkdf(&job.block.salt.0, job.password.expose(), b"not a stretch", &mut key);
            return Ok(Stretched(MasterKey::from_bytes(&key)));
        }
        self.inner.run(job).await
    }
}

/// A flow whose waits are over at once.
struct Hasty(Accept);

impl Flow for Hasty {
    fn step(&mut self, reply: Reply, rng: &mut dyn CryptoRngCore) -> Effect {
        let mut effect = self.0.step(reply, rng);
        while let Effect::Wait(_) = effect {
            effect = self.0.step(Reply::Waited, rng);
        }
        effect
    }
}

/// Takes what is written to it.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs `accept` on that desk as [`Desk::accept`] would, with the files that are on it already.
pub fn accept(home: &Path, email: &str, choice: &Choice) -> Run {
    let answers = Answers {
        invite: Some(InviteSource::File(home.join("invite.url"))),
        password: Some(PasswordSource::File(home.join("password"))),
        yes_for: Some(email.to_owned()),
        kit_out: Some(home.join("kit.txt")),
        json: true,
        ..Answers::default()
    };
    let (out, err) = (Page::default(), Page::default());
    let outputs = Outputs { out: Box::new(out.clone()), err: Box::new(err.clone()), piped: true };
    let mut script = Script::with_outputs(answers, None, outputs);
    let end = script.prepare().and_then(|()| play(home, choice, &mut script));
    let code = script.finish(&end).number();
    Run { code: Some(i32::from(code)), stdout: out.text(), stderr: err.text() }
}

fn play(home: &Path, choice: &Choice, script: &mut Script) -> Result<Accepted, AcceptStop> {
    let early = |trouble| AcceptStop {
        why: AcceptReason::Local(trouble),
        reach: Reach::NothingSent,
        origin: None,
        subject: None,
    };
    let shelf = StateShelf::open(&home.join("state")).map_err(early)?;
    let options = Options {
        profile: Some(Profile::One),
        pins: shelf.pins().map_err(early)?,
        checkpoints: shelf.checkpoints().map_err(early)?,
        ..Options::new(&Zxcvbn)
    };
    let edges = Edges {
        person: &mut Counted { inner: script, choice },
        server: &mut Counted { inner: HttpServer::new(Limits::default(), Trust::default(), None), choice },
        shelf: &mut Counted { inner: shelf, choice },
        stretch: &mut Counted { inner: ThisMachine, choice },
        stopped: std::future::pending::<()>,
    };
    let mut rng = SystemRng::open().expect("the system's generator works");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if choice.hasty {
        runtime.block_on(drive::run(&mut Hasty(Accept::new(options)), edges, &mut rng))
    } else {
        runtime.block_on(drive::run(&mut Accept::new(options), edges, &mut rng))
    }
}

impl Desk {
    /// Puts the invite and the password on the desk.
    pub fn lay_out(&self, link: &str) {
        self.write("invite.url", link.as_bytes());
        self.write("password", super::client::PASSWORD.as_bytes());
    }

    /// Runs `accept` in this process.
    pub fn accept_inside(&self, link: &str, email: &str, choice: &Choice) -> Run {
        self.lay_out(link);
        accept(self.home.path(), email, choice)
    }
}
