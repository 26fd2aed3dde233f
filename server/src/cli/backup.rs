//! `backup` and `restore`: the database into a file and back, the key file by itself.

use super::{Common, Outcome, folder, open, say};
use crate::admin::hex;
use crate::key_place::KeyPlace;
use crate::realm::Realm;
use crate::store::Copied;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Backup {
    /// Write everything but the key to this new file. The server may keep running.
    #[arg(long, value_name = "FILE", required_unless_present = "key_out")]
    out: Option<PathBuf>,
    /// Write the key to this new file. It never changes. Keep it apart from the database.
    #[arg(long, value_name = "FILE")]
    key_out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct Restore {
    /// The file that `backup --out` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The file that `backup --key-out` wrote.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn back_up(backup: Backup) -> Outcome {
    let Backup { out, key_out, common } = backup;
    let config = common.config()?;
    let mut answer = json!({});
    if let Some(out) = &out {
        let copied = open(&config).await?.back_up(out).await?;
        answer = told(&copied);
        answer["file"] = out.display().to_string().into();
        damage(&common, &copied);
    }
    if let Some(key_out) = &key_out {
        Realm::back_up_key_at(&KeyPlace::of(config.key_file.as_deref(), folder(&config)?), key_out)?;
        answer["key_file"] = key_out.display().to_string().into();
    }
    say::members(&common, &answer);
    match (out, key_out) {
        (Some(_), Some(_)) => {
            say::aside(&common, "Keep the two in different places: anyone who has both can test guesses at passwords.")
        }
        (Some(_), None) => say::aside(
            &common,
            "The backup does not have the key file, without which nobody can log in. Back it up once with --key-out, to a different place.",
        ),
        _ => {}
    }
    Ok(())
}

pub(super) async fn restore(restore: Restore) -> Outcome {
    let Restore { from, key, common } = restore;
    let config = common.config()?;
    let dir = folder(&config)?;
    let copied = Realm::restore(dir, &from, key.as_deref(), config.database.as_deref()).await?;
    damage(&common, &copied);
    say::members(&common, &told(&copied));
    if key.is_none() {
        let place = dir.join("server.key").display().to_string();
        say::aside(
            &common,
            &format!("Now put the key file in its place, {place}. Without it the server does not start."),
        );
    }
    say::aside(&common, "Changes made after the backup are lost. Have the identity provider push everybody again.");
    Ok(())
}

fn told(copied: &Copied) -> serde_json::Value {
    json!({
        "people": copied.rows_of("membership"),
        "accounts": copied.rows_of("account"),
        "completed": copied.rows_of("bundle"),
        "groups": copied.rows_of("scim_group"),
        "audit_entries": copied.audit.entries,
        "audit_head": hex(&copied.audit.head),
        "audit_broken_at": copied.audit.broken_at,
    })
}

fn damage(common: &Common, copied: &Copied) {
    if let Some(seq) = copied.audit.broken_at {
        say::aside(common, &format!("Entry {seq} of the audit log is not what was written: somebody changed the log."));
    }
}
