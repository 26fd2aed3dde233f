//! `org`: the organisations of a server.

use super::{Common, Outcome, say};
use crate::realm::NewOrganisation;
use clap::Subcommand;
use firstkey::crypto::context::OrgId;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Org {
    /// Add an organisation.
    Add {
        /// Its name, shown to its people.
        name: String,
        /// Whom its people may ask.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        /// The least Argon2id profile.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
        min_profile: Option<u8>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Org) -> Outcome {
    match command {
        Org::Add { name, contact, min_profile, common } => {
            let realm = common.realm().await?;
            let org = realm.add_organisation(NewOrganisation { name, contact, min_profile }).await?;
            say::members(&common, &json!({"org_id": org.to_string()}));
        }
    }
    Ok(())
}

/// Reads an organisation's id.
pub(super) fn org_id(text: &str) -> Result<OrgId, &'static str> {
    uuid::Uuid::try_parse(text).map(|id| OrgId(*id.as_bytes())).map_err(|_| "an organisation's id is a UUID")
}
