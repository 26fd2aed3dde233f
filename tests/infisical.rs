//! The real `firstkey` before servers of the other dialect: of the reference era, of later ones,
//! and before ones that lie.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]

mod support;

use serde_json::Value;
use std::process::Command;
use support::client::{Desk, Run, run};
use support::infisical::Stand;
use support::infisical::fake::{Era, Fake, Lie, TICKETS_END};

const PASSWORD: &str = "velvet tundra misprint cobra lunar eggplant 7";
const NEW: &str = "another velvet tundra misprint cobra lunar 8";
const EMAIL: &str = "ada+new@example.org";
const PROBE: &str = "/api/v3/signup/complete-account/invite";
const SIGNUP: &str = "/api/v3/signup/complete-account/signup";

fn invited(era: Era, lies: &[Lie]) -> (Stand, String) {
    let mut fake = Fake::new(era);
    fake.lies = lies.to_vec();
    let path = fake.invite(EMAIL);
    let stand = Stand::new(fake);
    let link = stand.link(&path);
    (stand, link)
}

fn accept(desk: &Desk, link: &str, email: &str) -> Command {
    let (invite, password) = (desk.write("invite.url", link.as_bytes()), desk.write("password", PASSWORD.as_bytes()));
    let mut command = desk.command();
    command.args([
        "accept",
        "--no-input",
        "--json",
        "--yes-for",
        email,
        "--first-name",
        "Ada",
        "--last-name",
        "Lovelace",
    ]);
    command.arg("--invite-file").arg(invite).arg("--password-file").arg(password);
    command.arg("--kit-out").arg(desk.path("kit.txt"));
    command
}

fn accepted(desk: &Desk, link: &str) -> Run {
    run(&mut accept(desk, link, EMAIL))
}

fn code(run: &Run) -> String {
    run.last()["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn an_invite_is_recognised_by_itself_and_ends_with_keys_of_ones_own() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let done = accepted(&desk, &link);
    assert_eq!(done.code, Some(0), "{done:?}");
    let last = done.last();
    assert_eq!(
        (last["event"].as_str(), last["dialect"].as_str(), last["deed"].as_str()),
        (Some("done"), Some("infisical-e2ee"), Some("completed"))
    );
    assert_eq!((last["member"].as_bool(), last["kit"].as_bool()), (Some(true), Some(true)));
    let stored = stand.with(|fake| fake.users[0].keys.clone()).expect("keys");
    assert_eq!(stored["publicKey"], last["public_key"]);
    // The kit is whole, for its owner alone, and names the identity.
    assert_eq!(support::sitting::mode(&desk.path("kit.txt")), 0o600);
    let kit = std::fs::read_to_string(desk.path("kit.txt")).expect("a kit");
    assert!(kit.contains("emergency-secret: ") && kit.contains(&format!("account: {EMAIL}")));
    // Every request came with the same honest user agent.
    for head in stand.heads() {
        assert!(head.to_ascii_lowercase().contains("user-agent: firstkey/"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("cookie:"), "{head}");
    }
}

#[test]
fn w02_later_servers_and_other_things_get_the_probe_and_nothing_else() {
    for (era, exit, name) in [
        (Era::G1, 6, "wants-password"),
        (Era::G2, 6, "wants-password"),
        (Era::G3, 6, "no-such-route"),
        (Era::G3Html, 6, "no-such-route"),
        (Era::Html, 6, "no-such-server"),
        (Era::Redirect, 6, "redirect"),
        (Era::Limited, 75, "later"),
        (Era::Maintenance, 75, "later"),
        (Era::Gateway, 75, "later"),
    ] {
        let (stand, link) = invited(era, &[]);
        let desk = Desk::new();
        let refused = accepted(&desk, &link);
        assert_eq!(refused.code, Some(exit), "{era:?} {refused:?}");
        assert_eq!(code(&refused), name, "{era:?}");
        assert_eq!(stand.paths(), [format!("POST {PROBE}")], "{era:?}");
        assert!(stand.heads()[0].to_ascii_lowercase().contains("content-type: application/json"));
        assert!(!stand.heads()[0].to_ascii_lowercase().contains("authorization"));
        stand.with(|fake| assert_eq!(fake.log[0].body, b"{}"));
        assert!(!desk.path("kit.txt").exists(), "{era:?}: no kit is made");
        if exit == 6 && name.contains("password") {
            let message = refused.last()["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains("wants your password itself") && message.contains("private key"), "{message}");
        }
    }
}

#[test]
fn somebody_who_signed_in_at_their_company_completes_with_the_address_that_they_land_on() {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    fake.users[user].email_verified = true;
    let path = fake.sign_in(user, TICKETS_END);
    let stand = Stand::new(fake);
    let desk = Desk::new();
    let done = run(&mut accept(&desk, &stand.link(&path), "scim1@example.com"));
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.last()["account"].as_str(), Some("sam-scimmer-nj-4w"));
    let upload = stand.with(|fake| fake.bodies(SIGNUP)).pop().expect("an upload");
    assert_eq!(upload["firstName"].as_str(), Some("Sam"), "the sign-in told the name");
    // Later it opens with a fresh sign-in.
    let back = stand.with(|fake| fake.sign_in(0, TICKETS_END));
    let link = desk.write("link.url", stand.link(&back).as_bytes());
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["verify", "--no-input", "--json", "--link-file"]).arg(link).arg("--password-file").arg(password);
    let verified = run(&mut command);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(verified.last()["deed"].as_str(), Some("verified"));
}

#[test]
fn without_a_person_the_mail_of_provisioning_and_an_unproven_address_are_explained() {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    let path = fake.sign_in(user, TICKETS_END);
    let stand = Stand::new(fake);
    let desk = Desk::new();
    let mail = run(&mut accept(&desk, &stand.link("/api/v1/sso/redirect/saml2/organizations/acme-xt-fj"), EMAIL));
    assert_eq!((mail.code, code(&mail).as_str()), (Some(4), "sign-in-first"), "{mail:?}");
    assert!(stand.paths().is_empty(), "the link itself is not followed");
    let unproven = run(&mut accept(&desk, &stand.link(&path), "scim1@example.com"));
    assert_eq!((unproven.code, code(&unproven).as_str()), (Some(2), "missing-digits"), "{unproven:?}");
    assert_eq!(stand.paths(), [format!("POST {SIGNUP}")]);
}

#[test]
fn the_account_is_verified_changed_and_recovered_by_commands() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    assert_eq!(accepted(&desk, &link).code, Some(0));
    let verify = |password: &str| {
        let password = desk.write("password", password.as_bytes());
        let mut command = desk.command();
        command.args(["verify", "--no-input", "--json", "--password-file"]).arg(password);
        run(&mut command)
    };
    let first = verify(PASSWORD);
    assert_eq!((first.code, first.last()["deed"].as_str()), (Some(0), Some("verified")), "{first:?}");
    let wrong = verify("not the password of this account 1");
    assert_eq!((wrong.code, code(&wrong).as_str()), (Some(10), "not-opened"), "{wrong:?}");

    let (old, new) = (desk.write("password", PASSWORD.as_bytes()), desk.write("new", NEW.as_bytes()));
    let mut command = desk.command();
    command.args(["password", "--no-input", "--json", "--password-file"]).arg(old).arg("--new-password-file").arg(new);
    let changed = run(&mut command);
    assert_eq!((changed.code, changed.last()["deed"].as_str()), (Some(0), Some("changed")), "{changed:?}");
    assert_eq!(verify(NEW).code, Some(0));
    assert_ne!(verify(PASSWORD).code, Some(0));
    assert_eq!(stand.with(|fake| fake.sessions_ended), 1);

    stand.with(|fake| fake.users[0].reset_code = Some("00112233445566778899aabbccddeeff".to_owned()));
    let reset = stand.link(&format!("/password-reset?token=00112233445566778899aabbccddeeff&to={EMAIL}"));
    let (reset, back) = (desk.write("reset.url", reset.as_bytes()), desk.write("new", PASSWORD.as_bytes()));
    let mut command = desk.command();
    command.args(["recover", "--no-input", "--json", "--yes-for", EMAIL, "--link-file"]).arg(reset);
    command.arg("--kit-file").arg(desk.path("kit.txt")).arg("--new-password-file").arg(back);
    let recovered = run(&mut command);
    assert_eq!((recovered.code, recovered.last()["deed"].as_str()), (Some(0), Some("recovered")), "{recovered:?}");
    assert_eq!(verify(PASSWORD).code, Some(0));
    assert_eq!(recovered.last()["public_key"], first.last()["public_key"], "the key stays");
}

#[test]
fn a_lost_answer_a_race_and_a_withdrawn_membership_are_told_truly() {
    let (stand, link) = invited(Era::G0, &[Lie::LoseAfter(PROBE)]);
    let done = accepted(&Desk::new(), &link);
    assert_eq!(done.code, Some(0), "found out by logging in: {done:?}");
    let uploads = stand.with(|fake| fake.log.iter().filter(|one| one.path == PROBE && one.body != b"{}").count());
    assert_eq!(uploads, 1);

    let rival = stand.with(|fake| fake.users[0].keys.clone()).expect("keys");
    let (stand, link) = invited(Era::G0, &[Lie::Race]);
    stand.with(|fake| fake.rival(rival));
    let lost = accepted(&Desk::new(), &link);
    assert_eq!((lost.code, code(&lost).as_str()), (Some(6), "somebody-else"), "{lost:?}");

    let (_stand, link) = invited(Era::G0, &[Lie::Deprovision]);
    let gone = accepted(&Desk::new(), &link);
    assert_eq!((gone.code, code(&gone).as_str()), (Some(4), "no-invitation"), "{gone:?}");
    assert!(
        gone.last()["message"]
            .as_str()
            .is_some_and(|message| message.contains("Your encrypted keys were sent, and refused")),
        "{gone:?}"
    );
}

#[test]
fn errors_have_their_own_exit_codes() {
    for (lie, exit, name) in [
        (Lie::SwapPublicKey, 6, "somebody-else"),
        (Lie::OtherCiphertext, 6, "differs"),
        (Lie::OtherSalt, 6, "other-salt"),
        (Lie::VersionOne, 6, "malformed"),
        (Lie::ShowsVerifier, 6, "shows-verifier"),
        (Lie::OtherKit, 6, "differs"),
        (Lie::UpgradeAfterVerify, 6, "wants-password"),
        (Lie::LoseAfter("/api/v1/invite-org/verify"), 75, "answer-lost"),
    ] {
        let (_stand, link) = invited(Era::G0, &[lie]);
        let stopped = accepted(&Desk::new(), &link);
        assert_eq!((stopped.code, code(&stopped).as_str()), (Some(exit), name), "{lie:?} {stopped:?}");
    }
    let (stand, link) = invited(Era::G0, &[]);
    let wrong = accepted(&Desk::new(), &link.replace("e15039fa", "e15039fb"));
    assert_eq!((wrong.code, code(&wrong).as_str()), (Some(4), "code-wrong"));
    let other = run(&mut accept(&Desk::new(), &link, "eve@example.org"));
    assert_eq!((other.code, code(&other).as_str()), (Some(2), "not-the-invited"));
    let cut = accepted(&Desk::new(), &link[..link.len() - 4]);
    assert_eq!((cut.code, code(&cut).as_str()), (Some(4), "link"));
    drop(stand);
    let gone = accepted(&Desk::new(), &link);
    assert_eq!((gone.code, code(&gone).as_str()), (Some(75), "unreachable"), "{gone:?}");
}

#[test]
fn the_record_names_every_field_with_what_it_gives_away_and_keeps_what_is_worth_something_out() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    assert_eq!(accepted(&desk, &link).code, Some(0));
    let mut command = desk.command();
    command.args(["audit", "--last"]);
    let table = run(&mut command).stdout;
    for needed in [
        "GET  http://",
        "POST  http://",
        "verifier",
        "lets its holder test guesses at the password",
        "protectedKey",
        "encrypted on this machine",
        "clientProof",
        "proves the password without showing it",
        "salt",
        "public by design",
        "authorization",
        "a token of the server",
        "Not sent: password",
    ] {
        assert!(table.contains(needed), "{needed} in {table}");
    }
    let mut command = desk.command();
    command.args(["audit", "--last", "--raw"]);
    let raw = run(&mut command).stdout;
    let verifier =
        stand.with(|fake| fake.users[0].keys.clone()).expect("keys")["verifier"].as_str().expect("text").to_owned();
    assert!(!raw.contains(&verifier) && !raw.contains("e15039fa50d4adcc31d95f9852e24f07"));
    assert_eq!(stand.paths().len(), raw.lines().filter(|line| line.contains(" http://")).count());
    // Nor is it in any file of the state folder.
    for file in desk.state_files() {
        let bytes = std::fs::read(&file).expect("readable");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&verifier[..64]) && !text.contains(PASSWORD), "{file:?}");
    }
}

#[test]
fn w02_w10_no_secret_is_in_anything_that_was_sent_or_said() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let done = accepted(&desk, &link);
    let kit = std::fs::read_to_string(desk.path("kit.txt")).expect("a kit");
    let secret = kit.lines().find_map(|line| line.strip_prefix("emergency-secret: ")).expect("there").trim();
    let sent = String::from_utf8_lossy(&stand.received()).into_owned();
    for text in [sent.as_str(), &done.stdout, &done.stderr] {
        for needle in [PASSWORD, secret, &secret.replace('-', ""), "\"password\""] {
            assert!(!text.contains(needle), "{needle}");
        }
    }
    assert!(!done.stdout.contains("eyJ") && !done.stderr.contains("eyJ"), "no token is shown");
}

#[test]
fn a_rehearsal_shows_the_upload_and_uses_nothing_up() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let rehearsed = run(accept(&desk, &link, EMAIL).arg("--dry-run"));
    assert_eq!(rehearsed.code, Some(0), "{rehearsed:?}");
    assert_eq!(rehearsed.last()["event"].as_str(), Some("rehearsed"));
    assert_eq!(stand.paths(), [format!("POST {PROBE}")]);
    assert_eq!(accepted(&desk, &link).code, Some(0));
}

#[test]
fn what_is_missing_without_a_person_is_named() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let (invite, password) = (desk.write("invite.url", link.as_bytes()), desk.write("password", PASSWORD.as_bytes()));
    let mut command = desk.command();
    command.args(["accept", "--no-input", "--json", "--yes-for", EMAIL, "--invite-file"]).arg(invite);
    command.arg("--password-file").arg(password).arg("--kit-out").arg(desk.path("kit.txt"));
    let nameless = run(&mut command);
    assert_eq!((nameless.code, code(&nameless).as_str()), (Some(2), "missing-name"), "{nameless:?}");
    assert!(stand.with(|fake| fake.memberships[0].code.is_some()), "the code is not used up");
    for (command, expected) in
        [("verify", "nothing-known"), ("password", "nothing-known"), ("recover", "nothing-known")]
    {
        let mut run_it = desk.command();
        run_it.args([command, "--no-input", "--json"]);
        let unknown = run(&mut run_it);
        assert_eq!((unknown.code, code(&unknown).as_str()), (Some(2), expected), "{unknown:?}");
    }
}

#[test]
fn the_password_is_used_byte_for_byte_as_it_stands_in_the_file() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let password = "  velvet tundra misprint cobra lu\u{308}nar \u{1f680} eggplant 7  ";
    let mut command = accept(&desk, &link, EMAIL);
    desk.write("password", password.as_bytes());
    let done = run(&mut command);
    assert_eq!(done.code, Some(0), "{done:?}");
    let keys = stand.with(|fake| fake.users[0].keys.clone()).expect("keys");
    let salt = keys["salt"].as_str().expect("text");
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&salt[2 * at..2 * at + 2], 16).expect("hex")).collect();
    let typed = firstkey_core::secret::TypedPassword::as_typed(zeroize::Zeroizing::new(password.as_bytes().to_vec()));
    let x = firstkey_infisical::srp::exponent(EMAIL, &typed, &bytes.try_into().expect("32 bytes"));
    let verifier = firstkey_infisical::srp::Verifier::derive(&x);
    let hex: String = verifier.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(keys["verifier"], Value::String(hex));
}

/// The heads of all requests of an account's life with these passwords, without the port.
fn heads_of(old: &str, new: &str) -> Vec<String> {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    let mut command = accept(&desk, &link, EMAIL);
    let (old, new) = (desk.write("password", old.as_bytes()), desk.write("new", new.as_bytes()));
    assert_eq!(run(&mut command).code, Some(0));
    for name in ["verify", "password"] {
        let mut command = on_account(&desk, name);
        command.arg("--password-file").arg(&old);
        if name == "password" {
            command.arg("--new-password-file").arg(&new);
        }
        let done = run(&mut command);
        assert_eq!(done.code, Some(0), "{name}: {done:?}");
    }
    let origin = stand.origin();
    let host = origin.trim_start_matches("http://");
    stand.heads().iter().map(|head| head.replace(host, "HOST")).collect()
}

#[test]
fn with_other_passwords_every_request_has_the_same_head_and_length() {
    // What the bodies hold, crates/infisical/tests/flow/interference.rs compares; this is what the
    // program puts around them.
    let heads = heads_of(PASSWORD, NEW);
    assert!(heads.len() > 20 && heads.iter().all(|head| head.contains("HOST")), "{heads:?}");
    let other = "quartz harbor trumpet mosaic lantern gravel sonnet bramble walnut orchid 83";
    assert_eq!(heads, heads_of(other, "saddle meadow copper violin thunder basket pepper marble candle ribbon 61"));
}

/// Somebody whom provisioning made an account, and who has proven their address.
fn provisioned() -> Stand {
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("scim1@example.com", "scim1@example.com");
    fake.users[user].email_verified = true;
    Stand::new(fake)
}

fn on_account(desk: &Desk, command: &str) -> Command {
    let mut run_it = desk.command();
    run_it.args([command, "--no-input", "--json"]);
    run_it
}

#[test]
fn an_account_that_signs_in_is_recovered_with_both_links_and_not_begun_without() {
    let stand = provisioned();
    let desk = Desk::new();
    let ticket = stand.link(&stand.with(|fake| fake.sign_in(0, TICKETS_END)));
    assert_eq!(run(&mut accept(&desk, &ticket, "scim1@example.com")).code, Some(0));
    stand.with(|fake| fake.users[0].reset_code = Some("00112233445566778899aabbccddeeff".to_owned()));
    let reset = stand.link("/password-reset?token=00112233445566778899aabbccddeeff&to=scim1@example.com");
    let (reset, new) = (desk.write("reset.url", reset.as_bytes()), desk.write("new", NEW.as_bytes()));
    let recover = || {
        let mut command = on_account(&desk, "recover");
        command.args(["--yes-for", "scim1@example.com", "--link-file"]).arg(&reset);
        command.arg("--kit-file").arg(desk.path("kit.txt")).arg("--new-password-file").arg(&new);
        command
    };
    let without = run(&mut recover());
    assert_eq!((without.code, code(&without).as_str()), (Some(4), "sign-in-first"), "{without:?}");
    let message = without.last()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("Nothing was changed") && message.contains("--sign-in-file"), "{message}");
    assert!(stand.with(|fake| fake.users[0].reset_code.is_some()), "the code is good");

    let ticket = stand.link(&stand.with(|fake| fake.sign_in(0, TICKETS_END)));
    let ticket = desk.write("ticket.url", ticket.as_bytes());
    let done = run(recover().arg("--sign-in-file").arg(&ticket));
    assert_eq!((done.code, done.last()["deed"].as_str()), (Some(0), Some("recovered")), "{done:?}");
    assert_eq!((done.last()["member"].as_bool(), done.last()["kit"].as_bool()), (Some(true), Some(true)));
    assert_eq!(stand.with(|fake| fake.sessions_ended), 1);
    let mut verify = on_account(&desk, "verify");
    verify.arg("--link-file").arg(&ticket).arg("--password-file").arg(&new);
    let verified = run(&mut verify);
    assert_eq!((verified.code, verified.last()["deed"].as_str()), (Some(0), Some("verified")), "{verified:?}");
}

#[test]
fn the_same_command_with_the_same_ticket_and_kit_file_ends_well_again() {
    let stand = provisioned();
    let desk = Desk::new();
    let ticket = stand.link(&stand.with(|fake| fake.sign_in(0, TICKETS_END)));
    let first = run(&mut accept(&desk, &ticket, "scim1@example.com"));
    assert_eq!(first.code, Some(0), "{first:?}");
    let kit = std::fs::read(desk.path("kit.txt")).expect("a kit");
    // A kit that the server lost comes back from the file.
    for lost in [false, true] {
        if lost {
            stand.with(|fake| fake.users[0].kit = None);
        }
        let again = run(&mut accept(&desk, &ticket, "scim1@example.com"));
        assert_eq!((again.code, again.last()["deed"].as_str()), (Some(0), Some("completed")), "{again:?}");
        assert_eq!(again.last()["fingerprint"], first.last()["fingerprint"]);
        assert_eq!(again.last()["kit"].as_bool(), Some(true), "{again:?}");
        assert_eq!(std::fs::read(desk.path("kit.txt")).expect("a kit"), kit);
    }
    let uploads = stand.with(|fake| fake.log.iter().filter(|one| one.path == SIGNUP && one.body != b"{}").count());
    assert_eq!(uploads, 1);
}

#[test]
fn of_an_account_that_is_not_known_here_the_server_hears_no_name_before_the_probe() {
    let (stand, link) = invited(Era::G0, &[]);
    assert_eq!(accepted(&Desk::new(), &link).code, Some(0));
    for era in [Era::G0, Era::G1, Era::G3, Era::G3Html, Era::Html] {
        stand.with(|fake| {
            fake.log.clear();
            fake.era = era;
        });
        let desk = Desk::new();
        let password = desk.write("password", PASSWORD.as_bytes());
        let mut command = on_account(&desk, "verify");
        command.args(["--server", &stand.origin(), "--account", EMAIL, "--password-file"]).arg(password);
        let verified = run(&mut command);
        assert_eq!(verified.code, Some(if era == Era::G0 { 0 } else { 6 }), "{era:?} {verified:?}");
        let log = stand.with(|fake| fake.log.clone());
        let probe = log.iter().position(|one| one.path == PROBE && one.body == b"{}").expect("a probe");
        for before in &log[..=probe] {
            assert!(!String::from_utf8_lossy(&before.body).contains("ada"), "{era:?} {before:?}");
        }
        assert_eq!(log.len() > probe + 1, era == Era::G0, "{era:?}: nothing after a probe that fails");
    }
}

#[test]
fn a_link_with_two_slashes_is_the_link() {
    let (stand, link) = invited(Era::G0, &[]);
    let doubled = link.replace("/signupinvite", "//signupinvite");
    let done = accepted(&Desk::new(), &doubled);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(stand.paths().iter().all(|path| !path.contains("//")), "{:?}", stand.paths());
}

#[test]
fn a_kit_is_checked_from_its_file_and_replaced_by_a_new_one() {
    let (stand, link) = invited(Era::G0, &[]);
    let desk = Desk::new();
    assert_eq!(accepted(&desk, &link).code, Some(0));
    let check = |kit: &str| {
        let mut command = on_account(&desk, "verify");
        command.arg("--password-file").arg(desk.path("password")).arg("--kit-file").arg(desk.path(kit));
        run(&mut command)
    };
    let checked = check("kit.txt");
    assert_eq!((checked.code, checked.last()["kit"].as_bool()), (Some(0), Some(true)), "{checked:?}");
    let mut renew = on_account(&desk, "kit");
    renew.arg("--password-file").arg(desk.path("password")).arg("--kit-out").arg(desk.path("new-kit.txt"));
    let renewed = run(&mut renew);
    assert_eq!((renewed.code, renewed.last()["deed"].as_str()), (Some(0), Some("kit")), "{renewed:?}");
    assert_eq!(check("new-kit.txt").last()["kit"].as_bool(), Some(true));
    // The old page still has its own copy of the key; that the server's is another one is said.
    let old = check("kit.txt");
    assert!(old.code == Some(0) && old.stderr.contains("another emergency kit"), "{old:?}");
    stand.with(|fake| fake.users[0].kit = None);
    let none = check("kit.txt");
    assert!(none.last()["kit"].as_bool() == Some(false) && none.stderr.contains("firstkey kit"), "{none:?}");
}

#[test]
fn what_a_replaced_server_was_sent_is_said() {
    let (stand, link) = invited(Era::G0, &[Lie::UpgradeAtUpload]);
    let refused = accepted(&Desk::new(), &link);
    assert_eq!((refused.code, code(&refused).as_str()), (Some(6), "wants-password"), "{refused:?}");
    let message = refused.last()["message"].as_str().unwrap_or_default().to_owned();
    for lie in ["sends it nothing", "anything made from them", "No keys were sent"] {
        assert!(!message.contains(lie), "{message}");
    }
    assert!(message.contains("test guesses") && message.contains("were sent"), "{message}");
    assert!(stand.with(|fake| fake.bodies(PROBE).iter().any(|body| body["verifier"].is_string())));
}

#[test]
fn a_password_that_was_changed_elsewhere_opens_the_account_here_and_renews_what_is_remembered() {
    let (stand, link) = invited(Era::G0, &[]);
    let (here, elsewhere) = (Desk::new(), Desk::new());
    assert_eq!(accepted(&here, &link).code, Some(0));
    let (old, new) = (elsewhere.write("password", PASSWORD.as_bytes()), elsewhere.write("new", NEW.as_bytes()));
    let mut change = on_account(&elsewhere, "password");
    change.args(["--server", &stand.origin(), "--account", EMAIL, "--password-file"]).arg(old);
    assert_eq!(run(change.arg("--new-password-file").arg(new)).code, Some(0));
    let verify = |password: &str| {
        let password = here.write("password", password.as_bytes());
        let mut command = on_account(&here, "verify");
        run(command.arg("--password-file").arg(password))
    };
    let with_old = verify(PASSWORD);
    assert_eq!((with_old.code, code(&with_old).as_str()), (Some(6), "other-salt"), "{with_old:?}");
    let message = with_old.last()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("run this again with the new password"), "{message}");
    let first = verify(NEW);
    assert!(first.code == Some(0) && first.stderr.contains("changed on another computer"), "{first:?}");
    let second = verify(NEW);
    assert!(second.code == Some(0) && !second.stderr.contains("another computer"), "{second:?}");
}
