//! `init`: a new server in an empty folder.

use super::{Common, Outcome, folder, say};
use crate::config::Config;
use crate::realm::Realm;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(super) struct Init {
    /// The address that clients connect to, such as https://accounts.example.org.
    #[arg(long, value_name = "URL")]
    origin: String,
    /// Whom people can ask; shown in invitations.
    #[arg(long, value_name = "EMAIL")]
    contact: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(init: Init) -> Outcome {
    let config = init.common.config()?;
    let realm =
        Realm::init_with(folder(&config)?, &init.origin, init.contact.as_deref(), config.database.as_deref()).await?;
    say::members(&init.common, &json!({"realm_id": realm.id().to_string(), "origin": realm.origin().as_str()}));
    say::aside(&init.common, &next(&config, &init.common.flags()));
    Ok(())
}

/// What comes next, as commands that run as they stand but for what is in capitals.
fn next(config: &Config, flags: &str) -> String {
    let listen = if config.listen.is_none() { " --listen 127.0.0.1:8443" } else { "" };
    let mail = if config.mail.folder.is_none() && config.mail.smtp.is_none() { " --mail-dir DIR" } else { "" };
    let serve = format!("{listen}{mail}{flags}");
    [
        "There is a server now. Back up its key before the first person finishes: without it no account opens again.",
        "",
        &format!("  firstkey-server backup --key-out FILE{flags}"),
        "",
        "Add your organisation, and make a token for its identity provider:",
        "",
        &format!("  firstkey-server org add \"Example Corp\" --contact it@example.org{flags}"),
        &format!("  firstkey-server scim-token add --org \"Example Corp\"{flags}"),
        "",
        "See whether everything is right, and start it:",
        "",
        &format!("  firstkey-server check{serve}"),
        &format!("  firstkey-server serve{serve}"),
    ]
    .join("\n")
}
