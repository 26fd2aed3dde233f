//! `mail`: letters that wait, and letters that did not arrive.

use super::{Common, Outcome, say};
use crate::letters::Bounce;
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest mail that is read.
const LONGEST: u64 = 10 * 1024 * 1024;

/// What an administrator can do something about.
const TROUBLED: [&str; 4] = ["waiting", "refused", "gave-up", "bounced"];

#[derive(Subcommand)]
pub(super) enum Mail {
    /// List letters that are waiting, were refused, given up or bounced.
    List {
        /// Only in this state.
        #[arg(long, value_name = "STATE", value_parser = ["waiting", "refused", "gave-up", "bounced", "dropped", "sent"], conflicts_with = "all")]
        state: Option<String>,
        /// Also those that were sent or dropped.
        #[arg(long)]
        all: bool,
        /// At most this many.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Read bounce mails, and mark the letters that they are about.
    Bounced {
        /// Files with one mail each; - for standard input.
        #[arg(required = true, value_name = "PATH")]
        mails: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

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
        Mail::Bounced { mails, common } => bounced(&common, &mails).await,
    }
}

async fn bounced(common: &Common, mails: &[PathBuf]) -> Outcome {
    let realm = common.realm().await?;
    let mut read = Vec::new();
    for path in mails {
        let bytes = contents(path).map_err(|error| format!("The mail {} cannot be read: {error}", path.display()))?;
        let (outcome, account, status) = match realm.read_bounce(&bytes).await? {
            Bounce::Marked { account_id, status } => ("marked", account_id, status),
            Bounce::NotOurs => ("not-ours", None, None),
            Bounce::NotFinal => ("not-final", None, None),
            Bounce::NoReport => ("no-report", None, None),
        };
        read.push(json!({"file": path.to_string_lossy(), "outcome": outcome, "account_id": account, "status": status}));
    }
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or("-").to_owned();
    say::list(common, "mails", &read, &["FILE", "OUTCOME", "ACCOUNT", "STATUS"], |item| {
        ["file", "outcome", "account_id", "status"].iter().map(|key| word(item, key)).collect()
    })
}

fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(LONGEST).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
