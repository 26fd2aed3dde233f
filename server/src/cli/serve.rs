//! `serve`: runs the server until a signal ends it.

use super::{Common, Outcome, folder, open};
use crate::config::{Config, ConfigError, LogFormat, TlsFiles};
use crate::data_folder;
use crate::limits::Network;
use crate::log::Log;
use crate::outlet::out;
use crate::serve::{Admin, Reload, ServeError, ServeOptions, serve};
use crate::serve_lock::ServeLock;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What a configuration file can say as well.
#[derive(Args, Clone)]
pub(super) struct Settings {
    /// Listen on this address and port; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", required_unless_present = "config")]
    listen: Option<SocketAddr>,
    /// Terminate TLS with this certificate chain (PEM); reloaded when it changes.
    #[arg(long, value_name = "PATH", requires = "tls_key", conflicts_with = "trusted_proxies")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key (PEM); only its owner may read it.
    #[arg(long, value_name = "PATH", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Trust this proxy, such as 10.0.0.0/8, to terminate TLS and set X-Forwarded-For. May be given
    /// more than once.
    #[arg(long = "trusted-proxy", value_name = "NETWORK")]
    trusted_proxies: Vec<Network>,
    /// Serve /healthz, /readyz and /metrics on this address instead.
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<SocketAddr>,
    /// Write letters to this folder, one .eml file each.
    #[arg(long, value_name = "DIR", conflicts_with = "smtp", required_unless_present_any = ["smtp", "config"])]
    mail_dir: Option<PathBuf>,
    /// Send letters through this mail server, such as smtps://mail.example.org or
    /// smtp://user@mail.example.org:587?tls=required.
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// The file with the mail server's password; only its owner may read it.
    #[arg(long, value_name = "PATH")]
    smtp_password_file: Option<PathBuf>,
    /// Trust these authorities (PEM) for the mail server, instead of the machine's.
    #[arg(long, value_name = "PATH")]
    smtp_ca_file: Option<PathBuf>,
    /// The address that letters come from.
    #[arg(long, value_name = "EMAIL")]
    mail_from: Option<String>,
    /// How long an invitation is valid; default 604800.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    invite_ttl: Option<i64>,
    /// The format of log events.
    #[arg(long, value_name = "FORM")]
    log_format: Option<LogForm>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogForm {
    /// key=value
    Logfmt,
    /// One JSON object per line
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
    // From the first moment: without somebody who listens, it would end the process.
    let hangup = signal(SignalKind::hangup())?;
    let Serve { settings, common } = flags;
    let flags = settings.clone();
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
        erase_removed_after: config.erase_removed_after()?,
        command_flags: common.flags(),
        ..ServeOptions::new(config.mail_out()?)
    };
    if let Some(ttl) = config.invite_ttl()? {
        options.invite_ttl = ttl;
    }
    let plain = config.tls.is_none();
    if plain && config.trusted_proxies.is_empty() && !listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(listen).into());
    }
    // What `check` calls wrong is not served.
    let folder = folder(&config)?.to_owned();
    if let Err(open) = data_folder::is_closed(&folder) {
        return Err(open.into());
    }
    let realm = open(&config).await?;
    let _alone = realm.store.is_a_file().then(|| ServeLock::take(&folder)).transpose()?;
    options.front.check(listen, realm.origin())?;
    // A supervisor waits for the line below: nothing that ends the server may come after it.
    options.check(realm.origin(), realm.clock.now())?;
    let shutdown = stop_signal()?;
    options.reloads = Some(reloads(hangup, common.clone(), flags, &config));
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
        out!("{event}");
    } else {
        let scheme = if plain { "http" } else { "https" };
        out!("Listening on {scheme}://{address} for {}", realm.origin());
        if let Some(admin) = admin {
            out!("Health and metrics on http://{admin}");
        }
    }
    Ok(serve(realm, listener, options, shutdown).await?)
}

/// The configuration, each time that a SIGHUP asks for it to be read again.
fn reloads(mut hangup: Signal, common: Common, flags: Settings, first: &Config) -> mpsc::Receiver<Reload> {
    let (sender, reloads) = mpsc::channel(1);
    let fixed = without_limits(first);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let read = common.config().and_then(|mut config| {
                flags.clone().over(&mut config);
                // What a start would refuse is not half taken.
                config.front()?;
                config.times()?;
                config.connections()?;
                Ok(Reload::Taken { limits: config.limits()?, needs_restart: without_limits(&config) != fixed })
            });
            let reload = read.unwrap_or_else(|error| Reload::Refused(error.to_string()));
            if sender.send(reload).await.is_err() {
                return;
            }
        }
    });
    reloads
}

/// All that only a start takes up.
fn without_limits(config: &Config) -> String {
    format!("{:?}", Config { limits: None, ..config.clone() })
}

/// Done at the first SIGINT or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
