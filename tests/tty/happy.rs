//! Transcript (a): everything goes well.

use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, asked_group};
use super::{CLAIM, COMPLETE, EMAIL, FINISH, LOGIN, LOGOUT, PARAMS, START};
use serde_json::Value;

/// What is left on the screen; `...` stands for what differs from run to run.
const TRANSCRIPT: &str = "\
Paste the invite link from your e-mail: http://...
Asking 127.0.0.1 about this invite ...

This invite is for ada@example.org, from Example Corp.
It comes from the server 127.0.0.1
and expires ... UTC.

Is this you? [Y/n] y

You will choose a password, then write down a recovery kit. About 3 minutes.
Your password never leaves this computer; your private keys only encrypted.

Step 1 of 4  Choose a password
  Your sign-in at Example Corp proves who you are. This is another password:
  only it opens your keys. Do not reuse your company password.
  At least 15 characters. Four or five random words work well.
  Press Enter alone to have one made for you. What you type is not shown.
Password:
  Strength: good. Guessing it would take centuries,
  even with a copy of everything that the server has.
Again:
  They match.

Step 2 of 4  Make your keys
  Securing your password ... done (... s)
  Making your keys ... done
  Encrypting your private keys with your password ... done
  Your key's fingerprint:
    ...
    ...

Step 3 of 4  Your recovery kit
  If you forget your password, this is the only way back in.
  Neither Example Corp nor the makers of this program can reset it.
  Write these 7 groups down on paper, and the server and e-mail beside them.
  The recovery kit was on a separate screen; nothing of it is left here.
  To check, type group ...
  Right.

Step 4 of 4  Send to the server
  Sending your public keys and encrypted private keys ... stored

Type your password once more, to check that it opens your account.
Password:
  Checking that your account opens ... yes

Done. Your account is ready.
  ada@example.org at 127.0.0.1
  Your key's fingerprint:
    ...
    ...
Colleagues can now encrypt to you, and only you can read it.
Keep the recovery kit: it is the only way back if you forget your password.
To use your account on another computer, run there
  firstkey login
Compare the fingerprint with your administrator by phone or in person.
To see it again, run
  firstkey status
To see everything that was sent, run
  firstkey audit --last
";

/// Whether `line` is `pattern`, where `...` in the pattern may be any text.
fn is_like(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("...");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn the_happy_path_reads_as_it_was_designed() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    let page = pty.page();
    for (number, (pattern, line)) in TRANSCRIPT.lines().zip(page.lines()).enumerate() {
        assert!(is_like(pattern, line), "line {}: {line:?} is not {pattern:?}\n{page}", number + 1);
    }
    assert_eq!(page.lines().count(), TRANSCRIPT.lines().count(), "{page}");
    assert_eq!(server.wire.paths(), [CLAIM, START, COMPLETE, PARAMS, LOGIN, FINISH, LOGOUT]);
    assert!(pty.echo_is_on());
}

#[test]
fn neither_the_kit_nor_the_password_is_left_on_the_screen() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    let kit = pty.read_kit();
    assert!(pty.screen().alternate_screen(), "the kit is shown where it stays");
    pty.send("y\r");
    let asked = asked_group(&mut pty);
    assert!(!pty.screen().alternate_screen());
    pty.send(format!("{}\r", kit[asked - 1].to_lowercase()));
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    // What was pasted and typed may stand where it was typed, and a group that is all digits looks
    // the same in small letters.
    let without_what_was_typed = |text: String| {
        let typed = ["Paste the invite link", "To check, type group"];
        let lines: Vec<_> = text.lines().filter(|line| !typed.iter().any(|prompt| line.contains(prompt))).collect();
        lines.join("\n")
    };
    let (page, screen) = (without_what_was_typed(pty.page()), without_what_was_typed(pty.screen().contents()));
    for group in &kit {
        assert!(!page.contains(group.as_str()) && !screen.contains(group.as_str()), "{group} is still there\n{page}");
    }
    for word in PASSWORD.split(' ') {
        assert!(!pty.output().contains(word), "{word} was shown");
    }
}

#[test]
fn standard_output_in_a_file_holds_the_result_and_nothing_else() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let result = desk.path("result.json");
    let mut pty = accept(&desk).stdout(&result).start();
    pty.up_to_the_upload(&link, PASSWORD);
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    let written = std::fs::read_to_string(&result).expect("the result");
    assert_eq!(written.lines().count(), 1, "{written}");
    let done: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!((&done["event"], &done["ok"], &done["email"]), (&"done".into(), &true.into(), &EMAIL.into()));
    // The person was asked and told on the terminal all the same.
    assert!(pty.page().contains("Done. Your account is ready."));
    let fingerprint = done["fingerprint"].as_str().expect("words");
    let shown = pty.page().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        shown.contains(&format!("at 127.0.0.1 Your key's fingerprint: {fingerprint}")),
        "{fingerprint} is not in {shown}"
    );
}

#[test]
fn without_a_wish_the_password_is_stretched_over_256_mib() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    // With -v the algorithm is named.
    let mut pty = super::support::sitting::firstkey(&desk).arg("accept").arg("-v").start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    pty.expect("Securing your password (Argon2id, 256 MiB, about 1 second) ...");
    pty.expect(" done (");
    pty.keep_kit();
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn a_link_as_an_argument_works_and_is_said_to_be_in_the_shells_history() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).arg(&link).start();
    pty.expect("The link is now in your shell's history. Next time, paste it when asked.");
    pty.expect("Is this you? [Y/n] ");
    let (_, token) = link.split_once('#').expect("a link has a fragment");
    assert!(!pty.output().contains(token), "the link is repeated on the screen");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
}

#[test]
fn asked_to_say_more_it_says_where_state_is_kept_and_no_secret() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).arg("-v").start();
    pty.up_to_the_upload(&link, PASSWORD);
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    let output = pty.output();
    assert!(output.contains(&format!("State is kept in {}", desk.state().display())), "{output}");
    assert!(PASSWORD.split(' ').all(|word| !output.contains(word)));
}

#[test]
fn a_second_run_on_the_same_computer_is_harmless() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let before = server.wire.paths().len();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Done. You completed this account earlier, on this computer.");
    assert_eq!(pty.wait(), End::Exited(0));
    assert_eq!(server.wire.paths().len(), before, "something was sent");
}

#[test]
fn a_no_to_is_this_you_ends_it_with_nothing_made() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Is this you? [Y/n] ");
    pty.send("perhaps\r");
    pty.expect("error: please type y for yes or n for no");
    pty.expect("Is this you? [Y/n] ");
    pty.send("n\r");
    pty.expect("Stopped: this invite is for somebody else.");
    pty.expect("No account was made");
    assert_eq!(pty.wait(), End::Exited(3));
    assert_eq!(server.wire.paths(), [CLAIM]);
}
