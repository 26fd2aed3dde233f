//! The kit used, proven and replaced: at the terminal, by a script, and in vain.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed as account;
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, asked_group, firstkey, groups, plain};
use super::{EMAIL, FINISH, LOGIN, PARAMS};
use std::path::{Path, PathBuf};

const NEW: &str = "harbor trumpet mosaic lantern gravel 91";
const CODE: &str = "Recovery code: ";

/// A server, a desk where an account was completed, and the kit that was kept.
fn completed() -> (Deployment, Desk, PathBuf) {
    let (server, desk) = account();
    let kit = desk.path("kit.txt");
    assert!(kit.is_file(), "the kit was kept");
    (server, desk, kit)
}

fn code_of(kit: &Path) -> String {
    let page = std::fs::read_to_string(kit).expect("a kit");
    page.lines().find_map(|line| line.strip_prefix("recovery-code: ")).expect("a code").to_owned()
}

fn opens(desk: &Desk, password: &str) -> Option<i32> {
    let file = desk.write("try", password.as_bytes());
    run(desk.command().args(["verify", "--no-input", "--json", "--password-file"]).arg(file)).code
}

/// Writes the shown kit down, and types the group that is asked for.
fn write_down(pty: &mut Pty) -> String {
    pty.keep_kit().join("-")
}

#[test]
fn a_person_who_forgot_the_password_comes_back_with_the_kit() {
    let (server, desk, kit) = completed();
    let before = server.wire.paths().len();
    let code = code_of(&kit);
    let mut pty = firstkey(&desk).arg("forgot").start();
    pty.expect(CODE);
    let mut slip = code.clone().into_bytes();
    slip.swap(0, 1);
    if slip == code.as_bytes() {
        slip[0] = if slip[0] == b'7' { b'3' } else { b'7' };
    }
    pty.send(format!("{}\r", String::from_utf8(slip).expect("text")));
    pty.expect("character is wrong");
    pty.expect(CODE);
    pty.send(format!("{}\r", code.to_lowercase().replace('-', " ")));
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    let new = write_down(&mut pty);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "  Nothing was sent. Please type it again.",
        "  The code opens the account.",
        "Done. ada@example.org at 127.0.0.1 has a new password and a new kit.",
        "Your keys are the ones that this computer remembers. Their fingerprint:",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert!(!page.contains(NEW) && !page.contains(&code), "the code is gone from the screen:\n{page}");
    let paths = server.wire.paths()[before..].to_vec();
    let [start, finish] = ["/v1/recovery/start", "/v1/recovery/finish"];
    let complete = "/v1/recovery/complete";
    assert_eq!(
        paths,
        [PARAMS, start, finish, start, finish, "/v1/account/password/start", complete, LOGIN, FINISH, "/v1/logout"]
    );
    assert_eq!((opens(&desk, NEW), opens(&desk, PASSWORD)), (Some(0), Some(10)));
    // The old kit is dead, the new one is not.
    let script = |code: &str, name: &str| {
        let page = std::fs::read_to_string(&kit).expect("a kit");
        let file = desk.write(name, page.replace(&code_of(&kit), code).as_bytes());
        let password = desk.write("pw", NEW.as_bytes());
        let mut command = desk.command();
        command.args(["verify", "--no-input", "--json", "--password-file"]).arg(password).arg("--kit-file").arg(file);
        run(&mut command)
    };
    assert_eq!(script(&code, "old.txt").last()["code"].as_str(), Some("code-opens-nothing"));
    assert_eq!(script(&new, "new.txt").last()["deed"].as_str(), Some("kit-verified"));
}

/// The file as a terminal sends it when it is pasted.
fn pasted(kit: &Path) -> String {
    let page = std::fs::read_to_string(kit).expect("a kit");
    format!("\x1b[200~{}\x1b[201~\r", page.replace('\n', "\r"))
}

#[test]
fn a_whole_kit_may_be_pasted_where_its_code_is_asked_for() {
    let (server, desk, kit) = completed();
    let before = server.wire.paths().len();
    let mut pty = firstkey(&desk).arg("recover").start();
    pty.expect(CODE);
    let other = desk
        .write("other.txt", std::fs::read_to_string(&kit).expect("a kit").replace(EMAIL, "bob@example.org").as_bytes());
    pty.send(pasted(&other));
    pty.expect("That is the kit of a different account. Nothing was sent.");
    assert_eq!(server.wire.paths()[before..], [PARAMS]);
    pty.expect(CODE);
    pty.send(pasted(&kit));
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    write_down(&mut pty);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(!pty.output().contains(&code_of(&kit)), "the pasted code is not shown");
    assert_eq!(opens(&desk, NEW), Some(0));
}

#[test]
fn in_a_paste_no_byte_stops_the_program_and_the_shell_gets_nothing_of_it() {
    let (_server, desk, kit) = completed();
    let code = code_of(&kit);
    let lines = format!("echo {code}\r").repeat(600);
    let marked = format!("\x1b[200~{lines}\x1a\x03\x1c\x1b[{lines}\x1b[201~\r");
    // Without markers a Ctrl-C is a key, and what follows it is for nobody.
    for (flood, is_marked) in [(marked, true), (format!("{lines}\x03{lines}"), false)] {
        let mut pty = firstkey(&desk).arg("recover").start();
        pty.expect(CODE);
        pty.send(flood);
        if is_marked {
            // It is one text, in which two codes stand a thousand times: the same one.
            pty.type_secret("New password: ", "\x03");
        }
        assert!(matches!(pty.wait(), End::Exited(130 | 131)), "{}", plain(&pty.output()));
        assert!(!pty.page().contains(&code), "the code stands on the screen of the shell:\n{}", pty.page());
        assert!(pty.echo_is_on(), "the terminal is as before");
    }
}

#[test]
fn a_stop_in_the_middle_of_a_paste_leaves_nothing_of_it_to_the_shell() {
    let (_server, desk, kit) = completed();
    let code = code_of(&kit);
    let lines = format!("echo {code}\r").repeat(600);
    let mut pty = firstkey(&desk).arg("recover").start();
    pty.expect(CODE);
    // Without markers the key is one; all of it can be sent only if somebody takes the rest.
    pty.send(format!("{lines}\x1a{lines}"));
    pty.until_stopped();
    assert!(!pty.screen().contents().contains(&code), "{}", pty.screen().contents());
    pty.signal(rustix::process::Signal::CONT);
    pty.expect(CODE);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(!pty.page().contains(&code), "{}", pty.page());
}

#[test]
fn a_whole_kit_pasted_where_the_server_is_asked_for_answers_everything() {
    let (_server, desk, kit) = completed();
    let new_computer = Desk::new();
    let mut pty = firstkey(&new_computer).arg("recover").start();
    pty.expect("Which server? ");
    pty.send(pasted(&kit));
    pty.type_secret("New password: ", NEW);
    let shown = plain(&pty.output());
    assert!(!shown.contains("e-mail address at") && !shown.contains(CODE), "nothing else is asked: {shown}");
    pty.type_secret("Again: ", NEW);
    write_down(&mut pty);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(!pty.output().contains(&code_of(&kit)), "the pasted code is not shown");
    assert_eq!((opens(&desk, NEW), opens(&desk, PASSWORD)), (Some(0), Some(10)));
}

#[test]
fn a_script_recovers_on_a_computer_that_never_saw_the_account() {
    let (_server, desk, kit) = completed();
    let other = Desk::new();
    let kit = other.write("kit.txt", &std::fs::read(kit).expect("a kit"));
    let new = other.write("new", NEW.as_bytes());
    let mut command = other.command();
    command.args(["recover", "--no-input", "--json", "--kit-file"]).arg(&kit).arg("--new-password-file").arg(new);
    let missing = run(&mut command);
    assert_eq!((missing.code, missing.last()["code"].as_str()), (Some(2), Some("missing-kit")), "{missing:?}");
    assert_eq!(opens(&desk, PASSWORD), Some(0), "nothing was changed");
    let done = run(command.arg("--kit-out").arg(other.path("newkit.txt")));
    assert_eq!((done.code, done.last()["deed"].as_str()), (Some(0), Some("recovered")), "{done:?}");
    assert_eq!(done.last()["first_seen"].as_bool(), Some(true));
    assert_eq!((opens(&desk, NEW), opens(&desk, PASSWORD)), (Some(0), Some(10)));
    // And once more, with the kit that took its place; the first one is dead.
    let third = other.write("third", b"quite another Lantern 88 gravel");
    let mut again = other.command();
    again.args(["recover", "--no-input", "--json", "--new-password-file"]).arg(third);
    again.arg("--kit-out").arg(other.path("third.txt")).arg("--kit-file");
    let mut dead = again;
    let refused = run(dead.arg(&kit));
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(10), Some("code-opens-nothing")), "{refused:?}");
    assert!(!other.path("third.txt").exists(), "no kit is made for nothing");
}

#[test]
fn a_script_recovers_only_the_account_that_it_names() {
    let (server, desk, kit) = completed();
    let new = desk.write("new", NEW.as_bytes());
    let before = server.wire.paths().len();
    for wrong in [
        ["--yes-for", "grace@example.org"],
        ["--account", "grace@example.org"],
        ["--server", "https://keys.example.org"],
    ] {
        let mut command = desk.command();
        command.args(["recover", "--no-input", "--json", "--kit-file"]).arg(&kit).arg("--new-password-file").arg(&new);
        let refused = run(command.arg("--kit-out").arg(desk.path("never.txt")).args(wrong));
        assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(6), Some("other-kit")), "{refused:?}");
    }
    assert_eq!(server.wire.paths().len(), before, "nothing was sent");
    assert!(!desk.path("never.txt").exists());
    let mut command = desk.command();
    command.args(["recover", "--no-input", "--json", "--kit-file"]).arg(&kit).arg("--new-password-file").arg(&new);
    let done = run(command.arg("--kit-out").arg(desk.path("second.txt")).args(["--yes-for", EMAIL]));
    assert_eq!((done.code, done.last()["deed"].as_str()), (Some(0), Some("recovered")), "{done:?}");
}

#[test]
fn a_person_makes_a_new_kit_and_proves_it() {
    let (server, desk, kit) = completed();
    let mut pty = firstkey(&desk).arg("kit").start();
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    let new = write_down(&mut pty);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "Your new recovery kit",
        "Done. ada@example.org at 127.0.0.1 has a new recovery kit,",
        "Your password, your keys and their fingerprint are the same as before.",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert!(!page.contains(&new), "{page}");
    assert!(server.wire.paths().contains(&"/v1/account/kit".to_owned()));
    let mut pty = firstkey(&desk).arg("verify").arg("--kit").start();
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    pty.expect(CODE);
    pty.send(format!("{new}\r"));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    assert!(page.contains("That kit opens it too. Keep it where it is."), "{page}");
    let (_, newest) = page.split_once("Its recovery kit has the number ").expect("a number");
    let newest = newest[..6].to_owned();
    let mut pty = firstkey(&desk).arg("verify").arg("--kit").start();
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    pty.expect(CODE);
    pty.send(format!("{}\r", code_of(&kit)));
    assert_eq!(pty.wait(), End::Exited(10), "{}", plain(&pty.output()));
    let page = pty.page();
    assert!(page.contains("That is not the recovery kit that the account has now."), "{page}");
    assert!(page.contains(&format!("the newest has {newest}.")) && page.contains("\n  firstkey kit"), "{page}");
    assert!(!page.contains("firstkey recover"), "whoever has the password needs no recovery: {page}");
}

#[test]
fn of_two_kits_in_a_text_none_is_chosen_and_one_that_others_can_read_is_no_matter_of_its_name() {
    use std::os::unix::fs::PermissionsExt;
    let (server, desk, kit) = completed();
    let before = server.wire.paths().len();
    let page = std::fs::read_to_string(&kit).expect("a kit");
    let code = firstkey_core::crypto::recovery::write_code(&[0x5a; 16]);
    let two = format!("{page}\n{}", page.replace(&code_of(&kit), &code));
    let file = desk.write("two.txt", two.as_bytes());
    let recover = |file: &Path| {
        let mut command = desk.command();
        command.args(["recover", "--no-input", "--yes-for", EMAIL, "--kit-out"]).arg(desk.path("new.txt"));
        run(command.arg("--kit-file").arg(file))
    };
    let stopped = recover(&file);
    assert_eq!(stopped.code, Some(5), "{stopped:?}");
    assert!(stopped.stderr.contains("it holds several kits, and only one can be meant."), "{}", stopped.stderr);
    let open = desk.write("open.txt", page.as_bytes());
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    let stopped = recover(&open);
    assert_eq!(stopped.code, Some(5), "{stopped:?}");
    let command = format!("chmod 600 {}", open.display());
    assert!(stopped.stderr.contains(&command) && !stopped.stderr.contains("--kit-out"), "{}", stopped.stderr);
    assert_eq!(server.wire.paths()[before..], [""; 0]);
    let mut pty = firstkey(&desk).arg("recover").start();
    pty.expect(CODE);
    pty.send(pasted(&file));
    pty.expect("That holds more than one kit.");
    assert_eq!(server.wire.paths()[before..], [PARAMS]);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130), "{}", plain(&pty.output()));
    assert!(!pty.output().contains(&code_of(&kit)) && !pty.output().contains(&*code));
}

#[test]
fn ctrl_c_at_each_question_of_a_recovery_changes_nothing() {
    let (server, desk, kit) = completed();
    let code = code_of(&kit);
    for steps in 0..4 {
        let mut pty = firstkey(&desk).arg("recover").start();
        pty.expect(CODE);
        if steps > 0 {
            pty.send(format!("{code}\r"));
            pty.expect("New password: ");
        }
        if steps > 1 {
            pty.send(format!("{NEW}\r"));
            pty.expect("Again: ");
        }
        if steps > 2 {
            pty.send(format!("{NEW}\r"));
            pty.expect("Written down?");
        }
        pty.send("\x03");
        assert_eq!(pty.wait(), End::Exited(130), "{steps}");
        assert!(pty.page().contains("Stopped. Nothing was changed."), "{steps}: {}", pty.page());
    }
    assert!(!server.wire.paths().contains(&"/v1/recovery/complete".to_owned()));
    assert_eq!(opens(&desk, PASSWORD), Some(0));
}

#[test]
fn a_dumb_narrow_terminal_recovers_too() {
    let (_server, desk, kit) = completed();
    let mut pty = firstkey(&desk).arg("recover").term("dumb").size(24, 40).start();
    pty.expect(CODE);
    pty.send(format!("{}\r", code_of(&kit)));
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    // The question is wrapped at this width.
    pty.expect("file instead] ");
    let kit = groups(&pty.page());
    pty.send("y\r");
    let group = asked_group(&mut pty);
    pty.send(format!("{}\r", kit[group - 1]));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    // A command is never broken.
    let of_the_program = |line: &&str| !line.starts_with(CODE) && !line.starts_with("    firstkey recover --");
    assert!(page.lines().filter(of_the_program).all(|line| line.chars().count() <= 40), "{page}");
    assert!(!page.contains("Step "), "{page}");
    assert_eq!(opens(&desk, NEW), Some(0));
}
