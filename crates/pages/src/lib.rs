//! Completions and manual pages of all programs.
//!
//! ```text
//!  commands   the command lines as people see them, without what is hidden
//!      ^
//!  completion and known: for shells, with names that this computer remembers
//!  manual: one page for each command
//! ```
//!
//! Promise: what is made depends on the command lines alone, so two builds make the same. Must
//! never: be part of a program that people get.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a tool of this project: it writes files")]

pub mod commands;
pub mod completion;
mod known;
pub mod manual;
