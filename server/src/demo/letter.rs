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
    /// Who, to whom, what about; then the part that is plain text.
    shown: Vec<String>,
    /// The invite link in it.
    pub(super) link: String,
}

impl Letter {
    fn read(raw: &str) -> Option<Self> {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n")?;
        let wanted = |line: &&str| ["From:", "To:", "Subject:"].iter().any(|name| line.starts_with(name));
        let plain = body.split_once("Content-Type: text/plain")?.1.split_once("\n\n")?.1;
        let plain = plain.lines().take_while(|line| !line.starts_with("--"));
        let shown: Vec<String> = head.lines().filter(wanted).chain([""]).chain(plain).map(str::to_owned).collect();
        let link = shown.iter().find(|line| line.starts_with("http") && line.contains("/i#fkinv2."))?.clone();
        Some(Self { shown, link })
    }

    /// The letter, set off from what the demo says.
    pub(super) fn quoted(&self) -> String {
        self.shown.iter().map(|line| format!("  | {line}\n")).collect()
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
            return Letter::read(&text)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the letter holds no invite link"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "no letter arrived"))
}
