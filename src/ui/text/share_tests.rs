use super::*;
use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
use firstkey_testkit::honest_directory::Listed;

fn fingerprint(seed: u64) -> Fingerprint {
    let listed = Listed::new([1; 16], "grace@example.org", seed, 1);
    listed.identity(1).fingerprint(&AccountContext { realm: RealmId([1; 16]), account: AccountId([2; 16]) })
}

fn peers() -> Vec<PeerTrouble> {
    let email = || "grace@example.org".to_owned();
    let (before, now) = (fingerprint(1), fingerprint(2));
    let changed =
        |other_account, removed| PeerTrouble::Changed { email: email(), before, now, other_account, removed };
    vec![
        PeerTrouble::NoAddress,
        changed(false, false),
        changed(true, false),
        changed(true, true),
        PeerTrouble::Older { email: email() },
        PeerTrouble::SomebodyElse { email: email(), known_as: "mallory@example.org".to_owned(), now },
        PeerTrouble::OtherWords { email: email(), now },
    ]
}

fn files() -> Vec<FileTrouble> {
    let path = || "letter.age".to_owned();
    let troubles = [
        StorageTrouble::NotOurs,
        StorageTrouble::TooOpen,
        StorageTrouble::Link,
        StorageTrouble::Full,
        StorageTrouble::ReadOnly,
        StorageTrouble::Exists,
        StorageTrouble::Missing,
        StorageTrouble::Other,
    ];
    let inputs = troubles.map(|trouble| FileTrouble::Input { trouble, path: path() });
    let outputs = troubles.map(|trouble| FileTrouble::Output { trouble, path: path() });
    let others = [
        FileTrouble::NotAge(path()),
        FileTrouble::Armored(path()),
        FileTrouble::Passphrase(path()),
        FileTrouble::NotForYou { path: path(), email: "ada@example.org".to_owned() },
        FileTrouble::Damaged { path: path(), begun: false },
        FileTrouble::Damaged { path: path(), begun: true },
        FileTrouble::NoOutput,
        FileTrouble::NoInput,
        FileTrouble::StdinTwice,
        FileTrouble::NotPinned("grace@example.org".to_owned()),
        FileTrouble::NotARecipient("age1nonsense".to_owned()),
        FileTrouble::SeveralPeople {
            email: "grace@example.org".to_owned(),
            servers: vec!["https://a.example.org".to_owned()],
        },
        FileTrouble::Cancelled,
    ];
    inputs.into_iter().chain(outputs).chain(others).collect()
}

#[test]
fn every_stop_fits_has_a_documented_code_and_says_what_to_do() {
    let document = include_str!("../../../docs/EXIT-CODES.md");
    let stops = peers().iter().map(peer).chain(files().iter().map(file)).collect::<Vec<_>>();
    for (story, code, exit) in stops {
        let text = story.for_people();
        assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
        let row = format!("| {}", exit.number());
        let is_documented = |line: &&str| line.starts_with(&row) && line.contains(&format!("`{code}`"));
        assert!(document.lines().any(|line| is_documented(&line)), "{code} is not at {}", exit.number());
        assert!(code == "cancelled" || !story.next.is_empty(), "{text}");
    }
}

#[test]
fn what_is_said_of_a_colleague_fits_whatever_the_server_says() {
    use firstkey_core::flow::account::{Deed, Done};
    use firstkey_core::flow::checkpoint::Pin;
    use firstkey_core::wire::directory::Words;
    let peer = firstkey_testkit::pins::good();
    let pin = Pin {
        origin: peer.origin.clone(),
        invite: None,
        context: peer.context,
        email: "ada@example.org".to_owned(),
        identity: peer.identity,
        memberships: Vec::new(),
        two_secret: false,
        server_key: [0; 32],
    };
    let words = Words::read(&peer.fingerprint().to_string()).expect("eight words");
    for sight in [Sight::First, Sight::Same, Sight::Confirmed] {
        for (compared, confirmed_at, others_confirmed) in
            [(false, None, true), (false, Some(0), false), (false, Some(1_795_798_800), false), (true, None, false)]
        {
            let found = FoundPeer {
                peer: Peer { compared, ..peer.clone() },
                sight,
                instead_of: Vec::new(),
                confirmed_at,
                others_confirmed,
                earlier: Some(words.clone()),
                reset_at: confirmed_at.map(|_| 1_763_900_000),
                own: Done { deed: Deed::Verified, pin: pin.clone(), first_seen: false, secret_keys: firstkey_core::wire::asked::SecretKeys::Off },
            };
            let lines = super::found(&found);
            assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 78), "{lines:#?}");
            let says = |part: &str| lines.iter().any(|line| line.contains(part));
            assert_eq!(says("ANOTHER key"), others_confirmed);
            assert_eq!(says("An administrator compared them"), confirmed_at.is_some());
            assert_eq!(says("--fingerprint"), !compared, "whoever has not compared is told how");
        }
    }
    assert!(people(&[]).iter().chain(&people(&[peer])).all(|line| line.len() <= 78));
}
