//! What is said before the first question.

use super::{Lines, system};

/// A proxy will be used.
pub fn proxy(shown: &str) -> Lines {
    vec![
        format!("Using the proxy {shown}"),
        "It cannot read your password or your keys, even if it decrypts the connection.".to_owned(),
    ]
}

/// A file answers in the place of a server.
pub fn on_paper(offer: &str) -> Lines {
    vec![format!("Offline rehearsal: nothing is sent. {offer} answers instead of a server.")]
}

/// What `-v` adds.
pub fn verbose(state: &str, closed: bool) -> Lines {
    let process = if closed {
        format!("This process writes no {}, and your other programs cannot trace it.", system::dumps())
    } else {
        format!("This system cannot keep this process from {} and tracing.", system::dumps())
    };
    vec![format!("State is kept in {state}"), process]
}
