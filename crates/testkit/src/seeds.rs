//! The seed corpus: small inputs that reach deep, made from the honest server and from known good
//! envelopes.
//!
//! The files lie in `fuzz/seeds/<target>/`; a test keeps them equal to what is made here.

use super::envelope::Sealed;
use super::honest::HonestServer;
use super::player::Log;
use super::scene::Scene;
use crate::player::Heard;
use firstkey_core::crypto::recovery::{write_code, write_secret_key};
use firstkey_core::flow::Effect;
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
            (Effect::Save(checkpoint), _) => add("checkpoint", frame(&checkpoint.encode())),
            (Effect::Conclude(pin), _) => add("pin", frame(&pin.encode())),
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
    let length = Scene::new(1).run_honestly(1).turns.len();
    for at in 0..length {
        let then = |what: &[u8]| [&vec![0; at + 1][..], what].concat();
        add(&format!("cut-{at:02}"), then(&[0x80]));
        add(&format!("cut-after-{at:02}"), then(&[0x84]));
        add(&format!("cancel-{at:02}"), then(&[0x88, 5]));
        add(&format!("other-{at:02}"), then(&[0x90, 1, 3]));
        add(&format!("change-{at:02}"), then(&[0x90, 8, 3, 5, 1, 1]));
        add(&format!("grow-{at:02}"), then(&[0x90, 8, 0, 3, 7, 4, 1, 2, 3, 4, 0]));
    }
}

/// A pin and a record as they are, and edits of a good record: every tenth byte.
fn pins(add: &mut impl FnMut(&str, Vec<u8>)) {
    let good = super::pins::good();
    add("record", [&[0][..], &good.encode()].concat());
    let log: Log = Scene::new(1).run_honestly(1);
    for turn in &log.turns {
        if let Effect::Conclude(pin) = &turn.effect {
            add("pin", [&[0][..], &pin.encode()].concat());
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
    use crate::{envelope, flow_any, inbound, infisical, link};
    use std::collections::BTreeMap;
    use std::path::Path;

    fn run(seed: &Seed) {
        match seed.target {
            "link" => link::run(&seed.bytes),
            "envelope" => envelope::run(&seed.bytes),
            "inbound" => inbound::run(&seed.bytes),
            "flow_any" => flow_any::run(&seed.bytes),
            "flow_unlock" => crate::account_any::unlock(&seed.bytes),
            "flow_recover" => crate::account_any::change(&seed.bytes),
            "recovery_text" => crate::recovery_text::run(&seed.bytes),
            "pins" => crate::pins::run(&seed.bytes),
            "shown" => crate::shown::run(&seed.bytes),
            "infisical_link" => infisical::link::run(&seed.bytes),
            "infisical_inbound" => infisical::inbound::run(&seed.bytes),
            "flow_infisical" => infisical::flow::run(&seed.bytes),
            other => panic!("no target {other}"),
        }
    }

    #[test]
    fn every_seed_satisfies_its_oracle() {
        all().iter().for_each(run);
    }

    #[test]
    fn the_files_of_the_corpus_are_the_ones_that_are_made_here() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        let made: BTreeMap<_, _> =
            all().into_iter().map(|seed| (format!("{}/{}", seed.target, seed.name), seed.bytes)).collect();
        let mut found = BTreeMap::new();
        let all = [
            "link",
            "envelope",
            "inbound",
            "flow_any",
            "flow_unlock",
            "flow_recover",
            "recovery_text",
            "pins",
            "shown",
            "infisical_link",
            "infisical_inbound",
            "flow_infisical",
        ];
        for target in all {
            for file in std::fs::read_dir(folder.join(target))
                .expect("the corpus is there: `cargo run --example seeds` in fuzz/ writes it")
            {
                let file = file.expect("the folder can be read");
                let name = format!("{target}/{}", file.file_name().to_string_lossy());
                found.insert(name, std::fs::read(file.path()).expect("the file can be read"));
            }
        }
        let differing: Vec<_> =
            made.keys().chain(found.keys()).filter(|name| made.get(*name) != found.get(*name)).collect();
        assert!(differing.is_empty(), "`cargo run --example seeds` in fuzz/ renews the corpus: {differing:?}");
    }
}
