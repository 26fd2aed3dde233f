//! What an administrator asks of a deployment, as values that can be shown or handed to a machine;
//! ids are UUID text, times are seconds since 1970.
//!
//! The shapes are documented in `docs/COMMANDS.md`; members may be added, none is renamed or
//! removed.

mod audit;
mod brake;
mod by_hand;
mod erasure;
mod invites;
mod letters;
mod organisations;
mod people;
mod releases;
mod reminders;
mod resets;
mod scim_log;
mod server_keys;
mod tokens;
mod why;

pub use audit::{AuditEntry, AuditRefused, AuditReport, Expected, ExpectedRefused};
pub use brake::{BrakeShown, BrakeUndone, LeftOutShown};
pub use by_hand::{ByHand, ByHandRefused, LineShown};
pub use erasure::{Erasable, EraseRefused, Erased};
pub use invites::{InviteShown, InvitedAgain, TakenBack};
pub use letters::LetterShown;
pub use organisations::{ChangedOrganisation, OrganisationShown};
pub use people::{FingerprintRefused, MembershipShown, PersonLine, PersonShown};
pub use releases::{ReleaseShown, Released};
pub use reminders::Reminded;
pub use resets::{ResetRefused, ResetStarted, Resettable};
pub use scim_log::{ScimRequestShown, ScimRequestsWanted};
pub use server_keys::{KeyRefused, KeyShown, Rotated};
pub use tokens::{FreshToken, RotatedToken, TOKEN_DAYS, TokenShown};

pub(crate) use why::why;

use crate::realm::RealmError;
use firstkey_core::crypto::context::OrgId;

fn uuid(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(bytes).to_string()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn no_such_organisation(org: OrgId) -> RealmError {
    RealmError::NoSuchOrganisation(org)
}
