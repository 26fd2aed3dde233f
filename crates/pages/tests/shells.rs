//! The completions in real shells: bash, zsh and fish, typed at a terminal and completed with Tab.
//!
//! A program of the name `firstkey` stands in for the client, and prints names that are as bad as
//! can be: the client itself prints no such ones.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "processes and files are the subject")]

use firstkey_pages::{commands, completion};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take to come.
const DEADLINE: Duration = Duration::from_secs(60);

/// A folder with all completions, and the program that stands in.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().expect("a folder"));
        for (name, text) in completion::of(&commands::client()).into_iter().chain(completion::of(&commands::server())) {
            desk.write(&name, &text);
        }
        let names = "#!/bin/sh\n[ \"$1\" = names ] || exit 9\ncase $2 in\naccounts) printf '%s\\n' ada@example.org \
                     ada.second@example.org 'x$(touch stolen)@example.org' 'y`touch stolen`;touch stolen' \"z' * b\" ;;\n\
                     servers) echo https://accounts.example.org:8443 ;;\npeople) echo grace@example.org ;;\nesac\n\
                     echo trouble >&2\nexit 5\n";
        desk.write(Path::new("bin/firstkey"), names);
        std::fs::set_permissions(desk.path("bin/firstkey"), PermissionsExt::from_mode(0o755)).expect("a mode");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &Path, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command.env_clear().env("PATH", path).env("HOME", self.0.path()).env("TERM", "dumb").env("LC_ALL", "C.UTF-8");
        command.current_dir(self.0.path());
        command
    }

    /// What the line is after each text was typed in a shell at a terminal, and Tab pressed.
    /// `set_up` makes the prompt `>1 `, Control-X show the line, and Control-U clear it.
    fn typed(&self, shell: &str, set_up: &str, lines: &[&str]) -> Vec<String> {
        let mut child = self
            .command("script")
            .args(["-qec", shell, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script(1) starts");
        let mut typing = child.stdin.take().expect("a pipe");
        let mut page = Page::of(child.stdout.take().expect("a pipe"));
        typing.write_all(format!("{set_up}\n").as_bytes()).expect("typed");
        page.until(">1 ");
        let mut shown = Vec::new();
        for line in lines {
            typing.write_all(format!("{line}\t\u{18}").as_bytes()).expect("typed");
            let until = page.until(">>>");
            let (_, line) = until.rsplit_once("<<<").expect("a line was shown");
            shown.push(line.trim_end_matches(">>>").to_owned());
            typing.write_all(b"\x15").expect("typed");
        }
        typing.write_all(b"exit\n").expect("typed");
        drop(typing);
        child.wait().expect("it ends");
        assert!(!page.all.contains("trouble"), "an error was shown: {}", page.all);
        assert!(!self.path("stolen").exists(), "a name was run as a command");
        shown
    }

    fn bash(&self, lines: &[&str]) -> Vec<String> {
        let file = self.path("completions/bash/firstkey");
        let show = "PS1='>''1 '; bind -x '\"\\C-x\": printf \"<\"\"<<%s>>\"\">\\n\" \"$READLINE_LINE\"'";
        self.typed("bash --norc --noprofile -i", &format!("source {}; {show}", file.display()), lines)
    }

    fn zsh(&self, lines: &[&str]) -> Vec<String> {
        let folder = self.path("completions/zsh");
        let set_up = format!(
            "PS1='>''1 '; fpath=({} $fpath); autoload -U compinit; compinit -u -D; \
             show() {{ print -r -- '<''<<'\"$BUFFER\"'>>''>' }}; zle -N show; bindkey '^X' show; bindkey '^U' kill-whole-line; \
             setopt nobeep noautomenu; bindkey '^I' complete-word",
            folder.display()
        );
        self.typed("zsh -f -i", &set_up, lines)
    }

    fn fish(&self, line: &str) -> Vec<String> {
        let file = self.path("completions/fish/firstkey.fish");
        let output = self
            .command("fish")
            .args(["--no-config", "-c", "source $argv[1]; complete -C $argv[2]", "--"])
            .arg(file)
            .arg(line)
            .output()
            .expect("fish starts");
        assert!(!self.path("stolen").exists(), "a name was run as a command");
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        lines.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    }
}

/// What a terminal shows, as it comes.
struct Page {
    coming: Receiver<Vec<u8>>,
    all: String,
    /// How much of it was waited for already.
    read: usize,
}

impl Page {
    fn of(mut shown: ChildStdout) -> Self {
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = shown.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { coming, all: String::new(), read: 0 }
    }

    /// Waits for this text, and gives what came up to its end.
    fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.all[self.read..].find(text) {
                let end = self.read + at + text.len();
                let until = self.all[self.read..end].to_owned();
                self.read = end;
                return until;
            }
            match self.coming.recv_timeout(DEADLINE) {
                Ok(bytes) => self.all.push_str(&String::from_utf8_lossy(&bytes)),
                Err(why) => panic!("{text:?} never came ({why}): {}", self.all),
            }
        }
    }
}

/// What is typed, and what the line is after Tab.
const COMPLETED: [(&str, &str); 6] = [
    ("firstkey verify --account ada@", "firstkey verify --account ada@example.org"),
    ("firstkey verify --account ada@exam", "firstkey verify --account ada@example.org"),
    ("firstkey login --server https://acc", "firstkey login --server https://accounts.example.org:8443"),
    ("firstkey people gra", "firstkey people grace@example.org"),
    ("firstkey seal --to gr", "firstkey seal --to grace@example.org"),
    ("firstkey verify --finger", "firstkey verify --fingerprint"),
];

fn complete(shell: &str, shown: &[String]) {
    assert_eq!(shown.len(), COMPLETED.len(), "{shell}: {shown:?}");
    for ((typed, line), shown) in COMPLETED.iter().zip(shown) {
        let shown = shown.trim_end().trim_end_matches('=').replace('\\', "");
        assert_eq!(shown, *line, "{shell}: after {typed}");
    }
}

#[test]
fn bash_completes_commands_flags_and_remembered_names_and_runs_none_of_them() {
    let desk = Desk::new();
    complete("bash", &desk.bash(&COMPLETED.map(|(typed, _)| typed)));
    let quoted =
        desk.bash(&["firstkey verify --account x", "firstkey verify --account y", "firstkey verify --account z"]);
    assert_eq!(quoted[0].trim_end(), "firstkey verify --account x\\$\\(touch\\ stolen\\)@example.org");
    assert_eq!(quoted[1].trim_end(), "firstkey verify --account y\\`touch\\ stolen\\`\\;touch\\ stolen");
    assert_eq!(quoted[2].trim_end(), "firstkey verify --account z\\'\\ \\*\\ b");
}

#[test]
fn zsh_completes_commands_flags_and_remembered_names_and_runs_none_of_them() {
    let desk = Desk::new();
    complete("zsh", &desk.zsh(&COMPLETED.map(|(typed, _)| typed)));
    let quoted = desk.zsh(&["firstkey verify --account x", "firstkey verify --account y"]);
    assert_eq!(quoted[0].trim_end(), "firstkey verify --account x\\$\\(touch\\ stolen\\)@example.org");
    assert_eq!(quoted[1].trim_end(), "firstkey verify --account y\\`touch\\ stolen\\`\\;touch\\ stolen");
}

#[test]
fn fish_completes_commands_flags_and_remembered_names_and_runs_none_of_them() {
    let desk = Desk::new();
    assert_eq!(desk.fish("firstkey verify --account ada@"), ["ada@example.org"]);
    assert_eq!(desk.fish("firstkey login --server https"), ["https://accounts.example.org:8443"]);
    assert_eq!(desk.fish("firstkey people gra"), ["grace@example.org"]);
    assert_eq!(desk.fish("firstkey seal --to gra"), ["grace@example.org"]);
    assert!(desk.fish("firstkey verify --finger").contains(&"--fingerprint".to_owned()));
    assert_eq!(
        desk.fish("firstkey verify --account x"),
        ["x$(touch stolen)@example.org"],
        "fish escapes what it inserts"
    );
    assert!(desk.fish("firstkey ").contains(&"accept".to_owned()));
}

#[test]
fn what_is_hidden_is_not_offered() {
    for (name, text) in completion::of(&commands::client()) {
        for hidden in ["--no-color", "--password:", "--password=", "-l password "] {
            assert!(!text.contains(hidden), "{}: {hidden}", name.display());
        }
    }
}
