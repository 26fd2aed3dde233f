//! `serve`: runs the server until a signal ends it.

use super::{Common, Outcome};
use crate::mail::MailOut;
use crate::realm::{INVITE_TTL, Realm};
use crate::serve::{ServeError, ServeOptions, serve};
use clap::Args;
use serde_json::json;
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

#[derive(Args)]
pub(super) struct Serve {
    /// Where to listen: an address of this machine; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// Write letters into this folder, one .eml file each.
    #[arg(long, value_name = "DIR", conflicts_with = "smtp", required_unless_present = "smtp")]
    mail_dir: Option<PathBuf>,
    /// Send letters by this mail server, such as smtps://mail.example.org or smtp://user@mail.example.org:587?tls=required.
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// The mail server's password, in a file.
    #[arg(long, value_name = "PATH", requires = "smtp")]
    smtp_password_file: Option<PathBuf>,
    /// The address that letters come from.
    #[arg(long, value_name = "EMAIL")]
    mail_from: Option<String>,
    /// How long an invitation lives.
    #[arg(long, value_name = "SECONDS", default_value_t = INVITE_TTL, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    invite_ttl: i64,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(flags: Serve) -> Outcome {
    let Serve { listen, mail_dir, smtp, smtp_password_file, mail_from, invite_ttl, common } = flags;
    let mail = mail_out(mail_dir, smtp, smtp_password_file.as_deref())?;
    let options = ServeOptions { mail_from, invite_ttl, ..ServeOptions::new(mail) };
    if !listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(listen).into());
    }
    let realm = Realm::open(&common.data).await?;
    options.check(realm.origin())?;
    let shutdown = stop_signal()?;
    let listener = TcpListener::bind(listen).await.map_err(ServeError::Listen)?;
    let address = listener.local_addr()?;
    if common.json {
        println!("{}", json!({"event": "listening", "addr": address.to_string()}));
    } else {
        println!("Listening on http://{address} for {}", realm.origin());
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

fn mail_out(folder: Option<PathBuf>, smtp: Option<String>, password: Option<&Path>) -> Result<MailOut, Box<dyn Error>> {
    match (folder, smtp) {
        (Some(folder), _) => Ok(MailOut::Folder(folder)),
        (None, Some(url)) => {
            let read = |path: &Path| {
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                let text =
                    text.map_err(|error| format!("The password file {} cannot be read: {error}", path.display()))?;
                Ok::<_, String>(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            };
            Ok(MailOut::Smtp { url, password: password.map(read).transpose()? })
        }
        (None, None) => Err("Say where letters go: --mail-dir or --smtp.".into()),
    }
}
