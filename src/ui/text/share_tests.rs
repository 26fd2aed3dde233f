use super::*;
use crate::crypto::context::{AccountContext, AccountId, RealmId};
use crate::fuzzing::honest_directory::Listed;

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
        assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 86), "{text}");
        let row = format!("| {}", exit.number());
        let is_documented = |line: &&str| line.starts_with(&row) && line.contains(&format!("`{code}`"));
        assert!(document.lines().any(|line| is_documented(&line)), "{code} is not at {}", exit.number());
        assert!(code == "cancelled" || !story.next.is_empty(), "{text}");
    }
}
