//! Transcripts (b) and (c): typing errors, weak passwords, one that is made.

use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, accept};
use super::{CLAIM, EMAIL};

/// A person who is asked for a password next.
fn at_the_password(server: &mut Deployment, desk: &Desk) -> Pty {
    let link = server.invite(EMAIL);
    let mut pty = accept(desk).start();
    pty.consent(&link);
    pty
}

#[test]
fn after_a_typing_error_only_the_pair_is_asked_for_again() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    pty.type_secret("Password: ", PASSWORD);
    pty.type_secret("Again: ", "velvet tundra misprint cobra lunar egplant");
    pty.expect("  The two passwords differ. Please type both again. (try 2 of 5)");
    pty.choose(PASSWORD);
    pty.keep_kit();
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    for once in ["Is this you?", "Step 1 of 4", "Paste the invite link"] {
        assert_eq!(pty.output().matches(once).count(), 1, "{once} was asked again");
    }
}

#[test]
fn five_pairs_that_differ_end_it_with_no_key_sent() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    for attempt in 1..=5 {
        pty.type_secret("Password: ", PASSWORD);
        pty.type_secret("Again: ", "something else");
        if attempt < 5 {
            pty.expect(&format!("(try {} of 5)", attempt + 1));
        }
    }
    pty.expect("Stopped: the two passwords differed 5 times.");
    pty.expect("No account was made, and nothing changed on the server.");
    pty.expect("Run the same command again when you are ready.");
    assert_eq!(pty.wait(), End::Exited(3));
    assert!(pty.echo_is_on());
    assert_eq!(server.wire.paths(), [CLAIM]);
}

#[test]
fn a_weak_password_gets_reasons_and_a_way_out() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    for (weak, reason) in [
        ("hunter2", "Not strong enough: it has 7 characters and needs at least 15."),
        ("examplecorp2026", "Not strong enough: it is your company's name followed by a year."),
        ("adalovelace1815", "Not strong enough: it is your name followed by"),
        ("qwertyuiopasdfgh", "Not strong enough: "),
        ("aaaaaaaaaaaaaaaaaaaa", "Not strong enough: "),
    ] {
        pty.type_secret("Password: ", weak);
        pty.expect(reason);
        pty.expect("Someone with the server's data could guess it in ");
        pty.expect("Try four or five unrelated words, or press Enter to have one made for you.");
        assert!(!pty.output().contains(weak), "the password is repeated on the screen");
    }
    pty.choose(PASSWORD);
    pty.expect("They match.");
}

#[test]
fn ten_weak_passwords_end_it() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    for _ in 0..10 {
        pty.type_secret("Password: ", "hunter2");
    }
    pty.expect("Stopped: no new password was accepted.");
    assert_eq!(pty.wait(), End::Exited(3));
}

#[test]
fn an_empty_line_has_a_passphrase_made_that_is_typed_back() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    pty.type_secret("Password: ", "");
    let made = made_on_the_screen(&mut pty, "Here is your new password.");
    assert_eq!(made.split(' ').count(), 6, "{made:?}");
    pty.send("\r");
    // A slip while copying brings the same words once more.
    pty.type_secret("Again: ", "velvet tundra");
    pty.expect("The two passwords differ.");
    assert_eq!(made_on_the_screen(&mut pty, "this is the password that was made for you."), made);
    pty.send("\r");
    pty.type_secret("Again: ", &made);
    pty.keep_kit();
    pty.once_more(&made);
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(!pty.page().contains(&made), "nothing of it is left on the screen: {}", pty.page());
}

/// The passphrase on the screen that forgets it.
fn made_on_the_screen(pty: &mut Pty, said: &str) -> String {
    pty.expect("Press Enter when you have saved it: ");
    let screen = pty.screen();
    let shown = screen.contents();
    assert!(screen.alternate_screen() && shown.contains(said) && shown.contains("password manager"), "{shown}");
    let words = shown.lines().find(|line| line.starts_with("    ") && line.split_whitespace().count() == 6);
    words.expect("six words").trim().to_owned()
}

#[test]
fn accents_may_be_typed_in_two_ways() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let composed = "cr\u{e8}me br\u{fb}l\u{e9}e zw\u{f6}lf Boxk\u{e4}mpfer";
    let decomposed = "cre\u{300}me bru\u{302}le\u{301}e zwo\u{308}lf Boxka\u{308}mpfer";
    let mut pty = at_the_password(&mut server, &desk);
    pty.type_secret("Password: ", decomposed);
    pty.type_secret("Again: ", composed);
    pty.expect("They match.");
    pty.keep_kit();
    pty.once_more(composed);
    pty.expect("Checking that your account opens ... yes");
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn what_is_too_long_or_no_text_gets_a_sentence_and_is_asked_again() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    for (typed, said) in [
        ("x".repeat(1025).into_bytes(), "That is too long. Please try again."),
        (b"velvet \xff tundra".to_vec(), "Some of that did not arrive as letters."),
        (b"velvet \x1b[A tundra".to_vec(), "A key in that is no letter, digit or sign (an arrow key?)."),
        (b"\x16".to_vec(), "Ctrl-V does not paste here."),
    ] {
        pty.expect("Password: ");
        pty.send([typed.as_slice(), b"\r"].concat());
        pty.expect(said);
    }
    pty.choose(PASSWORD);
    pty.expect("They match.");
}

#[test]
fn what_was_typed_ahead_is_not_taken_for_the_password() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let link = server.invite(EMAIL);
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\rtyped ahead, all of it visible\r");
    pty.expect("Password: ");
    pty.send("hunter2\r");
    pty.expect("it has 7 characters");
    pty.choose(PASSWORD);
    pty.expect("They match.");
    assert_eq!(pty.output().matches("Not strong enough").count(), 1);
}

#[test]
fn while_a_password_is_typed_it_goes_into_locked_memory() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let mut pty = at_the_password(&mut server, &desk);
    pty.expect("Password: ");
    let status = std::fs::read_to_string(format!("/proc/{}/status", pty.pid())).expect("the program runs");
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("the kernel tells");
    // Nothing else is locked yet: Argon2id has not begun.
    assert_ne!(locked.trim(), "0 kB");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
}
