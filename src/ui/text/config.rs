//! The person's own defaults, as they are listed.

use firstkey_core::flow::defaults::Defaults;
use firstkey_core::wire::origin::Origin;

/// All of them.
pub fn defaults(own: &Defaults) -> super::Lines {
    let shown = |value: Option<&str>| value.unwrap_or("(not set)").to_owned();
    vec![
        format!("server  {}", shown(own.server.as_ref().map(Origin::as_str))),
        format!("email   {}", shown(own.email.as_deref())),
    ]
}
