//! firstkey-server, the account server: identity providers provision people by SCIM, the server
//! mails invitations, and clients upload ciphertext.
//!
//! ```text
//!   identity provider --SCIM--> scim --+                      +--> mail (folder of .eml files, or SMTP)
//!                                      +--> store (SQL) ------+
//!   firstkey accept ---/v1----> api ---+        |  outbox: written with the change, delivered after it
//!                                               |
//!                                        keys (a file; the OPAQUE key is never in the database)
//! ```
//!
//! Promises: a change is acknowledged only after it is on disk; tokens are stored as SHA-256 only;
//! an account is completed at most once; ciphertext leaves only after OPAQUE has proven the
//! password; a deactivated person's next request fails. Must never: see a password, a private key
//! or a recovery code; build a link from a request header; log a token, a query string or a name.
//!
//! `store` is the only place that knows SQL, and `standing` decides who is invited where. Nothing
//! that matters is kept in memory, so another process can carry on where one was killed.
//! `.ci/layers` states which module may use which.
//!
//! For tests and fuzzing only, and absent from a release build: `rng::seeded`, `store::in_memory`,
//! letters kept in memory, `in_process`, the naive filter and bodies of requests.

#![forbid(unsafe_code)]

mod acting;
mod address;
pub mod admin;
mod api;
mod backup;
mod calendar;
mod check;
pub mod cli;
mod clock;
mod config;
mod data_folder;
pub mod demo;
mod expiry;
#[cfg(test)]
mod explore;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod group_name;
mod http;
#[cfg(any(test, feature = "fuzzing"))]
mod in_process;
mod install;
mod json;
mod key_file;
mod key_place;
mod keys;
mod lent_secret;
mod letters;
mod life;
mod limits;
mod log;
mod mail;
mod names;
mod nobody;
mod notice;
mod opaque;
mod origin;
mod outlet;
mod realm;
mod rng;
mod roster;
mod scim;
mod scim_log;
mod scratch;
mod secret_file;
mod serve;
mod serve_lock;
mod show;
mod store;
mod token;
mod user_name;

pub use admin::{EraseRefused, KeyRefused, KeyShown, MembershipShown, PersonShown, Rotated};
pub use clock::Clock;
pub use config::{Config, ConfigError, Front, MailOut, TlsFiles};
pub use data_folder::FolderRefused;
pub use key_file::KeyFileError;
pub use key_place::PlaceRefused;
pub use letters::{Bounce, ShownLetter};
pub use life::Inviting;
pub use limits::{LEAST_FOR_SCIM, Limits, Network, NetworkRefused, Rate, Times};
pub use log::Log;
pub use mail::MailOutError;
pub use origin::{Origin, OriginRefused};
pub use realm::{NewOrganisation, Realm, RealmError};
pub use roster::{Entry, SheetRefused, Trouble};
pub use secret_file::SecretFileError;
pub use serve::{Admin, Reload, ServeError, ServeOptions, TlsTrouble, serve};
pub use show::Shown;
pub use store::{Chain, Copied, DatabaseWaits, StoreError};
