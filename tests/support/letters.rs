//! Waiting for a letter: told by the kernel when one is renamed into the folder, so nothing sleeps.

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A watched folder of `.eml` files.
pub struct Letters {
    folder: PathBuf,
    watch: OwnedFd,
    read: usize,
}

impl Letters {
    /// Watches `folder`, which exists.
    pub fn watch(folder: &Path) -> Self {
        let watch = inotify::init(CreateFlags::CLOEXEC).expect("inotify is there");
        inotify::add_watch(&watch, folder, WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE | WatchFlags::CREATE)
            .expect("the folder is there");
        Self { folder: folder.to_owned(), watch, read: 0 }
    }

    /// Every letter so far, oldest first.
    pub fn all(&self) -> Vec<String> {
        let mut paths: Vec<_> = std::fs::read_dir(&self.folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).expect("a letter is text")).collect()
    }

    /// The next letter that was not given out before.
    pub fn next(&mut self) -> String {
        loop {
            let all = self.all();
            if all.len() > self.read {
                self.read += 1;
                return all[self.read - 1].clone();
            }
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = inotify::Reader::new(&self.watch, &mut buffer);
            reader.next().expect("the kernel tells of a new file");
        }
    }

    /// The invite link of the next letter that has one.
    pub fn next_link(&mut self) -> String {
        loop {
            if let Some(link) = link_in(&self.next()) {
                return link;
            }
        }
    }
}

/// The invite link in a letter: alone on its line.
pub fn link_in(letter: &str) -> Option<String> {
    letter
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("http") && line.contains("/i#fkinv2."))
        .map(str::to_owned)
}

/// The token in a link: the third part of what stands behind the `#`.
///
/// # Panics
/// If there is none.
pub fn token_of(link: &str) -> &str {
    let (_, fragment) = link.split_once('#').expect("a link has a fragment");
    fragment.split('.').nth(2).filter(|token| token.len() == 43).expect("a token")
}
