//! Whether letters could go out, tried without sending one.

use super::{Post, Way};

impl Post {
    /// Connects to the mail server, with TLS and a login as for a letter, and says goodbye; a
    /// folder is ready since it was opened.
    pub(crate) async fn reach(&self) -> Result<(), String> {
        match &self.way {
            Way::Folder(_) => Ok(()),
            #[cfg(any(test, feature = "fuzzing"))]
            Way::Kept(_) => Ok(()),
            Way::Smtp(server) => server.reach().await,
        }
    }
}
