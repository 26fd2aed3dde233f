//! Where a case is played: an honest server, the proxy before it, and the people who use them.
//!
//! Promises: every case has a person or an account of its own, or one that was seen to be unchanged
//! since; nothing of one case is left for the next. Must never: count a client's failure that is
//! the stage's own as a client that held.

use super::computer::{About, Computer};
use super::honest::Honest;
use super::lie::Names;
use super::message::{Reply, Seen};
use super::outcome::Outcome;
use super::proxy::{Play, Playing, Proxy};
use super::scenario::{Case, Command, Liar};
use super::verdict::{Evidence, Held, judge, last_event};
use super::watch;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Whom a colleague's key is looked up of, and whose answers are put in the place of others'.
const COLLEAGUE: &str = "grace@example.org";
/// How often an account is used before another one is made: a login that is not finished counts as
/// a failure, and ten failures are too many.
const USES: u32 = 8;
/// How long an honest run may take.
const HONEST: Duration = Duration::from_secs(180);

type Failed = Box<dyn Error>;

/// The stage. It listens on loopback until the program ends.
pub(super) struct Stage {
    client: PathBuf,
    proxy: Proxy,
    rogue: Proxy,
    server: Honest,
    people: u32,
    computers: u32,
    account: Option<Account>,
    /// What the colleague was answered.
    others: Vec<(String, Reply)>,
    scratch: TempDir,
}

/// An account that was completed honestly.
struct Account {
    email: String,
    computer: Computer,
    uses: u32,
}

/// What a client is to do, and where.
pub(super) struct Scene {
    pub(super) computer: Computer,
    pub(super) email: String,
    pub(super) link: Option<String>,
    pub(super) before: Held,
    /// What was answered while things were prepared.
    honest: Vec<(String, Reply)>,
}

impl Stage {
    /// Sets it up.
    pub(super) fn set(client: &Path) -> Result<Self, Failed> {
        let scratch = tempfile::Builder::new().prefix("firstkey-evil-").tempdir()?;
        let (proxy, rogue) = (Proxy::listen()?, Proxy::listen()?);
        let server = Honest::start(scratch.path(), proxy.origin())?;
        proxy.stand_before(server.address);
        Ok(Self {
            client: client.to_owned(),
            proxy,
            rogue,
            server,
            people: 0,
            computers: 0,
            account: None,
            others: Vec::new(),
            scratch,
        })
    }

    /// Plays a case.
    pub(super) fn play(&mut self, case: &Case) -> Outcome {
        match self.try_to_play(case) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::not_played(case, &format!("the case could not be played: {error}")),
        }
    }

    fn try_to_play(&mut self, case: &Case) -> Result<Outcome, Failed> {
        let scene = self.prepare(case)?;
        let astray = self.rogue.play(Play::default());
        let playing = self.begin(case, &scene, None);
        let mut command = self.command(case, &scene);
        let ran = watch::run(&mut command, case.expect.limit)?;
        let after = self.held(&scene.email, &scene.computer)?;
        let play = playing.look();
        let evidence = Evidence {
            case,
            ran: &ran,
            play: &play,
            astray: astray.look().requests.len(),
            computer: &scene.computer,
            before: &scene.before,
            after: &after,
            link: scene.link.as_deref(),
        };
        let broken = judge(&evidence);
        let outcome = Outcome::played(case, &ran, last_event(&ran).as_ref(), play.requests.len(), broken);
        drop(play);
        // Whoever is still connected has nobody to talk to.
        self.proxy.play(Play::default());
        let used_up = format!("{:?}", scene.before.stored) != format!("{:?}", after.stored);
        if used_up || !case.before.is_empty() {
            self.account = None;
        }
        scene.computer.clear();
        Ok(outcome)
    }

    /// Everything up to the moment that the client is started.
    pub(super) fn prepare(&mut self, case: &Case) -> Result<Scene, Failed> {
        if (case.needs_others() || case.command == Command::People) && self.others.is_empty() {
            let (computer, others) = self.complete(COLLEAGUE)?;
            computer.clear();
            self.others = others;
        }
        let honest = Vec::new();
        if case.command == Command::Accept {
            let email = self.new_person();
            let link = self.server.invite(&email)?;
            let computer = self.new_desk()?;
            computer.write("invite.url", link.as_bytes())?;
            let before = self.held(&email, &computer)?;
            return Ok(Scene { computer, email, link: Some(link), before, honest });
        }
        let account = match self.account.take() {
            Some(account) if account.uses < USES => account,
            _ => {
                let email = self.new_person();
                let (computer, _) = self.complete(&email)?;
                Account { email, computer, uses: 0 }
            }
        };
        let email = account.email.clone();
        let computer = if case.command == Command::VerifyElsewhere {
            self.new_desk()?
        } else {
            let folder = self.next_folder();
            account.computer.copy(folder)?
        };
        self.account = Some(Account { uses: account.uses + 1, ..account });
        let mut honest = Vec::new();
        for command in &case.before {
            honest.extend(self.honestly(*command, &computer, &email)?);
            computer.turn_the_page(*command)?;
        }
        let before = self.held(&email, &computer)?;
        Ok(Scene { computer, email, link: None, before, honest })
    }

    /// From now on the server lies as the case says.
    pub(super) fn begin(&self, case: &Case, scene: &Scene, listener: Option<fn(&Seen, &[&str])>) -> Playing {
        let mut play = Play::new(case.lies.clone(), self.names(&scene.email));
        play.others.clone_from(&self.others);
        play.honest.clone_from(&scene.honest);
        play.listener = listener;
        play.key = (case.liar == Liar::Server).then(|| Arc::clone(&self.server.key));
        self.proxy.play(play)
    }

    /// The client as the case has it.
    pub(super) fn command(&self, case: &Case, scene: &Scene) -> std::process::Command {
        let origin = self.proxy.origin();
        let about = About { origin: &origin, email: &scene.email, colleague: COLLEAGUE };
        scene.computer.command(&self.client, case.command, &about, case.words)
    }

    fn names(&self, email: &str) -> Names {
        Names { origin: self.proxy.origin(), rogue: self.rogue.origin(), email: email.to_owned() }
    }

    fn new_person(&mut self) -> String {
        self.people += 1;
        format!("ada{}@example.org", self.people)
    }

    fn next_folder(&mut self) -> PathBuf {
        self.computers += 1;
        self.scratch.path().join(format!("computer-{}", self.computers))
    }

    fn new_desk(&mut self) -> Result<Computer, Failed> {
        Ok(Computer::make(self.next_folder())?)
    }

    fn held(&self, email: &str, computer: &Computer) -> Result<Held, Failed> {
        Ok(Held { stored: self.server.show(email)?, files: computer.files()? })
    }

    /// Invites somebody who accepts while nobody lies.
    fn complete(&mut self, email: &str) -> Result<(Computer, Vec<(String, Reply)>), Failed> {
        let link = self.server.invite(email)?;
        let computer = self.new_desk()?;
        computer.write("invite.url", link.as_bytes())?;
        let answers = self.honestly(Command::Accept, &computer, email)?;
        Ok((computer, answers))
    }

    /// Runs a command while nobody lies; gives the answers that it got.
    fn honestly(&self, command: Command, computer: &Computer, email: &str) -> Result<Vec<(String, Reply)>, Failed> {
        let playing = self.proxy.play(Play::default());
        let origin = self.proxy.origin();
        let about = About { origin: &origin, email, colleague: COLLEAGUE };
        let ran = watch::run(&mut computer.command(&self.client, command, &about, false), HONEST)?;
        if ran.exit == Some(0) {
            return Ok(std::mem::take(&mut playing.look().honest));
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        Err(format!("{command:?} did not end well though nobody lied: exit {:?}: {said}", ran.exit).into())
    }
}
