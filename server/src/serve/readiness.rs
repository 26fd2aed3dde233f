//! Whether this server can do its work at this moment, and a line in the log when that changes.

use crate::http::App;
use crate::store::Unready;
use std::sync::PoisonError;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotReady {
    Database(Unready),
    /// The database is another deployment's.
    WrongKey,
}

impl NotReady {
    /// A fixed sentence: it is said to anybody.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Database(why) => why.sentence(),
            Self::WrongKey => "the key file does not belong to the database",
        }
    }

    /// For numbers and logs.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Database(why) => why.label(),
            Self::WrongKey => "wrong-key",
        }
    }
}

/// Tries it.
pub(super) async fn look(app: &App) -> Result<(), NotReady> {
    let found = match app.store.is_writable().await {
        Ok(marks) if !app.keys.belong_to(&marks) => Err(NotReady::WrongKey),
        Ok(_) => Ok(()),
        Err(why) => Err(NotReady::Database(why)),
    };
    let now = found.err().map(NotReady::label);
    let before = std::mem::replace(&mut *app.unready.lock().unwrap_or_else(PoisonError::into_inner), now);
    match now {
        Some(why) if before != now => app.log.event("server.unready", &[("reason", &why)]),
        None if before.is_some() => app.log.event("server.ready", &[]),
        _ => {}
    }
    found
}
