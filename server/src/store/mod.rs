//! Everything that is kept: typed commands in, typed answers out, one transaction each.
//!
//! Promises: an answer is given only after its transaction is on disk; a command is applied whole
//! or not at all; what one command decides, no other can have changed meanwhile. Must never: hold a
//! token or a server key. SQL is spoken here and nowhere else; the functions take and give plain
//! values, so that another database can stand beside this one.

mod accounts;
mod address_keys;
mod addresses;
mod admin_audit;
mod admin_invites;
mod admin_letters;
mod admin_numbers;
mod admin_organisations;
mod admin_people;
mod apart;
mod audit;
mod beside;
mod by_hand;
mod changes;
mod copy;
mod db;
mod directory;
mod due_letters;
mod engine;
mod enrolment;
mod erasure;
mod error;
mod failures;
mod foreign_file;
mod group_changes;
mod group_names;
mod groups;
mod guesses;
#[cfg(any(test, feature = "fuzzing"))]
#[cfg_attr(not(test), allow(dead_code, reason = "the search of `explore` uses all of it, fuzzing a part"))]
pub(crate) mod in_memory;
mod invites;
mod joining;
#[cfg(test)]
mod laws;
mod leavers;
mod letter_outcomes;
mod listing;
mod log_budget;
mod logins;
mod looks;
mod mailboxes;
mod member_lists;
mod migrate;
mod named;
mod notices;
mod outbox;
mod people;
mod proofs;
mod readers;
mod readiness;
mod releases;
mod reminders;
mod resets;
mod rows;
mod scim_log;
mod scim_tokens;
mod server_keys;
mod sessions;
mod setup;
mod tokens;
mod turns;
mod undo;
mod upkeep;
mod view;
mod writer;

pub(crate) use accounts::LoginRow;
pub(crate) use admin_invites::{InviteRow, WantedInvites};
pub(crate) use admin_letters::LetterLine;
pub(crate) use admin_numbers::Numbers;
pub(crate) use admin_organisations::{InstallRow, OrganisationChange, OrganisationRow};
pub(crate) use admin_people::{AccountRow, Confirmed, MembershipRow, PeopleQuery};
pub use audit::Chain;
pub(crate) use audit::Logged;
pub(crate) use by_hand::{Adopted, Line, Take, Wanted};
pub(crate) use changes::{Change, ChangeKind, Changed, FirstStatement, NewKit, NewPassword, state_of};
pub use copy::Copied;
pub use db::DatabaseWaits;
pub(crate) use db::{Address, Location};
pub(crate) use due_letters::{Letter, Letters, News, NoticeLetter, Taken};
pub(crate) use enrolment::{Completion, Enrolment, Finished};
pub(crate) use erasure::{FormerAccount, Whom};
pub use error::StoreError;
pub(crate) use groups::{Group, GroupDraft, GroupEdit, GroupKey, GroupOutcome, Joining, Load, Member, MemberChange};
pub(crate) use invites::{Claimed, Offer, Resent, SeenClaim};
pub(crate) use joining::Acceptance;
pub(crate) use letter_outcomes::LetterRow;
pub(crate) use listing::{Narrow, PersonWithGroups};
pub(crate) use logins::{Began, Begins, Proven};
pub(crate) use looks::{Kind, Looked};
pub(crate) use named::NamedPerson;
pub(crate) use notices::{Expiring, expiring_tokens};
pub(crate) use people::{Draft, Edited, Person, PersonKey, Placed};
pub(crate) use proofs::Way;
pub(crate) use readiness::Unready;
pub(crate) use releases::{NoRelease, Whom as ReleaseOf};
pub(crate) use reminders::{Straggler, Wanted as WantedReminders};
pub(crate) use resets::ResetStart;
pub(crate) use rows::{Bundle, Policy, Reset};
pub(crate) use scim_log::{Credential, LoggedRequest, ScimRequest, Sought, WantedRequests};
pub(crate) use scim_tokens::{LastToken, NewToken, Rotated, TokenRow};
pub(crate) use server_keys::{KeyUse, Retirement};
pub(crate) use sessions::{Ending, ListedSession, NewSession, NoSession, Purpose, Seen};
pub(crate) use setup::RealmRow;
pub(crate) use undo::{LeftOut, Tripped};
pub(crate) use view::Stored;

use crate::acting;
use crate::limits::Shares;
use db::Db;
use engine::Engine;
use error::Result;
use failures::FailureListener;
use guesses::Begun;
use readiness::Probe;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use turns::Turns;

/// The database.
#[derive(Clone)]
pub(crate) struct Store {
    engine: Engine,
    letters_waiting: Arc<Notify>,
    failures: FailureListener,
    location: Location,
    /// One change of a resource at a time.
    turns: Arc<Shares<[u8; 16]>>,
    begun: Begun,
    /// Whose invitations come next.
    invitations: Turns,
    probe: Probe,
    /// What the SCIM request log may still take.
    scim_budget: Arc<Mutex<log_budget::Budget>>,
}

/// Everybody's share is one, and there is enough of the whole for everybody.
fn turns() -> Arc<Shares<[u8; 16]>> {
    Arc::new(Shares::new(Shares::<[u8; 16]>::PLENTY, 1))
}

impl Store {
    /// Opens the database, brings it to the newest version and starts the writer. Waits for the
    /// database: call it where waiting is allowed.
    fn open_here(location: Location) -> Result<Self> {
        let db = location.connect()?;
        migrate::run(&db)?;
        db.be_quick();
        let engine = Engine::start(&location, db)?;
        Ok(Self {
            engine,
            letters_waiting: Arc::default(),
            failures: FailureListener::default(),
            location,
            turns: turns(),
            begun: Begun::default(),
            invitations: Turns::default(),
            probe: Probe::default(),
            scim_budget: Arc::default(),
        })
    }

    /// The same, from a task.
    pub(crate) async fn open(location: Location) -> Result<Self> {
        tokio::task::spawn_blocking(move || Self::open_here(location)).await.map_err(|_| StoreError::Closed)?
    }

    /// Whether the database is a file of this machine.
    pub(crate) fn is_a_file(&self) -> bool {
        self.location.file().is_some()
    }

    /// Rings when a letter may have been written.
    pub(crate) fn letters_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.letters_waiting)
    }

    /// Tells somebody of every failure from now on.
    pub(crate) fn tell(&self, listener: impl Fn(&StoreError) + Send + Sync + 'static) {
        self.failures.listen(listener);
    }

    /// Runs one command in a transaction; the answer comes after the commit.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        // The writer is another thread, and the next command another one's.
        let who = acting::who();
        let work = move |db: &Db| {
            db.act_for(who);
            work(db)
        };
        let answer = self.engine.write(work).await;
        self.letters_waiting.notify_one();
        self.failures.pass(answer)
    }

    /// Runs one query for an organisation, which has a share of the readers.
    async fn read_of<T, F>(&self, org: [u8; 16], work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.failures.pass(self.engine.read_of(org, work).await)
    }

    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.failures.pass(self.engine.read(work).await)
    }
}
