//! `show`: everything that is stored on an account.

use super::{Common, Outcome, say};
use clap::Args;

#[derive(Args)]
pub(super) struct Show {
    /// The person's address.
    email: String,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(show: Show) -> Outcome {
    let realm = show.common.realm().await?;
    let account = realm.show(&show.email).await?;
    say::members(&show.common, &serde_json::to_value(&account)?);
    Ok(())
}
