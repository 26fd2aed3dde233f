//! The configuration file: TOML. `firstkey-server.example.toml` and `docs/CONFIGURATION.md` list
//! every option.
//!
//! Gives plain values; the server and the mailer make of them what they run with. Promises: an
//! option that does not exist is refused, with the nearest one that does; a value that makes no
//! sense is refused before anything listens. Must never: hold a secret; it names files that do.

mod front;
mod keys;
mod mail_out;

pub use front::{Front, TlsFiles};
pub use mail_out::MailOut;

use crate::limits::{CONNECTIONS, LEAST_FOR_SCIM, Limits, Network, Rate, Times};
use crate::secret_file::{SecretFileError, private_line};
use serde::Deserialize;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a file may say. Everything may be left out; flags come before it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder that holds the server's key, and its database unless that is elsewhere.
    pub data: Option<PathBuf>,
    /// The key file, if it is not in the folder.
    pub key_file: Option<PathBuf>,
    /// `postgres://...` if the database is not a file in the folder.
    pub database: Option<String>,
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// The proxies in front that end TLS.
    pub trusted_proxies: Vec<Network>,
    /// Where administrators ask for health and numbers.
    pub admin_listen: Option<SocketAddr>,
    /// Who may ask there beside this machine.
    pub admin_from: Vec<Network>,
    /// Most connections at one time.
    pub connections: Option<usize>,
    /// How long an invitation lives, in seconds.
    pub invite_ttl: Option<i64>,
    /// After how many days what is left of removed people is erased; never, if not given.
    pub erase_removed_after: Option<i64>,
    /// TLS by the server itself.
    pub tls: Option<TlsFiles>,
    /// Where letters go.
    pub mail: MailSection,
    /// How events are written.
    pub log: LogSection,
    /// How much one caller may ask; if the file does not say, the usual measure as soon as others
    /// than this machine can ask.
    pub limits: Option<LimitsSection>,
    /// How long clients may take, in seconds.
    pub times: TimesSection,
}

/// `[mail]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSection {
    /// Letters as files.
    pub folder: Option<PathBuf>,
    /// Letters by a mail server.
    pub smtp: Option<String>,
    /// Its password.
    pub smtp_password_file: Option<PathBuf>,
    /// Certificates that the mail server's own must come from.
    pub smtp_ca_file: Option<PathBuf>,
    /// The address that letters come from.
    pub from: Option<String>,
}

/// `[log]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// In which form.
    pub format: LogFormat,
}

/// The forms of the log.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `key=value`.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// `[limits]`; 0 a second is no limit.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "named and explained in docs/CONFIGURATION.md; three pairs of one kind")]
pub struct LimitsSection {
    pub scim_per_second: u32,
    pub scim_burst: u32,
    pub source_per_second: u32,
    pub source_burst: u32,
    pub account_per_second: u32,
    pub account_burst: u32,
}

impl Default for LimitsSection {
    fn default() -> Self {
        let of = |rate: Option<Rate>| rate.unwrap_or(Rate { per_second: 0, burst: 0 });
        let (scim, source, account) = (of(Limits::USUAL.scim), of(Limits::USUAL.source), of(Limits::USUAL.account));
        Self {
            scim_per_second: scim.per_second,
            scim_burst: scim.burst,
            source_per_second: source.per_second,
            source_burst: source.burst,
            account_per_second: account.per_second,
            account_burst: account.burst,
        }
    }
}

/// `[times]`, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimesSection {
    /// For the TLS handshake, a request's head, and between two requests.
    pub headers: u64,
    /// For a request's body.
    pub body: u64,
    /// For taking some of an answer.
    pub write: u64,
    /// For what is running when the server is told to stop.
    pub grace: u64,
}

impl Default for TimesSection {
    fn default() -> Self {
        let times = Times::default();
        let [headers, body, write, grace] = [times.headers, times.body, times.write, times.grace].map(|t| t.as_secs());
        Self { headers, body, write, grace }
    }
}

/// A configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("The configuration file {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no TOML, or a value has the wrong type.
    #[error("{path}: {reason}")]
    Form {
        /// Which file.
        path: PathBuf,
        /// What and where.
        reason: String,
    },
    /// There is no such option.
    #[error("{path}: there is no option `{found}`. The nearest is `{nearest}`; docs/CONFIGURATION.md lists them all.")]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// What was written.
        found: String,
        /// What may have been meant.
        nearest: &'static str,
    },
    /// A value makes no sense.
    #[error("{0}")]
    Value(String),
    /// Something is missing.
    #[error("Say {0}.")]
    Missing(&'static str),
    /// A secret file is not used.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
}

impl Config {
    /// Reads a file; relative paths in it begin at its folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut config = Self::parse(&text, path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mail = &mut config.mail;
        let files = [
            &mut config.data,
            &mut config.key_file,
            &mut mail.folder,
            &mut mail.smtp_password_file,
            &mut mail.smtp_ca_file,
        ];
        for named in files.into_iter().flatten() {
            *named = folder.join(&*named);
        }
        if let Some(tls) = &mut config.tls {
            tls.certificate = folder.join(&tls.certificate);
            tls.key = folder.join(&tls.key);
        }
        Ok(config)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let form = |error: toml::de::Error| ConfigError::Form { path: path.to_owned(), reason: error.to_string() };
        let table: toml::Table = text.parse().map_err(form)?;
        if let Some((found, nearest)) = keys::unknown(&table) {
            return Err(ConfigError::Unknown { path: path.to_owned(), found, nearest });
        }
        // From the text again, so that an error can point at its line.
        toml::from_str(text).map_err(form)
    }

    /// How people reach the server.
    pub fn front(&self) -> Result<Front, ConfigError> {
        match (&self.tls, self.trusted_proxies.is_empty()) {
            (Some(_), false) => Err(ConfigError::Value(
                "TLS and trusted_proxies exclude each other: either this server terminates TLS, or the proxy does."
                    .to_owned(),
            )),
            (Some(tls), true) => Ok(Front::Tls(tls.clone())),
            (None, _) => Ok(Front::Plain { trusted_proxies: self.trusted_proxies.clone() }),
        }
    }

    /// Where letters go.
    pub fn mail_out(&self) -> Result<MailOut, ConfigError> {
        let MailSection { folder, smtp, smtp_password_file, smtp_ca_file, .. } = &self.mail;
        match (folder, smtp) {
            (Some(_), Some(_)) => {
                Err(ConfigError::Value("Letters go to a folder or to a mail server, not both.".to_owned()))
            }
            (Some(folder), None) => Ok(MailOut::Folder(folder.clone())),
            (None, Some(url)) => {
                let password = smtp_password_file.as_deref().map(private_line).transpose()?;
                Ok(MailOut::Smtp { url: url.clone(), password, ca_file: smtp_ca_file.clone() })
            }
            (None, None) => {
                Err(ConfigError::Missing("where letters go: --mail-dir or --smtp, or `folder` or `smtp` in [mail]"))
            }
        }
    }

    /// How long an invitation lives, in seconds; `None` leaves it to the server.
    pub fn invite_ttl(&self) -> Result<Option<i64>, ConfigError> {
        match self.invite_ttl {
            Some(ttl) if !(1..=31_536_000).contains(&ttl) => {
                Err(ConfigError::Value("invite_ttl must be 1 to 31536000 seconds.".to_owned()))
            }
            ttl => Ok(ttl),
        }
    }

    /// How long what is left of removed people is kept, in seconds; `None` is for ever.
    pub fn erase_removed_after(&self) -> Result<Option<i64>, ConfigError> {
        match self.erase_removed_after {
            Some(days) if !(1..=36_500).contains(&days) => Err(ConfigError::Value(
                "erase_removed_after must be 1 to 36500 days. Leave it out to keep what is left of removed people."
                    .to_owned(),
            )),
            days => Ok(days.map(|days| days * 86_400)),
        }
    }

    /// Most connections at one time.
    pub fn connections(&self) -> Result<usize, ConfigError> {
        match self.connections.unwrap_or(CONNECTIONS) {
            0 => Err(ConfigError::Value("connections must be at least 1.".to_owned())),
            most => Ok(most),
        }
    }

    /// How much one caller may ask.
    pub fn limits(&self) -> Result<Limits, ConfigError> {
        let Some(section) = &self.limits else {
            let at_home = self.tls.is_none() && self.trusted_proxies.is_empty();
            return Ok(if at_home { Limits::default() } else { Limits::USUAL });
        };
        let LimitsSection {
            scim_per_second,
            scim_burst,
            source_per_second,
            source_burst,
            account_per_second,
            account_burst,
        } = *section;
        if (1..LEAST_FOR_SCIM).contains(&scim_per_second) {
            return Err(ConfigError::Value(format!(
                "limits.scim_per_second must be at least {LEAST_FOR_SCIM}: identity providers send that many, and give up on a server that refuses them. 0 means no limit."
            )));
        }
        let rate = |name: &str, per_second: u32, burst: u32| match per_second {
            0 => Ok(None),
            _ if burst < per_second => {
                Err(ConfigError::Value(format!("limits.{name}_burst must be at least limits.{name}_per_second.")))
            }
            _ => Ok(Some(Rate { per_second, burst })),
        };
        Ok(Limits {
            scim: rate("scim", scim_per_second, scim_burst)?,
            source: rate("source", source_per_second, source_burst)?,
            account: rate("account", account_per_second, account_burst)?,
        })
    }

    /// How long clients may take.
    pub fn times(&self) -> Result<Times, ConfigError> {
        let TimesSection { headers, body, write, grace } = self.times;
        for (name, value) in [("headers", headers), ("body", body), ("write", write), ("grace", grace)] {
            if !(1..=3600).contains(&value) {
                return Err(ConfigError::Value(format!("times.{name} must be 1 to 3600 seconds.")));
            }
        }
        let seconds = Duration::from_secs;
        Ok(Times { headers: seconds(headers), body: seconds(body), write: seconds(write), grace: seconds(grace) })
    }

    /// The database, if it is not a file in the folder; a password in it would be a secret in this
    /// file.
    pub fn database(&self) -> Result<Option<String>, ConfigError> {
        if self.database.as_deref().is_some_and(holds_password) {
            return Err(ConfigError::Value(
                "`database` holds a password. Leave the option out: `init --database-file` keeps the whole address in database.url in the server's folder, which only its owner can read."
                    .to_owned(),
            ));
        }
        Ok(self.database.clone())
    }
}

/// Whether the address of a database, as a URL or as words, has a password in it.
pub(crate) fn holds_password(address: &str) -> bool {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let in_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    in_user || address.split(['?', '&', ' ']).any(|part| part.starts_with("password="))
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, keys};
    use crate::limits::{CONNECTIONS, Limits, Times};
    use crate::realm::INVITE_TTL;
    use std::path::Path;

    const EXAMPLE: &str = include_str!("../../firstkey-server.example.toml");

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("test.toml"))
    }

    #[test]
    fn an_unknown_option_is_refused_with_the_nearest_known_one() {
        for (text, found, nearest) in [
            ("lisen = \"127.0.0.1:1\"", "lisen", "listen"),
            ("trusted-proxies = []", "trusted-proxies", "trusted_proxies"),
            ("smtp = \"smtps://mail.example.org\"", "smtp", "mail.smtp"),
            ("[tls]\ncert = \"x\"", "tls.cert", "tls.certificate"),
            ("[limit]\nscim_burst = 1", "limit", "limits.scim_burst"),
            ("[mail]\npassword = \"x\"", "mail.password", "mail.smtp_password_file"),
            ("[log]\nformt = \"json\"", "log.formt", "log.format"),
        ] {
            match parse(text) {
                Err(ConfigError::Unknown { found: f, nearest: n, .. }) => assert_eq!((f.as_str(), n), (found, nearest)),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        let said = |text: &str, ask: fn(&Config) -> Option<ConfigError>| {
            ask(&parse(text).expect(text)).expect("refused").to_string()
        };
        for rate in [1, 24] {
            let text = format!("[limits]\nscim_per_second = {rate}");
            assert!(said(&text, |c| c.limits().err()).contains("at least 25"));
        }
        assert!(said("[limits]\nscim_per_second = 100\nscim_burst = 99", |c| c.limits().err()).contains("burst"));
        assert!(said("[times]\nbody = 0", |c| c.times().err()).contains("times.body"));
        assert!(said("invite_ttl = 0", |c| c.invite_ttl().err()).contains("invite_ttl"));
        for days in [-1, 0, 36_501] {
            let text = format!("erase_removed_after = {days}");
            assert!(said(&text, |c| c.erase_removed_after().err()).contains("1 to 36500 days"));
        }
        assert!(said("connections = 0", |c| c.connections().err()).contains("connections"));
        let both = "trusted_proxies = [\"10.0.0.0/8\"]\n[tls]\ncertificate = \"a\"\nkey = \"b\"";
        assert!(said(both, |c| c.front().err()).contains("exclude each other"));
        let mail = "[mail]\nfolder = \"a\"\nsmtp = \"b\"";
        assert!(said(mail, |c| c.mail_out().err()).contains("not both"));
        for url in ["postgres://me:secret@db/x", "postgres://db/x?password=secret", "host=db password=secret"] {
            assert!(
                said(&format!("database = \"{url}\""), |c| c.database().err()).contains("holds a password"),
                "{url}"
            );
        }
        for bad in [
            "listen = \"here\"",
            "trusted_proxies = [\"10.0.0.0/99\"]",
            "[log]\nformat = \"xml\"",
            "listen = 1",
            "x",
            "[tls]",
        ] {
            assert!(matches!(parse(bad), Err(ConfigError::Form { .. })), "{bad}");
        }
    }

    #[test]
    fn limits_hold_as_soon_as_others_than_this_machine_can_ask() {
        let limits = |text: &str| parse(text).expect(text).limits().expect("limits");
        assert_eq!(limits("listen = \"127.0.0.1:0\""), Limits::default());
        assert_eq!(limits("trusted_proxies = [\"127.0.0.1\"]"), Limits::USUAL);
        assert_eq!(limits("[tls]\ncertificate = \"a\"\nkey = \"b\""), Limits::USUAL);
        assert_eq!(limits("[limits]\nsource_per_second = 0"), Limits { source: None, ..Limits::USUAL });
    }

    #[test]
    fn the_example_has_every_option_and_its_defaults_are_ours() {
        let shown: Vec<&str> = EXAMPLE.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        let mut section = String::new();
        let mut found = Vec::new();
        for line in shown {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = format!("{name}.");
            } else if let Some((key, _)) = line.split_once(" = ")
                && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            {
                found.push(format!("{section}{key}"));
            }
        }
        assert_eq!(found, keys::ALL, "each option once, in the order of `keys`");
        // What the example writes as a default is one.
        let config = parse(EXAMPLE).expect("the example is a configuration");
        assert_eq!(config.limits().expect("limits"), Limits::USUAL);
        let (times, usual) = (config.times().expect("times"), Times::default());
        assert_eq!(
            [times.headers, times.body, times.write, times.grace],
            [usual.headers, usual.body, usual.write, usual.grace]
        );
        assert_eq!(config.invite_ttl().expect("a time"), Some(INVITE_TTL));
        assert_eq!(config.connections().expect("a number"), CONNECTIONS);
    }

    #[test]
    fn the_documents_explain_every_option() {
        let page = include_str!("../../../docs/CONFIGURATION.md");
        for key in keys::ALL {
            assert!(page.contains(&format!("| `{key}` |")), "docs/CONFIGURATION.md does not explain {key}");
        }
    }
}
