//! What is done once a minute: logins that ended without a proof are counted, and what ran out is
//! thrown away.
//!
//! Promise: nobody who waits for an answer waits for this.

use crate::http::App;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often it looks at the server's clock.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds of the server's clock between two sweeps.
const EVERY: i64 = 60;

/// Runs until it is dropped.
pub(super) async fn run(app: Arc<App>) {
    let mut last = app.clock.now();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = app.clock.now();
        // A clock that was set back does not stop it.
        if (now - last).abs() < EVERY {
            continue;
        }
        last = now;
        // The store tells of a failure by itself; the next sweep does what this one left.
        if let Ok(ended) = app.store.sweep_logins(now).await {
            app.metrics.logins_failed.fetch_add(ended.logins, Ordering::Relaxed);
            app.metrics.recoveries_failed.fetch_add(ended.recoveries, Ordering::Relaxed);
        }
    }
}
