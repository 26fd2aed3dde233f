//! Limits: how much one caller may ask, how long a client may take, where a request comes from, and
//! what is counted meanwhile.
//!
//! The room stands below HTTP. It knows no route and builds no answer: `http` holds the limiter and
//! the counters, `api`, `scim` and `serve` ask them.

mod in_flight;
mod large;
mod metrics;
mod rates;
mod registrations;
mod seats;
mod shares;
mod source;
mod timeouts;

pub(crate) use in_flight::{HeldBody, Holding, InFlight};
pub(crate) use large::{Large, SMALL};
pub(crate) use metrics::{Metrics, Page, label, method_name};
pub use rates::{LEAST_FOR_SCIM, Limits, Rate};
pub(crate) use rates::{Later, Limiter};
pub(crate) use registrations::Registrations;
pub(crate) use seats::Seats;
pub(crate) use shares::{Permit, Shares};
pub(crate) use source::Source;
pub use source::{Network, NetworkRefused};
pub use timeouts::Times;
pub(crate) use timeouts::{TimedBody, TimedStream, TooSlow};

/// Most connections at one time, if nothing else is said.
pub(crate) const CONNECTIONS: usize = 2048;
