//! What the program asks of the network and the operating system apart from files and the terminal:
//! the server, memory, time to compute, randomness, a closed process.
//!
//! Promise: memory that held a secret is wiped before it is given back, and a shortage is an error
//! with numbers, never an abort. Must never: decide what a shortage or an answer means for the
//! person; that is `flow`.

pub mod clock;
pub mod disk;
pub mod harden;
pub mod http;
mod left;
pub mod machine;
pub mod memory;
pub mod os;
pub mod process;
pub mod proxy;
pub mod random;
pub mod sight;
pub mod stretch;
pub mod trust;
