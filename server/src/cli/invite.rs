//! `invite`: invitations.

use super::org::org_id;
use super::{Common, Outcome, say};
use crate::admin::InviteShown;
use clap::Subcommand;
use firstkey_core::crypto::context::OrgId;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Invite {
    /// List invitations, newest first.
    List {
        /// Only of this organisation.
        #[arg(long, value_name = "ID", value_parser = org_id)]
        org: Option<OrgId>,
        /// Only in this state.
        #[arg(long, value_name = "STATE", value_parser = ["live", "used", "withdrawn", "expired", "locked"])]
        state: Option<String>,
        /// At most this many.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Show a person's invitations.
    Show {
        /// The person's address.
        email: String,
        #[command(flatten)]
        common: Common,
    },
    /// Withdraw a person's invitation and send a new one.
    Resend {
        /// The address that the organisation has for the person now.
        email: String,
        /// The organisation, where several wait for somebody at the address.
        #[arg(long, value_name = "ID", value_parser = org_id)]
        org: Option<OrgId>,
        #[command(flatten)]
        common: Common,
    },
    /// Withdraw a person's invitation and send none.
    Withdraw {
        /// The address that the organisation has for the person now.
        email: String,
        /// Only of this organisation; otherwise of every organisation.
        #[arg(long, value_name = "ID", value_parser = org_id)]
        org: Option<OrgId>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Invite) -> Outcome {
    match command {
        Invite::List { org, state, limit, common } => {
            let invites = common.realm().await?.invites(org, state, limit).await?;
            table(&common, &invites)?;
        }
        Invite::Show { email, common } => {
            let invites = common.realm().await?.person(&email).await?.invites;
            table(&common, &invites)?;
        }
        Invite::Resend { email, org, common } => {
            let ttl = common.config()?.invite_ttl()?;
            let expires_at = common.realm().await?.resend_invite(&email, org, ttl).await?;
            say::members(&common, &json!({"email": email, "expires_at": expires_at}));
        }
        Invite::Withdraw { email, org, common } => {
            let withdrawn = common.realm().await?.withdraw_invites(&email, org).await?;
            say::members(&common, &json!({"email": email, "withdrawn": withdrawn}));
        }
    }
    Ok(())
}

fn table(common: &Common, invites: &[InviteShown]) -> Outcome {
    let heads = ["EMAIL", "ORGANISATION", "MODE", "STATE", "SENT", "UNTIL", "OPENED"];
    say::list(common, "invites", invites, &heads, |invite| {
        vec![
            say::or_dash(invite.email.as_ref()),
            invite.organisation.clone(),
            invite.mode.clone(),
            invite.state.to_owned(),
            say::day(invite.sent_at),
            say::day(Some(invite.expires_at)),
            invite.claims.to_string(),
        ]
    })
}
