//! The second computer: an account that exists, on a computer that does not know it.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, accept, asked_group, firstkey, groups, plain};
use super::{EMAIL, FINISH, LOGIN, LOGOUT, PARAMS};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;

const NEW: &str = "harbor trumpet mosaic lantern gravel 91";
const SERVER: &str = "Which server? ";

fn start(desk: &Desk, command: &str) -> Pty {
    firstkey(desk).arg(command).start()
}

/// Answers both questions.
fn name(pty: &mut Pty, server: &Deployment, email: &str) {
    pty.expect(SERVER);
    pty.expect(") ");
    pty.send(format!("{}\r", server.wire.origin()));
    pty.expect(&email_at(server));
    pty.send(format!("{email}\r"));
}

fn has_line(page: &str, line: &str) {
    assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
}

/// The second question: it names the port, too, which a person needs on the next computer.
fn email_at(server: &Deployment) -> String {
    let origin = server.wire.origin();
    format!("Your e-mail address at {}? ", origin.strip_prefix("http://").expect("a server of this machine"))
}

#[test]
fn a_second_computer_asks_for_server_and_address_and_remembers_the_account() {
    let (server, first) = completed();
    let second = Desk::new();
    let before = server.wire.paths().len();
    let mut pty = start(&second, "login");
    name(&mut pty, &server, EMAIL);
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "Asking 127.0.0.1 about ada@example.org ...",
        "Done. Your account opens, and this computer knows it from now on.",
        "  ada@example.org at 127.0.0.1",
        "Compare it with the one on your recovery kit, or on your other computer.",
        "  firstkey status",
    ] {
        has_line(&page, line);
    }
    assert_eq!(server.wire.paths()[before..], [LOGOUT, PARAMS, LOGIN, FINISH, LOGOUT]);
    let status = |desk: &Desk| run(desk.command().arg("status")).stdout;
    assert_eq!(status(&first), status(&second));
    // Once more, Enter alone answers both questions.
    let mut pty = start(&second, "login");
    pty.expect(&format!("{SERVER}[{}] ", server.wire.origin()));
    pty.send("\r");
    pty.expect(&format!("{}[ada@example.org] ", email_at(&server)));
    pty.send("\r");
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    has_line(&pty.page(), "Done. Your account opens. This computer knew it already.");
}

#[test]
fn defaults_that_a_person_set_answer_both_questions_and_flags_and_pins_come_first() {
    let (server, _) = completed();
    let desk = Desk::new();
    let config = |arguments: &[&str]| run(desk.command().arg("config").args(arguments));
    assert_eq!(config(&[]).stdout, "server  (not set)\nemail   (not set)\n");
    let origin = server.wire.origin();
    for (key, value) in [("server", origin.as_str()), ("email", EMAIL)] {
        assert_eq!(config(&["set", key, value]).code, Some(0));
        assert_eq!(config(&["get", key]).stdout, format!("{value}\n"));
    }
    assert_eq!(
        config(&["list", "--json"]).last(),
        json!({"server": server.wire.origin(), "email": EMAIL, "from": {"server": "own", "email": "own"}})
    );
    let mode = std::fs::metadata(desk.state().join("own.defaults")).expect("it is on the disk").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for bad in [&["set", "server", "ada@example.org"][..], &["set", "email", "ada"], &["get", "password"]] {
        let refused = config(bad);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    }
    // A person sees what Enter alone means.
    let mut pty = start(&desk, "verify");
    pty.expect(&format!("{SERVER}[{}] ", server.wire.origin()));
    pty.send("\r");
    pty.expect(&format!("{}[ada@example.org] ", email_at(&server)));
    pty.send("\r");
    pty.expect("Password for ada@example.org: ");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    // A script need not name them; a flag is stronger, and its server is not told the address.
    let password = desk.write("password", PASSWORD.as_bytes());
    let login = |flags: &[&str]| {
        let mut command = desk.command();
        run(command.args(["login", "--no-input", "--json"]).args(flags).arg("--password-file").arg(&password))
    };
    let elsewhere = login(&["--server", "https://other.example.org"]);
    assert_eq!((elsewhere.code, &elsewhere.last()["code"]), (Some(2), &"nothing-known".into()), "{elsewhere:?}");
    assert_eq!(login(&[]).code, Some(0));
    // From now on the computer knows the account; what is set besides matters no more.
    assert_eq!(config(&["set", "email", "grace@example.org"]).code, Some(0));
    assert_eq!(run(desk.command().args(["verify", "--no-input", "--password-file"]).arg(&password)).code, Some(0));
    for key in ["server", "email"] {
        assert_eq!(config(&["unset", key]).code, Some(0));
        assert_eq!(config(&["get", key]).stdout, "\n");
    }
}

#[test]
fn a_server_or_an_address_that_is_none_is_asked_for_again_and_nothing_is_sent() {
    let (server, _) = completed();
    let before = server.wire.paths().len();
    let desk = Desk::new();
    let mut pty = start(&desk, "login");
    for (wrong, said) in [
        ("", "The server's name is in the e-mail that invited you"),
        ("ada@example.org", "That is an e-mail address. The server comes first."),
        ("accounts", "That is not the name of a server."),
        ("http://accounts.example.org", "begins with https://"),
    ] {
        pty.expect(SERVER);
        pty.send(format!("{wrong}\r"));
        pty.expect(said);
    }
    pty.expect(SERVER);
    pty.send(format!("{}/i#fkinv1.x\r", server.wire.origin()));
    pty.expect(&email_at(&server));
    pty.send("ada\r");
    pty.expect("That is not an e-mail address.");
    pty.expect(&email_at(&server));
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.page().contains("Stopped. Nothing was changed."), "{}", pty.page());
    assert_eq!(server.wire.paths().len(), before);
}

#[test]
fn every_command_that_needs_an_account_asks_the_same_two_questions() {
    let (server, first) = completed();
    let code = first.recovery_code();
    for command in
        [&["verify"][..], &["password"], &["kit"], &["secret-key"], &["sessions"], &["people", "grace@example.org"]]
    {
        let desk = Desk::new();
        let stage = command.iter().fold(firstkey(&desk), |stage, word| stage.arg(*word));
        let mut pty = stage.start();
        name(&mut pty, &server, EMAIL);
        pty.expect("Password for ada@example.org: ");
        pty.send("\x03");
        assert_eq!(pty.wait(), End::Exited(130), "{command:?}");
    }
    let desk = Desk::new();
    let mut pty = start(&desk, "recover");
    name(&mut pty, &server, EMAIL);
    pty.expect("Recovery code: ");
    pty.send(format!("{code}\r"));
    pty.expect("New password: ");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    // Without a terminal the flags are named.
    for command in ["login", "verify", "password", "recover", "kit", "sessions"] {
        let refused = run(Desk::new().command().args([command, "--no-input"]));
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("--server URL --account EMAIL"), "{refused:?}");
        assert!(refused.stderr.contains("firstkey login"), "{refused:?}");
    }
}

#[test]
fn several_accounts_are_chosen_by_number() {
    let (server, desk) = completed();
    let mut second = Deployment::start();
    let link = second.invite("grace@example.org");
    assert_eq!(run(&mut desk.accept(&link, "grace@example.org")).code, Some(5), "the kit of another account is there");
    std::fs::rename(desk.path("kit.txt"), desk.path("first.txt")).expect("moved");
    assert_eq!(run(&mut desk.accept(&link, "grace@example.org")).code, Some(0));
    drop(server);
    let mut pty = start(&desk, "verify");
    pty.expect("This computer remembers several accounts:");
    pty.expect("Which one? [1 to 2] ");
    pty.send("3\r");
    pty.expect("Type a number from 1 to 2.");
    pty.expect("Which one? [1 to 2] ");
    pty.send("grace@example.org\r");
    pty.type_secret("Password for grace@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
}

#[test]
fn a_link_that_was_used_offers_to_log_in_and_takes_no_for_an_answer() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    assert_eq!(Desk::new().run_accept(&link, EMAIL).code, Some(0));
    let second = Desk::new();
    let mut pty = accept(&second).start();
    pty.paste(&link);
    pty.expect("This invite was already used");
    pty.expect("Was it you, and shall it be opened here? [y/n] ");
    pty.send("n\r");
    assert_eq!(pty.wait(), End::Exited(4), "{}", plain(&pty.output()));
    assert!(second.state_files().iter().all(|file| file.extension().is_none_or(|end| end != "pin")));

    let mut pty = accept(&second).start();
    pty.paste(&link);
    pty.expect("Was it you, and shall it be opened here? [y/n] ");
    pty.send("y\r");
    pty.expect(&email_at(&server));
    pty.send(format!("{EMAIL}\r"));
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    has_line(&pty.page(), "Done. Your account opens, and this computer knows it from now on.");
    // A script is told which command does it.
    let refused = Desk::new().run_accept(&link, EMAIL);
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(4), Some("invite-used")), "{refused:?}");
    assert!(refused.stderr.contains("firstkey login"), "{refused:?}");
}

#[test]
fn the_server_may_be_named_by_its_host_alone_by_lines_of_the_kit_or_by_all_of_it() {
    let (server, known) = completed();
    let kit = std::fs::read_to_string(known.path("kit.txt")).expect("a kit");
    // This computer knows one server there; sentences name it without its port.
    let mut pty = firstkey(&known).arg("login").start();
    pty.expect(&format!("Which server? [{}] ", server.wire.origin()));
    pty.send("127.0.0.1\r");
    pty.expect(&format!("{}[ada@example.org] ", email_at(&server)));
    pty.send("\r");
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    // A whole kit at the second question is no row of answers, and its code is not shown.
    let desk = Desk::new();
    let mut pty = start(&desk, "login");
    pty.expect(SERVER);
    pty.send(format!("{}\r", server.wire.origin()));
    pty.expect(&email_at(&server));
    pty.send(format!("\x1b[200~{}\x1b[201~\r", kit.replace('\n', "\r")));
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(!pty.output().contains("recovery-code"), "the kit is not shown: {}", pty.output());
    // A code alone is no server, and is not shown either.
    let code = kit.lines().find(|line| line.starts_with("recovery-code: ")).expect("a code");
    let other = Desk::new();
    let mut pty = start(&other, "login");
    pty.expect(SERVER);
    pty.send(format!("{code}\r"));
    pty.expect("That is a recovery code. The server comes first");
    pty.expect(SERVER);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(!pty.output().contains(&code["recovery-code: ".len()..]), "{}", pty.output());
    let two_lines = format!("{}\r{EMAIL}\r", server.wire.origin());
    let marked = format!("\x1b[200~{}\x1b[201~\r", kit.replace('\n', "\r"));
    for pasted in [two_lines, marked] {
        let desk = Desk::new();
        let mut pty = start(&desk, "login");
        pty.expect(SERVER);
        pty.send(&pasted);
        pty.expect(" lines");
        pty.type_secret("Password for ada@example.org: ", PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
        has_line(&pty.page(), "Done. Your account opens, and this computer knows it from now on.");
        assert!(!pty.output().contains("recovery-code"), "the kit is not shown: {}", pty.output());
    }
}

#[test]
fn a_script_logs_in_by_flags_by_a_kit_and_by_an_invite_link() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let log_in = |flags: &dyn Fn(&Desk) -> Vec<String>| {
        let other = Desk::new();
        let password = other.write("pw", PASSWORD.as_bytes());
        let mut command = other.command();
        command.args(["login", "--no-input", "--json", "--password-file"]).arg(password).args(flags(&other));
        let done = run(&mut command);
        assert_eq!((done.code, done.last()["deed"].as_str()), (Some(0), Some("logged-in")), "{done:?}");
        assert_eq!(done.last()["first_seen"].as_bool(), Some(true), "{done:?}");
    };
    let named = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    log_in(&|_| named(&["--server", &server.wire.origin(), "--account", EMAIL]));
    log_in(&|_| named(&["--kit-file", &desk.path("kit.txt").display().to_string()]));
    log_in(&|other| {
        let file = other.write("link", link.as_bytes());
        named(&["--link-file", &file.display().to_string(), "--account", EMAIL])
    });
}

#[test]
fn help_is_a_command_too() {
    let desk = Desk::new();
    let flag = run(desk.command().arg("--help"));
    let command = run(desk.command().arg("help"));
    assert_eq!((command.code, &command.stdout), (Some(0), &flag.stdout), "{command:?}");
    let of_login = run(desk.command().args(["help", "login"]));
    assert_eq!(of_login.code, Some(0), "{of_login:?}");
    assert!(
        of_login.stdout.contains("--server <URL>") && of_login.stdout.contains("--kit-file <PATH>"),
        "{of_login:?}"
    );
}

/// Accept on one computer, log in on a second, lose that one, forget the password, use the kit on a
/// third, come back to the first.
fn three_computers(columns: u16) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let sized = |desk: &Desk, command: &str| firstkey(desk).arg(command).size(30, columns);
    let (first, second, third) = (Desk::new(), Desk::new(), Desk::new());

    let mut pty = accept(&first).size(30, columns).start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    pty.expect("file instead] ");
    let screen = pty.screen().contents();
    let kit = groups(&screen);
    let beside = |label: &str| {
        let line = screen.lines().find_map(|line| line.trim_start().strip_prefix(label)).expect(label);
        line.trim().to_owned()
    };
    let (of_server, of_email) = (beside("Server"), beside("E-mail"));
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("firstkey recover --server http://127.0.0.1:"), "{screen}");
    pty.send("y\r");
    let group = asked_group(&mut pty);
    pty.send(format!("{}\r", kit[group - 1]));
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(pty.page().contains("  firstkey login\n"), "the end says what to do on another computer: {}", pty.page());

    // What is on paper answers the questions of the next computer.
    let answer = |pty: &mut Pty| {
        pty.expect(SERVER);
        pty.expect(") ");
        pty.send(format!("{of_server}\r"));
        pty.expect(&email_at(&server));
        pty.send(format!("{of_email}\r"));
    };
    let mut pty = sized(&second, "login").start();
    answer(&mut pty);
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));

    // The second one is lost, and the password forgotten.
    let mut pty = sized(&third, "login").start();
    answer(&mut pty);
    for _ in 0..3 {
        pty.type_secret("Password for ada@example.org: ", "what was it again, I wonder");
    }
    assert_eq!(pty.wait(), End::Exited(10), "{}", plain(&pty.output()));
    let page = pty.page();
    let commands: Vec<_> = page.lines().filter(|line| line.starts_with("  firstkey ")).collect();
    assert_eq!(commands.first(), Some(&"  firstkey recover"), "{page}");
    let mut pty = sized(&third, "recover").start();
    answer(&mut pty);
    pty.expect("Recovery code: ");
    pty.send(format!("{}\r", kit.join("-")));
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    pty.expect("file instead] ");
    let newer = groups(&pty.screen().contents());
    pty.send("y\r");
    let group = asked_group(&mut pty);
    pty.send(format!("{}\r", newer[group - 1]));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));

    // The first one still knows the account, and opens it with the new password.
    let mut pty = sized(&first, "verify").start();
    pty.type_secret("Password for ada@example.org: ", NEW);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(pty.page().contains("Your account opens"), "{}", pty.page());
}

#[test]
fn the_story_of_three_computers_at_80_columns() {
    three_computers(80);
}

#[test]
fn the_story_of_three_computers_at_40_columns() {
    three_computers(40);
}
