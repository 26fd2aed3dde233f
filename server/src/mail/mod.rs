//! Letters: put together, handed over, tried again.
//!
//! Promises: a token is minted here, its hash is on disk before it leaves, and a retry mints another; links are built from the configured origin only; names are
//! made harmless before they are shown; headers are written by the mail library. Must never: keep or log a token.

mod deliver;
mod folder;
mod reach;
mod text;

pub(crate) use deliver::deliver;

use crate::origin::{Origin, mail_domain};
use folder::Folder;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::PathBuf;
use std::time::Duration;
use text::Text;
use zeroize::Zeroizing;

/// How long a mail server may take over one step.
const SMTP_TIME: Duration = Duration::from_secs(30);

/// Where letters go.
#[derive(Debug)]
pub enum MailOut {
    /// Into a folder, one `.eml` file each.
    Folder(PathBuf),
    /// To a mail server.
    Smtp {
        /// `smtps://host[:port]`, `smtp://host[:port]?tls=required`, or plain `smtp://` on this machine; `user@` if it wants a login.
        url: String,
        /// The password that goes with `user@`; never part of the URL.
        password: Option<Zeroizing<String>>,
    },
}

/// Letters cannot go there.
#[derive(Debug, thiserror::Error)]
pub enum MailOutError {
    /// The folder cannot be made.
    #[error("The mail folder {path} cannot be used: {source}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The URL is not one of a mail server.
    #[error("A mail server looks like smtps://mail.example.org or smtp://mail.example.org:587?tls=required.")]
    Url,
    /// The URL holds a password.
    #[error(
        "The mail server's password must not be in the URL, where other programs can see it. Put it into a file and name that with --smtp-password-file."
    )]
    PasswordInUrl,
    /// Plain SMTP to another machine.
    #[error("Plain smtp:// is only for this machine. Use smtps:// or smtp://...?tls=required.")]
    Plain,
    /// The address that letters come from is none.
    #[error("The sender must be one e-mail address.")]
    Sender,
}

/// The way out, ready.
pub(crate) struct Post {
    way: Way,
    sender: Address,
}

enum Way {
    Folder(Folder),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Post {
    pub(crate) fn open(out: &MailOut, sender: Option<&str>, origin: &Origin) -> Result<Self, MailOutError> {
        let usual = format!("firstkey@{}", mail_domain(origin));
        let sender = sender.unwrap_or(&usual).parse().map_err(|_| MailOutError::Sender)?;
        let way = match out {
            MailOut::Folder(path) => {
                let folder = Folder::open(path);
                Way::Folder(folder.map_err(|source| MailOutError::Folder { path: path.clone(), source })?)
            }
            MailOut::Smtp { url, password } => Way::Smtp(smtp(url, password.as_ref())?),
        };
        Ok(Self { way, sender })
    }

    /// Hands one letter over; the text says what went wrong and holds nothing of the letter.
    async fn send(&self, to: &str, text: Text, name: &str) -> Result<(), String> {
        let to: Address = to.parse().map_err(|_| "the address is not one that mail can be sent to".to_owned())?;
        let body = self.encode(text.body);
        let message = Message::builder()
            .from(Mailbox::new(Some(text.sender), self.sender.clone()))
            .to(Mailbox::new(None, to))
            .subject(text.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|error| error.to_string())?;
        match &self.way {
            Way::Folder(folder) => folder.put(name, message.formatted()).await.map_err(|error| error.to_string()),
            Way::Smtp(server) => server.send(message).await.map(drop).map_err(|error| error.to_string()),
        }
    }

    /// As it is where that is allowed, so that the link can be found in the raw letter; the library's own choice would encode every line beyond 76 characters.
    fn encode(&self, text: String) -> Body {
        let encoding = match (&self.way, text.is_ascii()) {
            (_, true) => ContentTransferEncoding::SevenBit,
            (Way::Folder(_), false) => ContentTransferEncoding::EightBit,
            // Not every mail server takes eight bits.
            (Way::Smtp(_), false) => return Body::new(text),
        };
        Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), encoding)
    }
}

fn smtp(url: &str, password: Option<&Zeroizing<String>>) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailOutError> {
    let (scheme, rest) = url.split_once("://").ok_or(MailOutError::Url)?;
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(MailOutError::PasswordInUrl);
    }
    let local = Origin::read(&format!("http://{host}")).is_ok();
    match (scheme, query) {
        ("smtps", "") | ("smtp", "tls=required") => {}
        ("smtp", "") if local => {}
        ("smtp", "") => return Err(MailOutError::Plain),
        _ => return Err(MailOutError::Url),
    }
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(&format!("{scheme}://{host}{query}"));
    let mut server = server.map_err(|_| MailOutError::Url)?.timeout(Some(SMTP_TIME));
    if let (Some(user), Some(password)) = (user, password) {
        server = server.credentials(Credentials::new(user.to_owned(), password.as_str().to_owned()));
    }
    Ok(server.build())
}
