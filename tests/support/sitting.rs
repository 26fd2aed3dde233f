//! A person at a terminal, step by step: what is waited for, what is typed.

use super::client::{Desk, program};
use super::pty::{Pty, Stage};
use std::path::Path;

/// `firstkey` of this desk, on a terminal.
pub fn firstkey(desk: &Desk) -> Stage {
    Stage::new(program())
        .env("HOME", desk.home.path())
        .env("TZ", "UTC")
        .folder(desk.home.path())
        .arg("--state-dir")
        .arg(desk.state())
}

/// `firstkey accept` of this desk, on a terminal, with the settings that cost the tests least.
pub fn accept(desk: &Desk) -> Stage {
    firstkey(desk).arg("accept").arg("--profile").arg("1")
}

/// `firstkey accept --resume` of this desk.
pub fn resume(desk: &Desk) -> Stage {
    accept(desk).arg("--resume")
}

/// What a person does at each prompt.
pub trait Sitting {
    /// Pastes the link.
    fn paste(&mut self, link: &str);
    /// Pastes the link and says yes to "Is this you?".
    fn consent(&mut self, link: &str);
    /// Types a secret; the echo is off while they do.
    fn type_secret(&mut self, prompt: &str, secret: &str);
    /// A password, twice.
    fn choose(&mut self, password: &str);
    /// The groups of the kit that is on the screen, in their order.
    fn read_kit(&mut self) -> Vec<String>;
    /// Writes the kit down and types back the group that is asked for, in lower case.
    fn keep_kit(&mut self) -> Vec<String>;
    /// Everything up to the upload.
    fn up_to_the_upload(&mut self, link: &str, password: &str);
    /// The last prompt.
    fn once_more(&mut self, password: &str);
    /// All lines that were shown, scrolled off or not, as they stand on the main screen now.
    fn page(&self) -> String;
}

impl Sitting for Pty {
    fn paste(&mut self, link: &str) {
        self.expect("e-mail: ");
        self.send(format!("{link}\r"));
    }

    fn consent(&mut self, link: &str) {
        self.paste(link);
        self.expect("Is this you? [Y/n] ");
        self.send("y\r");
    }

    fn type_secret(&mut self, prompt: &str, secret: &str) {
        self.expect(prompt);
        assert!(!self.echo_is_on(), "the echo is on at the prompt {prompt:?}");
        self.send(format!("{secret}\r"));
    }

    fn choose(&mut self, password: &str) {
        self.type_secret("Password: ", password);
        self.type_secret("Again: ", password);
    }

    fn read_kit(&mut self) -> Vec<String> {
        self.expect("save to a file instead] ");
        groups(&self.screen().contents())
    }

    fn keep_kit(&mut self) -> Vec<String> {
        let kit = self.read_kit();
        self.send("y\r");
        let group = asked_group(self);
        self.send(format!("{}\r", kit[group - 1].to_lowercase()));
        kit
    }

    fn up_to_the_upload(&mut self, link: &str, password: &str) {
        self.consent(link);
        self.choose(password);
        self.keep_kit();
    }

    fn once_more(&mut self, password: &str) {
        self.expect("Type your password once more");
        self.type_secret("Password: ", password);
    }

    fn page(&self) -> String {
        let lines = self.scrollback();
        without_ports(&lines.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>())
    }
}

/// The number of the group that is asked for, from 1.
pub fn asked_group(pty: &mut Pty) -> usize {
    pty.expect("type group ");
    pty.expect(": ").trim_end_matches(": ").parse().expect("a number")
}

/// The groups of a kit in a text; a line of them begins with a number.
pub fn groups(text: &str) -> Vec<String> {
    let number = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit());
    let lines = text.lines().filter(|line| line.split_whitespace().next().is_some_and(number));
    let words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    let groups: Vec<_> = words.chunks(2).filter_map(|pair| pair.get(1)).map(|group| (*group).to_owned()).collect();
    assert_eq!(groups.len(), 7, "no whole kit in\n{text}");
    groups
}

/// `text` without control sequences and without the carriage returns of the terminal.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        // Of all sequences only "CSI ... letter" is ever sent.
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    plain.push_str(rest);
    without_ports(&plain.replace('\r', ""))
}

/// The text with `127.0.0.1` for each server of this machine that a sentence names: its port is
/// another in each run. Commands and links keep theirs.
pub fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_address = plain.ends_with("//");
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        plain.push_str(if is_address { "127.0.0.1:" } else { "127.0.0.1" });
        plain.push_str(if is_address { part } else { &part[digits..] });
    }
    plain
}

/// The permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}
