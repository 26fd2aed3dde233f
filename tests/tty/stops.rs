//! Transcript (h): Ctrl-C anywhere. The terminal is left as it was, and the last words say what was
//! sent.

use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::{DEADLINE, End, Pty};
use super::support::sitting::{Sitting, accept, asked_group, plain};
use super::support::wire::Act;
use super::{CLAIM, COMPLETE, FINISH, LOGIN, PARAMS, START};
use rustix::process::Signal;
use std::sync::mpsc::{Receiver, channel};

const NOTHING_SENT: &str = "Stopped. Nothing was sent; no account was made. The invite still works.";
const NO_KEY_SENT: &str = "Stopped. No key was sent; no account was made. The invite still works.";
const PERHAPS: &str = "Stopped while sending; it may have arrived. To find out, run\n  firstkey accept --resume\n";
const STORED: &str =
    "Stopped. The account is stored, but not checked yet. To check it, run\n  firstkey accept --resume\n";

/// A request to `path` is held for ever; tells when it has arrived.
pub(super) fn hold(server: &Deployment, path: &'static str) -> Receiver<()> {
    let (arrived, has_arrived) = channel();
    server.wire.script(move |seen, _| {
        if seen.path != path {
            return Act::Forward;
        }
        // A test that no longer listens has what it wanted.
        let _ = arrived.send(());
        Act::Silence
    });
    has_arrived
}

/// The program ended by a stop: exit code, terminal, last words.
fn assert_stopped(place: &str, pty: &mut Pty, said: &str) {
    assert_eq!(pty.wait(), End::Exited(130), "{place}\n{}", pty.output());
    assert!(pty.echo_is_on(), "{place}: the echo is off");
    let screen = pty.screen();
    assert!(!screen.hide_cursor() && !screen.alternate_screen(), "{place}: the screen is left in disorder");
    let output = plain(&pty.output());
    assert!(output.contains(said), "{place}: {said:?} is not in\n{output}");
    assert_eq!(output.matches("Stopped").count(), 1, "{place}: said twice\n{output}");
}

/// Goes to one prompt and stays there.
type ToThePrompt = fn(&mut Pty, &str);

const PROMPTS: [(&str, ToThePrompt, &str); 7] = [
    ("the link", |pty, _| drop(pty.expect("e-mail: ")), NOTHING_SENT),
    (
        "the consent",
        |pty, link| {
            pty.paste(link);
            pty.expect("Is this you? [Y/n] ");
        },
        NO_KEY_SENT,
    ),
    (
        "the password",
        |pty, link| {
            pty.consent(link);
            pty.expect("Password: ");
        },
        NO_KEY_SENT,
    ),
    (
        "its second typing",
        |pty, link| {
            pty.consent(link);
            pty.type_secret("Password: ", PASSWORD);
            pty.expect("Again: ");
        },
        NO_KEY_SENT,
    ),
    (
        "the kit",
        |pty, link| {
            pty.consent(link);
            pty.choose(PASSWORD);
            pty.read_kit();
        },
        NO_KEY_SENT,
    ),
    (
        "the group",
        |pty, link| {
            pty.consent(link);
            pty.choose(PASSWORD);
            pty.read_kit();
            pty.send("y\r");
            asked_group(pty);
        },
        NO_KEY_SENT,
    ),
    (
        "the password once more",
        |pty, link| {
            pty.up_to_the_upload(link, PASSWORD);
            pty.expect("Type your password once more");
            pty.expect("Password: ");
        },
        STORED,
    ),
];

#[test]
fn ctrl_c_at_every_prompt_leaves_the_terminal_in_order_and_says_what_was_sent() {
    let mut server = Deployment::start();
    for (number, (place, go, said)) in PROMPTS.into_iter().enumerate() {
        let link = server.invite(&format!("ada{number}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        go(&mut pty, &link);
        // In the middle of a word.
        pty.send("vel");
        pty.send("\x03");
        assert_stopped(place, &mut pty, said);
        // A kit is spoken of where one was shown, and nowhere else.
        let shown = ["the kit", "the group"].contains(&place);
        let spoken_of = plain(&pty.output()).contains("The recovery kit that you were shown opens nothing.");
        assert_eq!(spoken_of, shown, "{place}");
    }
}

/// What terminals send for Ctrl-C while the protocol is on that a crashed program left them in.
#[test]
fn ctrl_c_stops_every_prompt_also_where_a_crashed_program_left_the_keyboards_protocol_on() {
    let mut server = Deployment::start();
    for (number, (place, go, said)) in PROMPTS.into_iter().enumerate() {
        let spelt = if number % 2 == 0 { "\x1b[99;5u" } else { "\x1b[27;5;99~" };
        let link = server.invite(&format!("ada{number}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        go(&mut pty, &link);
        pty.send(spelt);
        assert_stopped(place, &mut pty, said);
    }
}

#[test]
fn ctrl_d_at_every_prompt_is_a_stop_as_well() {
    let mut server = Deployment::start();
    for (number, (place, go, said)) in PROMPTS.into_iter().enumerate() {
        let link = server.invite(&format!("ada{number}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        go(&mut pty, &link);
        pty.send("\x04");
        assert_stopped(place, &mut pty, said);
    }
}

#[test]
fn other_signals_at_the_passwords_leave_the_echo_on() {
    let mut server = Deployment::start();
    let secrets = PROMPTS.into_iter().filter(|(place, ..)| place.contains("password") || place.contains("typing"));
    for (number, (place, go, said)) in secrets.enumerate() {
        for signal in [Signal::TERM, Signal::HUP] {
            let link = server.invite(&format!("ada{number}-{}@example.org", signal.as_raw()));
            let desk = Desk::new();
            let mut pty = accept(&desk).start();
            go(&mut pty, &link);
            assert!(!pty.echo_is_on());
            pty.send("velvet");
            pty.signal(signal);
            assert_stopped(place, &mut pty, said);
            assert!(!pty.output().contains("velvet"));
        }
    }
}

#[test]
fn ctrl_c_while_the_password_is_stretched_ends_it() {
    let mut server = Deployment::start();
    let link = server.invite(super::EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    pty.expect("Securing your password");
    pty.send("\x03");
    assert_stopped("the stretch", &mut pty, NO_KEY_SENT);
    assert!(!server.wire.paths().iter().any(|path| path == COMPLETE));
}

#[test]
fn ctrl_c_while_a_request_is_on_its_way_says_what_may_have_arrived() {
    for (path, said) in [
        (CLAIM, NO_KEY_SENT),
        (START, NO_KEY_SENT),
        (COMPLETE, PERHAPS),
        (PARAMS, STORED),
        (LOGIN, STORED),
        (FINISH, STORED),
    ] {
        let mut server = Deployment::start();
        let link = server.invite(super::EMAIL);
        let arrived = hold(&server, path);
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        match path {
            CLAIM => pty.paste(&link),
            START => {
                pty.consent(&link);
                pty.choose(PASSWORD);
            }
            COMPLETE => pty.up_to_the_upload(&link, PASSWORD),
            _ => {
                pty.up_to_the_upload(&link, PASSWORD);
                pty.once_more(PASSWORD);
            }
        }
        arrived.recv_timeout(DEADLINE).expect("the request is on its way");
        pty.send("\x03");
        assert_stopped(path, &mut pty, said);
    }
}

#[test]
fn ctrl_c_between_two_tries_ends_the_wait() {
    let mut server = Deployment::start();
    let link = server.invite(super::EMAIL);
    server.wire.script(|_, _| Act::CutBefore);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Trying again in 1 s ...");
    pty.send("\x03");
    assert_stopped("the wait", &mut pty, NO_KEY_SENT);
}

#[test]
fn ctrl_c_goes_before_a_line_that_came_at_once_with_it() {
    let mut server = Deployment::start();
    for round in 0..12 {
        let link = server.invite(&format!("ada{round}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        pty.consent(&link);
        pty.expect("Password: ");
        pty.until_echo_is(false);
        pty.send(format!("\x03{PASSWORD}\r"));
        assert_stopped("the password", &mut pty, NO_KEY_SENT);
        assert_eq!(pty.left_to_read(), 0, "a shell would run what is left");
    }
    assert!(!server.wire.paths().iter().any(|path| path == START), "nothing was made of the line");
}
