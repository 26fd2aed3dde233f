//! `person erase`: what is left of a removed person; asked for twice, because it cannot be undone.

use super::org_named::OrgNamed;
use super::reset::{typed_again, who};
use super::{Common, Outcome, say};
use clap::Args;

#[derive(Args)]
pub(super) struct Erase {
    /// The address that the person had, or the account's id.
    #[arg(value_name = "WHOM")]
    whom: String,
    /// The organisation that had the person, where several had somebody at the address.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    /// Confirm in advance, by repeating WHOM.
    #[arg(long, value_name = "WHOM")]
    yes_for: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(erase: Erase) -> Outcome {
    let Erase { whom, org, yes_for, common } = erase;
    let whom = whom.trim();
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let what = realm.erasable(whom, org).await?;
    let warning = [
        format!("This erases the keys, addresses and letters that are still stored of {whom}."),
        "What was encrypted to these keys can never be opened again, not even with the recovery kit.".to_owned(),
        "Backups that were made before still have them. The audit log keeps the account's id.".to_owned(),
    ];
    if !typed_again(whom, yes_for, &warning)? {
        return Err("That is not the same. Nothing was erased.".into());
    }
    let erased = realm.erase(what, &who()).await?;
    match erased.files_cleared {
        Some(true) => {}
        Some(false) => say::aside(
            &common,
            "It is erased. Another program was reading, so its traces are in the journal file until the server next moves it. To clear it now, stop the server and start it again.",
        ),
        None => say::aside(
            &common,
            "It is erased. PostgreSQL takes the bytes out of its files later: docs/RUNNING.md says how to do it now.",
        ),
    }
    say::members(&common, &serde_json::to_value(&erased)?);
    Ok(())
}
