//! Files for colleagues: looking somebody up, sealing for them, opening what was sealed.

use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, firstkey, plain, without_ports};
use super::{EMAIL, FINISH, LOGIN, PARAMS};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

const GRACE: &str = "grace@example.org";
const DIRECTORY: &str = "/v1/directory";
const QUESTION: &str = "Password for ada@example.org: ";

/// A server, Ada's desk and Grace's; both accounts are complete.
fn colleagues() -> (Deployment, Desk, Desk) {
    let mut server = Deployment::start();
    let desks = [EMAIL, GRACE].map(|email| {
        let link = server.invite(email);
        let desk = Desk::new();
        let done = desk.run_accept(&link, email);
        assert_eq!(done.code, Some(0), "{done:?}");
        desk
    });
    let [ada, grace] = desks;
    (server, ada, grace)
}

fn fingerprint(desk: &Desk) -> String {
    run(desk.command().args(["status", "--json"])).last()["fingerprint"].as_str().expect("eight words").to_owned()
}

/// A command of a script, with the password in a file.
fn scripted(desk: &Desk, arguments: &[&str]) -> Run {
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(arguments).args(["--no-input", "--json", "--password-file"]).arg(password);
    run(&mut command)
}

fn seal(desk: &Desk, arguments: &[&str]) -> Run {
    run(desk.command().arg("seal").args(arguments).args(["--no-input", "--json"]).current_dir(desk.home.path()))
}

/// Whatever a run that was given up might have left.
fn leftovers(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("readable").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".firstkey-"))
        .collect()
}

fn assert_stopped(run: &Run, exit: i32, code: &str) {
    assert_eq!(run.code, Some(exit), "{run:?}");
    assert_eq!(run.last()["code"], code, "{run:?}");
}

#[test]
fn a_colleague_is_looked_up_once_and_files_are_sealed_for_them_without_a_password() {
    let (server, ada, grace) = colleagues();
    let plain_text = "the launch is on Tuesday\n".repeat(5_000);
    ada.write("plan.txt", plain_text.as_bytes());

    let before = server.wire.paths().len();
    let unknown = seal(&ada, &["--to", GRACE, "-o", "plan.age", "plan.txt"]);
    assert_stopped(&unknown, 2, "person-not-remembered");
    assert!(unknown.stderr.contains("firstkey people grace@example.org"), "{}", unknown.stderr);
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    assert!(!ada.path("plan.age").exists());

    let mut pty = firstkey(&ada).arg("people").arg("Grace@Example.org").start();
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    let words = fingerprint(&grace);
    let words: Vec<_> = words.split(' ').collect();
    for line in [
        "grace@example.org at 127.0.0.1, new to this computer.",
        "Key of generation 1, fingerprint:",
        &format!("    {}", words[..4].join(" ")),
        &format!("    {}", words[4..].join(" ")),
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN, FINISH, DIRECTORY, "/v1/logout"]);

    let before = server.wire.paths().len();
    let sealed = seal(&ada, &["--to", GRACE, "--to", EMAIL, "-o", "plan.age", "plan.txt"]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert_eq!(
        sealed.last(),
        json!({"event": "sealed", "ok": true, "bytes": plain_text.len(), "recipients": 2, "path": "plan.age"})
    );
    assert_eq!(server.wire.paths().len(), before, "sealing asks nobody");
    assert_eq!(ada.path("plan.age").metadata().expect("there").permissions().mode() & 0o777, 0o600);

    // Grace opens it, at the terminal; Ada with a script.
    std::fs::copy(ada.path("plan.age"), grace.path("plan.age")).expect("copied");
    let mut pty = firstkey(&grace).arg("open").arg("-o").arg("read.txt").arg("plan.age").start();
    pty.type_secret("Password for grace@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(pty.page().contains("Opened: 125,000 bytes in read.txt, all authenticated."), "{}", pty.page());
    assert_eq!(std::fs::read_to_string(grace.path("read.txt")).expect("readable"), plain_text);
    let out = ada.path("again.txt");
    let opened =
        scripted(&ada, &["open", ada.path("plan.age").to_str().expect("text"), "-o", out.to_str().expect("text")]);
    assert_eq!(opened.code, Some(0), "{opened:?}");
    assert_eq!(opened.last()["event"], "opened");
    assert_eq!(std::fs::read_to_string(out).expect("readable"), plain_text);
}

#[test]
fn words_that_were_typed_are_compared_and_people_are_listed_without_a_password() {
    let (server, ada, grace) = colleagues();
    let nobody = run(ada.command().arg("people"));
    assert!(nobody.stdout.starts_with("This computer does not remember any colleague."), "{nobody:?}");
    let wrong = "abacus abacus abacus abacus abacus abacus abacus abacus";
    let refused = scripted(&ada, &["people", GRACE, "--fingerprint", wrong]);
    assert_stopped(&refused, 6, "peer-other-words");
    assert_eq!(run(ada.command().args(["people", "--json"])).stdout, "", "nobody was remembered");

    let compared = scripted(&ada, &["people", GRACE, "--fingerprint", &fingerprint(&grace).to_uppercase()]);
    assert_eq!(compared.code, Some(0), "{compared:?}");
    let event = compared.last();
    assert_eq!(
        (&event["event"], &event["seen"], &event["compared"]),
        (&json!("person"), &json!("first"), &json!(true))
    );
    let before = server.wire.paths().len();
    let listed = run(ada.command().args(["people", "--json"])).last();
    assert_eq!(
        (&listed["email"], &listed["fingerprint"], &listed["compared"]),
        (&json!(GRACE), &event["fingerprint"], &json!(true))
    );
    assert!(run(ada.command().arg("people")).stdout.contains("key of generation 1, compared, fingerprint:"));
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    let again = scripted(&ada, &["people", GRACE]).last();
    assert_eq!((&again["seen"], &again["compared"]), (&json!("same"), &json!(true)));
}

#[test]
fn a_colleague_whose_account_was_made_anew_stops_until_the_new_words_are_typed() {
    let (mut server, ada, grace) = colleagues();
    assert_eq!(scripted(&ada, &["people", GRACE]).code, Some(0));
    ada.write("plan.txt", b"for the real one");
    // The organisation removes Grace and pushes her again: another account, other keys.
    let found = server.scim("GET", "/scim/v2/Users?filter=userName%20eq%20%22grace@example.org%22", &json!(null));
    let id = found.value()["Resources"][0]["id"].as_str().expect("an id").to_owned();
    server.remove(&id);
    let link = server.invite(GRACE);
    let second = Desk::new();
    assert_eq!(second.run_accept(&link, GRACE).code, Some(0));

    let stopped = scripted(&ada, &["people", GRACE]);
    assert_stopped(&stopped, 6, "peer-changed-keys");
    for words in [fingerprint(&grace), fingerprint(&second)] {
        assert!(stopped.stderr.contains(words.split(' ').next().expect("a word")), "{}", stopped.stderr);
    }
    // What is remembered stays, and is what files are sealed for.
    let seal_it = || seal(&ada, &["--to", GRACE, "-o", "plan.age", "--force", "plan.txt"]);
    assert_eq!(seal_it().code, Some(0));
    std::fs::copy(ada.path("plan.age"), second.path("plan.age")).expect("copied");
    let file = second.path("plan.age");
    let out = second.path("out");
    let open = || scripted(&second, &["open", file.to_str().expect("text"), "-o", out.to_str().expect("text")]);
    assert_stopped(&open(), 5, "not-for-you");
    assert!(!out.exists());

    let confirmed = scripted(&ada, &["people", GRACE, "--fingerprint", &fingerprint(&second)]);
    assert_eq!((confirmed.code, &confirmed.last()["seen"]), (Some(0), &json!("confirmed")), "{confirmed:?}");
    assert_eq!(run(ada.command().args(["people", "--json"])).events().len(), 1, "in place of the old one");
    assert_eq!(seal_it().code, Some(0));
    std::fs::copy(ada.path("plan.age"), &file).expect("copied");
    assert_eq!(open().code, Some(0));
    assert_eq!(std::fs::read(out).expect("readable"), b"for the real one");
}

#[test]
fn a_person_whom_the_server_does_not_show_has_words_of_their_own() {
    let (_server, ada, _grace) = colleagues();
    let unknown = scripted(&ada, &["people", "nobody@example.org"]);
    assert_stopped(&unknown, 2, "person-unknown");
    assert!(
        without_ports(&unknown.stderr).contains("127.0.0.1 shows you nobody with that address."),
        "{}",
        unknown.stderr
    );
    assert_stopped(&scripted(&ada, &["people", "grace"]), 2, "no-address");
}

#[test]
fn a_file_that_was_cut_or_altered_gives_no_output_file_and_exit_code_6() {
    let (_server, ada, _grace) = colleagues();
    let contents = vec![7; 200_000];
    ada.write("plain", &contents);
    assert_eq!(seal(&ada, &["--to", EMAIL, "-o", "whole.age", "plain"]).code, Some(0));
    let whole = std::fs::read(ada.path("whole.age")).expect("readable");
    let mut flipped = whole.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let mut header = whole.clone();
    header[60] ^= 1;
    let out = ada.path("out");
    for (name, file) in [("cut", &whole[..whole.len() - 70_000]), ("flipped", &flipped), ("header", &header)] {
        let path = ada.write(name, file);
        let stopped = scripted(&ada, &["open", path.to_str().expect("text"), "-o", out.to_str().expect("text")]);
        let expected = if stopped.last()["code"] == "not-for-you" { (5, "not-for-you") } else { (6, "file-damaged") };
        assert_stopped(&stopped, expected.0, expected.1);
        assert!(name == "header" || expected.0 == 6, "{name}");
        assert!(!out.exists(), "{name}");
        assert_eq!(leftovers(ada.home.path()), [""; 0], "{name}");
    }

    // To standard output whole chunks come out, and the exit code says that it is not all.
    let password = ada.write("password", PASSWORD.as_bytes());
    let mut command = ada.command();
    command.args(["open", "--no-input", "--json", "--password-file"]).arg(password).arg(ada.path("cut"));
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(output.stdout, contents[..64 * 1024], "one whole chunk");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(
        said.contains("Standard output has only its beginning") && said.contains("\"code\":\"file-damaged\""),
        "{said}"
    );
}

#[test]
fn files_go_through_standard_input_and_output_and_nothing_else_does() {
    let (_server, ada, _grace) = colleagues();
    let plain_path = ada.write("plain", b"through a pipe");
    let input = || Stdio::from(std::fs::File::open(&plain_path).expect("readable"));
    let sealed = ada.command().args(["seal", "--to", EMAIL]).stdin(input()).output().expect("runs");
    assert_eq!(sealed.status.code(), Some(0), "{sealed:?}");
    assert!(sealed.stdout.starts_with(b"age-encryption.org/v1\n-> X25519 "));
    let file = ada.write("sealed", &sealed.stdout);
    let password = ada.write("password", PASSWORD.as_bytes());
    let mut command = ada.command();
    command.args(["open", "--password-file"]).arg(password);
    command.stdin(Stdio::from(std::fs::File::open(file).expect("readable")));
    let opened = command.output().expect("runs");
    assert_eq!((opened.status.code(), opened.stdout.as_slice()), (Some(0), &b"through a pipe"[..]), "{opened:?}");
    let twice = run(ada.command().args(["open", "--no-input", "--json", "--password-fd", "0", "-o", "out"]));
    assert_stopped(&twice, 2, "stdin-twice");
}

#[test]
fn a_terminal_gets_no_file_unless_it_is_asked_for() {
    let (_server, ada, _grace) = colleagues();
    let file = ada.write("plain", b"a line for the screen\n");
    let mut pty = firstkey(&ada).arg("seal").arg("--to").arg(EMAIL).arg(&file).start();
    assert_eq!(pty.wait(), End::Exited(2));
    assert!(pty.page().contains("standard output is a terminal"), "{}", pty.page());
    let mut pty = firstkey(&ada).arg("open").arg("-o").arg("out").start();
    assert_eq!(pty.wait(), End::Exited(2));
    assert!(pty.page().contains("standard input is a terminal"), "{}", pty.page());
    assert_eq!(seal(&ada, &["--to", EMAIL, "-o", "sealed", "plain"]).code, Some(0));
    let mut pty: Pty = firstkey(&ada).arg("open").arg("-o").arg("-").arg("sealed").start();
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(pty.page().contains("a line for the screen"), "{}", pty.page());
}

#[test]
fn what_cannot_be_done_is_said_before_the_password_is_asked_for() {
    let (server, ada, _grace) = colleagues();
    let plain_path = ada.write("plain", b"x");
    assert_eq!(seal(&ada, &["--to", EMAIL, "-o", "sealed", "plain"]).code, Some(0));
    let sealed = ada.path("sealed");
    let before = server.wire.paths().len();
    let open = |arguments: &[&Path]| {
        let mut command = ada.command();
        command.args(["open", "--no-input", "--json"]).args(arguments).current_dir(ada.home.path());
        run(&mut command)
    };
    let (out, taken) = (Path::new("-oout"), Path::new("-oplain"));
    assert_stopped(&open(&[&sealed, taken]), 5, "output-exists");
    assert_stopped(&open(&[Path::new("nothing"), out]), 5, "input");
    assert_stopped(&open(&[ada.home.path(), out]), 5, "input");
    assert_stopped(&open(&[&plain_path, out]), 5, "not-age");
    assert_stopped(&open(&[&sealed, Path::new("-ono/where")]), 5, "output");
    assert_stopped(&open(&[&sealed, out]), 2, "missing-password");
    assert_eq!(server.wire.paths()[before..], [PARAMS], "only the last got so far");
    assert_eq!(std::fs::read(plain_path).expect("readable"), b"x");
    for (whom, code) in [("age1nonsense", "not-a-recipient"), ("grace", "not-a-recipient")] {
        assert_stopped(&seal(&ada, &["--to", whom, "-o", "new", "plain"]), 2, code);
    }
    assert_stopped(&seal(&ada, &["--to", EMAIL, "-o", "sealed", "plain"]), 5, "output-exists");
    assert_eq!(leftovers(ada.home.path()), [""; 0]);
}

#[test]
fn ctrl_c_ends_a_pipe_that_stays_silent_and_leaves_no_file() {
    let (_server, ada, _grace) = colleagues();
    let pipe = ada.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
    assert!(made.success());
    ada.write("long", &[1].repeat(50_000));
    assert_eq!(seal(&ada, &["--to", EMAIL, "-o", "long.age", "long"]).code, Some(0));
    let long = std::fs::read(ada.path("long.age")).expect("readable");
    let mut pty = firstkey(&ada).arg("open").arg("-o").arg("out").arg(&pipe).start();
    // Less than a pipe holds, and not the end.
    let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).expect("somebody reads");
    std::io::Write::write_all(&mut writer, &long[..40_000]).expect("written");
    pty.type_secret(QUESTION, PASSWORD);
    pty.expect("Checking that your account opens ... yes");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130), "{}", plain(&pty.output()));
    drop(writer);
    assert!(pty.page().contains("Stopped. No file was finished."), "{}", pty.page());
    assert!(!ada.path("out").exists());
    assert_eq!(leftovers(ada.home.path()), [""; 0]);
}

#[test]
fn help_of_the_commands_about_files_fits_a_screen() {
    let desk = Desk::new();
    for command in ["people", "seal", "open", "recipient"] {
        let help = run(desk.command().args([command, "--help"]));
        assert_eq!(help.code, Some(0), "{help:?}");
        let (rows, widest) = (help.stdout.lines().count(), help.stdout.lines().map(str::len).max().unwrap_or(0));
        assert!(rows <= 24 && widest <= 80, "{rows} rows, {widest} columns:\n{}", help.stdout);
    }
}
