//! What the account server does, one sentence per test, over real HTTP on loopback with a real database and a real mail folder.

mod common;

mod commands;
mod enrolment;
mod http;
mod invites;
mod key_file;
mod letters;
mod login;
mod people;
mod story;
