//! Where letters go, as a value.

use std::path::PathBuf;
use zeroize::Zeroizing;

/// Where letters go.
#[derive(Debug)]
pub enum MailOut {
    /// Into a folder, one `.eml` file each.
    Folder(PathBuf),
    /// To a mail server.
    Smtp {
        /// `smtps://host[:port]`, `smtp://host[:port]?tls=required`, or plain `smtp://` on this
        /// machine; `user@` if it wants a login.
        url: String,
        /// The password that goes with `user@`; never part of the URL.
        password: Option<Zeroizing<String>>,
        /// Certificates (PEM) that the mail server's own must come from, instead of those that the
        /// machine trusts.
        ca_file: Option<PathBuf>,
    },
}
