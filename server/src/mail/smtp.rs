//! One conversation with a mail server (RFC 5321), step by step, because what a failure means
//! depends on the step.
//!
//! Promises: a letter is refused for good only by an answer that speaks of it (to RCPT, or after
//! DATA, and of nobody but its recipient); whatever is wrong with the server, the login, the
//! network or us as the sender delays letters and never drops one; whether a letter was taken is
//! "in doubt" only where SMTP leaves it in doubt: no answer after the last byte. Must never: send
//! anything in clear to another machine; keep the text of an answer to the login.

use super::blame::is_about_the_recipient;
use super::mime::Letter;
use super::relay::{Relay, Tls};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::future::Future;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a mail server may take over one step.
const STEP: Duration = Duration::from_secs(30);
/// How long it may take to say that it has taken a letter; many look at its contents first (RFC
/// 5321 section 4.5.3.2.6 asks for patience here).
const TAKING: Duration = Duration::from_secs(300);
/// Most characters of an answer that are kept.
const KEPT: usize = 200;

/// How handing over a letter went; the texts hold nothing of the letter but what the mail server
/// chose to repeat.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken.
    Sent,
    /// Certainly not taken; later it may be.
    Later(String),
    /// Not taken, and never will be.
    Refused(String),
    /// Perhaps taken: the answer to the last byte never came.
    InDoubt(String),
}

/// The mail server, with a connection that the next letter can use.
pub(super) struct Smtp {
    relay: Relay,
    hello: ClientId,
    open: Mutex<Option<AsyncSmtpConnection>>,
}

/// A step that failed.
enum Trouble {
    /// The conversation is over: no answer, or one that makes no sense.
    Broken(String),
    /// The mail server said no.
    No { code: u16, text: String },
}

impl Smtp {
    pub(super) fn new(relay: Relay, name: &str) -> Self {
        Self { relay, hello: ClientId::Domain(name.to_owned()), open: Mutex::new(None) }
    }

    /// Hands one letter over.
    pub(super) async fn send(&self, from: &Address, to: &Address, letter: &Letter) -> Outcome {
        let mut open = self.open.lock().await;
        let mut connection = match self.ready(open.take()).await {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        let outcome = hand_over(&mut connection, from, to, letter).await;
        if outcome == Outcome::Sent {
            *open = Some(connection);
        } else {
            hang_up(connection).await;
        }
        outcome
    }

    /// Connects, with TLS and the login as for a letter, names sender and recipient, and says
    /// good-bye before there is a letter.
    pub(super) async fn reach(&self, from: &Address, to: &Address) -> Result<(), String> {
        let why = |outcome| match outcome {
            Outcome::Later(why) | Outcome::Refused(why) | Outcome::InDoubt(why) => why,
            Outcome::Sent => "it took a letter that was not sent".to_owned(),
        };
        let mut connection = self.connect().await.map_err(why)?;
        let named = async {
            let mail = say(&mut connection, Mail::new(Some(from.clone()), Vec::new()), &[250]).await;
            mail.map_err(|trouble| why(later(&format!("it does not take letters from {from}"), trouble)))?;
            let rcpt = say(&mut connection, Rcpt::new(to.clone(), Vec::new()), &[250, 251]).await;
            rcpt.map_err(|trouble| why(later(&format!("it does not take letters to {to}"), trouble)))
        };
        let named = named.await;
        hang_up(connection).await;
        named
    }

    /// Whether it is another machine's and wants to know nobody.
    pub(super) fn is_without_login(&self) -> bool {
        self.relay.login.is_none() && !matches!(self.relay.tls, Tls::None)
    }

    /// Says good-bye when there is nothing more to send.
    pub(super) async fn rest(&self) {
        if let Some(idle) = self.open.lock().await.take() {
            hang_up(idle).await;
        }
    }

    /// The connection of the letter before, if it still lives; else a new one.
    async fn ready(&self, idle: Option<AsyncSmtpConnection>) -> Result<AsyncSmtpConnection, Outcome> {
        if let Some(mut idle) = idle {
            if tokio::time::timeout(STEP, idle.test_connected()).await.unwrap_or(false) {
                return Ok(idle);
            }
            hang_up(idle).await;
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let server = (self.relay.host.as_str(), self.relay.port);
        let implicit = match &self.relay.tls {
            Tls::Implicit(parameters) => Some(parameters.clone()),
            Tls::Upgrade(_) | Tls::None => None,
        };
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(STEP), &self.hello, implicit, None);
        let mut connection = step(STEP, connecting).await.map_err(|trouble| later("greeting", trouble))?;
        if let Tls::Upgrade(parameters) = &self.relay.tls {
            if !connection.can_starttls() {
                hang_up(connection).await;
                return Err(Outcome::Later(
                    "the mail server does not offer STARTTLS, and nothing goes out without".into(),
                ));
            }
            let upgrading = connection.starttls(parameters.clone(), &self.hello);
            if let Err(trouble) = step(STEP, upgrading).await {
                return Err(later("STARTTLS", trouble));
            }
        }
        if let Some(login) = &self.relay.login {
            let proving = connection.auth(&[Mechanism::Plain, Mechanism::Login], login);
            if let Err(trouble) = step(STEP, proving).await {
                hang_up(connection).await;
                // Without the text: it may repeat what was sent.
                return Err(Outcome::Later(match trouble {
                    Trouble::No { code, .. } => format!("the mail server refused the login ({code})"),
                    Trouble::Broken(_) => "the login at the mail server was not answered".to_owned(),
                }));
            }
        }
        Ok(connection)
    }
}

/// MAIL, RCPT, DATA and the letter.
async fn hand_over(connection: &mut AsyncSmtpConnection, from: &Address, to: &Address, letter: &Letter) -> Outcome {
    let takes_eight_bits = connection.server_info().supports_feature(Extension::EightBitMime);
    let letter = if takes_eight_bits { &letter.readable } else { &letter.encoded };
    let mut options = Vec::new();
    if !AsRef::<str>::as_ref(to).is_ascii() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            // Nothing about this address changes by waiting.
            return Outcome::Refused(
                "the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)".to_owned(),
            );
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !letter.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    // The answer to MAIL speaks of us as the sender, not of the letter.
    if let Err(trouble) = say(connection, Mail::new(Some(from.clone()), options), &[250]).await {
        return later("MAIL", trouble);
    }
    if let Err(trouble) = say(connection, Rcpt::new(to.clone(), Vec::new()), &[250, 251]).await {
        return judge("RCPT", trouble, from);
    }
    if let Err(trouble) = say(connection, Data, &[354]).await {
        return judge("DATA", trouble, from);
    }
    match step(TAKING, connection.message(letter)).await {
        Ok(answer) if answer.has_code(250) => Outcome::Sent,
        Ok(_) => Outcome::InDoubt("the mail server's answer to the letter made no sense".to_owned()),
        Err(Trouble::Broken(why)) => Outcome::InDoubt(format!("after the letter: {why}")),
        Err(no) => judge("the letter", no, from),
    }
}

/// Sends a command; anything but the expected codes ends the conversation, also what would count as
/// a success elsewhere: then the answers are out of step.
async fn say<C: std::fmt::Display>(
    connection: &mut AsyncSmtpConnection,
    command: C,
    wanted: &[u16],
) -> Result<(), Trouble> {
    let answer = step(STEP, connection.command(command)).await?;
    if wanted.iter().any(|code| answer.has_code(*code)) {
        Ok(())
    } else {
        Err(Trouble::Broken("the mail server's answers are out of step".to_owned()))
    }
}

async fn step<T>(time: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    match tokio::time::timeout(time, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(match error.status() {
            Some(status) => Trouble::No { code: status.into(), text: plain(&reason(&error)) },
            None => Trouble::Broken(plain(&reason(&error))),
        }),
        Err(_) => Err(Trouble::Broken("no answer in time".to_owned())),
    }
}

/// An answer that may speak of the letter, or of us.
fn judge(what: &str, trouble: Trouble, from: &Address) -> Outcome {
    match trouble {
        Trouble::No { code, text } if (500..600).contains(&code) => {
            if is_about_the_recipient(&text, from.as_ref()) {
                Outcome::Refused(format!("{what}: {text}"))
            } else {
                Outcome::Later(format!("refused, and not for its recipient's sake: {what}: {text}"))
            }
        }
        other => later(what, other),
    }
}

fn later(what: &str, trouble: Trouble) -> Outcome {
    let (Trouble::No { text, .. } | Trouble::Broken(text)) = trouble;
    Outcome::Later(format!("{what}: {text}"))
}

async fn hang_up(mut connection: AsyncSmtpConnection) {
    // Polite only: what matters was answered before.
    drop(tokio::time::timeout(STEP, connection.abort()).await);
}

/// The library's sentence and what lies beneath it.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut beneath = std::error::Error::source(error);
    while let Some(inner) = beneath {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        beneath = inner.source();
    }
    text
}

/// One line of printable ASCII: it came from another machine and is shown to an administrator.
fn plain(text: &str) -> String {
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().map(printable).take(KEPT).collect()
}
