//! `age-plugin-firstkey`: what age, rage and sops start to open a file with the key of an account.
//!
//! Promise: the password is asked for through the program that started this one, once for each
//! account, and the key exists in memory only; this computer's own memory of an account goes before
//! the identity file. Without a terminal the password is asked for before a server is, so that a
//! program that cannot ask ends at once. An empty answer passes the account by. It ends when the
//! program that started it does. Nothing is written, the record of what was sent included: several
//! of these may run at once. Must never: write to standard output but for the protocol. Known
//! residue: the crate that speaks the protocol does not wipe the buffers that a password comes in
//! by.

use super::state_folder;
use super::way;
use crate::age::guard;
use crate::age::plugin::{Got, IdentityPlugin, Keys, NoRecipients};
use crate::age::{AccountLine, AgeKey};
use crate::cli::secret_key_file;
use crate::drive::{Edges, Person, Shelf};
use crate::exit::ExitCode;
use crate::port::harden::harden;
use crate::port::machine::ThisMachine;
use crate::port::process;
use crate::port::random::SystemRng;
use crate::store::{self, shelf};
use crate::ui::outlet::{self, Stream};
use crate::ui::text::share::{plugin_contradicted, plugin_nobody, plugin_question, plugin_skipped};
use crate::ui::{secret_key, text};
use age_core::secrecy::ExposeSecret;
use age_plugin::identity::Error;
use age_plugin::{Callbacks, PluginHandler};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::account::{Known, unlock};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::stop::{Halt, LocalTrouble, Missing};
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::wire::outbound::Outbound;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

const STATE_MACHINE: &str = "--age-plugin=";

const HELP: &str = "\
age-plugin-firstkey opens files with the key of your firstkey account. It is
started by age, rage or sops, and not by you:

  firstkey recipient --identity > identity.txt
  age -d -i identity.txt FILE

To seal for an account, its age1... is enough: firstkey recipient
";

/// The program.
pub fn plugin() -> ExitCode {
    outlet::settle(started())
}

fn started() -> ExitCode {
    let _hardened = harden();
    let mut arguments = std::env::args().skip(1);
    let machine = match (arguments.next(), arguments.next()) {
        (Some(argument), None) if argument.starts_with(STATE_MACHINE) => argument[STATE_MACHINE.len()..].to_owned(),
        (Some(argument), None) if argument == "--version" => {
            return said(Stream::Out, &format!("age-plugin-firstkey {}\n", env!("CARGO_PKG_VERSION")));
        }
        (Some(argument), None) if argument == "--help" || argument == "-h" => return said(Stream::Out, HELP),
        _ => {
            said(Stream::Err, HELP);
            return ExitCode::Usage;
        }
    };
    match guard_input().and_then(|()| age_plugin::run_state_machine(&machine, Handler)) {
        Ok(()) => ExitCode::Done,
        Err(error) => {
            said(Stream::Err, &format!("age-plugin-firstkey: {error}\n"));
            ExitCode::Unexpected
        }
    }
}

/// Puts [`guard`] before standard input, which the crate reads.
fn guard_input() -> io::Result<()> {
    let input = process::stdin()?;
    let (reader, writer) = io::pipe()?;
    process::read_stdin_from(reader)?;
    // It ends with its input, or with the program. What went wrong shows as the end of the input.
    let pass_on = move || drop(guard::pass_on(input, writer));
    std::thread::Builder::new().spawn(pass_on).map(drop)
}

fn said(to: Stream, text: &str) -> ExitCode {
    outlet::print(to, text.as_bytes());
    ExitCode::Done
}

struct Handler;

impl PluginHandler for Handler {
    type RecipientV1 = NoRecipients;
    type IdentityV1 = IdentityPlugin<FromServer>;

    fn recipient_v1(self) -> io::Result<Self::RecipientV1> {
        Ok(NoRecipients)
    }

    fn identity_v1(self) -> io::Result<Self::IdentityV1> {
        Ok(IdentityPlugin::new(FromServer))
    }
}

/// Keys of accounts, from their servers.
struct FromServer;

impl Keys for FromServer {
    fn key(&mut self, line: &AccountLine, person: &mut dyn Callbacks<Error>) -> io::Result<Got> {
        // Without a home there is nothing to remember in.
        let remembered = match state_folder(None).map(|path| shelf::known(&path)) {
            Ok(Ok((pins, _))) => pins,
            Ok(Err(trouble)) => return Ok(Got::Nothing(text::local::trouble(&trouble).in_one())),
            Err(_) => Vec::new(),
        };
        if remembered.iter().any(|pin| line.is_contradicted_by(pin)) {
            return Ok(Got::Nothing(plugin_contradicted()));
        }
        let Ok(mut rng) = SystemRng::open() else {
            return Ok(Got::Nothing(text::local::trouble(&LocalTrouble::Random).in_one()));
        };
        let mut pin = line.pin().clone();
        // The line says neither; what this computer remembers does.
        pin.two_secret = remembered.iter().any(|known| known.context == pin.context && known.two_secret);
        pin.held = remembered.into_iter().find(|known| known.context == pin.context).and_then(|known| known.held);
        let mut asker = Asker::new(person, &pin);
        if !has_terminal() {
            asker.ask_ahead();
            if let Some(end) = asker.end() {
                return end;
            }
        }
        let managed = match store::managed::load() {
            Ok(managed) => managed,
            Err(trouble) => return Ok(Got::Nothing(text::managed::trouble(&trouble).in_one())),
        };
        let trusted = match way::authorities(None, &managed) {
            Ok(trusted) => trusted,
            Err(Halt::Local(trouble)) => return Ok(Got::Nothing(text::local::trouble(&trouble).in_one())),
            Err(_) => return Err(io::Error::from(io::ErrorKind::Interrupted)),
        };
        let mut server = way::server(trusted, &managed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut edges = Edges {
            person: &mut asker,
            server: &mut server,
            shelf: &mut Nothing,
            stretch: &mut ThisMachine,
            // Signals end the program as they are; here it is asked for by nobody any more.
            stopped: caller_is_gone,
        };
        let known = Known { origin: pin.origin.clone(), email: pin.email.clone(), pin: Some(pin) };
        let end = runtime.block_on(unlock(&mut edges, &mut rng, known));
        runtime.shutdown_background();
        match (asker.end(), end) {
            (Some(end), _) => end,
            (None, Ok((_, secret))) => Ok(Got::Key(AgeKey::new(secret))),
            (None, Err(stop)) => Ok(Got::Nothing(text::account::story(&stop).in_one())),
        }
    }
}

/// Whether somebody may sit in front of this. Others have no way to ask, or one of their own
/// (`pinentry`), so they are tried before a server hears of it.
fn has_terminal() -> bool {
    process::has_terminal()
}

/// How often it is looked whether the program that started this one is still there.
const LOOK: Duration = Duration::from_millis(200);

/// Ends when the program that started this one does: then nobody waits for a server's answer.
async fn caller_is_gone() {
    loop {
        tokio::time::sleep(LOOK).await;
        // What it says is read in its turn; here only that it can say no more.
        if process::stdin_is_over() {
            return;
        }
    }
}

/// The person, through the program that started this one.
struct Asker<'a> {
    person: &'a mut dyn Callbacks<Error>,
    email: String,
    host: String,
    /// A password that was asked for before the server was.
    ahead: Option<Zeroizing<Vec<u8>>>,
    /// Why nothing more is asked.
    over: Option<Over>,
}

/// Why an account is not asked for any further.
enum Over {
    /// The person gives no answer, which another identity may still have; told as this.
    Skipped(String),
    /// Nobody can be asked.
    Unanswered(String),
    /// The connection broke.
    Broken(io::Error),
}

impl<'a> Asker<'a> {
    fn new(person: &'a mut dyn Callbacks<Error>, pin: &Pin) -> Self {
        Self { person, email: pin.email.clone(), host: pin.origin.place().to_owned(), ahead: None, over: None }
    }

    /// Asks for the password before anything else is done.
    fn ask_ahead(&mut self) {
        let question = plugin_question(&self.email, &self.host, false);
        self.ahead = self.secret(&question, Over::Unanswered(plugin_nobody(&self.email, &self.host)));
    }

    /// How it ended, if it did here.
    fn end(&mut self) -> Option<io::Result<Got>> {
        Some(match self.over.take()? {
            Over::Skipped(_) => Ok(Got::Skipped),
            Over::Unanswered(why) => Ok(Got::Nothing(why)),
            Over::Broken(error) => Err(error),
        })
    }

    /// An answer; what comes of none is `unanswered`. Some programs give an empty answer for none.
    fn secret(&mut self, question: &str, unanswered: Over) -> Option<Zeroizing<Vec<u8>>> {
        let over = match self.person.request_secret(question) {
            // EXPOSE: whether it is empty; and what was typed, into a buffer that is wiped.
            Ok(Ok(typed)) if !typed.expose_secret().is_empty() => {
                return Some(Zeroizing::new(typed.expose_secret().as_bytes().to_vec()));
            }
            Ok(Ok(_)) => Over::Skipped(plugin_skipped(&self.email, &self.host)),
            Ok(Err(_)) => unanswered,
            Err(error) => Over::Broken(error),
        };
        self.over = Some(match over {
            Over::Skipped(why) => match self.person.message(&why) {
                Ok(_) => Over::Skipped(why),
                Err(error) => Over::Broken(error),
            },
            over => over,
        });
        None
    }
}

impl Person for Asker<'_> {
    fn ask(&mut self, question: Question) -> Answer {
        // A remembered account is asked for its password and its secret key, and for nothing else.
        let (wanted, unanswered) = match question {
            Question::Unlock { email, attempt } => {
                if let Some(ahead) = self.ahead.take() {
                    return Answer::Secret(ahead);
                }
                let wanted = plugin_question(&email, &self.host, attempt > 1);
                (wanted, plugin_skipped(&email, &self.host))
            }
            Question::SecretKey { email, attempt } => {
                if let Some(path) = secret_key_file(None).filter(|_| attempt == 1) {
                    return secret_key::read(&path).map_or_else(Answer::Trouble, Answer::Secret);
                }
                let wanted = text::secret_key::plugin_question(&email, &self.host, attempt > 1);
                (wanted, text::secret_key::plugin_unanswered(&email, &self.host))
            }
            _ => return Answer::Missing(Missing::Host),
        };
        self.secret(&wanted, Over::Skipped(unanswered)).map_or(Answer::Cancelled, Answer::Secret)
    }

    fn tell(&mut self, notice: &Notice) {
        if let Notice::Retrying { .. } = notice
            && let Err(error) = self.person.message(&text::notice::notice(notice).join(" "))
        {
            self.over = Some(Over::Broken(error));
        }
    }

    fn stretching(&mut self, _: Profile) {}

    fn stretched(&mut self, _: Profile, _: Duration) {}
}

/// Keeps nothing.
struct Nothing;

impl Shelf for Nothing {
    fn save(&mut self, _: &Checkpoint) -> Result<(), LocalTrouble> {
        Ok(())
    }

    fn conclude(&mut self, _: &Pin) -> Result<(), LocalTrouble> {
        Ok(())
    }

    fn record(&mut self, _: &Outbound) {}
}
