//! What is said before the first question.

use super::Lines;

/// A proxy of the environment will be used.
pub fn proxy(shown: &str) -> Lines {
    vec![
        format!("A proxy from your environment is used: {shown}"),
        "It cannot read your password or your keys, even if it opens the connection.".to_owned(),
    ]
}

/// A file answers in the place of a server.
pub fn on_paper(offer: &str) -> Lines {
    vec![format!("A rehearsal on paper: nothing is sent, {offer} answers in the server's place.")]
}

/// What `-v` adds.
pub fn verbose(state: &str, closed: bool) -> Lines {
    let process = if closed {
        "This process leaves no core dumps and cannot be traced by your other programs."
    } else {
        "This system does not let a process forbid core dumps or tracing."
    };
    vec![format!("State is kept in {state}"), process.to_owned()]
}
