//! The edges that touch the network, the processor and the operating system.
//!
//! Promise: each implements a trait of `drive` or is called once by `main`. Must never: decide what is acceptable; that is `flow`.

pub mod http;
