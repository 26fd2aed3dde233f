//! What leaves and what comes in.
//!
//! Promise: nothing leaves but through [`disclose`]; nothing comes in but through the strict
//! parsers of [`inbound`], [`link`] and [`text`]. Must never: touch the network itself.

pub mod asked;
pub mod bundle;
pub mod change;
pub mod completion;
pub mod directory;
pub mod disclose;
pub mod fields;
pub mod inbound;
pub mod json;
pub mod link;
pub mod named;
pub mod origin;
pub mod outbound;
pub mod refusal;
pub mod sessions;
pub mod shown;
pub mod text;
