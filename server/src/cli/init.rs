//! `init`: a new server in an empty folder.

use super::{Common, Outcome, folder, say};
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
    Ok(())
}
