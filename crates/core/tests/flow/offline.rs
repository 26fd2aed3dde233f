//! An account of an honest server, as the server would show it, and everything that can be wrong
//! with the file, the code and the memory of this computer.

use firstkey_core::crypto::context::{AccountId, RealmId};
use firstkey_core::crypto::recovery::{CodeError, read_code, write_code};
use firstkey_core::flow::account::stop::Change;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::offline::*;
use firstkey_core::flow::stop::{LocalTrouble, Missing};
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::secret::RecoveryCode;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::scene::Scene;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A completed account, and somebody who types.
struct OfflineFixture {
    scene: Scene,
    typed: Vec<String>,
    asked: Vec<String>,
    slips: Vec<CodeError>,
}

impl OfflineFixture {
    fn of_seed(seed: u64) -> Self {
        let mut scene = Scene::new(seed);
        scene.run_honestly(seed);
        let typed = vec![scene.kit.clone().expect("a kit was kept")];
        Self { scene, typed, asked: Vec::new(), slips: Vec::new() }
    }

    fn new() -> Self {
        Self::of_seed(7)
    }

    /// What the server shows.
    fn shown(&self) -> Value {
        let server = &self.scene.server;
        let mut shown: Value = serde_json::from_slice(&server.stored.as_ref().expect("complete").body).expect("JSON");
        let signature = shown["signature"].take();
        shown["identity"]["signature"] = signature;
        shown["realm_id"] = server.context().realm.to_string().into();
        shown["account_id"] = server.context().account.to_string().into();
        shown["email"] = "ada@example.org".into();
        shown["state"] = "complete".into();
        shown["opaque_record"] = "AAAA".into();
        shown["letters"] = json!([{"kind": "completed", "tries": 1}]);
        shown
    }

    fn pin(&self) -> Pin {
        Pin::read(&self.scene.shelf.pins[0]).expect("a pin")
    }

    fn open(&mut self, shown: &Value, pins: &[Pin]) -> Result<Findings, Trouble> {
        open(self, shown.to_string().as_bytes(), None, pins)
    }

    fn verdict(&mut self, shown: &Value, pins: &[Pin]) -> Result<(), Trouble> {
        self.open(shown, pins).and_then(|found| found.verdict)
    }
}

impl Witness for OfflineFixture {
    fn ask(&mut self, question: Question) -> Answer {
        let Question::RecoveryCode { email, attempt } = question else { panic!("another question") };
        self.asked.push(email);
        assert_eq!(attempt as usize, self.asked.len());
        let typed = if self.typed.len() > 1 { self.typed.remove(0) } else { self.typed[0].clone() };
        Answer::Secret(Zeroizing::new(typed.into_bytes()))
    }

    fn tell(&mut self, notice: &Notice) {
        let Notice::NoCode(slip) = notice else { panic!("another notice: {notice:?}") };
        self.slips.push(*slip);
    }
}

/// One symbol near the end exchanged, inside the value whatever its length.
fn flip(text: &mut Value) {
    let mut bytes = text.as_str().expect("text").as_bytes().to_vec();
    let at = bytes.len() - 4;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    *text = String::from_utf8(bytes).expect("ASCII").into();
}

fn fit(found: &Findings, part: Part) -> Fit {
    found.parts.iter().find(|(at, _)| *at == part).expect("every part is there").1
}

#[test]
fn an_account_that_is_whole_fits_in_every_part_but_the_one_that_needs_the_server() {
    let mut fixture = OfflineFixture::new();
    let found = fixture.open(&fixture.shown(), &[fixture.pin()]).expect("it can be looked at");
    assert_eq!(found.verdict, Ok(()));
    assert_eq!(found.parts.iter().map(|(part, _)| *part).collect::<Vec<_>>(), Part::ALL);
    for (part, fit) in &found.parts {
        assert_eq!(*fit, if *part == Part::Envelope1 { Fit::Untried } else { Fit::Yes }, "{part:?}");
    }
    assert_eq!(found.identity, fixture.pin().identity);
    assert_eq!(fixture.asked, ["ada@example.org"]);
    let mut fixture = OfflineFixture::new();
    let alone = fixture.open(&fixture.shown(), &[]).expect("it can be looked at");
    assert_eq!((alone.verdict.clone(), fit(&alone, Part::Remembered)), (Ok(()), Fit::Untried));
}

#[test]
fn each_damaged_part_is_named_and_nothing_damaged_passes() {
    use Part as P;
    type Change = fn(&mut Value);
    let cases: [(Change, &[Part]); 11] = [
        (|shown| flip(&mut shown["envelopes"]["2"]), &[P::Envelope2, P::Statement]),
        (|shown| flip(&mut shown["envelopes"]["3"]), &[P::Envelope3, P::Statement]),
        (|shown| flip(&mut shown["envelopes"]["4"]), &[P::Envelope4, P::Statement]),
        (|shown| flip(&mut shown["identity"]["x25519"]), &[P::X25519, P::Signature, P::Statement]),
        (|shown| flip(&mut shown["identity"]["ed25519"]), &[P::Ed25519, P::Signature, P::Statement]),
        (|shown| flip(&mut shown["identity"]["signature"]), &[P::Signature, P::Statement]),
        (|shown| flip(&mut shown["recovery_public"]), &[P::RecoveryKey, P::Statement]),
        (|shown| flip(&mut shown["kdf_block"]), &[P::Settings]),
        (|shown| flip(&mut shown["statement"]["signature"]), &[P::Statement]),
        (|shown| shown["statement"]["counter"] = 7.into(), &[P::Statement]),
        (
            |shown| shown["envelopes"]["1"] = with_generation_two(&shown["envelopes"]["1"]),
            &[P::Statement, P::Generation],
        ),
    ];
    for (change, expected) in cases {
        let mut fixture = OfflineFixture::new();
        let mut shown = fixture.shown();
        change(&mut shown);
        let found = fixture.open(&shown, &[]).expect("it can be looked at");
        let bad: Vec<_> = found.parts.iter().filter(|(_, fit)| *fit == Fit::No).map(|(part, _)| *part).collect();
        assert_eq!((bad.as_slice(), &found.verdict), (expected, &Err(Trouble::DoesNotFit)));
    }
}

/// An envelope whose header says generation 2.
fn with_generation_two(envelope: &Value) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let mut bytes = Base64UrlUnpadded::decode_vec(envelope.as_str().expect("text")).expect("base64url");
    bytes[11] = 2;
    Base64UrlUnpadded::encode_string(&bytes).into()
}

#[test]
fn a_code_of_another_kit_opens_nothing_and_is_called_so() {
    let mut fixture = OfflineFixture::new();
    fixture.typed = vec![write_code(&[3; 16]).as_str().to_owned()];
    let found = fixture.open(&fixture.shown(), &[fixture.pin()]).expect("it can be looked at");
    assert_eq!(found.verdict, Err(Trouble::CodeOpensNothing));
    assert_eq!(fit(&found, Part::Envelope3), Fit::Untried, "nothing was opened that could be tried");
}

#[test]
fn a_slip_is_named_and_asked_for_again_and_ten_are_the_end() {
    let mut fixture = OfflineFixture::new();
    let good = fixture.typed[0].clone();
    fixture.typed = vec!["XY".to_owned(), good];
    assert_eq!(fixture.verdict(&fixture.shown(), &[]), Ok(()));
    assert_eq!(fixture.slips, [CodeError::Length { have: 2, need: 28 }]);

    let mut fixture = OfflineFixture::new();
    fixture.typed = vec!["XY".to_owned()];
    assert_eq!(fixture.verdict(&fixture.shown(), &[]), Err(Trouble::NoCode));
    assert_eq!(fixture.asked.len(), 10);
}

#[test]
fn whatever_this_computer_remembers_otherwise_stops_it_though_all_of_it_fits() {
    type Turn = fn(&mut Pin);
    let cases: [(Turn, Change); 6] = [
        (crate::another::agreement_key, Change::OtherKeys),
        (crate::another::signing_key, Change::OtherKeys),
        (|pin| crate::another::generation(pin, 2), Change::OlderKeys),
        (|pin| crate::another::generation(pin, 0), Change::OtherKeys),
        (crate::another::account, Change::Account),
        (|pin| pin.two_secret = true, Change::SecretKeyGone),
    ];
    for (turn, expected) in cases {
        let mut fixture = OfflineFixture::new();
        let mut pin = fixture.pin();
        turn(&mut pin);
        let found = fixture.open(&fixture.shown(), &[pin]).expect("it can be looked at");
        assert_eq!((found.verdict.clone(), fit(&found, Part::Remembered)), (Err(Trouble::Changed(expected)), Fit::No));
    }
}

#[test]
fn what_is_damaged_besides_is_not_compared_with_memory() {
    let mut fixture = OfflineFixture::new();
    let mut pin = fixture.pin();
    pin.two_secret = true;
    let mut shown = fixture.shown();
    flip(&mut shown["envelopes"]["3"]);
    assert_eq!(fixture.verdict(&shown, &[pin]), Err(Trouble::DoesNotFit));
}

/// Somebody who does not type.
struct Unwilling(Option<Answer>);

impl Witness for Unwilling {
    fn ask(&mut self, _: Question) -> Answer {
        self.0.take().expect("asked once")
    }

    fn tell(&mut self, notice: &Notice) {
        panic!("a notice: {notice:?}");
    }
}

#[test]
fn whoever_gives_no_code_ends_it_and_is_told_why() {
    let memory = || LocalTrouble::NotEnoughMemory { needed_kib: 2, available_kib: 1 };
    for (answer, expected) in [
        (Answer::Cancelled, Trouble::Cancelled),
        (Answer::Missing(Missing::Kit), Trouble::Missing(Missing::Kit)),
        (Answer::Trouble(memory()), Trouble::Local(memory())),
        (Answer::No, Trouble::NoCode),
    ] {
        let shown = OfflineFixture::new().shown();
        let ended = open(&mut Unwilling(Some(answer)), shown.to_string().as_bytes(), None, &[]);
        assert_eq!(ended.map(|found| found.verdict), Err(expected));
    }
}

#[test]
fn keys_that_a_server_made_itself_are_not_called_a_wrong_code_where_the_account_is_remembered() {
    let mut fixture = OfflineFixture::new();
    let pin = fixture.pin();
    let mut swapped = OfflineFixture::of_seed(8).shown();
    for name in ["realm_id", "account_id"] {
        swapped[name] = fixture.shown()[name].clone();
    }
    assert_eq!(fixture.verdict(&swapped, &[pin]), Err(Trouble::Changed(Change::OtherKeys)));
}

#[test]
fn an_account_of_another_realm_or_of_somebody_else_is_not_compared() {
    let mut fixture = OfflineFixture::new();
    let mut elsewhere = fixture.pin();
    crate::another::realm(&mut elsewhere);
    let mut colleague = fixture.pin();
    colleague.context.account = AccountId::heard(colleague.context.account.0.map(|byte| byte ^ 1));
    colleague.email = "grace@example.org".to_owned();
    let found = fixture.open(&fixture.shown(), &[elsewhere, colleague]).expect("it can be looked at");
    assert_eq!((found.verdict.clone(), fit(&found, Part::Remembered)), (Ok(()), Fit::Untried));
}

#[test]
fn the_kit_of_another_account_is_refused_before_anything_is_opened() {
    let mut fixture = OfflineFixture::new();
    let shown = fixture.shown().to_string();
    for (realm, account) in [(1, 0), (0, 1)] {
        let mut context = fixture.scene.server.context();
        context.realm = RealmId::heard(context.realm.0.map(|byte| byte ^ realm));
        context.account = AccountId::heard(context.account.0.map(|byte| byte ^ account));
        let kit = KitCode { code: RecoveryCode::from_bytes(&[3; 16]), context };
        assert_eq!(open(&mut fixture, shown.as_bytes(), Some(kit), &[]).map(|_| ()), Err(Trouble::OtherKit));
    }
    let kit = KitCode { code: read_code(&fixture.typed[0]).expect("a code"), context: fixture.scene.server.context() };
    assert_eq!(open(&mut fixture, shown.as_bytes(), Some(kit), &[]).map(|found| found.verdict), Ok(Ok(())));
    assert!(fixture.asked.is_empty(), "a kit in a file asks nobody");
}

#[test]
fn an_account_renamed_in_the_file_opens_with_no_code_of_the_other() {
    let mut fixture = OfflineFixture::new();
    let mut shown = fixture.shown();
    shown["account_id"] = "00000000-0000-4000-8000-000000000000".into();
    assert_eq!(fixture.verdict(&shown, &[]), Err(Trouble::CodeOpensNothing));
}

#[test]
fn a_file_that_is_not_what_the_server_prints_is_refused_before_a_code_is_asked_for() {
    type Change = fn(&mut Value);
    let cases: [Change; 7] = [
        |shown| shown["realm_id"] = "not an id".into(),
        |shown| shown["account_id"] = Value::Null,
        |shown| shown["envelopes"]["2"] = "AAAA".into(),
        |shown| shown["envelopes"]["5"] = "AAAA".into(),
        |shown| shown["identity"]["signature"] = Value::Null,
        |shown| shown["kdf_block"] = "AAAA".into(),
        |shown| shown["state"] = 3.into(),
    ];
    for change in cases {
        let mut fixture = OfflineFixture::new();
        let mut shown = fixture.shown();
        change(&mut shown);
        assert!(matches!(fixture.verdict(&shown, &[]), Err(Trouble::NotShown(_))), "{shown}");
        assert!(fixture.asked.is_empty());
    }
    let mut fixture = OfflineFixture::new();
    let whole = fixture.shown().to_string();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let end = open(&mut fixture, &whole.as_bytes()[..cut], None, &[]);
        assert!(matches!(end, Err(Trouble::NotShown(Refusal::NotJson))), "{cut}");
    }
}

#[test]
fn an_account_that_was_never_completed_has_nothing_to_open() {
    let mut fixture = OfflineFixture::new();
    let mut shown = fixture.shown();
    for name in ["identity", "envelopes", "kdf_block", "recovery_public"] {
        shown[name] = Value::Null;
    }
    assert_eq!(fixture.verdict(&shown, &[]), Err(Trouble::NoKeys));
    assert!(fixture.asked.is_empty());
}

#[test]
fn members_that_a_newer_server_adds_beside_the_keys_do_no_harm() {
    let mut fixture = OfflineFixture::new();
    let mut shown = fixture.shown();
    shown["seats"] = json!({"of": ["another", "time"]});
    assert_eq!(fixture.verdict(&shown, &[]), Ok(()));
}
