//! `invite`: invitations.

use super::{Common, Outcome, say};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Invite {
    /// Withdraw a person's invitation and send a new one.
    Resend {
        /// The person's address.
        email: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Invite) -> Outcome {
    match command {
        Invite::Resend { email, common } => {
            let realm = common.realm().await?;
            let expires_at = realm.resend_invite(&email).await?;
            say::members(&common, &json!({"email": email, "expires_at": expires_at}));
        }
    }
    Ok(())
}
