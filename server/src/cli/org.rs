//! `org`: the organisations of a server.

use super::org_named::OrgNamed;
use super::release::moment;
use super::{Common, Outcome, say};
use crate::admin::ChangedOrganisation;
use crate::life::Inviting;
use crate::realm::NewOrganisation;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "a command line is read once")]
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
        /// When its people are invited: until-released (held back until the first `invite release
        /// --all`), at-once, or staged (each held back until released).
        #[arg(long, value_name = "WHEN", default_value = "until-released", value_parser = ["until-released", "at-once", "staged"])]
        invite: String,
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
        /// Its id or its name.
        org: OrgNamed,
        #[command(flatten)]
        common: Common,
    },
    /// Change an organisation; settings not given stay the same.
    Set {
        /// Its id or its name.
        org: OrgNamed,
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
        /// Where people get the program: a page, or with --install-sums the folder of the files.
        /// Empty: nowhere.
        #[arg(long, value_name = "URL")]
        install_url: Option<String>,
        /// How people get the program, in your words. Empty: none.
        #[arg(long, value_name = "TEXT")]
        install_text: Option<String>,
        /// SHA256SUMS of the release that is offered there, or - for none. Mail and landing page
        /// then have a command for each system, which compares the sum.
        #[arg(long, value_name = "FILE")]
        install_sums: Option<PathBuf>,
        /// Keep the values of SCIM requests in `scim-log` for 7 days, never passwords or tokens: on
        /// or off.
        #[arg(long, value_name = "WORD", value_parser = ["on", "off"])]
        scim_log_values: Option<String>,
        /// When so many people leave at once that what is deleted rests for 72 hours: more than a
        /// share of the active people and more than a number, within minutes; 10%/5/60m, or off.
        #[arg(long, value_name = "WORD")]
        brake: Option<String>,
        /// When people are invited who come from now on. Invitations that are out stay as they are.
        #[arg(long, value_name = "WHEN", value_parser = ["at-once", "until-released", "staged", "on-date"])]
        invite: Option<String>,
        /// From when on, with `on-date`: a moment in UTC, such as 2026-12-07T08:00.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        invite_at: Option<i64>,
        /// Remind people who have not finished, so long after their letter: one to three times,
        /// such as 3d,7d,14d; or off.
        #[arg(long, value_name = "TIMES")]
        remind: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Org) -> Outcome {
    match command {
        Org::Add { name, contact, min_profile, invite, common } => {
            let realm = common.realm().await?;
            let inviting = Inviting::read(&invite).ok_or("that is not when people are invited")?;
            let new = NewOrganisation { name, contact, min_profile };
            let org = realm.add_organisation_inviting(new, inviting).await?;
            say::members(&common, &json!({"org_id": org.to_string(), "invite": inviting.as_str()}));
            for sentences in what_comes_next(inviting, &org.to_string(), &common.flags()) {
                say::aside(&common, &sentences);
            }
        }
        Org::List { common } => {
            let orgs = common.realm().await?.organisations().await?;
            say::list(&common, "organisations", &orgs, &["ID", "NAME", "PEOPLE", "SINCE"], |org| {
                vec![org.org_id.clone(), org.name.clone(), org.people.to_string(), say::day(Some(org.created_at))]
            })?;
        }
        Org::Show { org, common } => {
            let realm = common.realm().await?;
            let org = realm.organisation(org.find(&realm).await?).await?;
            say::members(&common, &serde_json::to_value(&org)?);
        }
        Org::Set {
            org,
            name,
            contact,
            min_profile,
            secret_key,
            install_url,
            install_text,
            install_sums,
            scim_log_values,
            brake,
            invite,
            invite_at,
            remind,
            common,
        } => {
            let install_sums = install_sums.as_deref().map(sums).transpose()?;
            let scim_log_values = scim_log_values.map(|word| word == "on");
            let change = ChangedOrganisation {
                name,
                contact,
                min_profile,
                secret_key,
                install_url,
                install_text,
                install_sums,
                scim_log_values,
                brake,
                invite,
                invite_at,
                remind,
            };
            let realm = common.realm().await?;
            let org = realm.change_organisation(org.find(&realm).await?, change).await?;
            say::members(&common, &serde_json::to_value(&org)?);
        }
    }
    Ok(())
}

/// What the administrator of a new organisation does now, each command on a line of its own.
fn what_comes_next(inviting: Inviting, org: &str, flags: &str) -> Vec<String> {
    let mut told = vec![
        String::new(),
        "Next, make the token for the identity provider:".to_owned(),
        format!("  firstkey-server scim-token add --org {org}{flags}"),
    ];
    if inviting != Inviting::AtOnce {
        told.extend([
            String::new(),
            "Nobody gets a letter yet. People whom the identity provider sends are staged, so that you".to_owned(),
            "can look first whether they are the right ones:".to_owned(),
            format!("  firstkey-server person list --org {org}{flags}"),
            "Then send the letters, to everybody or with an address instead of --all to one person:".to_owned(),
            format!("  firstkey-server invite release --all --org {org}{flags}"),
        ]);
    }
    told
}

/// The list of sums in a file; none for `-`.
fn sums(path: &Path) -> Result<String, String> {
    if path == Path::new("-") {
        return Ok(String::new());
    }
    std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
