//! A folder that is gone when its purpose is.
//!
//! Promises: made anew under a name that nobody can guess, for its owner alone. Must never: be one
//! that was there before.

use crate::rng::fresh_id;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A temporary folder.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one; `purpose` is in its name.
    pub(crate) fn make(purpose: &str) -> std::io::Result<Self> {
        let name: String = fresh_id().iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("firstkey-{purpose}-{name}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing in it outlives its purpose; if it cannot be removed, the system's own cleaning of
        // temporary files does it.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
