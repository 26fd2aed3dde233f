//! The recovery kit: on paper, or in a file.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, accept, asked_group, groups, mode};

/// A person who sees the kit.
fn at_the_kit(server: &mut Deployment, desk: &Desk) -> (Pty, Vec<String>) {
    let link = server.invite(EMAIL);
    let mut pty = accept(desk).start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    let kit = pty.read_kit();
    (pty, kit)
}

#[test]
fn a_group_typed_wrong_shows_the_same_kit_again() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (mut pty, kit) = at_the_kit(&mut server, &desk);
    pty.send("y\r");
    let asked = asked_group(&mut pty);
    // U is no letter of the code.
    pty.send("uuuu\r");
    let said = format!("That is not group {asked} of the kit. Here is the kit again.");
    pty.expect(&said);
    assert_eq!(pty.read_kit(), kit);
    let screen = pty.screen();
    assert!(screen.alternate_screen() && screen.contents().contains(&said), "{}", screen.contents());
    pty.send("y\r");
    let asked = asked_group(&mut pty);
    pty.send(format!(" {}\r", kit[asked - 1].to_lowercase()));
    pty.expect("Right.");
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn five_wrong_groups_end_it_and_say_what_to_do_with_the_paper() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (mut pty, _) = at_the_kit(&mut server, &desk);
    for attempt in 1..=5 {
        pty.send("y\r");
        asked_group(&mut pty);
        pty.send("uuuu\r");
        if attempt < 5 {
            pty.read_kit();
        }
    }
    pty.expect("Stopped: what you typed was not on the recovery kit.");
    pty.expect("No account was made");
    pty.expect("Destroy that kit");
    assert_eq!(pty.wait(), End::Exited(3));
    assert!(!server.wire.paths().iter().any(|path| path == super::COMPLETE));
}

#[test]
fn enter_alone_does_not_say_that_the_kit_is_written_down() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (mut pty, kit) = at_the_kit(&mut server, &desk);
    pty.send("\r");
    pty.expect("Type y when you have written down all 7 groups, or s to save them.");
    pty.expect("save to a file instead] ");
    assert!(pty.screen().alternate_screen() && pty.screen().contents().contains(&kit[6]));
}

#[test]
fn a_kit_is_saved_to_a_new_file_for_its_owner_alone_and_read_back() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let taken = desk.write("taken.txt", b"my diary");
    let (mut pty, kit) = at_the_kit(&mut server, &desk);
    for (name, complaint) in [
        ("taken.txt", "it already exists"),
        ("~/taken.txt", "it already exists"),
        ("nowhere/kit.txt", "the folder that it should be in does not exist"),
    ] {
        pty.send("s\r");
        pty.expect("Save it as (.txt or .pdf) [~/firstkey-kit.txt]: ");
        pty.send(format!("{name}\r"));
        pty.expect(complaint);
        assert_eq!(pty.read_kit(), kit, "the same kit is shown again");
        let screen = pty.screen();
        assert!(screen.alternate_screen() && screen.contents().contains(complaint), "{}", screen.contents());
    }
    pty.send("s\r");
    pty.expect("Save it as (.txt or .pdf) [~/firstkey-kit.txt]: ");
    pty.send("\r");
    // At home, wherever the terminal stands; a `~` is the home as well.
    pty.expect(&format!("Saved; only you can read it: {}", desk.path("firstkey-kit.txt").display()));
    pty.expect("Checked by reading the file again.");
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(!pty.output().contains("Right."), "nobody typed anything that was right or wrong");
    assert!(!pty.output().contains("type group"), "what the file proves need not be typed");

    let saved = desk.path("firstkey-kit.txt");
    assert_eq!(mode(&saved), 0o600);
    let text = std::fs::read_to_string(&saved).expect("the kit");
    assert!(text.contains(&format!("recovery-code: {}\n", kit.join("-"))), "{text}");
    assert_eq!(std::fs::read(&taken).expect("still there"), b"my diary");
}

#[test]
fn the_kits_screen_names_the_account_and_the_command_that_uses_the_kit() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (pty, _) = at_the_kit(&mut server, &desk);
    let (screen, origin) = (pty.screen().contents(), server.wire.origin());
    for beside in [
        "and the server and e-mail beside them".to_owned(),
        format!("    Server  {origin}\n"),
        format!("    E-mail  {EMAIL}\n"),
        "    Kit     ".to_owned(),
        ", made ".to_owned(),
        format!("    firstkey recover --server {origin} --account {EMAIL}"),
    ] {
        // A long command is broken by the terminal alone.
        let screen = screen.replace("\n@", "@");
        assert!(screen.contains(&beside), "{beside:?} is not in\n{screen}");
    }
}

#[test]
fn a_window_that_gets_narrower_shows_the_whole_kit_anew() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (mut pty, kit) = at_the_kit(&mut server, &desk);
    pty.resize(40, 42);
    pty.expect("file instead] ");
    let screen = pty.screen();
    assert_eq!(groups(&screen.contents()), kit);
    assert!(screen.alternate_screen());
    let rows: Vec<_> = screen.rows(0, 42).collect();
    assert!(rows.iter().any(|row| row.trim_end().ends_with(&format!("3  {}", kit[2]))), "three in a row: {rows:?}");
    pty.send("y\r");
    asked_group(&mut pty);
}

#[test]
fn ctrl_z_leaves_the_kits_screen_before_the_shell_gets_the_terminal() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let (mut pty, kit) = at_the_kit(&mut server, &desk);
    pty.send("\x1a");
    pty.expect("\x1b[?1049l");
    pty.until_stopped();
    let screen = pty.screen();
    assert!(!screen.alternate_screen() && !screen.contents().contains(&kit[0]), "{}", screen.contents());
    pty.signal(rustix::process::Signal::CONT);
    assert_eq!(pty.read_kit(), kit);
    assert!(pty.screen().alternate_screen());
}
