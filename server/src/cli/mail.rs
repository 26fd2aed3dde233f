//! `mail`: letters that wait, and letters that did not arrive.

use super::{Common, Outcome, say};
use clap::Subcommand;

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
    }
}
