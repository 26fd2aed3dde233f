//! `brake`: very many people left at once; taken back, or let be.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use crate::admin::BrakeShown;
use crate::calendar;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Brake {
    /// Show where very many people left at once, and how many are held.
    Show {
        /// Only of this organisation.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
    /// Bring back everybody who left, suspended or active as before. Stop the identity provider
    /// first.
    Undo {
        /// The organisation's id or name.
        org: OrgNamed,
        #[command(flatten)]
        common: Common,
    },
    /// Let them go: it was meant, and what was deleted may be erased.
    Release {
        /// The organisation's id or name.
        org: OrgNamed,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Brake) -> Outcome {
    match command {
        Brake::Show { org, common } => {
            let realm = common.realm().await?;
            let brakes = realm.brakes(OrgNamed::find_if_named(org.as_ref(), &realm).await?).await?;
            let heads = ["ORGANISATION", "TRIPPED", "SUSPENDED", "DELETED", "RESTS UNTIL", "ID"];
            say::list(&common, "brakes", &brakes, &heads, |brake: &BrakeShown| {
                vec![
                    brake.organisation.clone(),
                    calendar::for_people(brake.tripped_at),
                    brake.suspended.to_string(),
                    brake.deleted.to_string(),
                    calendar::for_people(brake.until),
                    brake.org_id.clone(),
                ]
            })?;
            for brake in &brakes {
                say::paragraph(
                    &common,
                    &format!(
                        "Was it a mistake at {0}? Stop the identity provider, then run `brake undo {1}`. Was it meant? Run `brake release {1}`.",
                        brake.organisation, brake.org_id
                    ),
                );
            }
            Ok(())
        }
        Brake::Undo { org, common } => {
            let realm = common.realm().await?;
            let undone = realm.undo_brake(org.find(&realm).await?).await?;
            let undone = undone.ok_or("The brake holds nobody of this organisation, so nothing was changed.")?;
            say::members(&common, &serde_json::to_value(&undone)?);
            if !undone.left_out.is_empty() {
                say::paragraph(
                    &common,
                    "Some were left out, because somebody was made anew under the same user name or address. They rest on. Delete the new one at the identity provider, then run `brake undo` again; or run `brake release`.",
                );
            }
            Ok(())
        }
        Brake::Release { org, common } => {
            let realm = common.realm().await?;
            let released = realm.release_brake(org.find(&realm).await?).await?;
            let released = released.ok_or("The brake of this organisation has not tripped, so nothing was changed.")?;
            say::members(&common, &json!({"released": released}));
            Ok(())
        }
    }
}
