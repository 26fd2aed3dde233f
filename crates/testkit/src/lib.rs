//! firstkey-testkit: a world in memory for the flows: honest servers, a person, a shelf, and an
//! oracle that judges everything that happened.
//!
//! Promise: deterministic, no I/O; the same seed gives the same run. Tests of `firstkey_core` and
//! `firstkey_infisical` use it, and so do the targets of `fuzz/`, whose bodies are the functions
//! here that take bytes. Must never: be part of a program that somebody uses.

#![forbid(unsafe_code)]

pub mod account_any;
pub mod arbitrary;
pub mod chance;
pub mod envelope;
pub mod flow_any;
pub mod honest;
pub mod honest_directory;
pub mod inbound;
pub mod infisical;
pub mod leak;
pub mod link;
pub mod nasty;
pub mod offer;
pub mod oracle;
pub mod pins;
pub mod player;
pub mod recovery_text;
pub mod scene;
pub mod seeds;
pub mod seen;
pub mod shown;
pub mod stage;
pub mod targets;
pub mod transcript;
