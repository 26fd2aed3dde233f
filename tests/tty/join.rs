//! One more organisation for an account that exists: at the terminal, by a script, and declined.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, plain};
use super::{CLAIM, EMAIL, FINISH, LOGIN, PARAMS};

const JOIN: &str = "/v1/invites/join";

#[test]
fn a_person_joins_a_second_organisation_with_the_password_that_they_have() {
    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    let before = server.wire.paths().len();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Do you want that? [y/n] ");
    pty.send("y\r");
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "This invite is for ada@example.org, from Second Ltd.",
        "Your account there is a member of",
        "  Example Corp",
        "This invite adds it to Second Ltd.",
        "Done. ada@example.org at 127.0.0.1 is a member of",
        "  Second Ltd",
        "Your password, your keys and their fingerprint are the same as before.",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert_eq!(server.wire.paths()[before..], [CLAIM, PARAMS, LOGIN, FINISH, JOIN, "/v1/logout"]);
    // Once more does nothing, and sends nothing.
    let before = server.wire.paths().len();
    let again = run(&mut desk.accept(&link, EMAIL));
    assert_eq!((again.code, again.last()["repeated"].as_bool()), (Some(0), Some(true)), "{again:?}");
    assert_eq!(server.wire.paths().len(), before);
}

#[test]
fn a_script_joins_for_exactly_the_address_it_consents_for() {
    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    let refused = run(&mut desk.accept(&link, "grace@example.org"));
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(2), Some("not-the-invited")), "{refused:?}");
    let joined = run(&mut desk.accept(&link, EMAIL));
    assert_eq!((joined.code, joined.last()["deed"].as_str()), (Some(0), Some("joined")), "{joined:?}");
    assert_eq!(joined.events()[0]["organisation"].as_str(), Some("Second Ltd"));
}

#[test]
fn whoever_says_no_is_asked_for_no_password() {
    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Do you want that? [y/n] ");
    pty.send("n\r");
    assert_eq!(pty.wait(), End::Exited(3), "{}", plain(&pty.output()));
    assert!(!server.wire.paths().contains(&JOIN.to_owned()));
    assert!(!pty.page().contains("Password for"), "{}", pty.page());
}

#[test]
fn another_computer_warns_before_the_password() {
    let (mut server, _) = completed();
    let link = server.invite_by_second(EMAIL);
    let other = Desk::new();
    let mut pty = accept(&other).start();
    pty.paste(&link);
    pty.expect("Do you want that? [y/n] ");
    let page = pty.page();
    assert!(page.contains("Continue only if you already have an account at 127.0.0.1."), "{page}");
    pty.send("y\r");
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
}

#[test]
fn a_member_of_a_stricter_organisation_can_still_change_the_password_and_recover() {
    // Example Corp asks for the least profile, Second Ltd for the default one.
    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    assert_eq!(run(&mut desk.accept(&link, EMAIL)).code, Some(0));
    let (old, new) = (desk.write("old", PASSWORD.as_bytes()), desk.write("new", b"harbor trumpet mosaic lantern 91"));
    let mut change = desk.command();
    change.args(["password", "--no-input", "--json", "--password-file"]).arg(&old).arg("--new-password-file").arg(&new);
    let changed = run(&mut change);
    assert_eq!((changed.code, changed.last()["deed"].as_str()), (Some(0), Some("password-changed")), "{changed:?}");

    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    assert_eq!(run(&mut desk.accept(&link, EMAIL)).code, Some(0));
    let new = desk.write("new", b"harbor trumpet mosaic lantern 91");
    let mut recover = desk.command();
    recover.args(["recover", "--no-input", "--json", "--new-password-file"]).arg(new);
    recover.arg("--kit-file").arg(desk.path("kit.txt")).arg("--kit-out").arg(desk.path("second.txt"));
    let recovered = run(&mut recover);
    assert_eq!((recovered.code, recovered.last()["deed"].as_str()), (Some(0), Some("recovered")), "{recovered:?}");
}
