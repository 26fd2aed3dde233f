//! `key`: the server's own key, its successors, and who is left on which.

use super::reset::who;
use super::{Common, Outcome, say};
use crate::admin::Rotated;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Key {
    /// List the server's keys, and how many accounts each of them opens.
    Status {
        #[command(flatten)]
        common: Common,
    },
    /// List the people whose password was registered with a key; each of them moves to the newest
    /// with the next new password.
    People {
        /// The key's number.
        number: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Make a new key, and use it for new passwords; old ones open accounts until they have moved.
    Rotate {
        /// Only write a new key file with it, where the system puts the key file in its place.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// End an old key that no account uses any more, and take it out of the key file.
    Retire {
        /// The key's number.
        number: u32,
        /// Write the file without it here, where the system puts the key file in its place.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

/// Said after every change of the file.
const BACK_UP: &str =
    "Back up the key file now: firstkey-server backup --key-out FILE. Without it nobody gets in whose password is new.";

pub(super) async fn run(command: Key) -> Outcome {
    match command {
        Key::Status { common } => {
            let keys = common.realm().await?.server_keys().await?;
            let heads = ["KEY", "STATE", "SINCE", "ACCOUNTS", "REMOVED", "BEGUN", "IN FILE"];
            say::list(&common, "keys", &keys, &heads, |key| {
                vec![
                    key.number.to_string(),
                    key.state.to_owned(),
                    say::day(key.since),
                    key.accounts.to_string(),
                    key.removed.to_string(),
                    key.begun.to_string(),
                    if key.in_file { "yes" } else { "no" }.to_owned(),
                ]
            })?;
        }
        Key::People { number, common } => {
            let people = common.realm().await?.people_on_server_key(number).await?;
            say::list(&common, "people", &people, &["ADDRESS"], |email| vec![say::harmless(email)])?;
            if !people.is_empty() {
                say::aside(&common, "Ask them to set a new password: firstkey password");
            }
        }
        Key::Rotate { out, common } => {
            let rotated = common.realm().await?.rotate_server_key(out.as_deref(), &who()).await?;
            match rotated {
                Rotated::Now { number, was_there } => {
                    if was_there {
                        say::aside(
                            &common,
                            &format!(
                                "Key {number} was in the key file already. If somebody may have copied that file, rotate once more."
                            ),
                        );
                    }
                    say::aside(&common, BACK_UP);
                    say::members(&common, &json!({"number": number, "state": "new passwords"}));
                }
                Rotated::Written { number } => {
                    say::aside(
                        &common,
                        "It is not used yet. Put this file in the place of the key file on every server, restart them, and run `firstkey-server key rotate` without --out.",
                    );
                    let file = out.map(|out| out.display().to_string());
                    say::members(&common, &json!({"number": number, "state": "in the file alone", "key_file": file}));
                }
            }
        }
        Key::Retire { number, out, common } => {
            common.realm().await?.retire_server_key(number, out.as_deref(), &who()).await?;
            say::aside(
                &common,
                "Old backups of the key file still hold it. With such a file and an old copy of the database, old passwords can be guessed at: destroy those that you do not need.",
            );
            let file = out.map(|out| out.display().to_string());
            say::members(&common, &json!({"number": number, "state": "retired", "key_file": file}));
        }
    }
    Ok(())
}
