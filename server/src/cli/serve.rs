//! `serve`: runs the server until a signal ends it.

use super::{Common, Outcome, open};
use crate::config::{Config, ConfigError, LogFormat, TlsFiles};
use crate::limits::Network;
use crate::log::Log;
use crate::serve::{Admin, ServeError, ServeOptions, serve};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What a configuration file can say as well.
#[derive(Args)]
pub(super) struct Settings {
    /// Where to listen: an address of this machine; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", required_unless_present = "config")]
    listen: Option<SocketAddr>,
    /// End TLS here, with this certificate chain (PEM); read again when it changes.
    #[arg(long, value_name = "PATH", requires = "tls_key", conflicts_with = "trusted_proxies")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key (PEM), readable by its owner alone.
    #[arg(long, value_name = "PATH", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A proxy in front that ends TLS, such as 10.0.0.0/8; only its X-Forwarded-For is believed. May be given more than once.
    #[arg(long = "trusted-proxy", value_name = "NETWORK")]
    trusted_proxies: Vec<Network>,
    /// Where administrators ask for /healthz, /readyz and /metrics, apart from everybody else.
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<SocketAddr>,
    /// Write letters into this folder, one .eml file each.
    #[arg(long, value_name = "DIR", conflicts_with = "smtp", required_unless_present_any = ["smtp", "config"])]
    mail_dir: Option<PathBuf>,
    /// Send letters by this mail server, such as smtps://mail.example.org or smtp://user@mail.example.org:587?tls=required.
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// The mail server's password, in a file readable by its owner alone.
    #[arg(long, value_name = "PATH")]
    smtp_password_file: Option<PathBuf>,
    /// Certificates (PEM) that the mail server's own must come from, instead of those that the machine trusts.
    #[arg(long, value_name = "PATH")]
    smtp_ca_file: Option<PathBuf>,
    /// The address that letters come from.
    #[arg(long, value_name = "EMAIL")]
    mail_from: Option<String>,
    /// How long an invitation lives; 604800 if nothing is said.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    invite_ttl: Option<i64>,
    /// How events are written.
    #[arg(long, value_name = "FORM")]
    log_format: Option<LogForm>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogForm {
    /// key=value
    Logfmt,
    /// One JSON object a line
    Json,
}

impl Settings {
    /// Puts the flags over what the file says.
    pub(super) fn over(self, config: &mut Config) {
        fn set<T>(flag: Option<T>, option: &mut Option<T>) {
            if flag.is_some() {
                *option = flag;
            }
        }
        set(self.listen, &mut config.listen);
        if let (Some(certificate), Some(key)) = (self.tls_certificate, self.tls_key) {
            config.tls = Some(TlsFiles { certificate, key });
        }
        if !self.trusted_proxies.is_empty() {
            config.trusted_proxies = self.trusted_proxies;
        }
        set(self.admin_listen, &mut config.admin_listen);
        // The two ways exclude each other: a flag for one takes the file's other away.
        if self.mail_dir.is_some() {
            (config.mail.folder, config.mail.smtp) = (self.mail_dir, None);
        }
        if self.smtp.is_some() {
            (config.mail.smtp, config.mail.folder) = (self.smtp, None);
        }
        set(self.smtp_password_file, &mut config.mail.smtp_password_file);
        set(self.smtp_ca_file, &mut config.mail.smtp_ca_file);
        set(self.mail_from, &mut config.mail.from);
        set(self.invite_ttl, &mut config.invite_ttl);
        if let Some(form) = self.log_format {
            config.log.format = match form {
                LogForm::Logfmt => LogFormat::Logfmt,
                LogForm::Json => LogFormat::Json,
            };
        }
    }
}

pub(super) async fn run(flags: Serve) -> Outcome {
    let Serve { settings, common } = flags;
    let mut config = common.config()?;
    settings.over(&mut config);
    let listen =
        config.listen.ok_or(ConfigError::Missing("where to listen: --listen ADDR, or `listen` in the file"))?;
    let mut options = ServeOptions {
        mail_from: config.mail.from.clone(),
        log: match config.log.format {
            LogFormat::Logfmt => Log::Stderr,
            LogFormat::Json => Log::Json,
        },
        front: config.front()?,
        limits: config.limits()?,
        times: config.times()?,
        connections: config.connections()?,
        ..ServeOptions::new(config.mail_out()?)
    };
    if let Some(ttl) = config.invite_ttl()? {
        options.invite_ttl = ttl;
    }
    let plain = config.tls.is_none();
    if plain && config.trusted_proxies.is_empty() && !listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(listen).into());
    }
    let realm = open(&config).await?;
    options.front.check(listen, realm.origin())?;
    options.check(realm.origin())?;
    let shutdown = stop_signal()?;
    if let Some(address) = config.admin_listen {
        let listener = TcpListener::bind(address).await.map_err(ServeError::Listen)?;
        options.admin = Some(Admin { listener, from: config.admin_from.clone() });
    }
    let listener = TcpListener::bind(listen).await.map_err(ServeError::Listen)?;
    let address = listener.local_addr()?;
    let admin = options.admin.as_ref().map(|admin| admin.listener.local_addr()).transpose()?;
    if common.json {
        let mut event = json!({"event": "listening", "addr": address.to_string()});
        if let Some(admin) = admin {
            event["admin_addr"] = admin.to_string().into();
        }
        println!("{event}");
    } else {
        let scheme = if plain { "http" } else { "https" };
        println!("Listening on {scheme}://{address} for {}", realm.origin());
        if let Some(admin) = admin {
            println!("Administrators ask on http://{admin}");
        }
    }
    Ok(serve(realm, listener, options, shutdown).await?)
}

/// Done at the first SIGINT or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
