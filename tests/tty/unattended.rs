//! Transcript (g): nobody is there to ask.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, plain};
use std::process::{Command, Stdio};

/// `accept --no-input` with these flags; nothing may have been sent.
fn refused(server: &Deployment, desk: &Desk, flags: &[&str]) -> Run {
    let run = run(desk.command().args(["accept", "--no-input", "--profile", "1"]).args(flags));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(server.wire.seen().is_empty(), "something was sent: {run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.lines().all(|line| line.starts_with("firstkey: ")), "{run:?}");
    run
}

#[test]
fn whatever_is_missing_is_named_with_its_flag_before_anything_is_sent() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let invite = desk.write("invite.url", server.invite(EMAIL).as_bytes());
    let password = desk.write("password", PASSWORD.as_bytes());
    let (invite, password) = (invite.display().to_string(), password.display().to_string());
    let given = [
        ("no invite link given, and this run cannot ask", "--invite-file PATH", ["--invite-file", &invite]),
        (
            "no password given, and this run cannot ask",
            "--password-fd N or --password-file PATH",
            ["--password-file", &password],
        ),
        ("no consent given, and this run cannot ask", "--yes-for EMAIL", ["--yes-for", EMAIL]),
    ];
    for (error, hint, missing) in &given {
        let flags: Vec<_> = given.iter().filter(|(.., flag)| flag != missing).flat_map(|(.., flag)| *flag).collect();
        let run = refused(&server, &desk, &flags);
        assert!(run.stderr.starts_with(&format!("firstkey: error: {error}\n")), "{run:?}");
        assert!(run.stderr.contains(hint), "{run:?}");
        assert!(run.stderr.contains("Nothing was sent"), "{run:?}");
    }
}

#[test]
fn where_the_kit_goes_is_named_before_keys_are_made_and_a_join_does_not_need_it() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let without_kit = |desk: &Desk, link: &str| {
        let (invite, password) = (desk.write("i", link.as_bytes()), desk.write("p", PASSWORD.as_bytes()));
        let mut command = desk.command();
        command.args(["accept", "--no-input", "--json", "--yes-for", EMAIL, "--profile", "1"]);
        run(command.arg("--invite-file").arg(invite).arg("--password-file").arg(password))
    };
    let refused = without_kit(&desk, &link);
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(2), Some("missing-kit")), "{refused:?}");
    assert!(refused.stderr.contains("--kit-out PATH"), "{refused:?}");
    assert_eq!(server.wire.paths(), [super::CLAIM]);
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let second = server.invite_by_second(EMAIL);
    let joined = without_kit(&desk, &second);
    assert_eq!((joined.code, joined.last()["deed"].as_str()), (Some(0), Some("joined")), "{joined:?}");
}

#[test]
fn a_consent_for_somebody_else_is_no_consent() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let run = desk.run_accept(&link, "grace@example.org");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.last()["code"], "not-the-invited");
    assert!(
        run.stderr.contains("--yes-for names grace@example.org, but this invite is for ada@example.org."),
        "{run:?}"
    );
    assert_eq!(server.wire.paths(), [super::CLAIM]);
    assert!(!desk.path("kit.txt").exists());
}

/// `text` as UTF-16 with a mark, its lines ended as Windows does.
fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}\r\n").encode_utf16().flat_map(bytes_of).collect()
}

/// Every byte that is not a letter or digit as `%23`.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[test]
fn a_file_holds_the_link_however_programs_wrote_it_and_filters_of_mail_replaced_it() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let (begin, end) = link.split_at(60);
    let marked = percent(&link.replace('#', "%23"));
    let forms = [
        ("PowerShell", utf16(&link, u16::to_le_bytes)),
        ("big end first", utf16(&link, u16::to_be_bytes)),
        ("Notepad", format!("\u{feff}{link}\r\n").into_bytes()),
        ("Safe Links", format!("https://deu01.safelinks.protection.outlook.com/?url={marked}&data=05%7C02%7Cada%40example.org&sdata=abc%3D&reserved=0").into()),
        ("urldefense", format!("https://urldefense.com/v3/__{}__;Iw!!Abc123!xyz$", link.replace('#', "*")).into()),
        ("percent", link.replace('#', "%23").into()),
        ("percent twice", link.replace('#', "%2523").into()),
        ("Gmail", format!("{link}&source=gmail&ust=1511353971734000&usg=AFQ").into()),
        ("full stop", format!("{link}.").into()),
        ("comma", format!("{link},").into()),
        ("parentheses", format!("({link})").into()),
        ("quotation marks", format!("\"{link}\"").into()),
        ("Markdown", format!("[{link}]({link})").into()),
        ("forwarded", format!("> {link}").into()),
        ("slash", format!("{link}/").into()),
        ("wrapped", format!("{begin}\r\n{end}").into()),
        ("wrapped and forwarded", format!("> {begin}\n> {end}\n").into()),
        ("soft break", format!("{begin}=\r\n{}\r\n", end.replace('=', "=3D")).into()),
    ];
    for (number, (form, bytes)) in forms.into_iter().enumerate() {
        let desk = Desk::new();
        let mut command = desk.accept(&link, "grace@example.org");
        desk.write("invite.url", &bytes);
        // The server knows the token; then it ends, because the consent is for somebody else.
        let run = run(&mut command);
        assert_eq!((run.code, &run.last()["code"]), (Some(2), &"not-the-invited".into()), "{form}: {run:?}");
        assert_eq!(server.wire.paths().len(), number + 1, "{form}: one claim each");
    }
}

#[test]
fn a_link_that_cannot_be_had_back_is_called_replaced_and_raises_no_alarm() {
    let desk = Desk::new();
    let mut command = desk.accept("https://protect-eu.mimecast.com/s/AbC1dEf?domain=accounts.example.org", EMAIL);
    let run = run(&mut command);
    assert_eq!((run.code, &run.last()["code"]), (Some(4), &"link-replaced".into()), "{run:?}");
    for (words, are_there) in [("replaced this link", true), ("browser", true), ("Do not use it", false)] {
        assert_eq!(run.stderr.contains(words), are_there, "{words}: {run:?}");
    }
}

#[test]
fn a_process_without_a_terminal_behaves_as_with_no_input() {
    let desk = Desk::new();
    // A session of its own has no controlling terminal, wherever this test was started.
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_firstkey"), "accept"]).env_clear().env("PATH", "/usr/bin:/bin");
    command.env("HOME", desk.home.path()).stdin(Stdio::null());
    let run = run(&mut command);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("no invite link given, and this run cannot ask"), "{run:?}");
}

#[test]
fn a_pipe_for_the_link_leaves_the_questions_on_the_terminal() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let invite = desk.write("invite.url", server.invite(EMAIL).as_bytes());
    let result = desk.path("result");
    let mut pty = accept(&desk).arg("--invite-file").arg("-").arg("--json").stdin(&invite).stdout(&result).start();
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\r");
    pty.choose(PASSWORD);
    pty.keep_kit();
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    let events = std::fs::read_to_string(&result).expect("the events");
    let names: Vec<_> = events
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON")["event"].as_str().expect("a name").to_owned()
        })
        .collect();
    assert_eq!(names, ["invite", "kdf", "sent", "done"]);
}

#[test]
fn a_password_on_the_command_line_or_in_the_environment_is_explained_and_never_repeated() {
    const GIVEN: &str = "correct-horse-4711";
    let desk = Desk::new();
    for flags in [vec!["--password", GIVEN], vec!["--password=correct-horse-4711"], vec!["--password"]] {
        let run = run(desk.command().arg("accept").args(&flags));
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(!format!("{run:?}").contains("4711"), "{run:?}");
        assert!(run.stderr.contains("--password-fd N or --password-file PATH"), "{run:?}");
        assert!(run.stderr.contains("Nothing was sent."), "{run:?}");
    }
    let run = run(desk.command().arg("accept").env("FIRSTKEY_PASSWORD", GIVEN));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("unset FIRSTKEY_PASSWORD") && !format!("{run:?}").contains("4711"), "{run:?}");

    let mut pty = accept(&desk).arg("--password").arg(GIVEN).start();
    assert_eq!(pty.wait(), End::Exited(2));
    let output = plain(&pty.output());
    assert!(output.contains("do not use it any more") && !output.contains("4711"), "{output}");
}

#[test]
fn an_unknown_flag_is_named_and_ends_with_2() {
    let desk = Desk::new();
    let run = run(desk.command().args(["accept", "--pasword-file", "x"]));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("--pasword-file") && run.stderr.contains("--password-file"), "{run:?}");
    assert!(run.stdout.is_empty());
}

/// Somebody enters a container from outside (`docker exec`, `kubectl exec`, `nsenter`): for a
/// program in it, its session and its process group have no number.
#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_container_that_was_entered_from_outside_is_as_good_a_place_as_any() {
    let mut enter = Command::new("unshare");
    enter.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child", "--"]);
    let can_enter = enter.arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !can_enter {
        assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "this machine lets nobody make a process namespace");
        eprintln!("NOT TESTED: this machine lets nobody make a process namespace (util-linux's unshare)");
        return;
    }
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let inside = desk.accept(&link, EMAIL);
    let mut entered = Command::new("unshare");
    entered.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child", "--"]);
    entered.arg(inside.get_program()).args(inside.get_args()).env_clear().stdin(Stdio::null());
    entered.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = run(&mut entered);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(server.show(EMAIL).state, "complete");
}
