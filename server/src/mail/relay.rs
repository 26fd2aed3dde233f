//! Which mail server letters go to, and how it is told from another: the URL, the login, the
//! certificates that are trusted.
//!
//! Promises: everything that can be wrong is said before anything listens; a password is never part
//! of the URL; TLS is never optional for another machine.

use super::MailOutError;
use crate::origin::Origin;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use std::path::Path;
use zeroize::Zeroizing;

/// A mail server, as configured.
pub(super) struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) login: Option<Credentials>,
}

/// How the connection is protected.
pub(super) enum Tls {
    /// From the first byte: `smtps://`.
    Implicit(TlsParameters),
    /// After STARTTLS, and never without: `smtp://...?tls=required`.
    Upgrade(TlsParameters),
    /// Not at all: this machine only.
    None,
}

impl Relay {
    /// Reads `smtps://host[:port]`, `smtp://host[:port]?tls=required`, or `smtp://` and an address
    /// of this machine; `user@` before the host.
    pub(super) fn read(
        url: &str,
        password: Option<&Zeroizing<String>>,
        ca_file: Option<&Path>,
    ) -> Result<Self, MailOutError> {
        let (scheme, rest) = url.split_once("://").ok_or(MailOutError::Url)?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(MailOutError::PasswordInUrl);
        }
        let local = Origin::read(&format!("http://{authority}")).is_ok();
        let usual = match (scheme, query) {
            ("smtps", "") => 465,
            ("smtp", "tls=required") => 587,
            ("smtp", "") if local => 25,
            ("smtp", "") => return Err(MailOutError::Plain),
            _ => return Err(MailOutError::Url),
        };
        let (host, port) = host_and_port(authority, usual)?;
        let trusted = || parameters(&host, ca_file);
        let tls = match (scheme, query) {
            ("smtps", _) => Tls::Implicit(trusted()?),
            (_, "tls=required") => Tls::Upgrade(trusted()?),
            _ => Tls::None,
        };
        let login = match (user, password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some(Credentials::new(user.to_owned(), password.as_str().to_owned())),
            (Some(_), None) => return Err(MailOutError::NoPassword),
            (None, Some(_)) => return Err(MailOutError::NoUser),
        };
        Ok(Self { host, port, tls, login })
    }
}

fn host_and_port(authority: &str, usual: u16) -> Result<(String, u16), MailOutError> {
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand inside its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| MailOutError::Url)?),
        _ => (authority, usual),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
    if plain { Ok((host.to_owned(), port)) } else { Err(MailOutError::Url) }
}

/// The machine's trusted certificates, or those of the file and no others.
fn parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, MailOutError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        let unusable = |why: String| MailOutError::Ca { path: path.to_owned(), why };
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
            return Err(unusable("there is no PEM certificate in it".to_owned()));
        }
        let certificates = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    builder.build().map_err(|error| MailOutError::Tls(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Relay, Tls};
    use crate::mail::MailOutError;
    use zeroize::Zeroizing;

    #[test]
    fn tls_is_never_optional_for_another_machine() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let password = Zeroizing::new("x".to_owned());
        for (url, port) in [
            ("smtps://mail.example.org", 465),
            ("smtps://mail.example.org:2465", 2465),
            ("smtp://mail.example.org?tls=required", 587),
            ("smtp://mail.example.org:25?tls=required", 25),
        ] {
            let relay = Relay::read(url, None, None).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(relay.port == port && relay.host == "mail.example.org" && !matches!(relay.tls, Tls::None), "{url}");
        }
        let here = Relay::read("smtp://[::1]:2525", None, None).unwrap_or_else(|error| panic!("{error}"));
        assert!(here.port == 2525 && here.host == "::1" && matches!(here.tls, Tls::None));
        assert!(matches!(Relay::read("smtp://mail.example.org", None, None), Err(MailOutError::Plain)));
        for url in ["smtp://mail.example.org?tls=maybe", "http://mail.example.org", "smtps://", "smtps://a b", "mail"] {
            assert!(matches!(Relay::read(url, None, None), Err(MailOutError::Url)), "{url}");
        }
        let wants = "smtps://ada@mail.example.org";
        assert!(Relay::read(wants, Some(&password), None).is_ok_and(|relay| relay.login.is_some()));
        assert!(matches!(Relay::read(wants, None, None), Err(MailOutError::NoPassword)));
        assert!(matches!(Relay::read("smtps://mail.example.org", Some(&password), None), Err(MailOutError::NoUser)));
        let inside = "smtps://ada:secret@mail.example.org";
        assert!(matches!(Relay::read(inside, None, None), Err(MailOutError::PasswordInUrl)));
    }
}
