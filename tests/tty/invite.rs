//! Transcripts (e) and (f): an invite that cannot be used, and a server that asks for too little;
//! each before any question.

use super::support::client::Desk;
use super::support::deployment::Deployment;
use super::support::letters::token_of;
use super::support::pty::{DEADLINE, End};
use super::support::sitting::{Sitting, accept, plain, without_ports};
use super::support::wire::{Act, Reply};
use super::{CLAIM, EMAIL};
use serde_json::json;
use std::sync::mpsc::channel;

/// A refusal as the server words it.
fn problem(status: u16, name: &str) -> Reply {
    let body = json!({
        "type": format!("urn:firstkey:problem:{name}"), "title": name, "status": status,
        "contact": "it@example.org", "at": 1_795_798_800,
    });
    let mut reply = Reply::json(body.to_string());
    (reply.status, reply.content_type) = (status, "application/problem+json".into());
    reply
}

/// Pastes a good link to a server that answers like that; what is shown, and how it ended. No
/// question was asked.
fn answered_with(answer: impl Fn(Reply) -> Reply + Clone + Send + 'static) -> (String, End) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    server.wire.script(move |_, _| Act::Change(Box::new(answer.clone())));
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    let end = pty.wait();
    assert_eq!(server.wire.paths(), [CLAIM], "something followed the refusal");
    (nothing_asked(plain(&pty.output())), end)
}

fn nothing_asked(output: String) -> String {
    assert!(!output.contains("Is this you?") && !output.contains("Password:"), "something was asked:\n{output}");
    output
}

fn assert_says(output: &str, said: &[&str]) {
    let output = without_ports(output);
    for said in said {
        assert!(output.contains(said), "{said:?} is not in\n{output}");
    }
}

#[test]
fn an_expired_invite_is_called_so_and_names_whom_to_ask() {
    let (output, end) = answered_with(|_| problem(410, "invite-expired"));
    assert_eq!(end, End::Exited(4));
    assert_says(
        &output,
        &[
            "This invite expired on Fri 27 Nov 2026, 17:00 UTC.",
            "No account was made, and nothing changed on the server.",
            "Ask your administrator for a new one:",
            "  it@example.org   (invite ",
        ],
    );
}

#[test]
fn a_used_invite_is_called_so_and_says_what_it_means() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    assert_eq!(Desk::new().run_accept(&link, EMAIL).code, Some(0));
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    // Nothing is asked but whether the person wants to log in instead.
    let shown = pty.expect("shall it be opened here? [y/n] ");
    assert!(!shown.contains("tell security"), "whoever used it is not alarmed: {shown}");
    pty.send("n\r");
    assert_eq!(pty.wait(), End::Exited(4));
    assert_says(&pty.output(), &["This invite was already used", "If that was you", "tell security now"]);
}

#[test]
fn a_withdrawn_invite_is_called_so() {
    let (output, end) = answered_with(|_| problem(410, "invite-withdrawn"));
    assert_eq!(end, End::Exited(4));
    assert_says(&output, &["This invite was withdrawn", "Ask your administrator"]);
}

#[test]
fn an_invite_that_the_server_does_not_know_is_called_so() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let (_, other) =
        Deployment::start().invite(EMAIL).split_once('#').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a link");
    let (origin, _) = link.split_once('#').expect("a link");
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&format!("{origin}#{other}"));
    assert_eq!(pty.wait(), End::Exited(4));
    assert_says(&nothing_asked(pty.output()), &["127.0.0.1 does not know this invite."]);
}

#[test]
fn a_web_page_of_the_network_is_called_so() {
    let (output, end) = answered_with(|_| Reply {
        status: 200,
        content_type: "text/html".into(),
        headers: Vec::new(),
        body: b"<html>Welcome to Hotel Example! Please log in.</html>".to_vec(),
    });
    assert_eq!(end, End::Exited(7));
    assert_says(
        &output,
        &["A web page answered instead of an account server.", "The log-in page of a network may be in between"],
    );
    assert!(!output.contains("Hotel Example"), "the page is shown");
}

#[test]
fn a_weak_kdf_is_refused_with_both_settings_before_a_password_is_asked_for() {
    let (output, end) = answered_with(|reply| {
        let mut offer = reply.value();
        offer["kdf"] = json!({"m": 19_456, "t": 1, "p": 1});
        reply.with(&offer)
    });
    assert_eq!(end, End::Exited(6));
    assert_says(
        &output,
        &[
            "Stopped: 127.0.0.1 asked this program to protect your key too weakly.",
            "  It asked for   Argon2id  19 MiB, 1 pass, 1 lane\n",
            "  Minimum here   Argon2id  64 MiB, 3 passes, 4 lanes\n",
            "A server that is broken or dishonest could use this to guess your password.",
            "No account was made",
            "forward this text to your administrator",
        ],
    );
}

#[test]
fn a_weak_policy_is_refused_before_a_password_is_asked_for() {
    let (output, end) = answered_with(|reply| {
        let mut offer = reply.value();
        offer["policy"]["min_length"] = json!(8);
        reply.with(&offer)
    });
    assert_eq!(end, End::Exited(6));
    assert_says(&output, &["Stopped: 127.0.0.1 asked for weaker rules than this program allows.", "min_length"]);
}

#[test]
fn a_wrong_paste_gets_its_own_sentence_and_is_asked_again() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let (before_hash, _) = link.split_once('#').expect("a link");
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    for (pasted, said) in [
        ("Dear Ada, you were invited to Example Corp.", "This is not an invite link."),
        (&link[..link.len() - 9], "The link is cut off after the \"#\"."),
        (before_hash, "The link is cut off before the \"#\"."),
        ("https://mail.example.com/inbox?id=7", "The link does not lead to an invite."),
    ] {
        pty.paste(pasted);
        pty.expect(said);
        pty.expect("Nothing was sent. Copy the whole e-mail and paste that.");
    }
    assert!(server.wire.paths().is_empty());
    pty.consent(&link);
    pty.expect("Password: ");
}

#[test]
fn five_wrong_pastes_end_it_with_nothing_sent() {
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    for _ in 0..5 {
        pty.paste("hello");
    }
    pty.expect("This is not an invite link.\r\nNothing was sent, and no account was made.");
    assert_eq!(pty.wait(), End::Exited(4));
}

#[test]
fn a_link_may_be_pasted_with_what_mail_programs_put_around_it() {
    let mut server = Deployment::start();
    for (number, (before, after)) in
        [("  ", "  "), ("<", ">"), ("\t <", ">  "), ("\x1b[200~", "\x1b[201~")].into_iter().enumerate()
    {
        let link = server.invite(&format!("ada{number}@example.org"));
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        pty.paste(&format!("{before}{link}{after}"));
        pty.expect(&format!("This invite is for ada{number}@example.org"));
        pty.expect("[Y/n] ");
    }
    // A line break before the link, as when the line above was copied with it.
    let link = server.invite("grace@example.org");
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&format!("\r{link}"));
    pty.expect("This invite is for grace@example.org");
}

#[test]
fn a_whole_mail_may_be_pasted_and_is_one_try() {
    let mut server = Deployment::start();
    for (number, (before, after)) in [("", ""), ("\x1b[200~", "\x1b[201~")].into_iter().enumerate() {
        let link = server.invite(&format!("ada{number}@example.org"));
        let (first, second) = link.split_at(60);
        let mail = format!("> Hello Ada,\r>\r> {first}\r> {second}.\r>\r> touch owned\r\rhttp://example.org/a%20b\r");
        let desk = Desk::new();
        let mut pty = accept(&desk).start();
        pty.paste(&format!("{before}{mail}{after}"));
        pty.expect(if number == 0 { " lines]" } else { " lines; press Enter]" });
        pty.expect(&format!("This invite is for ada{number}@example.org"));
        pty.expect("[Y/n] ");
        assert!(!pty.output().contains("e-mail: \r\n"), "asked again: {}", pty.output());
    }
}

#[test]
fn of_two_links_the_person_says_which_and_only_that_server_hears_of_it() {
    let mut server = Deployment::start();
    let (ada, grace) = (server.invite("ada@example.org"), server.invite("grace@example.org"));
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&format!("{ada}\r{grace}"));
    pty.expect("This text has 2 different invite links:");
    pty.expect("Which one? [1-2, 0 = none] ");
    assert!(server.wire.paths().is_empty(), "something was sent before");
    pty.send("3\r");
    pty.expect("Type a number from 1 to 2, or 0.");
    pty.send("2\r");
    pty.expect("This invite is for grace@example.org");
    assert_eq!(server.wire.paths(), [CLAIM]);
}

#[test]
fn a_link_that_a_mail_program_replaced_is_called_that_and_nothing_is_sent() {
    let server = Deployment::start();
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste("https://protect-eu.mimecast.com/s/AbC1?domain=accounts.example.org");
    pty.expect("Your mail program replaced this link with one of its own.");
    pty.expect("Open it in your browser and copy the link from that page.");
    pty.expect("e-mail: ");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(server.wire.paths().is_empty());
}

#[test]
fn an_enter_too_many_after_the_link_is_no_consent() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let (asked, is_asked) = channel();
    let (answer, may_answer) = channel::<()>();
    let mut gates = Some((asked, may_answer));
    server.wire.script(move |_, _| {
        if let Some((asked, may_answer)) = gates.take() {
            asked.send(()).expect("the test waits");
            may_answer.recv().expect("the test lets it go on");
        }
        Act::Forward
    });
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    is_asked.recv_timeout(DEADLINE).expect("the claim is on its way");
    // The terminal's echo says that it has it, while nothing is asked yet.
    pty.send("typed ahead\r\r");
    pty.expect("typed ahead\r\n\r\n");
    answer.send(()).expect("the wire waits");
    pty.expect("Is this you? [Y/n] ");
    pty.send("no\r");
    pty.expect("Stopped: this invite is for somebody else.");
    assert_eq!(pty.wait(), End::Exited(3));
}

#[test]
fn whoever_began_here_and_stopped_is_told_so_and_not_warned_of_somebody_else() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let link = server.invite(EMAIL);
    // Stopped by Ctrl-C, then killed.
    for kills in [false, true] {
        let mut pty = accept(&desk).start();
        pty.paste(&link);
        pty.expect("Is this you? [Y/n] ");
        if kills {
            pty.signal(rustix::process::Signal::KILL);
        } else {
            pty.send("\x03");
        }
        pty.wait();
    }
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("This link was opened here on ");
    pty.expect(", and not finished.");
    pty.expect("Is this you? [Y/n] ");
    pty.send("n\r");
    assert_eq!(pty.wait(), End::Exited(3));
    let page = plain(&pty.output());
    assert!(page.contains("this invite is for somebody else") && !page.contains("opened elsewhere"), "{page}");
    assert!(!page.contains("been opened"), "of nobody else is spoken: {page}");
    // What is kept has digests and times alone.
    let kept = desk.state_files().into_iter().find(|path| path.extension().is_some_and(|end| end == "tried"));
    let kept = std::fs::read_to_string(kept.expect("it is kept")).expect("text");
    assert!(kept.contains("sha256") && !kept.contains(token_of(&link)), "{kept}");
}

#[test]
fn whoever_opens_an_invite_second_is_told_so_and_enter_is_no_consent() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let firsts_desk = Desk::new();
    let mut first = accept(&firsts_desk).start();
    first.paste(&link);
    first.expect("[Y/n] ");
    let seconds_desk = Desk::new();
    let mut second = accept(&seconds_desk).start();
    second.paste(&link);
    second.expect("It has been opened once before, last on ");
    second.expect("This computer does not remember having opened it.");
    second.expect("If that was not you, answer no and tell your administrator.");
    second.expect("Is this you? [y/n] ");
    second.send("\r");
    second.expect("please type y for yes or n for no");
    second.expect("Is this you? [y/n] ");
    second.send("y\r");
    second.expect("Password: ");
}
