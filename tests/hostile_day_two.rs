//! Servers that lie to an account that exists: the real commands against each, with the wire's own
//! record as proof that nothing followed the refusal, and the server's and the computer's memory as
//! proof that nothing was changed. Ids are those of docs/THREAT-MODEL.md.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use support::client::{Desk, PASSWORD, Run, run};
use support::completed::completed;
use support::deployment::Deployment;
use support::wire::Act;

const EMAIL: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const NEW: &str = "harbor trumpet mosaic lantern gravel 91";
const PARAMS: &str = "/v1/login/params";
const LOGIN: &str = "/v1/login/start";
const FINISH: &str = "/v1/login/finish";
const RECOVERED: &str = "/v1/recovery/finish";
const DIRECTORY: &str = "/v1/directory";
const JOIN: &str = "/v1/invites/join";

/// The commands on an account, as a script runs them, and the request by which each gets its
/// bundle.
fn commands(desk: &Desk) -> Vec<(&'static str, &'static str, Command)> {
    let (old, new) = (desk.write("old", PASSWORD.as_bytes()), desk.write("new", NEW.as_bytes()));
    let begin = |arguments: &[&str]| {
        let mut command = desk.command();
        command.args(arguments).args(["--no-input", "--json"]);
        command
    };
    let mut all = Vec::new();
    for name in ["verify", "password", "kit", "people"] {
        let mut command = begin(&[name]);
        command.arg("--password-file").arg(&old);
        match name {
            "password" => drop(command.arg("--new-password-file").arg(&new)),
            "kit" => drop(command.arg("--kit-out").arg(desk.path("never.txt"))),
            "people" => drop(command.arg(GRACE)),
            _ => {}
        }
        all.push((name, FINISH, command));
    }
    let mut recover = begin(&["recover", "--new-password-file", new.to_str().expect("text")]);
    recover.arg("--kit-file").arg(desk.path("kit.txt")).arg("--kit-out").arg(desk.path("never.txt"));
    all.push(("recover", RECOVERED, recover));
    all
}

/// What a computer remembers: all but the record of what was sent.
fn memory(desk: &Desk) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let files = desk
        .state_files()
        .into_iter()
        .filter(|path| path.extension().is_none_or(|end| end != "audit" && end != "tried"));
    files.map(|path| (path.clone(), std::fs::read(path).expect("our own file"))).collect()
}

/// What the server holds of the account.
fn stored(server: &Deployment) -> String {
    let mut shown = server.show(EMAIL);
    shown.letters.clear();
    format!("{shown:?}")
}

/// Runs a command while every answer to `path` is changed; it has to end there, with nothing
/// changed anywhere.
fn refused_at(
    server: &Deployment,
    desk: &Desk,
    command: &mut Command,
    path: &'static str,
    change: impl Fn(&mut Value) + Clone + Send + 'static,
) -> Run {
    let (held, remembered, before) = (stored(server), memory(desk), server.wire.paths().len());
    server.wire.script(move |seen, _| {
        let change = change.clone();
        if seen.path != path {
            return Act::Forward;
        }
        Act::Change(Box::new(move |reply| {
            let mut value = reply.value();
            change(&mut value);
            reply.with(&value)
        }))
    });
    let run = run(command);
    server.wire.script(|_, _| Act::Forward);
    let paths = server.wire.paths().split_off(before);
    assert_eq!(run.code, Some(6), "{run:?}");
    let last = run.last();
    assert_eq!((last["event"].as_str(), last["ok"].as_bool()), (Some("stopped"), Some(false)), "{last}");
    assert_eq!(paths.last().map(String::as_str), Some(path), "something followed the refusal: {paths:?}");
    assert_eq!(paths.iter().filter(|seen| *seen == path).count(), 1, "it was asked again: {paths:?}");
    assert_eq!(stored(server), held, "the account was changed");
    assert_eq!(memory(desk), remembered, "what is remembered was changed");
    assert!(!desk.path("never.txt").exists(), "a kit was made for nothing");
    run
}

fn code(run: &Run) -> String {
    run.last()["code"].as_str().expect("a stop has a code").to_owned()
}

fn bytes(place: &Value) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(place.as_str().expect("text")).expect("base64url")
}

fn text(bytes: &[u8]) -> Value {
    json!(Base64UrlUnpadded::encode_string(bytes))
}

/// An id as it stands in messages.
fn id(uuid: &str) -> Value {
    let digits: Vec<u8> = uuid.bytes().filter(|byte| *byte != b'-').collect();
    let number = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    text(&digits.chunks(2).map(number).collect::<Vec<_>>())
}

fn verify(desk: &Desk, server: &Deployment, email: &str, password: &[u8]) -> Run {
    let file = desk.write("try", password);
    let mut command = desk.command();
    command.args([
        "verify",
        "--no-input",
        "--json",
        "--server",
        &server.wire.origin(),
        "--account",
        email,
        "--password-file",
    ]);
    run(command.arg(file))
}

/// A server and the desks of Ada and Grace, who chose the same password.
fn colleagues() -> (Deployment, Desk, Desk) {
    let (mut server, ada) = completed();
    let link = server.invite(GRACE);
    let grace = Desk::new();
    assert_eq!(grace.run_accept(&link, GRACE).code, Some(0));
    (server, ada, grace)
}

#[test]
fn c02_whatever_is_damaged_of_the_sealed_keys_the_end_is_the_same() {
    let (server, desk) = completed();
    let mut ends = BTreeSet::new();
    for number in ["1", "3", "4"] {
        for place in [-1_isize, -17, -33] {
            let (_, path, mut command) = commands(&desk).remove(0);
            let run = refused_at(&server, &desk, &mut command, path, move |reply| {
                let sealed = &mut reply["bundle"]["envelopes"][number];
                let mut damaged = bytes(sealed);
                let at = damaged.len().checked_add_signed(place).expect("an envelope is longer");
                damaged[at] ^= 1;
                *sealed = text(&damaged);
            });
            ends.insert((code(&run), run.last()["message"].to_string(), run.stderr.clone()));
        }
    }
    assert_eq!(ends.len(), 1, "damage can be told apart: {ends:#?}");
}

#[test]
fn c04_the_sealed_keys_of_somebody_else_are_refused_by_every_command_though_the_password_is_the_same() {
    let (server, ada, grace) = colleagues();
    let (tell, told) = std::sync::mpsc::channel();
    server.wire.script(move |seen, _| {
        let tell = tell.clone();
        if seen.path != FINISH {
            return Act::Forward;
        }
        Act::Change(Box::new(move |reply| {
            tell.send(reply.value()["bundle"].clone()).expect("the test listens");
            reply
        }))
    });
    assert_eq!(verify(&grace, &server, GRACE, PASSWORD.as_bytes()).code, Some(0));
    let hers = told.recv().expect("a bundle");
    for (_, path, mut command) in commands(&ada) {
        let whole = hers.clone();
        refused_at(&server, &ada, &mut command, path, move |reply| reply["bundle"] = whole.clone());
        for number in ["1", "2", "3", "4"] {
            // What a command does not open is compared with nothing: envelope 2 is the kit's.
            if (number == "2") != (path == RECOVERED) && matches!(number, "1" | "2") {
                continue;
            }
            let one = hers["envelopes"][number].clone();
            refused_at(&server, &ada, &mut command, path, move |reply| {
                reply["bundle"]["envelopes"][number] = one.clone()
            });
        }
    }
    // Another account than the one that is remembered, from the first answer on.
    let account = server.show(GRACE).account_id;
    for (_, _, mut command) in commands(&ada) {
        let account = account.clone();
        refused_at(&server, &ada, &mut command, PARAMS, move |reply| reply["account_id"] = id(&account));
    }
}

#[test]
fn c05_keys_of_an_older_generation_are_refused_by_every_command() {
    let (mut server, desk) = completed();
    let link = server.reset(EMAIL);
    let mut accept = desk.accept(&link, EMAIL);
    let kit = accept.args(["--accept-reset", EMAIL]).get_args().any(|argument| argument == "--kit-out");
    assert!(kit);
    // The kit of before is put aside, as a person would.
    std::fs::rename(desk.path("kit.txt"), desk.path("kit-of-before.txt")).expect("our own file");
    let done = run(&mut accept);
    assert_eq!(done.code, Some(0), "{done:?}");
    for (name, _, mut command) in commands(&desk) {
        let run = refused_at(&server, &desk, &mut command, PARAMS, |reply| reply["key_gen"] = json!(1));
        assert_eq!(code(&run), "changed-older-keys", "{name}: {run:?}");
    }
    for (name, path, mut command) in commands(&desk) {
        let run = refused_at(&server, &desk, &mut command, path, |reply| {
            reply["bundle"]["key_gen"] = json!(1);
            reply["bundle"]["identity"]["key_gen"] = json!(1);
        });
        assert!(code(&run).starts_with("refused-") || code(&run).starts_with("changed-"), "{name}: {run:?}");
    }
}

#[test]
fn c11_a_colleague_with_our_own_key_or_one_without_a_secret_is_refused() {
    let (server, ada, _) = colleagues();
    let own = server.show(EMAIL).identity.expect("complete");
    let own = json!({"key_gen": own.key_gen, "ed25519": own.ed25519, "x25519": own.x25519, "signature": own.signature});
    let people = || commands(&ada).remove(3).2;
    let reflected = own.clone();
    refused_at(&server, &ada, &mut people(), DIRECTORY, move |reply| {
        for name in ["key_gen", "ed25519", "x25519"] {
            reply["identity"][name] = reflected[name].clone();
        }
        reply["signature"] = reflected["signature"].clone();
    });
    let account = server.show(EMAIL).account_id;
    refused_at(&server, &ada, &mut people(), DIRECTORY, move |reply| {
        for name in ["key_gen", "ed25519", "x25519"] {
            reply["identity"][name] = own[name].clone();
        }
        reply["signature"] = own["signature"].clone();
        reply["account_id"] = id(&account);
    });
    refused_at(&server, &ada, &mut people(), DIRECTORY, |reply| reply["identity"]["x25519"] = text(&[0; 32]));
}

#[test]
fn c12_c14_a_swapped_public_key_is_refused_by_every_command() {
    let (server, ada, _) = colleagues();
    for (_, path, mut command) in commands(&ada) {
        for key in ["ed25519", "x25519"] {
            refused_at(&server, &ada, &mut command, path, move |reply| {
                reply["bundle"]["identity"][key] = text(&[9; 32])
            });
        }
    }
    for key in ["ed25519", "x25519"] {
        let mut people = commands(&ada).remove(3).2;
        refused_at(&server, &ada, &mut people, DIRECTORY, move |reply| reply["identity"][key] = text(&[9; 32]));
    }
    // On a computer that remembers nothing, the private keys themselves are what the public ones
    // are held against.
    let other = Desk::new();
    let mut command = other.command();
    command.args(["verify", "--no-input", "--json", "--server", &server.wire.origin(), "--account", EMAIL]);
    command.arg("--password-file").arg(other.write("password", PASSWORD.as_bytes()));
    refused_at(&server, &other, &mut command, FINISH, |reply| reply["bundle"]["identity"]["x25519"] = text(&[9; 32]));
}

#[test]
fn c20_seven_of_eight_words_are_not_a_fingerprint() {
    let (server, ada, grace) = colleagues();
    let words_of = |desk: &Desk| {
        let words =
            run(desk.command().args(["status", "--json"])).last()["fingerprint"].as_str().expect("words").to_owned();
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let (own, hers) = (words_of(&ada), words_of(&grace));
    let mut near = own.clone();
    near[7].clone_from(&hers[7]);
    let before = server.wire.paths().len();
    for wrong in [&own[..7], &near, &hers] {
        let compared = run(ada.command().args(["verify", "--fingerprint"]).args(wrong));
        assert_eq!(compared.code, Some(6), "{compared:?}");
    }
    assert_eq!(run(ada.command().args(["verify", "--fingerprint"]).args(&own)).code, Some(0));
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    // A colleague is not remembered on such words.
    let mut near = hers.clone();
    near[7].clone_from(&own[7]);
    let mut people = commands(&ada).remove(3).2;
    let refused = refused_at(&server, &ada, people.arg("--fingerprint").args(&near), DIRECTORY, |_| {});
    assert_eq!(code(&refused), "peer-other-words", "{refused:?}");
}

#[test]
fn k15_a_password_typed_composed_on_one_computer_and_decomposed_on_another_opens_the_account() {
    let mut server = Deployment::start();
    let (composed, decomposed) = (
        "grün Ångström café Łódź naïve 91",
        "gru\u{308}n A\u{30a}ngstro\u{308}m cafe\u{301} Ło\u{301}dz\u{301} nai\u{308}ve 91",
    );
    assert_ne!(composed.as_bytes(), decomposed.as_bytes());
    for (chosen, typed) in [(composed, decomposed), (decomposed, composed)] {
        let email = if chosen == composed { EMAIL } else { GRACE };
        let link = server.invite(email);
        let (first, second) = (Desk::new(), Desk::new());
        let mut accept = first.accept(&link, email);
        first.write("password", chosen.as_bytes());
        let done = run(&mut accept);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(verify(&second, &server, email, typed.as_bytes()).code, Some(0));
        assert_eq!(verify(&first, &server, email, typed.as_bytes()).code, Some(0));
        assert_eq!(verify(&second, &server, email, typed.to_uppercase().as_bytes()).code, Some(10));
    }
}

#[test]
fn k16_every_byte_of_a_long_password_counts_and_one_too_many_is_refused() {
    let mut server = Deployment::start();
    let sentence = "velvet tundra misprint cobra lunar eggplant ";
    let longest: String = sentence.chars().cycle().take(1_024).collect();
    let accept = |server: &mut Deployment, email: &str, password: &[u8]| {
        let link = server.invite(email);
        let desk = Desk::new();
        let mut command = desk.accept(&link, email);
        desk.write("password", password);
        let before = server.wire.paths().len();
        let run = run(&mut command);
        (run, server.wire.paths().split_off(before), desk)
    };
    let (refused, paths, _) = accept(&mut server, GRACE, format!("{longest}x").as_bytes());
    assert!(matches!(refused.code, Some(3 | 5)), "{refused:?}");
    assert!(!paths.iter().any(|path| path == "/v1/enrol/complete"), "{paths:?}");
    let (done, _, desk) = accept(&mut server, EMAIL, longest.as_bytes());
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut other = longest.clone().into_bytes();
    *other.last_mut().expect("it has 1,024") ^= 1;
    let cases: [(&[u8], i32); 3] = [(longest.as_bytes(), 0), (&other, 10), (&longest.as_bytes()[..1_023], 10)];
    for (password, expected) in cases {
        assert_eq!(verify(&Desk::new(), &server, EMAIL, password).code, Some(expected), "{}", password.len());
    }
    // A zero byte ends nothing: it is refused, here and for a new password.
    let before = stored(&server);
    let mut change = desk.command();
    change.args(["password", "--no-input", "--json", "--password-file"]).arg(desk.write("old", longest.as_bytes()));
    let with_zero =
        run(change.arg("--new-password-file").arg(desk.write("new", b"velvet tundra misprint\0 cobra lunar")));
    assert!(matches!(with_zero.code, Some(3 | 5)), "{with_zero:?}");
    assert_eq!(stored(&server), before);
}

#[test]
fn k20_a_server_that_says_other_settings_than_those_of_the_account_gets_no_proof() {
    let (server, desk) = completed();
    for at in 0..15 {
        let (_, _, mut command) = commands(&desk).remove(0);
        let (held, before) = (stored(&server), server.wire.paths().len());
        server.wire.script(move |seen, _| {
            if seen.path != PARAMS {
                return Act::Forward;
            }
            Act::Change(Box::new(move |reply| {
                let mut value = reply.value();
                let mut block = bytes(&value["kdf_block"]);
                block[at] ^= 1;
                value["kdf_block"] = text(&block);
                reply.with(&value)
            }))
        });
        let run = run(&mut command);
        server.wire.script(|_, _| Act::Forward);
        assert!(matches!(run.code, Some(5 | 6 | 7 | 10)), "byte {at}: {run:?}");
        let paths = server.wire.paths().split_off(before);
        assert!(!paths.iter().any(|path| path == FINISH), "byte {at}: a proof was given: {paths:?}");
        assert_eq!(stored(&server), held);
    }
}

#[test]
fn i15_whoever_joins_another_organisation_than_the_one_that_was_shown_is_told() {
    let (mut server, desk) = completed();
    let link = server.invite_by_second(EMAIL);
    server.wire.script(|seen, _| {
        if seen.path != JOIN {
            return Act::Forward;
        }
        Act::Change(Box::new(|reply| {
            let mut value = reply.value();
            value["org_id"] = id("01234567-89ab-4def-8123-456789abcdef");
            reply.with(&value)
        }))
    });
    let remembered = memory(&desk);
    let run = run(&mut desk.accept(&link, EMAIL));
    assert_eq!(run.code, Some(6), "{run:?}");
    assert_eq!(server.wire.paths().last().map(String::as_str), Some(JOIN));
    assert_eq!(memory(&desk), remembered, "no membership is remembered");
}

#[test]
fn i18_a_suspension_and_its_end_change_no_keys_and_invite_nobody() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    let desk = Desk::new();
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let before = stored(&server);
    for _ in 0..2 {
        server.deactivate(&id);
        server.reactivate(&id);
    }
    assert_eq!(stored(&server), before);
    let links = |server: &Deployment| {
        server.letters.all().iter().filter(|letter| support::letters::link_in(letter).is_some()).count()
    };
    assert_eq!(links(&server), 1, "the first invite is the only one");
    let opened = verify(&desk, &server, EMAIL, PASSWORD.as_bytes());
    assert_eq!((opened.code, opened.last()["first_seen"].as_bool()), (Some(0), None), "{opened:?}");
    // The invite that was used makes no second set of keys, on no computer.
    let other = Desk::new().run_accept(&link, EMAIL);
    assert_eq!((other.code, code(&other).as_str()), (Some(4), "invite-used"), "{other:?}");
    assert_eq!(stored(&server), before);
}

#[test]
fn a_login_answer_for_another_account_opens_nothing_and_gets_no_proof() {
    let (server, ada, grace) = colleagues();
    let (tell, told) = std::sync::mpsc::channel();
    server.wire.script(move |seen, _| {
        let tell = tell.clone();
        if seen.path != LOGIN {
            return Act::Forward;
        }
        Act::Change(Box::new(move |reply| {
            tell.send(reply.value()["ke2"].clone()).expect("the test listens");
            reply
        }))
    });
    assert_eq!(verify(&grace, &server, GRACE, PASSWORD.as_bytes()).code, Some(0));
    let hers = told.recv().expect("an answer");
    let before = server.wire.paths().len();
    server.wire.script(move |seen, _| {
        let hers = hers.clone();
        if seen.path != LOGIN {
            return Act::Forward;
        }
        Act::Change(Box::new(move |reply| {
            let mut value = reply.value();
            value["ke2"] = hers;
            reply.with(&value)
        }))
    });
    let run = run(&mut commands(&ada).remove(0).2);
    assert!(matches!(run.code, Some(6 | 10)), "{run:?}");
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN]);
}
