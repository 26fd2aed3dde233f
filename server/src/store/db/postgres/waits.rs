//! How long the database is waited for.
//!
//! Promise: every wait ends. What the server can measure it is told to measure; a server that does
//! not even say that the time is over is silent, and left.

use std::time::Duration;

/// The limits of one deployment's database. The usual ones leave a silent server within 10 seconds.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseWaits {
    /// For a connection, from the first packet until the session can be used.
    pub connect: Duration,
    /// For a statement, and for whoever holds a transaction open without a word.
    pub statement: Duration,
    /// For the writers' lock.
    pub lock: Duration,
}

impl Default for DatabaseWaits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), statement: Duration::from_secs(8), lock: Duration::from_secs(5) }
    }
}

/// What copies everything, or makes the tables, is told apart from silence by this.
pub(super) const PATIENT: Duration = Duration::from_secs(600);
/// How long the writers' lock is waited for after it was not had once: callers are queueing. Longer
/// than the turn of another server that is only busy.
const HURRIED: Duration = Duration::from_secs(1);

impl DatabaseWaits {
    /// Nothing heard for so long after a statement: the server would have ended it before.
    pub(super) fn silence(&self) -> Duration {
        self.statement + self.statement / 8
    }

    /// What a session of our own is told once.
    pub(super) fn session(&self) -> String {
        format!("{}; SET client_min_messages = warning", self.said("SET"))
    }

    /// What a transaction is told where the session may be somebody else's the next moment.
    pub(super) fn transaction(&self) -> String {
        self.said("SET LOCAL")
    }

    fn said(&self, set: &str) -> String {
        let (statement, lock) = (self.statement.as_millis(), self.lock.as_millis());
        format!(
            "{set} statement_timeout = {statement}; {set} lock_timeout = {lock}; \
             {set} idle_in_transaction_session_timeout = {statement}; {set} synchronous_commit = on; {set} jit = off"
        )
    }

    /// For a transaction whose callers have waited already.
    pub(super) fn hurried(&self) -> String {
        format!("SET LOCAL lock_timeout = {}", HURRIED.min(self.lock).as_millis())
    }
}

/// For a transaction that may take long.
pub(super) const AT_LEISURE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 60000";
