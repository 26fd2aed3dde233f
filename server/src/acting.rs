//! On whose behalf something is done, where an administrator's command does it.
//!
//! Promise: every entry of the audit log that is written within [`on_behalf`] names who asked, so
//! that no command can forget it. Numbers of users, never names: an entry of the log stays for
//! ever.

use std::future::Future;

tokio::task_local! {
    static WHO: String;
}

/// Runs `work` on behalf of `who`.
pub(crate) async fn on_behalf<F: Future>(who: String, work: F) -> F::Output {
    WHO.scope(who, work).await
}

/// On whose behalf this runs, if on anybody's.
pub(crate) fn who() -> Option<String> {
    WHO.try_with(Clone::clone).ok()
}

/// What an entry says, with who asked for it.
pub(crate) fn named(detail: Option<&str>, who: Option<&str>) -> Option<String> {
    match (detail, who) {
        (None, None) => None,
        (None, Some(who)) => Some(format!("by {who}")),
        (Some(detail), Some(who)) if !detail.contains(who) => Some(format!("{detail}, by {who}")),
        (Some(detail), _) => Some(detail.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{named, on_behalf, who};

    #[tokio::test]
    async fn who_asked_is_known_within_and_nowhere_else() {
        assert_eq!(who(), None);
        assert_eq!(on_behalf("uid 7".to_owned(), async { who() }).await.as_deref(), Some("uid 7"));
        assert_eq!(who(), None);
    }

    #[test]
    fn every_entry_names_who_asked_once() {
        for detail in [None, Some("by hand"), Some("uid 7"), Some("uid 7, by sudo from uid 8")] {
            let with = named(detail, Some("uid 7")).expect("somebody asked");
            assert_eq!(with.matches("uid 7").count(), 1, "{with}");
            assert!(with.contains(detail.unwrap_or_default()));
            assert_eq!(named(detail, None).as_deref(), detail);
        }
    }
}
