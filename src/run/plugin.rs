//! `age-plugin-firstkey`: what age, rage and sops start to open a file with the key of an account.
//!
//! Promise: the password is asked for through the program that started this one, once for each
//! account, and the key exists in memory only; this computer's own memory of an account goes before
//! the identity file. Nothing is written, the record of what was sent included: several of these
//! may run at once. Must never: write to standard output but for the protocol. Known residue: the
//! crate that speaks the protocol does not wipe the buffers that a password comes in by.

use super::state_folder;
use crate::age::plugin::{IdentityPlugin, Keys, NoRecipients};
use crate::age::{AccountLine, AgeKey};
use crate::cli::secret_key_file;
use crate::drive::{Edges, Person, Shelf};
use crate::exit::ExitCode;
use crate::port::harden::harden;
use crate::port::http::{HttpServer, Limits};
use crate::port::machine::ThisMachine;
use crate::port::proxy::ProxyWish;
use crate::port::random::SystemRng;
use crate::store::shelf;
use crate::ui::outlet::{self, Stream};
use crate::ui::text::share::{plugin_contradicted, plugin_question};
use crate::ui::{secret_key, text};
use age_core::secrecy::ExposeSecret;
use age_plugin::identity::Error;
use age_plugin::{Callbacks, PluginHandler};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::account::{Known, unlock};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::stop::{LocalTrouble, Missing};
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
    match age_plugin::run_state_machine(&machine, Handler) {
        Ok(()) => ExitCode::Done,
        Err(error) => {
            said(Stream::Err, &format!("age-plugin-firstkey: {error}\n"));
            ExitCode::Unexpected
        }
    }
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
    fn key(&mut self, line: &AccountLine, person: &mut dyn Callbacks<Error>) -> io::Result<Result<AgeKey, String>> {
        let remembered = match state_folder(None).and_then(|path| shelf::known(&path)) {
            Ok((pins, _)) => pins,
            Err(trouble) => return Ok(Err(text::local::trouble(&trouble).in_one())),
        };
        if remembered.iter().any(|pin| line.is_contradicted_by(pin)) {
            return Ok(Err(plugin_contradicted()));
        }
        let Ok(mut rng) = SystemRng::open() else {
            return Ok(Err(text::local::trouble(&LocalTrouble::Random).in_one()));
        };
        let mut pin = line.pin().clone();
        // The line says neither; what this computer remembers does.
        pin.two_secret = remembered.iter().any(|known| known.context == pin.context && known.two_secret);
        pin.held = remembered.into_iter().find(|known| known.context == pin.context).and_then(|known| known.held);
        let mut asker = Asker { person, host: pin.origin.host().to_owned(), broken: None };
        let mut server =
            HttpServer::new(Limits::default(), Vec::new(), ProxyWish::from_lookup(|name| std::env::var(name).ok()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut edges = Edges {
            person: &mut asker,
            server: &mut server,
            shelf: &mut Nothing,
            stretch: &mut ThisMachine,
            // Nothing is held here that a signal must not cut off.
            stopped: std::future::pending::<()>,
        };
        let known = Known { origin: pin.origin.clone(), email: pin.email.clone(), pin: Some(pin) };
        let end = runtime.block_on(unlock(&mut edges, &mut rng, known));
        runtime.shutdown_background();
        match (asker.broken, end) {
            (Some(broken), _) => Err(broken),
            (None, Ok((_, secret))) => Ok(Ok(AgeKey::new(secret))),
            (None, Err(stop)) => Ok(Err(text::account::story(&stop).in_one())),
        }
    }
}

/// The person, through the program that started this one.
struct Asker<'a> {
    person: &'a mut dyn Callbacks<Error>,
    host: String,
    /// The connection to it, once it broke.
    broken: Option<io::Error>,
}

impl Person for Asker<'_> {
    fn ask(&mut self, question: Question) -> Answer {
        // A remembered account is asked for its password and its secret key, and for nothing else.
        let (wanted, missing) = match question {
            Question::Unlock { email, attempt } => {
                (plugin_question(&email, &self.host, attempt > 1), Missing::Password)
            }
            Question::SecretKey { email, attempt } => {
                if let Some(path) = secret_key_file(None).filter(|_| attempt == 1) {
                    return secret_key::read(&path).map_or_else(Answer::Trouble, Answer::Secret);
                }
                (text::secret_key::plugin_question(&email, &self.host, attempt > 1), Missing::SecretKey)
            }
            _ => return Answer::Missing(Missing::Host),
        };
        match self.person.request_secret(&wanted) {
            // EXPOSE: a typed password, on its way into a buffer that is wiped.
            Ok(Ok(typed)) => Answer::Secret(Zeroizing::new(typed.expose_secret().as_bytes().to_vec())),
            Ok(Err(_)) => Answer::Missing(missing),
            Err(error) => {
                self.broken = Some(error);
                Answer::Cancelled
            }
        }
    }

    fn tell(&mut self, notice: &Notice) {
        if let Notice::Retrying { .. } = notice
            && let Err(error) = self.person.message(&text::notice::notice(notice).join(" "))
        {
            self.broken = Some(error);
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
