//! Colleagues: what is believed of them, and what stops.

use super::*;
use firstkey_core::flow::account::{FoundPeer, Sight, find, unlock};
use firstkey_core::flow::peer::{Peer, PeerTrouble};
use firstkey_core::wire::directory::Words;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_testkit::honest_directory::Listed;

const GRACE: &str = "grace@example.org";

impl AccountFixture {
    fn with_grace() -> Self {
        let mut fixture = Self::new();
        let realm = fixture.scene.server.realm;
        fixture.scene.server.directory = vec![Listed::new(realm, GRACE, 1, 1)];
        fixture
    }

    fn grace(&mut self) -> &mut Listed {
        &mut self.scene.server.directory[0]
    }

    fn find(&mut self, whom: &str, peers: &[Peer], words: Option<&str>) -> Result<FoundPeer, AccountReason> {
        self.asked = 0;
        let known = self.known();
        let words = words.map(|words| Words::read(words).expect("eight words"));
        ready(find(self, &mut Seeded::new(3), known, whom, peers, words.as_ref())).map_err(|stop| stop.why)
    }

    fn remembered(&mut self) -> Peer {
        self.find(GRACE, &[], None).expect("found").peer
    }
}

fn trouble(end: Result<FoundPeer, AccountReason>) -> PeerTrouble {
    match end {
        Err(AccountReason::Peer(trouble)) => *trouble,
        Err(why) => panic!("stopped otherwise: {why:?}"),
        Ok(found) => panic!("it was taken: {found:?}"),
    }
}

#[test]
fn a_colleague_is_found_with_one_password_and_remembered_with_their_own_signature() {
    let mut fixture = AccountFixture::with_grace();
    let found = fixture.find(" Grace@Example.org", &[], None).expect("found");
    assert_eq!((found.sight, found.peer.compared, found.peer.email.as_str()), (Sight::First, false, GRACE));
    assert_eq!(found.peer.identity, fixture.grace().identity(1));
    assert_eq!(fixture.paths[fixture.paths.len() - 2..], ["/v1/directory", "/v1/logout"]);
    assert_eq!(fixture.asked, 1);
    assert_eq!(Peer::read(&found.peer.encode()), Ok(found.peer.clone()));
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    let again = fixture.find(GRACE, &[found.peer], None).expect("found");
    assert_eq!(again.sight, Sight::Same);
}

#[test]
fn a_changed_key_is_taken_only_with_the_words_of_the_new_one() {
    for key_gen in [1, 2] {
        let mut fixture = AccountFixture::with_grace();
        let known = fixture.remembered();
        let account = fixture.grace().context;
        let mut other = Listed::new(fixture.scene.server.realm, GRACE, 2, key_gen);
        other.context = account;
        other.show(key_gen);
        *fixture.grace() = other;
        let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), None));
        let PeerTrouble::Changed { before, now, other_account: false, .. } = end else { panic!("{end:?}") };
        assert_eq!((before, now), (known.fingerprint(), fixture.grace().identity(key_gen).fingerprint(&account)));

        let old_words = known.fingerprint().to_string();
        let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), Some(&old_words)));
        assert!(matches!(end, PeerTrouble::OtherWords { .. }), "{end:?}");

        let new_words = fixture.grace().fingerprint();
        let found = fixture.find(GRACE, std::slice::from_ref(&known), Some(&new_words)).expect("confirmed");
        assert_eq!((found.sight, found.peer.compared), (Sight::Confirmed, true));
        assert_eq!(found.instead_of, [known]);
        let after = fixture.find(GRACE, std::slice::from_ref(&found.peer), None).expect("found");
        assert_eq!((after.sight, after.peer.compared), (Sight::Same, true), "compared once is compared");
    }
}

#[test]
fn another_key_for_agreement_alone_is_a_changed_key_too() {
    let mut fixture = AccountFixture::with_grace();
    let known = fixture.remembered();
    let other = Listed::new(fixture.scene.server.realm, GRACE, 2, 1);
    fixture.grace().pairs.x25519 = other.pairs.x25519;
    fixture.grace().show(1);
    let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), None));
    assert!(matches!(end, PeerTrouble::Changed { before, now, .. } if before == now), "{end:?}");
}

#[test]
fn an_older_key_is_refused_even_with_its_words() {
    let mut fixture = AccountFixture::with_grace();
    fixture.grace().show(3);
    let known = fixture.remembered();
    fixture.grace().show(2);
    let words = fixture.grace().fingerprint();
    for words in [None, Some(words.as_str())] {
        let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), words));
        assert!(matches!(end, PeerTrouble::Older { .. }), "{end:?}");
    }
}

#[test]
fn another_account_behind_the_address_is_a_changed_key_and_the_removed_one_is_named() {
    let mut fixture = AccountFixture::with_grace();
    let known = fixture.remembered();
    let realm = fixture.scene.server.realm;
    for (earlier, expected) in [(None, false), (Some(known.fingerprint().to_string()), true)] {
        *fixture.grace() = Listed::new(realm, GRACE, 5, 1);
        fixture.grace().answer["earlier_fingerprint"] = earlier.into();
        let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), None));
        let PeerTrouble::Changed { other_account: true, removed, .. } = end else { panic!("{end:?}") };
        assert_eq!(removed, expected);
    }
    let words = fixture.grace().fingerprint();
    let found = fixture.find(GRACE, std::slice::from_ref(&known), Some(&words)).expect("confirmed");
    assert_eq!((found.sight, found.instead_of.as_slice()), (Sight::Confirmed, &[known][..]));
}

#[test]
fn a_colleague_whose_keys_were_reset_is_taken_only_with_the_new_words_and_it_is_said_when() {
    let mut fixture = AccountFixture::with_grace();
    let known = fixture.remembered();
    fixture.grace().show(2);
    fixture.grace().answer["earlier_fingerprint"] = known.fingerprint().to_string().into();
    fixture.grace().answer["reset"] = serde_json::json!({"started_at": 1_763_900_000, "completed_at": 1_763_903_600});
    let end = trouble(fixture.find(GRACE, std::slice::from_ref(&known), None));
    assert!(matches!(end, PeerTrouble::Changed { .. }), "{end:?}");
    let words = fixture.grace().fingerprint();
    let found = fixture.find(GRACE, std::slice::from_ref(&known), Some(&words)).expect("confirmed");
    assert_eq!((found.sight, found.reset_at), (Sight::Confirmed, Some(1_763_903_600)));
    assert_eq!(found.earlier.expect("the words before").as_str(), known.fingerprint().to_string());
}

#[test]
fn the_account_of_somebody_who_is_known_by_another_address_is_not_taken_for_this_one() {
    let mut fixture = AccountFixture::with_grace();
    let mallory = Peer { email: "mallory@example.org".to_owned(), ..fixture.remembered() };
    let end = trouble(fixture.find(GRACE, std::slice::from_ref(&mallory), None));
    assert!(
        matches!(end, PeerTrouble::SomebodyElse { ref known_as, .. } if known_as == "mallory@example.org"),
        "{end:?}"
    );
    // If Grace is remembered beside them, it is her key that changed.
    let mut grace = Listed::new(fixture.scene.server.realm, GRACE, 9, 1);
    std::mem::swap(fixture.grace(), &mut grace);
    let real = fixture.remembered();
    std::mem::swap(fixture.grace(), &mut grace);
    let end = trouble(fixture.find(GRACE, &[mallory, real], None));
    assert!(matches!(end, PeerTrouble::Changed { other_account: true, .. }), "{end:?}");
}

#[test]
fn the_own_account_is_never_shown_for_somebody_else_and_not_with_other_keys() {
    let mut fixture = AccountFixture::with_grace();
    let pin = fixture.pin();
    fixture.grace().context = pin.context;
    fixture.grace().show(1);
    let end = trouble(fixture.find(GRACE, &[], None));
    assert!(matches!(end, PeerTrouble::SomebodyElse { ref known_as, .. } if *known_as == pin.email), "{end:?}");
    fixture.grace().email = pin.email.clone();
    assert!(matches!(fixture.find(&pin.email, &[], None), Err(AccountReason::Refused(Refusal::Keys))));
    let body = fixture.scene.server.stored.as_ref().expect("complete").body.clone();
    let own: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    for name in ["identity", "signature"] {
        fixture.grace().answer[name] = own[name].clone();
    }
    let found = fixture.find(&pin.email, &[], None).expect("it is this very account");
    assert_eq!((found.sight, found.instead_of), (Sight::Same, Vec::new()));
}

#[test]
fn an_account_that_is_known_by_another_address_takes_its_place_with_the_words_alone() {
    let mut fixture = AccountFixture::with_grace();
    let known = fixture.remembered();
    let eve = Listed::new(fixture.scene.server.realm, "eve@example.org", 8, 1);
    let bystander = Peer {
        email: eve.email.clone(),
        context: eve.context,
        identity: eve.identity(1),
        signature: eve.pairs.sign(KeyGen(1), &eve.context),
        ..known.clone()
    };
    fixture.grace().email = "hopper@example.org".to_owned();
    let words = fixture.grace().fingerprint();
    let peers = [known.clone(), bystander];
    let found = fixture.find("hopper@example.org", &peers, Some(&words)).expect("confirmed");
    assert_eq!((found.sight, found.instead_of), (Sight::Confirmed, vec![known]));
}

#[test]
fn a_signature_that_does_not_hold_another_realm_and_odd_members_are_refused() {
    let other_signature = |listed: &mut Listed| {
        let other = Listed::new(listed.context.realm.0, GRACE, 7, 1);
        listed.answer["signature"] = other.answer["signature"].clone();
    };
    let of_other_account = |listed: &mut Listed| {
        let other = Listed::new(listed.context.realm.0, GRACE, 7, 1);
        listed.answer["account_id"] = other.answer["account_id"].clone();
    };
    let low_order = |listed: &mut Listed| {
        listed.answer["identity"]["x25519"] = Base64UrlUnpadded::encode_string(&[0; 32]).into();
    };
    let other_realm = |listed: &mut Listed| {
        let other = Listed::new([9; 16], GRACE, 1, 1);
        listed.answer = other.answer;
    };
    let odd_words = |listed: &mut Listed| listed.answer["confirmed_fingerprint"] = "\u{1b}[2J".into();
    let extra = |listed: &mut Listed| listed.answer["salt"] = "AAAA".into();
    let turns: [(&dyn Fn(&mut Listed), &str); 6] = [
        (&other_signature, "Keys"),
        (&of_other_account, "Keys"),
        (&low_order, "Keys"),
        (&other_realm, "OtherAccount"),
        (&odd_words, "Malformed"),
        (&extra, "Unexpected"),
    ];
    for (turn, expected) in turns {
        let mut fixture = AccountFixture::with_grace();
        turn(fixture.grace());
        let end = fixture.find(GRACE, &[], None);
        assert!(
            matches!(&end, Err(AccountReason::Refused(refusal)) if format!("{refusal:?}").starts_with(expected)),
            "{end:?}"
        );
    }
}

#[test]
fn whoever_is_not_shown_is_said_to_be_unknown_and_a_bad_address_asks_nobody() {
    let mut fixture = AccountFixture::with_grace();
    let end = fixture.find("nobody@example.org", &[], None);
    assert!(
        matches!(&end, Err(AccountReason::Problem(problem)) if problem.name == ProblemName::PersonUnknown),
        "{end:?}"
    );
    let before = fixture.paths.len();
    for bad in ["", "grace", "grace@", "gr ace@example.org", "grace@example.org\u{1b}"] {
        let end = trouble(fixture.find(bad, &[], None));
        assert_eq!(end, PeerTrouble::NoAddress, "{bad:?}");
    }
    assert_eq!(fixture.paths.len(), before);
}

#[test]
fn what_an_administrator_compared_counts_only_if_it_was_this_key() {
    let mut fixture = AccountFixture::with_grace();
    let words = fixture.grace().fingerprint();
    fixture.grace().answer["confirmed_at"] = 1_763_900_000.into();
    fixture.grace().answer["confirmed_fingerprint"] = words.into();
    let found = fixture.find(GRACE, &[], None).expect("found");
    assert_eq!((found.confirmed_at, found.others_confirmed), (Some(1_763_900_000), false));
    let other = Listed::new(fixture.scene.server.realm, GRACE, 8, 1).fingerprint();
    fixture.grace().answer["confirmed_fingerprint"] = other.into();
    let found = fixture.find(GRACE, &[], None).expect("found");
    assert_eq!((found.confirmed_at, found.others_confirmed, found.peer.compared), (None, true, false));
}

#[test]
fn a_record_that_was_altered_anywhere_is_not_read() {
    let mut fixture = AccountFixture::with_grace();
    let peer = fixture.remembered();
    let file: serde_json::Value = serde_json::from_slice(&peer.encode()).expect("JSON");
    let other = Listed::new(fixture.scene.server.realm, GRACE, 4, 1).identity(1);
    let text = |bytes: &[u8]| serde_json::Value::from(Base64UrlUnpadded::encode_string(bytes));
    for (name, value) in [
        ("version", 2.into()),
        ("realm_id", text(&[3; 16])),
        ("account_id", text(&[3; 16])),
        ("email", "Grace@example.org".into()),
        ("key_gen", 2.into()),
        ("ed25519", text(&other.ed25519)),
        ("x25519", text(&other.x25519)),
        ("signature", text(&[0; 64])),
        ("fingerprint", "another".into()),
        ("origin", "nowhere".into()),
        ("more", 1.into()),
    ] {
        let mut altered = file.clone();
        altered[name] = value;
        assert!(Peer::read(altered.to_string().as_bytes()).is_err(), "{name}");
    }
}

#[test]
fn the_key_that_opens_files_is_given_out_only_if_it_is_that_of_the_pin() {
    let mut fixture = AccountFixture::new();
    let known = fixture.known();
    let (done, secret) = ready(unlock(&mut fixture, &mut Seeded::new(3), known)).expect("it opens");
    // EXPOSE: compared with the public half.
    assert_eq!(firstkey_core::crypto::hazmat::x25519_public(secret.expose()), done.pin.identity.x25519);

    let mut pin = fixture.pin();
    crate::another::agreement_key(&mut pin);
    let known = Known { pin: Some(pin), ..fixture.known() };
    fixture.asked = 0;
    let end = ready(unlock(&mut fixture, &mut Seeded::new(3), known));
    assert!(matches!(end, Err(AccountStop { why: AccountReason::Changed(Change::OtherKeys), .. })));
}
