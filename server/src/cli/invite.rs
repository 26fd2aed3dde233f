//! `invite`: invitations.

use super::org_named::OrgNamed;
use super::person::span;
use super::{Common, Outcome, release, say};
use crate::admin::InviteShown;
use clap::Subcommand;

const NOT_REMINDED: &str = "Nobody was reminded: the person has no open invitation, had three reminders, or the last letter waits, was refused or came back. `person show` says which; `invite resend` sends a new invitation.";

#[derive(Subcommand)]
pub(super) enum Invite {
    /// List invitations, newest first.
    List {
        /// Only of this organisation.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
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
        /// The person's address, account id, SCIM id or user name.
        #[arg(value_name = "PERSON")]
        name: String,
        /// The organisation whose user name it is, where several have one of that name.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
    /// Send the letters of people whom the organisation holds back: one, a group, or all.
    Release(release::Release),
    /// Remind people who have not finished, with another letter of the same invitation.
    Remind {
        /// The person's address, account id, SCIM id or user name; without one, everybody.
        #[arg(value_name = "PERSON", required_unless_present = "older")]
        name: Option<String>,
        /// Only those whose last letter is so old, such as 3d.
        #[arg(long, value_name = "TIME", value_parser = span)]
        older: Option<i64>,
        /// Only of this organisation.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        /// Only list those who would be reminded.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Withdraw a person's invitation and send a new one.
    Resend {
        /// The address that the organisation has for the person now; or an account id, SCIM id or
        /// user name.
        #[arg(value_name = "PERSON")]
        name: String,
        /// The organisation, where several have somebody of that address or name.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
    /// Withdraw a person's invitation and send none.
    Withdraw {
        /// The address that the organisation has for the person now; or an account id, SCIM id or
        /// user name.
        #[arg(value_name = "PERSON")]
        name: String,
        /// Only of this organisation; otherwise of every organisation.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Invite) -> Outcome {
    match command {
        Invite::List { org, state, limit, common } => {
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let invites = realm.invites(org, state, limit).await?;
            table(&common, &invites)?;
        }
        Invite::Show { name, org, common } => {
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let invites = realm.person_named(&name, org).await?.invites;
            table(&common, &invites)?;
        }
        Invite::Remind { name, older, org, dry_run, common } => {
            let ttl = common.config()?.invite_ttl()?;
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let people = realm.remind(name.as_deref(), org, older.unwrap_or(0), dry_run, ttl).await?;
            if people.is_empty() && name.is_some() {
                return Err(NOT_REMINDED.into());
            }
            let heads = ["EMAIL", "USER NAME", "LAST LETTER", "REMINDERS"];
            say::list(&common, "reminded", &people, &heads, |one| {
                vec![
                    say::or_dash(one.email.as_ref()),
                    one.user_name.clone(),
                    say::day(one.last_letter_at),
                    one.reminders.to_string(),
                ]
            })?;
            let told = if dry_run {
                "would get a letter. Nothing was sent."
            } else {
                "get another letter; a running server sends it."
            };
            say::aside(&common, &format!("{}: {told}", people.len()));
        }
        Invite::Release(wish) => release::run(wish).await?,
        Invite::Resend { name, org, common } => {
            let ttl = common.config()?.invite_ttl()?;
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let again = realm.resend_invite(&name, org, ttl).await?;
            say::members(&common, &serde_json::to_value(&again)?);
        }
        Invite::Withdraw { name, org, common } => {
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let taken_back = realm.withdraw_invites(&name, org).await?;
            say::members(&common, &serde_json::to_value(&taken_back)?);
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
