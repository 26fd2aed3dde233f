//! A whole world in memory for the flows: an honest server, a person, a shelf, and an oracle that judges everything that happened.
//!
//! Promise: deterministic, no I/O; the same seed gives the same run. Used by the tests of `flow` and by the targets of `fuzz/`, whose bodies are the functions
//! here that take bytes. Must never: be part of a program that somebody uses; it exists only for tests and under the feature `fuzzing`.

pub mod account_any;
pub mod chance;
pub mod envelope;
pub mod flow_any;
pub mod honest;
pub mod honest_directory;
pub mod inbound;
pub mod infisical;
pub mod leak;
pub mod link;
pub mod needles;
pub mod offer;
pub mod oracle;
pub mod pins;
pub mod player;
#[cfg(feature = "age")]
pub mod plugin_protocol;
pub mod recovery_text;
pub mod scene;
pub mod seeds;
pub mod seen;
pub mod shown;
