//! `audit`: what happened, and whether the log of it is whole.

use super::{Common, Outcome, say};
use crate::admin::{AuditEntry, Expected};
use crate::calendar;
use clap::Subcommand;
use serde_json::json;
use std::io::Write;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// List the newest entries.
    List {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Print the whole log, one JSON object per line.
    Export {
        #[command(flatten)]
        common: Common,
    },
    /// Verify that no entry was changed, removed or inserted.
    Verify {
        /// The head that an earlier run printed, to detect a log that was cut off.
        #[arg(long, value_name = "COUNT:HASH")]
        expect: Option<Expected>,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Audit) -> Outcome {
    match command {
        Audit::List { limit, common } => {
            let entries = common.realm().await?.audit_tail(limit).await?;
            say::list(
                &common,
                "entries",
                &entries,
                &["NO", "AT (UTC)", "EVENT", "ACCOUNT", "DETAIL"],
                |entry: &AuditEntry| {
                    let detail = entry.detail.as_ref().or(entry.invite_id.as_ref()).or(entry.org_id.as_ref());
                    let at = calendar::instant(entry.at).replace(['T', 'Z'], " ").trim_end().to_owned();
                    let account = entry.account_id.as_ref().map(|id| id[..8].to_owned());
                    vec![
                        entry.seq.to_string(),
                        at,
                        entry.event.clone(),
                        say::or_dash(account.as_ref()),
                        say::or_dash(detail),
                    ]
                },
            )
        }
        Audit::Export { common } => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let mut trouble = None;
            let realm = common.realm().await?;
            realm
                .audit_export(|entry| {
                    let line = serde_json::to_string(&entry).map_err(std::io::Error::from);
                    let written = line.and_then(|line| writeln!(out, "{line}"));
                    trouble = written.err();
                    trouble.is_none()
                })
                .await?;
            match trouble.or(out.flush().err()) {
                None => Ok(()),
                Some(error) => Err(format!("The log was not written completely: {error}").into()),
            }
        }
        Audit::Verify { expect, common } => {
            let report = common.realm().await?.audit_verify(expect).await?;
            let head = report.head;
            say::members(&common, &json!({"ok": true, "entries": head.entries, "head": head.to_string()}));
            say::aside(
                &common,
                "Keep the head where people who can change the database cannot change it, and give it as --expect next time.",
            );
            Ok(())
        }
    }
}
