//! Where the second day begins: a server, and a desk at which an account was completed.

use super::client::Desk;
use super::deployment::Deployment;

/// Whose account.
const EMAIL: &str = "ada@example.org";

/// Both; the account has the password of [`super::client::PASSWORD`], and its kit lies in
/// `kit.txt`.
pub fn completed() -> (Deployment, Desk) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let done = desk.run_accept(&link, EMAIL);
    assert_eq!(done.code, Some(0), "{done:?}");
    (server, desk)
}
