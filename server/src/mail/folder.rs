//! Letters as files: written aside, flushed, then renamed, so that whoever watches the folder sees
//! whole letters only.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens it, made for this user alone if it was not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Writes one letter; names sort by time, and `name` makes them unique.
    pub(super) async fn put(&self, name: &str, letter: Vec<u8>) -> io::Result<()> {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let path = self.0.join(format!("{millis:015}-{name}.eml"));
        let aside = self.0.join(format!(".{millis:015}-{name}.tmp"));
        let folder = self.0.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            file.write_all(&letter)?;
            file.sync_all()?;
            std::fs::rename(&aside, &path)?;
            File::open(folder)?.sync_all()
        });
        written.await.map_err(io::Error::other)?
    }
}
