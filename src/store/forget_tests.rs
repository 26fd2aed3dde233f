use super::{Contents, Leaving};
use crate::store::name::{Kind, Stem};
use crate::store::{Place, checkpoint, record};
use firstkey_core::flow::checkpoint::Unreadable;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("state");
    (folder, path)
}

fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("readable");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("readable").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

fn none(_: &[u8]) -> Result<(), Unreadable> {
    Err(Unreadable)
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let (_folder, path) = folder();
    assert!(Leaving::open(&path).expect("nothing is wrong").is_none());
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_read_is_found_all_the_same_and_files_of_others_are_not() {
    let (_folder, path) = folder();
    let place = Place::open(&path).expect("a new folder");
    let stem = Stem::read("x").expect("a stem");
    checkpoint::save(&place, &stem, b"no checkpoint").expect("saved");
    record::save_pin(&place, &stem, b"no pin").expect("saved");
    record::save_dialect_pin(&place, &stem, b"no pin").expect("saved");
    record::save_last_audit(&place, b"no record").expect("saved");
    std::fs::write(path.join("notes.txt"), b"mine").expect("written");
    drop(place);
    let leaving = Leaving::open(&path).expect("ours").expect("it is there");
    assert!(Leaving::open(&path).is_err(), "two removals at once");
    let entries = leaving.entries(none).expect("listed");
    let kinds: Vec<_> = entries
        .iter()
        .map(|entry| match entry.contents {
            Contents::Damaged(kind) => kind,
            _ => panic!("read"),
        })
        .collect();
    assert_eq!(kinds, [Kind::Audit, Kind::Pending, Kind::DialectPin, Kind::Pin], "the pin goes last");
    for entry in &entries {
        assert!(entry.path.exists());
        leaving.remove(entry).expect("removed");
        assert!(!entry.path.exists());
        leaving.remove(entry).expect("that it is gone already is fine");
    }
    drop(leaving);
    assert_eq!(names(&path), ["notes.txt"]);
}

#[test]
fn a_folder_that_others_may_read_is_not_touched() {
    let (_folder, path) = folder();
    drop(Place::open(&path).expect("a new folder"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    assert!(Leaving::open(&path).is_err());
}
