//! What a person sees and types, and what a script says instead.
//!
//! Promise: every sentence is in [`text`]; a secret goes from the terminal or a file straight into
//! memory that is wiped. Must never: decide anything; that is `flow`.

pub mod ask;
mod code_in_text;
pub mod date;
pub mod doctor_event;
pub mod explain_event;
pub mod input;
pub mod json_line;
pub mod kit;
pub mod kit_file;
pub mod kit_pdf;
pub mod offline_event;
pub mod outlet;
mod page;
pub mod person;
pub mod place;
mod reset;
pub mod script;
pub mod secret_key;
pub mod share_event;
pub mod signals;
pub mod source;
pub mod term;
pub mod text;
mod whereabouts;
pub mod wrap;
mod zone;
