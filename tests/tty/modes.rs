//! Terminals as other programs left them: the real program, started on such a one.

use super::support::client::Desk;
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, firstkey, plain};
use rustix::termios::{InputModes, LocalModes, Termios};

/// As a person types it who has an accent on the keyboard; the last letter takes four bytes.
const TYPED: &str = "Vexing m\u{e1}rble OTTER quilt 83 tundra \u{1f511}";

/// A name, and the modes that are left.
type LeftIn = (&'static str, fn(&mut Termios));

/// Each alone, and all at once.
const LEFT_IN: [LeftIn; 6] = [
    ("igncr", |modes| modes.input_modes |= InputModes::IGNCR),
    ("istrip", |modes| modes.input_modes |= InputModes::ISTRIP),
    ("iuclc", |modes| modes.input_modes |= InputModes::IUCLC),
    ("inlcr", |modes| modes.input_modes |= InputModes::INLCR),
    ("not iutf8", |modes| modes.input_modes -= InputModes::IUTF8),
    ("everything", |modes| {
        modes.input_modes |= InputModes::IGNCR | InputModes::ISTRIP | InputModes::IUCLC | InputModes::INLCR;
        modes.input_modes -= InputModes::ICRNL | InputModes::IUTF8;
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
    }),
];

#[test]
fn in_whatever_modes_a_terminal_was_left_what_is_typed_makes_the_account_that_opens_elsewhere() {
    let mut server = Deployment::start();
    for (number, (name, modes)) in LEFT_IN.into_iter().enumerate() {
        let email = format!("ada{number}@example.org");
        let link = server.invite(&email);
        let desk = Desk::new();
        let mut pty = accept(&desk).left_in(modes).start();
        pty.up_to_the_upload(&link, TYPED);
        pty.once_more(TYPED);
        assert_eq!(pty.wait(), End::Exited(0), "{name}: {}", plain(&pty.output()));
        // The same keys at a healthy terminal.
        let mut pty = firstkey(&desk).arg("verify").start();
        pty.type_secret(&format!("Password for {email}: "), TYPED);
        assert_eq!(pty.wait(), End::Exited(0), "{name}: {}", plain(&pty.output()));
    }
}

#[test]
fn a_letter_that_was_erased_at_a_question_is_gone_whatever_the_terminal_knows_of_letters() {
    let mut server = Deployment::start();
    for (number, (name, modes)) in LEFT_IN.into_iter().enumerate() {
        let link = server.invite(&format!("ada{number}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).left_in(modes).start();
        pty.paste(&link);
        pty.expect("Is this you? [");
        pty.expect("] ");
        // Two letters of two and three bytes, each taken back with one key.
        pty.send("\u{e9}\u{20ac}\x7f\x7fy\r");
        pty.expect("Password: ");
        assert!(!plain(&pty.output()).contains("UTF-8"), "{name}: {}", plain(&pty.output()));
    }
}
