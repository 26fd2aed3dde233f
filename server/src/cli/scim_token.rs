//! `scim-token`: what identity providers show to be let in.

use super::org::org_id;
use super::{Common, Outcome, say};
use clap::Subcommand;
use firstkey::crypto::context::OrgId;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum ScimToken {
    /// Make a token; it is shown once.
    Add {
        /// The organisation's id.
        #[arg(long, value_name = "ID", value_parser = org_id)]
        org: OrgId,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: ScimToken) -> Outcome {
    match command {
        ScimToken::Add { org, common } => {
            let realm = common.realm().await?;
            let token = realm.add_scim_token(org).await?;
            say::members(&common, &json!({"token": token.as_str()}));
            if !common.json {
                eprintln!("Give it to the identity provider now; it cannot be shown again.");
            }
        }
    }
    Ok(())
}
