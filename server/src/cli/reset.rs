//! `person reset`: new keys for a person who has lost password and kit; asked for twice, because it
//! cannot be undone.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use crate::calendar::for_people;
use crate::outlet::err;
use clap::Args;
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};

/// Longest answer that is read.
const LONGEST: u64 = 1024;

#[derive(Args)]
pub(super) struct Reset {
    /// The person's address, account id, SCIM id or user name.
    #[arg(value_name = "PERSON")]
    name: String,
    /// The organisation whose user name it is, where several have one of that name.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    /// Confirm in advance, by repeating what was given for the person.
    #[arg(long, value_name = "PERSON")]
    yes_for: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(reset: Reset) -> Outcome {
    let Reset { name, org, yes_for, common } = reset;
    let name = name.trim();
    let ttl = common.config()?.invite_ttl()?;
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let whom = realm.resettable(name, org).await?;
    let shown = match &whom.email {
        Some(email) if !email.eq_ignore_ascii_case(name) => format!("{name} ({email})"),
        _ => name.to_owned(),
    };
    let warning = [
        format!("Reset only if {shown} has lost both the password and the recovery kit."),
        "The person makes new keys. Data encrypted to the old ones stays unreadable for good.".to_owned(),
        "Talk to the person first, by telephone or in person: an e-mail may come from somebody else.".to_owned(),
    ];
    if !typed_again(name, yes_for, &warning)? {
        return Err("That is not the same. Nothing was started.".into());
    }
    let started = realm.start_reset(&whom, &who(), ttl).await?;
    say::aside(
        &common,
        &format!(
            "The letter with the link is sent now. The link works until {}. Until the person finishes, the account works as before, and a log-in with the old password or kit cancels the reset.",
            for_people(started.expires_at)
        ),
    );
    say::members(&common, &json!({"email": whom.email, "key_gen": started.key_gen, "expires_at": started.expires_at}));
    Ok(())
}

/// Whether the administrator names them a second time: in advance, or at the terminal after the
/// warning.
pub(super) fn typed_again(
    whom: &str,
    yes_for: Option<String>,
    warning: &[String],
) -> Result<bool, Box<dyn std::error::Error>> {
    let typed = match yes_for {
        Some(named) => named,
        None if !std::io::stdin().is_terminal() => {
            return Err(format!("There is no terminal to ask on. To confirm, add: --yes-for {whom}").into());
        }
        None => {
            for line in warning {
                err!("{line}");
            }
            let what = if whom.contains('@') { "the address" } else { "it" };
            write!(std::io::stderr(), "To start it, type {what} again: ")?;
            std::io::stderr().flush()?;
            let mut typed = String::new();
            std::io::Read::take(std::io::stdin().lock(), LONGEST).read_line(&mut typed)?;
            typed
        }
    };
    Ok(typed.trim().eq_ignore_ascii_case(whom.trim()))
}

/// Whoever runs this, by numbers: the audit log holds no names.
pub(super) fn who() -> String {
    let uid = rustix::process::getuid().as_raw();
    // Set by sudo. Whoever could make it up is the administrator already.
    let before = std::env::var("SUDO_UID").ok().and_then(|text| text.parse::<u32>().ok());
    before.map_or_else(|| format!("uid {uid}"), |before| format!("uid {uid}, by sudo from uid {before}"))
}
