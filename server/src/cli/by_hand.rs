//! `person add`, `import`, `suspend`, `resume`, `remove` and `adopt`: people whom no identity
//! provider keeps.

use super::org_named::OrgNamed;
use super::reset::typed_again;
use super::{Common, Outcome, say};
use crate::roster::{Entry, LONGEST};
use clap::Args;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct Add {
    /// The organisation.
    #[arg(long, value_name = "ORG")]
    org: OrgNamed,
    /// Where the invitation goes; also the person's user name.
    #[arg(long, value_name = "EMAIL")]
    email: String,
    /// The person's name.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The person's number or id in your own lists.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// A group of the person, as a note; may be given more than once.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct Import {
    /// CSV in UTF-8 whose first line is email,name,external_id,groups; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The organisation.
    #[arg(long, value_name = "ORG")]
    org: OrgNamed,
    /// Say what would become of each line, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct Whom {
    /// The person's address, SCIM id or user name.
    #[arg(value_name = "PERSON")]
    name: String,
    /// The organisation, where several have somebody of that name.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct Remove {
    #[command(flatten)]
    whom: Whom,
    /// Confirm in advance, by repeating PERSON.
    #[arg(long, value_name = "PERSON")]
    yes_for: Option<String>,
}

#[derive(Args)]
pub(super) struct Adopt {
    #[command(flatten)]
    whom: Whom,
    /// The userName that the identity provider has for the person, if it is not the address.
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
}

pub(super) async fn add(add: Add) -> Outcome {
    let Add { org, email, name, external_id, groups, common } = add;
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let entry = Entry::new(&email, &name, external_id.as_deref(), &groups)?;
    let ttl = common.config()?.invite_ttl()?;
    let realm = common.realm().await?;
    let added = realm.add_person(org.find(&realm).await?, entry, ttl).await?;
    say::members(&common, &json!({"email": added.email, "outcome": added.outcome}));
    say::aside(&common, "The server sends the invitation now, if it runs.");
    Ok(())
}

pub(super) async fn import(import: Import) -> Outcome {
    let Import { file, org, dry_run, common } = import;
    let bytes = contents(&file).map_err(|error| format!("The file {} cannot be read: {error}", file.display()))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("The file {} is larger than {} MiB.", file.display(), LONGEST >> 20).into());
    }
    let ttl = common.config()?.invite_ttl()?;
    let realm = common.realm().await?;
    let lines = realm.import_people(org.find(&realm).await?, &bytes, dry_run, ttl).await?;
    let of = |outcome: &str| lines.iter().filter(|line| line.outcome == outcome).count();
    let counts = ["added", "changed", "unchanged"].map(|outcome| (outcome, of(outcome)));
    if common.json {
        let mut answer = json!({"dry_run": dry_run, "people": lines});
        for (outcome, count) in counts {
            answer[outcome] = count.into();
        }
        say::members(&common, &answer);
        return Ok(());
    }
    say::list(&common, "people", &lines, &["LINE", "EMAIL", "OUTCOME"], |line| {
        vec![line.line.to_string(), say::or_dash(line.email.as_ref()), line.outcome.to_owned()]
    })?;
    let [(_, added), (_, changed), (_, unchanged)] = counts;
    let told = format!("{added} added, {changed} changed, {unchanged} unchanged.");
    say::aside(&common, &if dry_run { format!("{told} This was a dry run: nothing was changed.") } else { told });
    Ok(())
}

pub(super) async fn set_active(whom: Whom, active: bool) -> Outcome {
    let Whom { name, org, common } = whom;
    let ttl = common.config()?.invite_ttl()?;
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let done = realm.set_active_by_hand(name.trim(), org, active, ttl).await?;
    say::members(&common, &serde_json::to_value(&done)?);
    Ok(())
}

pub(super) async fn remove(remove: Remove) -> Outcome {
    let Remove { whom: Whom { name, org, common }, yes_for } = remove;
    let warning = [
        format!("This removes {name} from the organisation."),
        "If no other organisation has the person, the account ends, and its keys with it.".to_owned(),
        "Whoever comes back later makes new keys. To keep them: firstkey-server person suspend".to_owned(),
    ];
    if !typed_again(&name, yes_for, &warning)? {
        return Err("That is not the same. Nobody was removed.".into());
    }
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let done = realm.remove_person_by_hand(name.trim(), org).await?;
    say::members(&common, &serde_json::to_value(&done)?);
    Ok(())
}

pub(super) async fn adopt(adopt: Adopt) -> Outcome {
    let Adopt { whom: Whom { name, org, common }, user_name } = adopt;
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
    let done = realm.adopt_person(name.trim(), org, user_name.as_deref()).await?;
    say::members(&common, &serde_json::to_value(&done)?);
    say::aside(&common, "From now on the identity provider keeps the person. Have it provision the person again.");
    Ok(())
}

/// The file, and one byte more than is taken.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
