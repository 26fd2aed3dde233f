//! A reset: the words before it, the typed consent, the new keys, and what other computers make of
//! them.

use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, firstkey, plain};
use super::support::wire::Act;
use super::{CLAIM, EMAIL};

const NEW: &str = "harbor trumpet mosaic lantern gravel 91";
const AGREE: &str = "type the word replace (Enter alone stops): ";

/// An account that was completed on this desk, and the link of its reset.
fn started() -> (Deployment, Desk, String) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let done = desk.run_accept(&link, EMAIL);
    assert_eq!(done.code, Some(0), "{done:?}");
    let link = server.reset(EMAIL);
    (server, desk, link)
}

fn verify(server: &Deployment, desk: &Desk, password: &str) -> Run {
    let file = desk.write("try", password.as_bytes());
    let mut command = desk.command();
    command.args(["verify", "--no-input", "--json", "--server", &server.wire.origin(), "--account", EMAIL]);
    run(command.arg("--password-file").arg(file))
}

/// A script that has every answer, for a kit in a new file.
fn script(desk: &Desk, link: &str, flags: &[&str]) -> Run {
    let _ = std::fs::remove_file(desk.path("kit.txt"));
    run(desk.accept(link, EMAIL).args(flags))
}

#[test]
fn a_person_reads_what_is_lost_before_any_password_and_types_the_word() {
    let (server, desk, link) = started();
    let before = desk.state_files();
    let mut pty = accept(&desk).start();
    pty.consent(&link);
    pty.expect("CAREFUL: this link does not make an account. It replaces the keys of");
    pty.expect("stays unreadable for good, for");
    pty.expect("This computer remembers your keys. These would be replaced:");
    pty.expect("do NOT continue. Stop here");
    pty.expect("it@example.org");
    pty.expect(AGREE);
    assert!(!pty.page().contains("Password:"), "{}", pty.page());
    pty.send("yes\r");
    pty.expect("  That is not the word.");
    pty.expect(AGREE);
    pty.send("replace\r");
    pty.choose(NEW);
    pty.keep_kit();
    pty.once_more(NEW);
    pty.expect("Done. Your account is ready.");
    pty.expect("with new keys. Data encrypted to the old keys stays unreadable.");
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert_eq!(desk.state_files(), before, "the new memory took the place of the old one");
    let account = run(desk.command().args(["status", "--json"])).last();
    assert_eq!(account["key_gen"], 2);
    assert_eq!((verify(&server, &desk, NEW).code, verify(&server, &desk, PASSWORD).code), (Some(0), Some(10)));
}

#[test]
fn enter_alone_keeps_the_old_keys_and_a_log_in_calls_the_reset_off() {
    let (server, desk, link) = started();
    let mut pty = accept(&desk).start();
    pty.consent(&link);
    pty.expect(AGREE);
    pty.send("\r");
    assert_eq!(pty.wait(), End::Exited(3));
    assert!(pty.page().contains("Stopped: your keys were not replaced."), "{}", pty.page());
    assert_eq!(verify(&server, &desk, PASSWORD).code, Some(0));
    let late = script(&desk, &link, &["--accept-reset", EMAIL]);
    assert_eq!((late.code, late.last()["code"].as_str()), (Some(4), Some("invite-withdrawn")), "{late:?}");
    assert_eq!(verify(&server, &desk, PASSWORD).code, Some(0));
}

#[test]
fn a_computer_without_memory_says_the_same_and_one_with_old_memory_notices() {
    let (server, old, link) = started();
    let new = Desk::new();
    let mut pty = accept(&new).start();
    pty.consent(&link);
    pty.expect("It replaces the keys of");
    pty.expect(AGREE);
    assert!(!pty.page().contains("This computer remembers"), "{}", pty.page());
    pty.send("Replace\r");
    pty.choose(NEW);
    pty.keep_kit();
    pty.once_more(NEW);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));

    let noticed = verify(&server, &old, NEW);
    assert_eq!((noticed.code, noticed.last()["code"].as_str()), (Some(6), Some("changed-keys")), "{noticed:?}");
    let forgotten = run(old.command().args(["forget", "--no-input", "--json", "--yes-for", EMAIL]));
    assert_eq!(forgotten.code, Some(0), "{forgotten:?}");
    let seen = verify(&server, &old, NEW);
    assert_eq!((seen.code, seen.last()["first_seen"].as_bool()), (Some(0), Some(true)), "{seen:?}");
}

#[test]
fn a_script_needs_a_flag_of_its_own_for_exactly_this_address() {
    let (server, desk, link) = started();
    for flags in [&[][..], &["--accept-reset", "grace@example.org"]] {
        let refused = script(&desk, &link, flags);
        assert_eq!(
            (refused.code, refused.last()["code"].as_str()),
            (Some(2), Some("missing-reset-consent")),
            "{refused:?}"
        );
        assert!(refused.stderr.contains("--accept-reset EMAIL"), "{}", refused.stderr);
    }
    assert_eq!(server.show(EMAIL).earlier_fingerprint, None);
    let done = script(&desk, &link, &["--accept-reset", "Ada@Example.org"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let event = done.events().into_iter().find(|event| event["event"] == "reset").expect("it is said");
    assert_eq!((event["user"].as_str(), event["key_gen"].as_u64()), (Some(EMAIL), Some(2)), "{event}");
    assert!(server.show(EMAIL).earlier_fingerprint.is_some());
    assert_eq!(verify(&server, &desk, PASSWORD).code, Some(0), "this script chose the same password again");
}

#[test]
fn a_server_that_skips_a_generation_or_calls_it_an_invite_is_refused() {
    let (server, desk, link) = started();
    for (turn, code) in [
        ((|text| text.replace("\"key_gen\":2", "\"key_gen\":3")) as fn(String) -> String, "refused-key-generation"),
        (|text| text.replace("\"key_gen\":2", "\"key_gen\":1"), "refused-key-generation"),
        (
            |text| {
                let at = text.find(",\"reset\":{").expect("a reset");
                let end = text[at..].find('}').expect("its end") + at;
                format!("{}{}", &text[..at], &text[end + 1..])
            },
            "refused-already-complete",
        ),
    ] {
        server.wire.script(move |seen, _| {
            if seen.path == CLAIM {
                Act::Change(Box::new(move |reply| {
                    let text = String::from_utf8(reply.body.clone()).expect("text");
                    super::support::wire::Reply { body: turn(text).into_bytes(), ..reply }
                }))
            } else {
                Act::Forward
            }
        });
        let refused = script(&desk, &link, &["--accept-reset", EMAIL]);
        assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(6), Some(code)), "{refused:?}");
    }
    server.wire.script(|_, _| Act::Forward);
    let mut pty = firstkey(&desk).arg("verify").start();
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "nothing was changed");
}
