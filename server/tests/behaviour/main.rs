//! What the account server does, one sentence per test, over real HTTP on loopback with a real
//! database and a real mail folder.

/// Whether the deployments of this program keep their data in PostgreSQL; see
/// `tests/on_postgres.rs`.
const POSTGRES: bool = false;

mod common;

mod administrator;
mod audit;
mod backup;
mod brake;
mod by_hand;
mod colleagues;
mod commands;
mod configuration;
mod databases;
mod delivery;
mod documents;
mod enrolment;
mod erasure;
mod http;
mod invites;
mod key_file;
mod letters;
mod life;
mod lifecycle;
mod limits;
mod login;
mod logs;
mod numbers;
mod password;
mod people;
mod processes;
mod readiness;
mod realm_key;
mod recovery;
mod reminders;
mod reset;
mod scim;
mod scim_log;
mod server_key;
mod sessions;
mod slow;
mod smtp;
mod staged;
mod statement;
mod story;
mod thief;
mod tls;
mod tokens;
mod told_apart;
mod trouble;
mod upgrade;
