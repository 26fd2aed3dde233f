//! `org`: the organisations of a server.

use super::{Common, Outcome, say};
use crate::admin::ChangedOrganisation;
use crate::realm::NewOrganisation;
use clap::Subcommand;
use firstkey_core::crypto::context::OrgId;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Org {
    /// Add an organisation.
    Add {
        /// Its name, shown to its people.
        name: String,
        /// Whom its people can ask.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        /// The lowest Argon2id profile allowed.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
        min_profile: Option<u8>,
        #[command(flatten)]
        common: Common,
    },
    /// List the organisations.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Show an organisation.
    Show {
        /// Its id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        common: Common,
    },
    /// Change an organisation; settings not given stay the same.
    Set {
        /// Its id.
        #[arg(value_parser = org_id)]
        org: OrgId,
        /// Its name, shown to its people.
        #[arg(long)]
        name: Option<String>,
        /// Whom its people can ask.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
        /// The lowest Argon2id profile allowed, for accounts finished from now on.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
        min_profile: Option<u8>,
        /// A second secret beside the password: off, allowed or required.
        #[arg(long, value_name = "WORD", value_parser = ["off", "allowed", "required"])]
        secret_key: Option<String>,
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
        Org::List { common } => {
            let orgs = common.realm().await?.organisations().await?;
            say::list(&common, "organisations", &orgs, &["ID", "NAME", "PEOPLE", "SINCE"], |org| {
                vec![org.org_id.clone(), org.name.clone(), org.people.to_string(), say::day(Some(org.created_at))]
            })?;
        }
        Org::Show { org, common } => {
            let org = common.realm().await?.organisation(org).await?;
            say::members(&common, &serde_json::to_value(&org)?);
        }
        Org::Set { org, name, contact, min_profile, secret_key, common } => {
            let change = ChangedOrganisation { name, contact, min_profile, secret_key };
            let org = common.realm().await?.change_organisation(org, change).await?;
            say::members(&common, &serde_json::to_value(&org)?);
        }
    }
    Ok(())
}

/// Reads an organisation's id.
pub(super) fn org_id(text: &str) -> Result<OrgId, &'static str> {
    uuid::Uuid::try_parse(text).map(|id| OrgId::heard(*id.as_bytes())).map_err(|_| "an organisation's id is a UUID")
}
