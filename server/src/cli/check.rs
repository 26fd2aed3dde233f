//! `check`: everything that a server needs, looked at without changing anything.

use super::serve::Settings;
use super::{Common, Outcome, say};
use crate::check::check;
use crate::outlet::out;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(super) struct Check {
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
    if flags.common.json {
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
