//! `show`: everything that is stored on an account.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use clap::Args;

#[derive(Args)]
pub(super) struct Show {
    /// The person's address, account id, SCIM id or user name.
    #[arg(value_name = "PERSON")]
    name: String,
    /// The organisation whose user name it is, where several have one of that name.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(show: Show) -> Outcome {
    let realm = show.common.realm().await?;
    let org = OrgNamed::find_if_named(show.org.as_ref(), &realm).await?;
    let account = realm.show_named(&show.name, org).await?;
    say::members(&show.common, &serde_json::to_value(&account)?);
    Ok(())
}
