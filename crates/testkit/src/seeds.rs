//! The seed corpus: small inputs that reach deep, made from the honest server and from known good
//! envelopes.
//!
//! The files lie in `fuzz/seeds/<target>/`; a test keeps them equal to what is made here, and plays
//! whatever else lies beside them.

use super::envelope::Sealed;
use super::honest::HonestServer;
use super::player::Log;
use super::scene::Scene;
use crate::player::Heard;
use firstkey_core::crypto::recovery::{write_code, write_secret_key};
use firstkey_core::flow::{Effect, Question};
use serde_json::Value;

/// One file of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The target that it is for.
    pub target: &'static str,
    /// The file's name.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The whole corpus.
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| seeds.push(Seed { target, name: name.to_owned(), bytes });
    links(&mut |name, text| add("link", name, text.into_bytes()));
    good_links(&mut |name, bytes| add("link", name, bytes));
    envelopes(&mut |name, bytes| add("envelope", name, bytes));
    answers(&mut |name, bytes| add("inbound", name, bytes));
    runs(&mut |name, bytes| add("flow_any", name, bytes));
    for first in 0..8_u8 {
        // Honest, and one order at each of the first nine places.
        add("flow_recover", &format!("honest-{first}"), vec![first]);
        for (order, name) in [(130, "lost"), (150, "deaf"), (170, "altered"), (210, "cut"), (246, "busy")] {
            for at in 0..9_usize {
                let orders = [&[first][..], &vec![0; at * 2 + 1], &[order]].concat();
                add(if first < 4 { "flow_unlock" } else { "flow_recover" }, &format!("{name}-{first}-{at}"), orders);
            }
        }
    }
    codes(&mut |name, text| add("recovery_text", name, text.into_bytes()));
    pins(&mut |name, bytes| add("pins", name, bytes));
    shown(&mut |name, bytes| add("shown", name, bytes));
    super::infisical::seeds::all(&mut add);
    seeds
}

fn codes(add: &mut impl FnMut(&str, String)) {
    let (code, key) = (write_code(&[0x5a; 16]), write_secret_key(&[0xa5; 32]));
    add("code", code.as_str().to_owned());
    add("key", key.as_str().to_owned());
    add("lower-case", code.to_lowercase().replace('-', " "));
    add("look-alikes", write_code(&[0; 16]).replace('0', "o").replace('1', "l"));
    add("cut", code[..code.len() - 1].to_owned());
    add("slip", code.replacen('-', "-Z", 1));
    add("not-a-symbol", code.replacen('-', "U", 1));
}

fn links(add: &mut impl FnMut(&str, String)) {
    let good = HonestServer::new(1).link();
    let (origin, rest) = good.split_at("https://keys.example.org".len());
    add("good", good.clone());
    add("brackets", format!(" <{good}>\r\n"));
    for (name, origin) in [
        ("port", "https://keys.example.org:8443"),
        ("default-port", "https://keys.example.org:443"),
        ("punycode", "https://xn--bcher-kva.example"),
        ("upper", "https://KEYS.Example.ORG"),
        ("loopback", "http://127.0.0.1:8080"),
        ("loopback-six", "http://[::1]:8080"),
        ("localhost", "http://localhost"),
        ("user", "https://keys.example.org@evil.example"),
        ("quad", "https://0x7f.1"),
        ("backslash", "https://keys.example.org\\@evil.example"),
        ("percent", "https://keys%2eexample.org"),
        ("plain", "http://keys.example.org"),
    ] {
        add(name, format!("{origin}{rest}"));
    }
    add("origin", origin.to_owned());
    add("cut", good[..good.len() - 5].to_owned());
    add("version", good.replace("fkinv1", "fkinv2"));
    for (at, odd) in super::stage::ODD_HOSTS.iter().enumerate() {
        add(&format!("odd-host-{at}"), format!("https://{odd}{rest}"));
    }
}

/// Choices of good links: every kind of host, with a port, in capitals, in brackets.
fn good_links(add: &mut impl FnMut(&str, Vec<u8>)) {
    for kind in 0..8_u8 {
        for (name, fill) in [("low", 1_u8), ("odd", 0x95), ("high", 0xd0)] {
            let choices = [&[super::link::GOOD, kind][..], &[fill; 80]].concat();
            add(&format!("good-{kind}-{name}"), choices);
        }
        add(&format!("good-{kind}-short"), vec![super::link::GOOD, kind, 0, 26, 0x80, 1]);
    }
}

fn envelopes(add: &mut impl FnMut(&str, Vec<u8>)) {
    for (kind, envelope) in (1_u8..).zip(Sealed::new(7).envelopes) {
        add(&format!("sealed-{kind}"), envelope);
        // Edits: the header, the commitment, the length, the tag, and a cut.
        for (name, edits) in [("type", [6, 1]), ("commitment", [80, 1]), ("length", [101, 1]), ("tag", [149, 128])] {
            add(&format!("{name}-{kind}"), [&[kind - 1][..], &edits].concat());
        }
        add(&format!("cut-{kind}"), vec![kind - 1, 0, 0, 149]);
        add(&format!("untouched-{kind}"), vec![kind - 1, 9, 0]);
    }
}

/// Every answer, upload and file of an honest run, and some that are not honest. The first two
/// bytes choose status and content type.
fn answers(add: &mut impl FnMut(&str, Vec<u8>)) {
    let frame = |body: &[u8]| [&[0, 0], body].concat();
    let log: Log = Scene::new(1).run_honestly(1);
    for turn in &log.turns {
        match (&turn.effect, &turn.heard) {
            (Effect::Send(request), Heard::Received { body, .. }) => {
                let name = request.endpoint().path().trim_start_matches("/v1/").replace('/', "-");
                add(&format!("{name}-answer"), frame(body));
                if request.endpoint().changes_account() {
                    add(&format!("{name}-body"), frame(request.body()));
                }
            }
            (Effect::Save(checkpoint), _) => {
                add("checkpoint", frame(&checkpoint.encode()));
                add("checkpoint-odd-address", frame(&with_odd_address(&checkpoint.encode())));
            }
            (Effect::Conclude(pin), _) => {
                add("pin", frame(&pin.encode()));
                add("pin-odd-address", frame(&with_odd_address(&pin.encode())));
            }
            _ => {}
        }
    }
    let offer = HonestServer::new(1).offer.to_string();
    for (name, member) in [
        ("kdf", r#""kdf":{"m":262144,"t":3,"p":4}"#),
        ("kdf-weak", r#""kdf":{"m":8,"t":1,"p":1}"#),
        ("kdf-odd", r#""kdf":{"m":1e9,"t":-1,"p":"4"}"#),
        ("salt", r#""salt":"AAAA""#),
        ("twice", r#""protocol":1"#),
        ("escape", "\"\\u001b[2J\":\"\\u202e\""),
    ] {
        add(&format!("offer-{name}"), frame(format!("{{{member},{}", &offer[1..]).as_bytes()));
    }
    for (status, name) in
        (1_u8..).zip(["invalid", "login-failed", "claim-stale", "invite-used", "too-many", "internal"])
    {
        let problem = format!(
            r#"{{"type":"urn:firstkey:problem:{name}","title":"x","contact":"it@example.org","at":1763900000}}"#
        );
        add(&format!("problem-{name}"), [&[status, 1], problem.as_bytes()].concat());
    }
}

/// Choices for whole runs: the first byte is the options, then one byte for each effect, 0 for the
/// honest reply. The names say what happens.
fn runs(add: &mut impl FnMut(&str, Vec<u8>)) {
    add("honest", vec![0]);
    add("rehearsal", vec![1]);
    add("costliest", vec![4 << 2]);
    add("typed", vec![0x20]);
    // Found once: a wish below the default, where the organisation asks for less than the default.
    add("wish-below-the-default", vec![4, 0, 0, 0x90, 8, 16, 0, 2, 1]);
    for choice in 0..=255_u8 {
        // Every place, every kind of memory, and both at once where something is remembered.
        if choice.count_ones() <= 2 || choice & 0xf0 == 0x30 {
            add(&format!("stage-{choice:03}"), vec![0x80, choice]);
            add(&format!("stage-wish-{choice:03}"), vec![0x80 | 1 << 2, choice]);
        }
    }
    // As a run of the target is: the password is made.
    let mut scene = Scene::new(1);
    scene.password.clear();
    let log = scene.run_honestly(1);
    let claim = at_path(&log, "/v1/invites/claim");
    for place in 0..24_u8 {
        for odd in [0, 2, 3, 5] {
            let then = [&vec![0; claim + 1][..], &[0x90, 10, place, odd, 0]].concat();
            add(&format!("odd-text-{place:02}-{odd}"), then);
        }
    }
    let login = at_path(&log, "/v1/login/finish");
    for place in 0..16_u8 {
        for (name, unsigned) in [("bundle", 0), ("bundle-unsigned", 1)] {
            let then = [&vec![0; login + 1][..], &[0x90, 11, place, 40, 1, unsigned]].concat();
            add(&format!("{name}-{place:02}"), then);
        }
    }
    for question in 0..claim {
        for (name, answer) in [("odd-host", 12), ("elsewhere", 13), ("punycode", 14)] {
            let then = [&vec![0; question + 1][..], &[0x90, answer, 1]].concat();
            add(&format!("link-{name}-{question}"), then);
        }
    }
    // Another group than the one of the kit.
    let proof = log.turns.iter().position(|turn| matches!(turn.effect, Effect::Ask(Question::KitProof { .. })));
    let proof = proof.expect("invariant: every good run has it");
    add("wrong-group", [&vec![0; proof + 1][..], &[0x90, 9, 4], b"ZZZZ"].concat());
    // A no to a host in punycode, and to the invite behind it.
    add("host-no", vec![0x80, 4, 0, 0x90, 1]);
    add("host-consent-no", vec![0x80, 4, 0, 0, 0, 0, 0x90, 1]);
    // The upload is refused as stale and saved once more, and the link that is asked for then names
    // another server.
    let upload = at_path(&log, "/v1/enrol/complete");
    for (name, answer) in [("elsewhere", 13), ("punycode", 14)] {
        add(&format!("renewal-{name}"), [&vec![0; upload + 1][..], &[0x90, 2, 6, 2, 0, 0, 0x90, answer, 1]].concat());
    }
    for at in 0..Scene::new(1).run_honestly(1).turns.len() {
        let then = |what: &[u8]| [&vec![0; at + 1][..], what].concat();
        add(&format!("cut-{at:02}"), then(&[0x80]));
        add(&format!("cut-after-{at:02}"), then(&[0x84]));
        add(&format!("cancel-{at:02}"), then(&[0x88, 5]));
        add(&format!("other-{at:02}"), then(&[0x90, 1, 3]));
        add(&format!("change-{at:02}"), then(&[0x90, 8, 3, 5, 1, 1]));
        add(&format!("grow-{at:02}"), then(&[0x90, 8, 0, 3, 7, 4, 1, 2, 3, 4, 0]));
    }
}

/// The turn in which a request goes to this path.
fn at_path(log: &Log, path: &str) -> usize {
    let is = |effect: &Effect| matches!(effect, Effect::Send(request) if request.endpoint().path() == path);
    log.turns.iter().position(|turn| is(&turn.effect)).expect("invariant: every good run has it")
}

/// A file whose address a terminal would obey.
fn with_odd_address(file: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(file).expect("invariant: a file of ours is JSON");
    value["email"] = "a\u{9b}2J\u{202e}da@example.org".into();
    value.to_string().into_bytes()
}

/// A pin and a record as they are, and edits of a good record: every tenth byte.
fn pins(add: &mut impl FnMut(&str, Vec<u8>)) {
    let good = super::pins::good();
    add("record", [&[0][..], &good.encode()].concat());
    let log: Log = Scene::new(1).run_honestly(1);
    for turn in &log.turns {
        if let Effect::Conclude(pin) = &turn.effect {
            add("pin", [&[0][..], &pin.encode()].concat());
            add("pin-odd-address", [&[0][..], &with_odd_address(&pin.encode())].concat());
        }
    }
    for at in (0..good.encode().len()).step_by(40) {
        let offset = u16::try_from(at).expect("invariant: a record is short").to_be_bytes();
        add(&format!("edited-{at:03}"), vec![1, offset[0], offset[1], 1]);
    }
}

/// The file of an honest server as it is and with members that are others, and edits of its values
/// and of its bytes.
fn shown(add: &mut impl FnMut(&str, Vec<u8>)) {
    let honest = &super::shown::HONEST.file;
    let file = |value: &Value| [&[0][..], value.to_string().as_bytes()].concat();
    add("whole", file(honest));
    for name in ["identity", "envelopes", "kdf_block", "recovery_public", "email", "state", "realm_id"] {
        let mut without = honest.clone();
        without[name] = Value::Null;
        add(&format!("null-{name}"), file(&without));
    }
    let mut odd = honest.clone();
    odd["email"] = "a\u{1b}[2J\u{202e}b".into();
    add("odd-email", file(&odd));
    add("untouched", vec![1]);
    for value in 0..11_u8 {
        add(&format!("edited-{value:02}"), vec![1, value, 9, 1]);
        add(&format!("twice-{value:02}"), vec![1, value, 9, 1, value, 9, 1]);
    }
    add("generation", vec![1, 255, 0, 3]);
    for at in (0..honest.to_string().len()).step_by(97) {
        let offset = u16::try_from(at).expect("invariant: the file is short").to_be_bytes();
        add(&format!("byte-{at:04}"), vec![128, offset[0], offset[1], 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;
    use std::path::{Path, PathBuf};

    fn folder(target: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target)
    }

    #[test]
    fn every_seed_on_the_disk_satisfies_its_oracle_whoever_put_it_there() {
        for target in targets::ALL {
            let seeds = std::fs::read_dir(folder(target.name)).expect("every target has seeds");
            let mut played = 0;
            for seed in seeds {
                (target.run)(&std::fs::read(seed.expect("a seed").path()).expect("readable"));
                played += 1;
            }
            assert!(played >= 5, "{}: {played} seeds", target.name);
        }
    }

    #[test]
    fn the_seeds_of_a_renewal_answer_the_question_for_another_link_with_another_server() {
        for name in ["renewal-elsewhere", "renewal-punycode"] {
            let seed = all().into_iter().find(|seed| seed.name == name).expect("it is made");
            let lines = crate::flow_any::transcript(&seed.bytes);
            let asked = lines.iter().position(|line| line.contains("asks for the link, since somebody claimed it"));
            let answer = lines.get(asked.expect("the question is reached") + 1).expect("an answer");
            assert!(answer.contains("https://keys.") && !answer.contains("https://keys.example.org/"), "{answer}");
        }
    }

    #[test]
    fn every_seed_that_is_made_here_lies_on_the_disk_as_it_is_made() {
        // More may lie there: findings, with names that say what they were.
        let differs =
            |seed: &Seed| std::fs::read(folder(seed.target).join(&seed.name)).ok().as_ref() != Some(&seed.bytes);
        let differing: Vec<_> =
            all().iter().filter(|seed| differs(seed)).map(|seed| format!("{}/{}", seed.target, seed.name)).collect();
        assert!(differing.is_empty(), "`fuzz/fuzz seeds` writes them: {differing:?}");
    }
}
