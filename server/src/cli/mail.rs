//! `mail`: letters that wait, and letters that did not arrive.

use super::{Common, Outcome, say};
use crate::letters::Bounce;
use clap::Subcommand;
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// What an administrator can do something about.
const TROUBLED: [&str; 4] = ["waiting", "refused", "gave-up", "bounced"];

#[derive(Subcommand)]
pub(super) enum Mail {
    /// List letters that wait, were refused, given up or sent back.
    List {
        /// In this state only.
        #[arg(long, value_name = "STATE", value_parser = ["waiting", "refused", "gave-up", "bounced", "dropped", "sent"], conflicts_with = "all")]
        state: Option<String>,
        /// Those that were sent and dropped as well.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Read a mail that came back, and mark the letter that it speaks of.
    Bounced {
        /// The mail, as it arrived; - for standard input.
        #[arg(long, value_name = "PATH")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// Most bytes of a mail that came back.
const MOST: u64 = 10 * 1024 * 1024;

pub(super) async fn run(command: Mail) -> Outcome {
    match command {
        Mail::List { state, all, limit, common } => {
            let states = match (state, all) {
                (Some(state), _) => vec![state],
                (None, true) => Vec::new(),
                (None, false) => TROUBLED.map(str::to_owned).to_vec(),
            };
            let letters = common.realm().await?.letters(states, limit).await?;
            let heads = ["EMAIL", "KIND", "STATE", "TRIES", "SINCE", "TROUBLE"];
            say::list(&common, "letters", &letters, &heads, |letter| {
                vec![
                    say::or_dash(letter.email.as_ref()),
                    letter.kind.clone(),
                    letter.state.to_owned(),
                    letter.attempts.to_string(),
                    say::day(Some(letter.created_at)),
                    say::or_dash(letter.trouble.as_ref()),
                ]
            })
        }
        Mail::Bounced { file, common } => {
            let mut mail = Vec::new();
            if file.as_os_str() == "-" {
                std::io::stdin().take(MOST).read_to_end(&mut mail)?;
            } else {
                File::open(&file)?.take(MOST).read_to_end(&mut mail)?;
            }
            match common.realm().await?.read_bounce(&mail).await? {
                Bounce::Marked { account_id, status } => {
                    say::members(&common, &json!({"account_id": account_id, "status": status}));
                    Ok(())
                }
                Bounce::NotOurs => Err("It speaks of no letter that this server has sent.".into()),
                Bounce::NotFinal => Err("It only says that a letter is late; nothing was marked.".into()),
                Bounce::NoReport => {
                    Err("It is no report of a mail server that a letter did not arrive (RFC 3464).".into())
                }
            }
        }
    }
}
