//! The folder of a run, on a real disk: what an honest run of `accept` keeps in it, step by step,
//! and what other commands find there.

use super::*;
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::flow::Effect;
use firstkey_core::wire::origin::Origin;
use firstkey_testkit::honest_directory::Listed;
use firstkey_testkit::scene::Scene;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn state() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("state");
    (folder, path)
}

/// What an honest run does.
fn honest() -> Vec<Effect> {
    Scene::new(1).run_honestly(1).turns.into_iter().map(|turn| turn.effect).collect()
}

/// The request by which it claims its invite.
fn claim() -> Outbound {
    let is_claim = |effect| match effect {
        Effect::Send(request) => tried::of_claim(&request).map(|_| request),
        _ => None,
    };
    honest().into_iter().find_map(is_claim).expect("a run claims")
}

fn trouble<T>(result: Result<T, LocalTrouble>) -> StorageTrouble {
    match result.err() {
        Some(LocalTrouble::State { trouble, .. }) => trouble,
        other => panic!("{other:?}"),
    }
}

/// A colleague with an account of their own, who signed for their keys.
fn colleague(email: &str, seed: u64) -> Peer {
    let listed = Listed::new([5; 16], email, seed, 1);
    Peer {
        context: listed.context,
        email: email.to_owned(),
        identity: listed.identity(1),
        signature: listed.pairs.sign(KeyGen(1), &listed.context),
        ..firstkey_testkit::pins::good()
    }
}

#[test]
fn what_a_run_needs_to_go_on_is_there_before_it_needs_it_and_gone_when_the_account_is_there() {
    let (_folder, path) = state();
    let mut shelf = StateShelf::open(&path).expect("a new folder");
    let (mut sent, mut saved, mut pinned) = (Vec::new(), Vec::new(), Vec::new());
    for effect in honest() {
        match effect {
            Effect::Send(request) => {
                shelf.record(&request);
                sent.push(request);
                let record = last_record(&path).expect("readable").expect("there is one");
                let record = Record::read(&record).expect("our own");
                assert_eq!(record.requests.len(), sent.len());
            }
            Effect::Save(checkpoint) => {
                shelf.save(&checkpoint).expect("saved");
                assert_eq!(shelf.tried().expect("readable").len(), 1, "its claim was noted");
                saved = vec![checkpoint];
            }
            Effect::Conclude(pin) => {
                assert!(!saved.is_empty(), "an upload is saved before it is sent");
                shelf.conclude(&pin).expect("concluded");
                assert!(shelf.tried().expect("readable").is_empty());
                (saved, pinned) = (Vec::new(), vec![pin]);
            }
            _ => continue,
        }
        assert_eq!(shelf.checkpoints().expect("readable"), saved);
        assert_eq!(shelf.pins().expect("readable"), pinned);
        assert_eq!(known(&path).expect("readable"), (pinned.clone(), saved.clone()));
        assert_eq!(known_untouched(&path).expect("readable"), (pinned.clone(), saved.clone()));
    }
    assert_eq!(pinned.len(), 1);
    // A person with a file manager took the saved upload away: the account is there all the same.
    shelf.conclude(&pinned[0]).expect("concluded again");
}

#[test]
fn every_own_try_at_an_invite_is_noted_and_none_of_another_server_or_invite_is_taken_for_one() {
    let (_folder, path) = state();
    let request = claim();
    let (invite, digest) = tried::of_claim(&request).expect("it claims");
    let elsewhere = Origin::read("https://elsewhere.example.org").expect("an origin");
    let noted = |before: Option<Tried>| {
        let mut shelf = StateShelf::open(&path).expect("our folder");
        if let Some(before) = before {
            record::save_tried(&shelf.place, &stem(invite), &before.encode()).expect("saved");
        }
        shelf.record(&request);
        let [tried]: [Tried; 1] = shelf.tried().expect("readable").try_into().expect("one invite");
        assert_eq!((&tried.invite, &tried.origin), (&invite, request.origin()));
        tried.tries.iter().map(|tried| tried.digest).collect::<Vec<_>>()
    };
    assert_eq!(noted(None), [digest]);
    let earlier = Try { digest: [7; 32], at: 1 };
    let own = Tried { origin: request.origin().clone(), invite, tries: vec![earlier] };
    assert_eq!(noted(Some(own.clone())), [[7; 32], digest]);
    assert_eq!(noted(Some(Tried { origin: elsewhere, ..own.clone() })), [digest]);
    assert_eq!(noted(Some(Tried { invite: InviteId::heard([9; 16]), ..own })), [digest]);
}

#[test]
fn a_remembered_colleague_stays_until_the_person_takes_another_instead() {
    let (_folder, path) = state();
    let mut shelf = StateShelf::open(&path).expect("a new folder");
    let (grace, heidi) = (colleague("grace@example.org", 1), colleague("heidi@example.org", 2));
    shelf.keep_peer(&grace, &[]).expect("kept");
    assert_eq!(shelf.peers().expect("readable"), std::slice::from_ref(&grace));
    // The same account once more, as after its words were compared.
    let compared = Peer { compared: true, ..grace.clone() };
    shelf.keep_peer(&compared, &[grace]).expect("kept");
    assert_eq!(shelf.peers().expect("readable"), std::slice::from_ref(&compared));
    shelf.keep_peer(&heidi, &[compared]).expect("kept");
    assert_eq!(shelf.peers().expect("readable"), std::slice::from_ref(&heidi));
    assert_eq!(known_peers(&path).expect("readable"), std::slice::from_ref(&heidi));
    assert_eq!(known_peers_untouched(&path).expect("readable"), [heidi]);
}

#[test]
fn defaults_are_kept_and_damaged_ones_are_told_and_not_passed_over() {
    let (_folder, path) = state();
    let mut shelf = StateShelf::open(&path).expect("a new folder");
    assert_eq!(shelf.defaults().expect("none is fine"), Defaults::default());
    assert_eq!(known_defaults(&path).expect("none is fine"), Defaults::default());
    let origin = Origin::read("https://keys.example.org").expect("an origin");
    let defaults = Defaults::account(origin, "ada@example.org".to_owned());
    shelf.keep_defaults(&defaults).expect("kept");
    assert_eq!(shelf.defaults().expect("readable"), defaults);
    assert_eq!(known_defaults(&path).expect("readable"), defaults);
    std::fs::write(path.join("own.defaults"), b"FKDF1 and no more").expect("our own file");
    assert_eq!(trouble(shelf.defaults()), StorageTrouble::Damaged);
    assert_eq!(trouble(known_defaults(&path)), StorageTrouble::Damaged);
}

#[test]
fn a_pin_of_the_other_dialect_is_kept_under_its_own_name_and_forgotten_by_it() {
    let (_folder, path) = state();
    let as_it_is = |file: &[u8]| Ok(file.to_vec());
    let mut shelf = StateShelf::open(&path).expect("a new folder");
    for (stem, payload) in [("aa", b"one"), ("bb", b"two")] {
        shelf.keep_dialect_pin(stem, payload).expect("kept");
    }
    assert_eq!(shelf.dialect_pins(as_it_is).expect("readable"), [b"one", b"two"]);
    assert_eq!(known_dialect_pins(&path, as_it_is).expect("readable"), [b"one", b"two"]);
    shelf.forget_dialect_pin("aa").expect("forgotten");
    assert_eq!(shelf.dialect_pins(as_it_is).expect("readable"), [b"two"]);
    // A name that leads out of the folder is none.
    assert_eq!(trouble(shelf.keep_dialect_pin("../cc", b"three")), StorageTrouble::Other);
    shelf.forget_dialect_pin("../bb").expect("nothing has that name");
    assert_eq!(shelf.dialect_pins(as_it_is).expect("readable"), [b"two"]);
}

#[test]
fn whoever_only_asks_makes_no_folder_and_is_told_of_one_that_is_open_to_others() {
    let (_folder, path) = state();
    assert_eq!(known(&path).expect("none is fine"), (Vec::new(), Vec::new()));
    assert!(known_peers(&path).expect("none is fine").is_empty());
    assert_eq!(known_defaults(&path).expect("none is fine"), Defaults::default());
    assert_eq!(last_record(&path).expect("none is fine"), None);
    assert!(!path.exists());

    drop(StateShelf::open(&path).expect("a new folder"));
    assert_eq!(last_record(&path).expect("nothing was sent"), None);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).expect("our own folder");
    let asked = [
        trouble(known(&path)),
        trouble(known_untouched(&path)),
        trouble(known_peers(&path)),
        trouble(known_defaults(&path)),
        trouble(last_record(&path)),
        trouble(StateShelf::open(&path)),
    ];
    assert_eq!(asked, [StorageTrouble::TooOpen; 6]);
}

#[test]
fn a_second_run_is_told_that_one_is_at_work() {
    let (_folder, path) = state();
    let first = StateShelf::open(&path).expect("a new folder");
    assert!(matches!(StateShelf::open(&path).err(), Some(LocalTrouble::Busy)));
    drop(first);
    assert!(StateShelf::open(&path).is_ok());
}
