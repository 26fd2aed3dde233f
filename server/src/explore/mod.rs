//! Every order of events, tried: the real client flow against the real server, with everything that
//! a network, a crash or somebody else can do in between.
//!
//! ```text
//!   client (flow::accept, a disk of bytes) --+            +-- hand (routes, checks, commands, SQL; rows taken out and put back)
//!                                            +--> state --+
//!   judge (what must hold)  <----------------+            +-- search (level by level, each state once)
//! ```
//!
//! Promise: deterministic; a schedule that breaks a property is printed and can be played again.
//! What it shows and what it does not is in `docs/EXPLORER.md`. Must never: hold a copy of what it
//! searches.
//!
//! `EXPLORE_MINUTES=10 cargo test --release -p firstkey-server --lib explore -- --nocapture`
//! searches for that long; `EXPLORE_SCHEDULE='0:start 0:answer'` plays one schedule.

mod client;
mod event;
mod hand;
mod judge;
mod person;
mod search;
mod state;
mod tale;
mod tests;

use sha2::{Digest, Sha256};

/// One number for several texts: SHA-256 over lengths and texts, cut.
fn digest(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    let (half, _) = whole.split_first_chunk().expect("invariant: 32 bytes hold 16");
    u128::from_le_bytes(*half)
}
