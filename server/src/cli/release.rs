//! `invite release`: staged people get their letters.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use crate::admin::{ReleaseShown, Released};
use crate::calendar;
use clap::Args;

#[derive(Args)]
pub(super) struct Release {
    /// The person's address, account id, SCIM id or user name.
    #[arg(value_name = "PERSON", required_unless_present_any = ["group", "all"], conflicts_with_all = ["group", "all"])]
    name: Option<String>,
    /// The members of this group, and of groups in it.
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    group: Option<String>,
    /// Everybody. A new organisation invites at once from then on.
    #[arg(long)]
    all: bool,
    /// Not now but at this moment in UTC, such as 2026-12-07 or 2026-12-07T08:00. A running server
    /// does it.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<i64>,
    /// The organisation, where there are several.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    /// Only say how many letters that would be.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// Reads a moment.
pub(super) fn moment(text: &str) -> Result<i64, &'static str> {
    calendar::read(text).ok_or("a moment in UTC looks like 2026-12-07, 2026-12-07T08:00 or 2026-12-07T08:00:00Z")
}

pub(super) async fn run(wish: Release) -> Outcome {
    let Release { name, group, at, org, dry_run, common, .. } = wish;
    let whom = match (name, group) {
        (Some(name), _) => Released::Person(name),
        (None, Some(group)) => Released::Group(group),
        (None, None) => Released::All,
    };
    let ttl = common.config()?.invite_ttl()?;
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let release = realm.release(whom, org, at, dry_run, ttl).await?;
    say::members(&common, &serde_json::to_value(&release)?);
    say::paragraph(&common, &in_words(&release));
    Ok(())
}

/// What was done, and what comes next.
fn in_words(release: &ReleaseShown) -> String {
    let ReleaseShown { organisation, released, waiting, at, dry_run, invite, .. } = release;
    let people = |count: i64| if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    let when = at.map_or_else(String::new, |at| format!(" on {}", calendar::for_people(at)));
    let mut told = match (dry_run, at) {
        (true, _) => format!("This would send a letter to {}{when}. Nothing was changed.", people(*released)),
        (false, None) => format!("{} released. A running server sends the letters.", people(*released)),
        (false, Some(_)) => {
            format!(
                "{} will be released{when}. A running server does it then and sends the letters.",
                people(*released)
            )
        }
    };
    if *waiting > 0 {
        told.push_str(&format!(
            " Of them, {waiting} wait for something else first, such as an address: `person list --state waiting` says for what."
        ));
    }
    told.push_str(&match *invite {
        // A trial has changed nothing, this neither.
        "at-once" | "on-date" if *dry_run => String::new(),
        "at-once" => format!(" {organisation} invites people at once from now on."),
        "on-date" => format!(" {organisation} invites people at once from then on."),
        _ => format!(" {organisation} goes on staging the people who come."),
    });
    told
}
