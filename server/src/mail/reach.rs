//! Whether letters could go out, tried without sending one.

use super::{Post, Way};

impl Post {
    /// Connects to the mail server, with TLS and a login as for a letter, asks it to take a letter
    /// from the sender to that address, and says goodbye; a folder is ready since it was opened.
    pub(crate) async fn reach(&self, to: Option<&str>) -> Result<(), String> {
        match &self.way {
            Way::Folder(_) => Ok(()),
            #[cfg(any(test, feature = "fuzzing"))]
            Way::Kept(_) => Ok(()),
            Way::Smtp(server) => {
                let to = to.and_then(crate::address::mailbox);
                server.reach(&self.sender, to.as_ref().unwrap_or(&self.sender)).await
            }
        }
    }

    /// Whether letters go to another machine that is shown no login.
    pub(crate) fn is_without_login(&self) -> bool {
        matches!(&self.way, Way::Smtp(server) if server.is_without_login())
    }
}
