//! `firstkey` as a person meets it: the real program on a real pseudo-terminal, against a real
//! server.
//!
//! Every wait is for what the program writes or does; none is for time to pass.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod change;
mod commands;
mod deprovision;
mod doctor;
mod forget;
mod happy;
mod infisical;
mod invite;
mod join;
mod kit;
mod login;
mod lost;
mod modes;
mod password;
mod plain;
mod recover;
mod reset;
mod secret_key;
mod sessions;
mod share;
mod stops;
mod unattended;
mod verify;

/// Whom every test invites.
const EMAIL: &str = "ada@example.org";

const CLAIM: &str = "/v1/invites/claim";
const START: &str = "/v1/enrol/start";
const COMPLETE: &str = "/v1/enrol/complete";
const PARAMS: &str = "/v1/login/params";
const LOGIN: &str = "/v1/login/start";
const FINISH: &str = "/v1/login/finish";
const LOGOUT: &str = "/v1/logout";
