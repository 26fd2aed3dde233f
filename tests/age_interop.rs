//! Other programs that speak age: files go both ways, and the plugin opens them with the key of an
//! account.
#![cfg(feature = "age")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]
#![allow(clippy::print_stderr, reason = "a test that lacks a tool has to say so")]

#[path = "age_interop/endings.rs"]
mod endings;
#[path = "age_interop/files.rs"]
mod files;
mod support;

use firstkey::age::AccountLine;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::origin::Origin;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::client::{Desk, PASSWORD, Run, run};
use support::completed::completed;
use support::deployment::Deployment;
use support::pty::{End, Pty, Stage};
use support::sitting::plain;

const EMAIL: &str = "ada@example.org";
const PLUGIN: &str = env!("CARGO_BIN_EXE_age-plugin-firstkey");
/// The program, and what makes keys for it.
const TOOLS: [(&str, &str); 2] = [("age", "age-keygen"), ("rage", "rage-keygen")];

/// Where a program is; loudly nowhere, or a failure where it has to be there.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cargo = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo/bin"));
    let found = std::env::split_paths(&path).chain(cargo).map(|folder| folder.join(name)).find(|file| file.is_file());
    assert!(
        found.is_some() || std::env::var_os("FIRSTKEY_CI").is_none(),
        "{name} is not installed; .ci/run installs it"
    );
    if found.is_none() {
        eprintln!("NOT RUN: {name} is not installed, so nothing was tried with it");
    }
    found
}

fn tools() -> Vec<(PathBuf, PathBuf)> {
    TOOLS.iter().filter_map(|(name, keygen)| Some((tool(name)?, tool(keygen)?))).collect()
}

fn firstkey(desk: &Desk, arguments: &[&str]) -> Run {
    run(desk.command().args(arguments).current_dir(desk.home.path()))
}

fn done(run: &Run) -> &Run {
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

/// The folder of programs that are found: the plugin alone.
fn programs(desk: &Desk) -> PathBuf {
    let folder = desk.path("bin");
    if !folder.exists() {
        std::fs::create_dir(&folder).expect("a folder");
        std::os::unix::fs::symlink(PLUGIN, folder.join("age-plugin-firstkey")).expect("a link");
    }
    folder
}

/// `tool -d -i identity FILE` at a terminal.
fn decrypt(desk: &Desk, tool: &Path, identity: &Path, file: &Path) -> Pty {
    decrypting(desk, tool, identity, file).start()
}

/// The same, not started yet.
fn decrypting(desk: &Desk, tool: &Path, identity: &Path, file: &Path) -> Stage {
    Stage::new(tool)
        .env("HOME", desk.home.path())
        .env("PATH", programs(desk))
        .folder(desk.home.path())
        .arg("-d")
        .arg("-i")
        .arg(identity)
        .arg("-o")
        .arg(desk.path("opened"))
        .arg(file)
}

/// Types the password where the program asks for it.
fn type_password(pty: &mut Pty, password: &str) {
    pty.expect("Password of your firstkey account ada@example.org at 127.0.0.1");
    pty.until_echo_is(false);
    pty.send(format!("{password}\r"));
}

fn contents() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn what_is_sealed_here_is_opened_by_others_and_the_other_way_round() {
    let tools = tools();
    let (_server, desk) = completed();
    let recipient = done(&firstkey(&desk, &["recipient"])).stdout.trim().to_owned();
    let password = desk.write("password", PASSWORD.as_bytes());
    desk.write("plain", &contents());
    for (tool, keygen) in tools {
        let key = desk.path("key");
        let _ = std::fs::remove_file(&key);
        done(&run(Command::new(keygen).arg("-o").arg(&key)));
        let text = std::fs::read_to_string(&key).expect("readable");
        let theirs = text.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("a public key");
        // Sealed for both, here.
        done(&firstkey(&desk, &["seal", "--force", "--to", theirs, "--to", EMAIL, "-o", "sealed", "plain"]));
        let opened = Command::new(&tool).arg("-d").arg("-i").arg(&key).arg(desk.path("sealed")).output().expect("runs");
        assert!(opened.status.success() && opened.stdout == contents(), "{tool:?}");
        // Sealed for both, there.
        let there = desk.path("there");
        let mut sealing = Command::new(&tool);
        sealing.args(["-r", &recipient, "-r", theirs, "-o"]).arg(&there).arg(desk.path("plain"));
        done(&run(&mut sealing));
        let password = password.to_str().expect("text");
        done(&firstkey(&desk, &["open", "--force", "--password-file", password, "-o", "opened", "there"]));
        assert!(std::fs::read(desk.path("opened")).expect("readable") == contents(), "{tool:?}");
        std::fs::remove_file(&there).expect("removable");
    }
}

#[test]
fn the_plugin_opens_a_file_with_one_password_that_the_other_program_asks_for() {
    let tools = tools();
    let (server, desk) = completed();
    let identity = desk.write("identity", done(&firstkey(&desk, &["recipient", "--identity"])).stdout.as_bytes());
    desk.write("plain", &contents());
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    for (tool, _) in tools {
        let before = server.wire.paths().len();
        let mut pty = decrypt(&desk, &tool, &identity, &desk.path("sealed"));
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        assert!(std::fs::read(desk.path("opened")).expect("readable") == contents(), "{tool:?}");
        assert_eq!(server.wire.paths().len(), before + 4, "one log-in, and its end");
        assert!(!pty.output().contains(PASSWORD));
        std::fs::remove_file(desk.path("opened")).expect("removable");
    }
    // Nothing was written beside the file that was asked for.
    assert!(!desk.path(".local").exists());
}

#[test]
fn a_wrong_password_is_asked_for_again_and_opens_nothing() {
    let tools = tools();
    let (_server, desk) = completed();
    let identity = desk.write("identity", done(&firstkey(&desk, &["recipient", "--identity"])).stdout.as_bytes());
    desk.write("plain", b"x");
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    for (tool, _) in tools {
        let mut pty = decrypt(&desk, &tool, &identity, &desk.path("sealed"));
        for _ in 0..3 {
            type_password(&mut pty, "not the password at all");
        }
        assert!(matches!(pty.wait(), End::Exited(code) if code != 0), "{tool:?}\n{}", plain(&pty.output()));
        assert!(plain(&pty.output()).contains("That password does not open this account."), "{}", pty.output());
        assert!(std::fs::read(desk.path("opened")).unwrap_or_default().is_empty());
    }
}

#[test]
fn of_an_account_with_a_secret_key_the_plugin_asks_for_it_too_or_reads_the_file_that_is_named() {
    let tools = tools();
    let (server, desk) = completed();
    server.set_secret_key("allowed");
    let password = desk.write("password", PASSWORD.as_bytes());
    let (password, sheet) = (password.to_str().expect("text"), desk.path("sk.txt"));
    let out = sheet.to_str().expect("text");
    done(&firstkey(&desk, &["secret-key", "--no-input", "--password-file", password, "--out", out]));
    let text = std::fs::read_to_string(&sheet).expect("readable");
    let key = text.lines().find_map(|line| line.strip_prefix("secret-key: ")).expect("a key");
    let identity = desk.write("identity", done(&firstkey(&desk, &["recipient", "--identity"])).stdout.as_bytes());
    desk.write("plain", b"x");
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    let question = "Secret key of ada@example.org at 127.0.0.1";
    for (tool, _) in tools {
        let mut pty = decrypt(&desk, &tool, &identity, &desk.path("sealed"));
        pty.expect(question);
        pty.until_echo_is(false);
        pty.send("SK1-TOO-SHORT\r");
        pty.expect("That is not a secret key.");
        pty.expect(question);
        pty.until_echo_is(false);
        pty.send(format!("{key}\r"));
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        assert!(std::fs::read(desk.path("opened")).expect("readable") == b"x", "{tool:?}");
        assert!(!pty.output().contains(key));
        std::fs::remove_file(desk.path("opened")).expect("removable");

        let mut pty =
            decrypting(&desk, &tool, &identity, &desk.path("sealed")).env("FIRSTKEY_SECRET_KEY_FILE", &sheet).start();
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        assert!(!plain(&pty.output()).contains(question), "{tool:?}: the file was named");
        std::fs::remove_file(desk.path("opened")).expect("removable");
    }
}

/// The one pin of a desk, by the line that is printed of it.
fn pin(line: &str) -> Pin {
    AccountLine::read(line).expect("a line").pin().clone()
}

#[test]
fn an_identity_file_that_says_something_else_than_this_computer_remembers_gets_no_password() {
    let tools = tools();
    let (server, desk) = completed();
    let printed = done(&firstkey(&desk, &["recipient", "--identity"])).stdout.clone();
    let line = printed.lines().last().expect("a line");
    desk.write("plain", b"x");
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    // The state that the plugin finds: where it lies unless somebody says otherwise.
    let usual = desk.path(".local/state/firstkey");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&usual).expect("a folder");
    for file in desk.state_files().iter().filter(|file| file.extension().is_some_and(|end| end == "pin")) {
        let copy = usual.join(file.file_name().expect("a name"));
        std::fs::copy(file, &copy).expect("copied");
        std::fs::set_permissions(copy, std::fs::Permissions::from_mode(0o600)).expect("ours");
    }
    let evil_server = Deployment::start();
    let origin = Origin::read(&evil_server.wire.origin()).expect("an origin");
    let elsewhere = Pin { origin, ..pin(line) };
    let turned = AccountLine::of(&elsewhere).expect("a line").write();
    let (good, evil) = (desk.write("good", line.as_bytes()), desk.write("evil", turned.as_bytes()));
    for (tool, _) in tools {
        let before = server.wire.paths().len();
        let mut pty = decrypt(&desk, &tool, &evil, &desk.path("sealed"));
        assert!(matches!(pty.wait(), End::Exited(code) if code != 0), "{tool:?}\n{}", plain(&pty.output()));
        assert!(!plain(&pty.output()).contains("Password of your"), "{tool:?}: it asked");
        assert_eq!((server.wire.paths().len(), evil_server.wire.paths().len()), (before, 0));
        let mut pty = decrypt(&desk, &tool, &good, &desk.path("sealed"));
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        std::fs::remove_file(desk.path("opened")).expect("removable");
    }
}

#[test]
fn recipients_need_no_plugin_and_it_says_so() {
    let tools = tools();
    let (_server, desk) = completed();
    let identity = desk.write("identity", done(&firstkey(&desk, &["recipient", "--identity"])).stdout.as_bytes());
    let recipient = done(&firstkey(&desk, &["recipient"])).stdout.trim().to_owned();
    let file = desk.write("plain", b"x");
    for (tool, _) in tools {
        let mut sealing = Command::new(&tool);
        sealing.env("PATH", programs(&desk)).arg("-e").arg("-i").arg(&identity).arg(&file);
        let end = sealing.output().expect("runs");
        let said = String::from_utf8_lossy(&end.stderr).into_owned();
        assert!(!end.status.success() && said.contains(&recipient), "{tool:?}: {said}");
    }
}

#[test]
fn the_plugin_by_itself_says_what_it_is_for() {
    let help = run(Command::new(PLUGIN).arg("--help").env_clear());
    assert!(help.code == Some(0) && help.stdout.contains("firstkey recipient --identity"), "{help:?}");
    let bare = run(Command::new(PLUGIN).env_clear());
    assert!(
        bare.code == Some(2) && bare.stderr.contains("age -d -i identity.txt") && bare.stdout.is_empty(),
        "{bare:?}"
    );
    let version = run(Command::new(PLUGIN).arg("--version").env_clear());
    assert_eq!(version.stdout, format!("age-plugin-firstkey {}\n", env!("CARGO_PKG_VERSION")));
    let unknown = run(Command::new(PLUGIN).arg("--age-plugin=future-v9").env_clear());
    assert!(unknown.code == Some(1) && unknown.stdout.is_empty(), "{unknown:?}");
}

#[test]
fn whatever_the_plugin_is_fed_it_ends_without_a_panic_and_gives_no_key() {
    use std::io::Write;
    // Read line by line from its beginning, this would take an hour.
    let line = format!("{}\n", "A".repeat(64));
    let huge = format!("-> recipient-stanza 0 X25519 AAAA\n{}\n-> done\n\n-> ok\n\n", line.repeat(100_000));
    for feed in [
        huge.as_bytes(),
        &b""[..],
        b"nonsense\n",
        b"-> done\n\n",
        b"-> done\n\n-> unsupported\n\n-> unsupported\n\n",
        b"-> add-identity AGE-PLUGIN-FIRSTKEY-1QQQQ\n\n-> done\n\n-> ok\n\n-> ok\n\n",
        b"-> recipient-stanza 7 X25519 AAAA\n\n-> done\n\n-> ok\n\n-> ok\n\n",
        b"-> recipient-stanza 0 X25519 AAAA\nAAAA\n-> done\n\n-> ok\n\n-> ok\n\n",
    ] {
        let mut plugin = Command::new(PLUGIN);
        plugin.arg("--age-plugin=identity-v1").env_clear();
        plugin
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut child = plugin.spawn().expect("it starts");
        // It may be gone before it has read everything.
        let _ = child.stdin.take().expect("a pipe").write_all(feed);
        let end = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&end.stdout);
        assert!(matches!(end.status.code(), Some(0 | 1)) && !said.contains("-> file-key"), "{end:?}");
    }
}
