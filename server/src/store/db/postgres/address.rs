//! Where a PostgreSQL database is, as one line: `postgres://user@host,host/name?option=value`.
//!
//! Promise: a database on another machine is reached with TLS, and its certificate is checked, by
//! whatever name the address asks for that; an option that is not known is named. Must never: put
//! user, password or the text itself into a message.

use super::reach::Reach;
use super::waits::DatabaseWaits;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres::config::{Host as Name, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

const FORM: &str = "The database must be given as postgres://user@host:port/name";
/// Options that are ours or libpq's; what they do is here, or nothing because it is always done.
const OPTIONS: &str = "sslmode, sslrootcert, channel_binding, target_session_attrs, connect_timeout, application_name, \
                       keepalives, keepalives_idle, keepalives_interval, keepalives_retries, tcp_user_timeout, pgbouncer";

/// How a database is reached.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) target: Arc<Target>,
    pub(super) reach: Arc<Reach>,
}

/// The servers, and how to speak to them.
pub(super) struct Target {
    pub(super) hosts: Vec<Host>,
    pub(super) tls: Option<MakeRustlsConnect>,
    pub(super) waits: DatabaseWaits,
    /// Host and name, without user and password.
    shown: String,
}

/// One of the servers.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) config: Config,
}

/// Whether and by whom the server's certificate is checked.
#[derive(Default)]
struct Security {
    mode: Option<String>,
    authorities: Option<String>,
}

impl Address {
    /// Reads `postgres://user@host/database` or `postgresql://...`.
    ///
    /// # Errors
    /// The text is no such address, or has an option that is not known, as a sentence without the
    /// text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        Self::read_with(text, DatabaseWaits::default())
    }

    /// The same with other limits.
    pub(crate) fn read_with(text: &str, waits: DatabaseWaits) -> Result<Self, String> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(FORM.to_owned());
        }
        let (plain, security) = without_options(text)?;
        let config: Config = plain.parse().map_err(|_| FORM.to_owned())?;
        let hosts = hosts(&config)?;
        let far = config.get_hosts().iter().any(|host| !is_near(host));
        let mode = security.mode.as_deref().unwrap_or(if far { "verify-full" } else { "disable" });
        let is_encrypted = match mode {
            "disable" if far => return Err("A database on another machine is reached with TLS only.".to_owned()),
            "disable" => false,
            "require" | "verify-ca" | "verify-full" => true,
            // "If the server likes" would let whoever is in between decide.
            "allow" | "prefer" => far,
            other => {
                return Err(format!(
                    "The database's address has sslmode={}, which does not exist. It is disable, require or verify-full.",
                    option_name(other)
                ));
            }
        };
        let tls = if is_encrypted { Some(tls(security.authorities.as_deref())?) } else { None };
        let shown = shown(&config);
        let hosts = hosts
            .into_iter()
            .map(|mut host| {
                host.config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
                host.config.application_name("firstkey-server");
                host
            })
            .collect();
        Ok(Self { target: Arc::new(Target { hosts, tls, waits, shown }), reach: Arc::default() })
    }

    /// For people: host and name, no user and no password.
    pub(crate) fn shown(&self) -> &str {
        &self.target.shown
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

/// Takes out the options that are read here; names one that nobody reads.
fn without_options(text: &str) -> Result<(String, Security), String> {
    let Some((plain, options)) = text.split_once('?') else { return Ok((text.to_owned(), Security::default())) };
    let (mut kept, mut security) = (Vec::new(), Security::default());
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match (name, value) {
            ("sslmode", mode) => security.mode = Some(mode.to_owned()),
            ("sslrootcert", file) => security.authorities = Some(percent_decoded(file)?),
            // A session at the server that can be written to is what is always looked for; whether
            // a pooler is in between is found out; the others are ours.
            ("target_session_attrs", "any" | "read-write" | "primary")
            | ("pgbouncer" | "connect_timeout" | "application_name", _) => {}
            ("target_session_attrs", _) => {
                return Err("The database's address asks for a server that only reads (target_session_attrs). This program writes; leave the option out.".to_owned());
            }
            (
                "channel_binding"
                | "keepalives"
                | "keepalives_idle"
                | "keepalives_interval"
                | "keepalives_retries"
                | "tcp_user_timeout"
                | "host"
                | "hostaddr"
                | "port"
                | "user"
                | "password"
                | "dbname"
                | "options"
                | "sslnegotiation",
                _,
            ) => kept.push(option),
            _ => {
                return Err(format!(
                    "The database's address has the option `{}`, which this program does not know. It knows: {OPTIONS}.",
                    option_name(name)
                ));
            }
        }
    }
    let plain = if kept.is_empty() { plain.to_owned() } else { format!("{plain}?{}", kept.join("&")) };
    Ok((plain, security))
}

/// As much of a name as can be shown.
fn option_name(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(40).collect()
}

fn percent_decoded(text: &str) -> Result<String, String> {
    let wrong = || "The database's address names a file (sslrootcert) that cannot be read as one.".to_owned();
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
        let [Some(high), Some(low)] = digits else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// One configuration for each host: each is asked by itself.
fn hosts(config: &Config) -> Result<Vec<Host>, String> {
    let (names, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    let fits = |len: usize| len <= 1 || len == count;
    if count == 0 || !fits(ports.len()) || !(addresses.is_empty() || names.is_empty() || addresses.len() == names.len())
    {
        return Err(FORM.to_owned());
    }
    let of = |at: usize| {
        let mut one = Config::new();
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        one.port(port);
        let mut name = String::new();
        match names.get(at) {
            Some(Name::Tcp(host)) => {
                one.host(host);
                name = format!("{host}:{port}");
            }
            #[cfg(unix)]
            Some(Name::Unix(path)) => {
                one.host_path(path);
                name = path.display().to_string();
            }
            None => {}
        }
        if let Some(address) = addresses.get(at) {
            one.hostaddr(*address);
            if name.is_empty() {
                name = format!("{address}:{port}");
            }
        }
        if let Some(user) = config.get_user() {
            one.user(user);
        }
        if let Some(password) = config.get_password() {
            one.password(password);
        }
        if let Some(database) = config.get_dbname() {
            one.dbname(database);
        }
        if let Some(options) = config.get_options() {
            one.options(options);
        }
        if let Some(interval) = config.get_keepalives_interval() {
            one.keepalives_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            one.keepalives_retries(retries);
        }
        if let Some(timeout) = config.get_tcp_user_timeout() {
            one.tcp_user_timeout(*timeout);
        }
        one.keepalives(config.get_keepalives()).keepalives_idle(config.get_keepalives_idle());
        one.channel_binding(config.get_channel_binding()).ssl_negotiation(config.get_ssl_negotiation());
        Host { name, config: one }
    };
    Ok((0..count).map(of).collect())
}

fn shown(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Name::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Name::Unix(path) => path.display().to_string(),
        })
        .collect();
    let hosts = if hosts.is_empty() { "localhost".to_owned() } else { hosts.join(",") };
    format!("{hosts}/{}", config.get_dbname().unwrap_or("postgres"))
}

fn is_near(host: &Name) -> bool {
    match host {
        Name::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Name::Unix(_) => true,
    }
}

/// The certificate is checked, by name, against the machine's authorities or those of a file.
fn tls(authorities: Option<&str>) -> Result<MakeRustlsConnect, String> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let failed = |error: rustls::Error| format!("TLS to the database cannot be spoken: {error}");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(failed)?;
    let config = match authorities {
        None | Some("system") => config.with_platform_verifier().map_err(failed)?.with_no_client_auth(),
        Some(file) => config.with_root_certificates(roots(Path::new(file))?).with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let named = |why: &dyn fmt::Display| {
        format!("The authorities of the database's address (sslrootcert), {}: {why}", file.display())
    };
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| named(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.map_err(|error| named(&error))?).map_err(|error| named(&error))?;
    }
    if roots.is_empty() { Err(named(&"it holds no certificate")) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn is_encrypted(text: &str) -> Result<bool, String> {
        Address::read(text).map(|address| address.target.tls.is_some())
    }

    #[test]
    fn a_database_on_another_machine_is_reached_with_tls_only() {
        for (text, tls) in [
            ("postgres://me@localhost/x", false),
            ("postgres://me@127.0.0.1:5433/x", false),
            ("postgres://me@%2Frun%2Fpostgresql/x", false),
            ("postgres://me@localhost/x?sslmode=require", true),
            ("postgresql://me@db.example.org/x", true),
            ("postgresql://me@db.example.org/x?sslmode=prefer", true),
            ("postgres://me@10.0.0.1/x", true),
            ("postgres://me@localhost,db.example.org/x", true),
        ] {
            assert_eq!(is_encrypted(text), Ok(tls), "{text}");
        }
        for bad in [
            "",
            "mysql://x",
            "postgres://db.example.org/x?sslmode=disable",
            "postgres://localhost,db.example.org/x?sslmode=disable",
            "db.example.org",
            "host=x user=y",
            "postgres:///x",
        ] {
            assert!(Address::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        let address = Address::read("postgres://me:secret@db.example.org/keys").expect("an address");
        assert_eq!(format!("{address:?}"), "db.example.org/keys");
    }

    #[test]
    fn the_options_of_managed_databases_are_taken() {
        for options in [
            "sslmode=verify-full",
            "sslmode=verify-ca",
            "sslmode=require&channel_binding=require",
            "sslmode=verify-full&sslrootcert=system",
            "target_session_attrs=read-write&connect_timeout=10",
            "target_session_attrs=primary",
            "target_session_attrs=any",
            "pgbouncer=true&application_name=keys",
            "keepalives=1&keepalives_idle=30",
        ] {
            assert_eq!(is_encrypted(&format!("postgres://u@db.example.org/x?{options}")), Ok(true), "{options}");
        }
    }

    #[test]
    fn an_option_that_is_not_known_is_named_and_no_secret_is() {
        for (options, named) in [
            ("sslmode=verify-full&sslcert=client.pem", "`sslcert`"),
            ("ssl=true", "`ssl`"),
            ("sslmode=maximal", "sslmode=maximal"),
            ("target_session_attrs=standby", "target_session_attrs"),
            ("target_session_attrs=prefer-standby", "target_session_attrs"),
            ("sslmode=verify-full&sslrootcert=/nowhere/rds.pem", "/nowhere/rds.pem"),
        ] {
            let refused = Address::read(&format!("postgres://me:hunter2@db.example.org/x?{options}"));
            let refused = refused.expect_err(options);
            assert!(refused.contains(named) && !refused.contains("hunter2"), "{options}: {refused}");
        }
    }

    #[test]
    fn each_of_several_hosts_is_asked_by_itself() {
        let address = Address::read("postgres://me:secret@one,two:5433,three/keys").expect("an address");
        let names: Vec<_> = address.target.hosts.iter().map(|host| host.name.as_str()).collect();
        assert_eq!(names, ["one:5432", "two:5433", "three:5432"]);
        assert!(address.target.hosts.iter().all(|host| host.config.get_hosts().len() == 1));
        assert_eq!(address.shown(), "one,two,three/keys");
    }
}
