//! Letters: put together, handed over, tried again.
//!
//! Promises: a token is minted here, its hash is on disk before it leaves, and a retry mints
//! another; links are built from the configured origin only; names are made harmless before they
//! are shown; headers are written by the mail library. Must never: keep or log a token.

mod blame;
mod bounce;
mod brake;
mod deliver;
mod folder;
mod html;
mod invitation;
mod mime;
mod news;
mod notice;
mod reach;
mod relay;
mod reset;
mod smtp;
mod text;
mod whom;

pub(crate) use bounce::{Report, read as read_report};
pub(crate) use deliver::deliver;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use deliver::one as deliver_one;

use crate::config::MailOut;
use crate::origin::{Origin, mail_domain};
use folder::Folder;
use lettre::Address;
use relay::Relay;
use smtp::{Outcome, Smtp};
use std::path::PathBuf;
#[cfg(any(test, feature = "fuzzing"))]
use std::sync::{Mutex, PoisonError};
use text::Text;

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
    /// A user without a password.
    #[error(
        "The mail server's URL names a user. Put the password into a file and name that with --smtp-password-file."
    )]
    NoPassword,
    /// A password without a user.
    #[error(
        "There is a password for the mail server and no user. Put the user into the URL: smtps://user@mail.example.org."
    )]
    NoUser,
    /// The file with certificates cannot be used.
    #[error("The certificates in {path} cannot be used: {why}")]
    Ca {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be used at all.
    #[error("TLS to the mail server cannot be used: {0}")]
    Tls(String),
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
    /// What letters are named after: `<...@domain>`.
    domain: String,
}

enum Way {
    Folder(Folder),
    Smtp(Box<Smtp>),
    /// Into memory, as whole letters.
    #[cfg(any(test, feature = "fuzzing"))]
    Kept(Mutex<Vec<Vec<u8>>>),
}

#[cfg(any(test, feature = "fuzzing"))]
impl Post {
    /// One that keeps letters until somebody takes them.
    pub(crate) fn kept(origin: &Origin) -> Self {
        let domain = mail_domain(origin).to_owned();
        let sender = format!("firstkey@{domain}").parse().expect("invariant: the domain of an origin");
        Self { way: Way::Kept(Mutex::default()), sender, domain }
    }

    /// The letters since the last time.
    pub(crate) fn taken(&self) -> Vec<Vec<u8>> {
        match &self.way {
            Way::Kept(letters) => std::mem::take(&mut *letters.lock().unwrap_or_else(PoisonError::into_inner)),
            Way::Folder(_) | Way::Smtp(_) => Vec::new(),
        }
    }
}

impl Post {
    pub(crate) fn open(out: &MailOut, sender: Option<&str>, origin: &Origin) -> Result<Self, MailOutError> {
        let domain = mail_domain(origin).to_owned();
        let usual = format!("firstkey@{domain}");
        let sender = sender.unwrap_or(&usual).parse().map_err(|_| MailOutError::Sender)?;
        let way = match out {
            MailOut::Folder(path) => {
                let folder = Folder::open(path);
                Way::Folder(folder.map_err(|source| MailOutError::Folder { path: path.clone(), source })?)
            }
            MailOut::Smtp { url, password, ca_file } => {
                let relay = Relay::read(url, password.as_ref(), ca_file.as_deref())?;
                Way::Smtp(Box::new(Smtp::new(relay, &domain)))
            }
        };
        Ok(Self { way, sender, domain })
    }

    /// A name for a letter that no other has; it stays the letter's own however often it is tried.
    fn name_a_letter(&self) -> String {
        mime::message_id(&self.domain)
    }

    /// Hands one letter over.
    async fn send(&self, to: &str, text: &Text, message_id: &str, file: &str) -> Outcome {
        let Some(to) = crate::address::mailbox(to) else {
            return Outcome::Refused("the address is not one that mail can be sent to".to_owned());
        };
        let letter = match mime::letter(&self.sender, &to, text, message_id) {
            Ok(letter) => letter,
            Err(why) => return Outcome::Refused(why),
        };
        match &self.way {
            Way::Smtp(server) => server.send(&self.sender, &to, &letter).await,
            Way::Folder(folder) => match folder.put(file, letter.readable).await {
                Ok(()) => Outcome::Sent,
                Err(error) => Outcome::Later(error.to_string()),
            },
            #[cfg(any(test, feature = "fuzzing"))]
            Way::Kept(letters) => {
                letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.readable);
                Outcome::Sent
            }
        }
    }

    /// There is nothing more to send for now.
    async fn rest(&self) {
        if let Way::Smtp(server) = &self.way {
            server.rest().await;
        }
    }
}
