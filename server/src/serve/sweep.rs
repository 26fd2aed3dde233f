//! What is done once a minute: logins that ended without a proof are counted, and what ran out is
//! thrown away; people whose release has come are invited, and those who did not finish are
//! reminded. Once a day, what is left of people who were removed long enough ago is erased, if the
//! configuration says so.
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
/// The same between two looks at who is to be reminded.
const REMIND_EVERY: i64 = 600;
/// The same between two erasures: the database's file is written anew after each.
const ERASE_EVERY: i64 = 86_400;

/// Runs until it is dropped.
pub(super) async fn run(app: Arc<App>) {
    let mut last = app.clock.now();
    let (mut erased_at, mut reminded_at, mut is_to_clear) = (None, None, false);
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
        // A failure was told, and there is a next time.
        drop(app.store.forget_scim_requests(now).await);
        // Before anything is erased: whose rest is over no longer rests.
        drop(app.store.forget_leavers(now).await);
        // As many pieces as there are: others write between two of them.
        while let Ok(invited) = app.store.invite_released(app.invite_ttl, now).await
            && invited > 0
        {
            app.log.event("people.released", &[("people", &invited)]);
        }
        if reminded_at.is_none_or(|at: i64| (now - at).abs() >= REMIND_EVERY)
            && let Ok(chased) = app.store.remind_who_is_due(app.invite_ttl, now).await
        {
            reminded_at = Some(now);
            if chased.reminded + chased.told > 0 {
                app.log.event("people.reminded", &[("people", &chased.reminded), ("told_of", &chased.told)]);
            }
        }
        let is_due = erased_at.is_none_or(|at: i64| (now - at).abs() >= ERASE_EVERY);
        if let Some(age) = app.erase_removed_after.filter(|_| is_due)
            && let Ok(erased) = app.store.erase_by_age(age, now).await
        {
            erased_at = Some(now);
            if erased > 0 {
                app.log.event("people.erased", &[("accounts", &erased)]);
                is_to_clear = true;
            }
        }
        // Where somebody was in the way, the next sweep tries again.
        if is_to_clear {
            is_to_clear = !matches!(app.store.compact().await, Ok(true));
        }
    }
}
