//! What the account server does, one sentence per test, over real HTTP on loopback with a real database and a real mail folder.

/// Whether the deployments of this program keep their data in PostgreSQL; see `tests/on_postgres.rs`.
const POSTGRES: bool = false;

mod common;

mod backup;
mod commands;
mod enrolment;
mod http;
mod invites;
mod key_file;
mod letters;
mod login;
mod people;
mod scim;
mod story;
