//! Tells administrators of what ends: tokens of identity providers, and the server's certificate.
//!
//! Promise: every ending is in the log at each start, and in a letter when it is near
//! ([`crate::expiry`]); a server whose certificate ends looks as long as it runs.

use crate::calendar;
use crate::http::App;
use crate::notice::Notice;
use crate::store::{Expiring, expiring_tokens};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often it looks at the server's clock.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds of the server's clock between two looks at what ends.
const EVERY: i64 = 3600;

/// Runs until it is dropped.
pub(super) async fn run(app: Arc<App>) {
    let (mut looked_at, mut is_logged) = (None, false);
    loop {
        let now = app.clock.now();
        // A clock that was set back does not stop it.
        if looked_at.is_none_or(|at: i64| (now - at).abs() >= EVERY)
            && let Ok(tokens) = app.store.scim_tokens(None).await
        {
            let mut all = expiring_tokens(tokens);
            all.extend(certificate(&app));
            if !is_logged {
                log(&app, &all, now);
                is_logged = true;
            }
            // The store tells of a failure by itself; the next look does what this one left.
            if app.store.tell_of_expiring(all, now).await.is_ok() {
                looked_at = Some(now);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn certificate(app: &App) -> Option<Expiring> {
    let ends_at = i64::try_from(app.metrics.certificate_ends.load(Ordering::Relaxed)).ok().filter(|ends| *ends > 0)?;
    Some(Expiring {
        subject: format!("certificate {ends_at}"),
        // Short ones are made anew by a program: nobody is told before it had its chance.
        made_at: i64::try_from(app.metrics.certificate_begins.load(Ordering::Relaxed)).unwrap_or(i64::MIN),
        ends_at,
        org: None,
        notice: Notice::CertificateEnds { ends_at, days: 0 },
    })
}

/// A line for each, with the whole days that are left; below 0 once it is over.
fn log(app: &App, all: &[Expiring], now: i64) {
    for one in all {
        let days = (one.ends_at - now).div_euclid(86_400);
        app.log.event(
            "credential.ends",
            &[("what", &one.subject), ("ends", &calendar::instant(one.ends_at)), ("days", &days)],
        );
    }
}
