//! The letter that arrived: found in the folder, shown, and its link taken out.
//!
//! Promises: reads what the server wrote, as a mail program would. Must never: make a link itself.

use std::io;
use std::path::Path;
use std::time::Duration;

/// How often the folder is looked at before the demo gives up: a minute in all.
const LOOKS: u32 = 600;

/// A delivered letter.
pub(super) struct Letter {
    text: String,
    /// The invite link in it.
    pub(super) link: String,
}

impl Letter {
    fn read(text: String) -> Option<Self> {
        let link = text.lines().map(str::trim).find(|line| line.starts_with("http") && line.contains("/i#fkinv1."))?;
        Some(Self { link: link.to_owned(), text })
    }

    /// The letter, set off from what the demo says.
    pub(super) fn quoted(&self) -> String {
        let wanted = |line: &&str| {
            let header = ["From:", "To:", "Subject:"].iter().any(|name| line.starts_with(name));
            header || !line.contains(": ") || !line.starts_with(|c: char| c.is_ascii_uppercase())
        };
        self.text.lines().filter(wanted).map(|line| format!("   | {line}\n")).collect()
    }
}

/// Waits until a letter lies in the folder.
pub(super) async fn wait_for(folder: &Path) -> io::Result<Letter> {
    for _ in 0..LOOKS {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut letters =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "eml"));
        if let Some(path) = letters.next() {
            let text = std::fs::read_to_string(path)?;
            return Letter::read(text)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the letter holds no invite link"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "no letter arrived"))
}
