//! `check`: everything that a server needs, looked at without changing anything.

use super::common::open;
use super::serve::Settings;
use super::{Common, Outcome, report, say};
use crate::check::check;
use crate::outlet::out;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(super) struct Check {
    /// Print one block for a ticket, without the names of hosts, organisations, paths and people.
    #[arg(long, conflicts_with = "json")]
    report: bool,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(flags: Check) -> Outcome {
    let mut config = flags.common.config()?;
    flags.settings.over(&mut config);
    let found = check(&config).await;
    let wrong = found.iter().filter(|finding| !finding.ok).count();
    if flags.report {
        let realm = open(&config).await.ok();
        for line in report::lines(&found, config.data.as_deref(), realm.as_ref()).await {
            out!("{}", say::harmless(&line));
        }
        say::aside(
            &flags.common,
            "Copy from line to line. Names are left out; read it once before you send it to somebody you do not know.",
        );
    } else if flags.common.json {
        out!("{}", json!({"ok": wrong == 0, "checks": found}));
    } else {
        for finding in &found {
            let mark = if finding.ok { "ok" } else { "WRONG" };
            out!("{mark:<6} {:<14} {}", finding.what, say::harmless(&finding.says));
            if let Some(todo) = &finding.todo {
                out!("{:<21} {}", "", say::harmless(todo));
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err("One thing is wrong.".into()),
        more => Err(format!("{more} things are wrong.").into()),
    }
}
