//! A server of the other dialect: everything goes well, at a terminal.

use super::support::client::Desk;
use super::support::infisical::Stand;
use super::support::infisical::fake::{Era, Fake, TICKETS_END};
use super::support::pty::End;
use super::support::sitting::{Sitting, accept};

const PASSWORD: &str = "velvet tundra misprint cobra lunar eggplant 7";

/// Waits for the kit, writes it down, types back the group that is asked for.
fn keep_kit(pty: &mut super::support::pty::Pty) {
    pty.expect("save to a file instead] ");
    let screen = pty.screen().contents();
    let number = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit());
    let lines = screen.lines().filter(|line| line.split_whitespace().next().is_some_and(number));
    let words: Vec<_> = lines.flat_map(str::split_whitespace).map(str::to_owned).collect();
    let groups: Vec<_> = words.chunks(2).filter_map(|pair| pair.get(1)).cloned().collect();
    assert_eq!(groups.len(), 8, "no whole kit in\n{screen}");
    pty.send("y\r");
    let group = super::support::sitting::asked_group(pty);
    pty.send(format!("{}\r", groups[group - 1]));
}

#[test]
fn an_invite_of_the_other_dialect_is_accepted_at_a_terminal() {
    let mut fake = Fake::new(Era::G0);
    let path = fake.invite("ada@example.org");
    let stand = Stand::new(fake);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&stand.link(&path));
    pty.expect("This invite is for ada@example.org");
    pty.expect("on the server 127.0.0.1");
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\r");
    pty.expect("It takes encrypted keys and no password. Good.");
    pty.expect("Your first name");
    pty.send("Ada\r");
    pty.expect("Your last name: ");
    pty.send("Lovelace\r");
    pty.type_secret("Password: ", "too short");
    pty.expect("fewer than 14");
    pty.type_secret("Password: ", PASSWORD);
    pty.type_secret("Again: ", PASSWORD);
    pty.expect("Securing your password");
    pty.expect("Your key's fingerprint:");
    keep_kit(&mut pty);
    pty.expect("Right.");
    pty.expect("exactly what was made here");
    pty.expect("The emergency kit is stored too");
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(!pty.page().contains(PASSWORD), "nothing that was typed unseen is on the screen");
    assert!(stand.with(|fake| fake.users[0].accepted && fake.users[0].kit.is_some()));
}

#[test]
fn an_unproven_address_is_proven_at_a_terminal_before_any_keys_are_sent() {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    let path = fake.sign_in(user, TICKETS_END);
    let stand = Stand::new(fake);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&stand.link("/api/v1/sso/redirect/saml2/organizations/acme-xt-fj"));
    pty.expect("First sign in at your company");
    pty.expect("Paste the link: ");
    pty.send(format!("{}\r", stand.link(&path)));
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\r");
    pty.expect("The 6 digits: ");
    pty.send("684915\r");
    pty.expect("Sign in once more");
    pty.expect("Paste the link: ");
    let again = stand.with(|fake| fake.sign_in(0, TICKETS_END));
    pty.send(format!("{}\r", stand.link(&again)));
    // Enter alone has a password made.
    pty.type_secret("Password: ", "");
    pty.expect("Press Enter when you have saved it: ");
    let screen = pty.screen().contents();
    let shown: Vec<_> =
        screen.lines().filter(|line| line.starts_with("    ")).flat_map(str::split_whitespace).collect();
    let made = shown[shown.len() - 8..].join(" ");
    pty.send("\r");
    pty.type_secret("Again: ", &made);
    keep_kit(&mut pty);
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
    assert_eq!(stand.with(|fake| fake.users[0].username.clone()), "scim1@example.com");
}

#[test]
fn a_server_that_wants_the_password_is_left_before_one_is_typed() {
    let mut fake = Fake::new(Era::G1);
    let path = fake.invite("ada@example.org");
    let stand = Stand::new(fake);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.consent(&stand.link(&path));
    pty.expect("wants your password itself. It does not get it.");
    assert_eq!(pty.wait(), End::Exited(6));
    assert_eq!(stand.paths().len(), 1);
}
