use super::{LONGEST, MAGIC, discard, frame, list, list_oldest_first, load, save};
use crate::store::file::write_durably;
use crate::store::name::{FileName, Kind, Stem};
use crate::store::place::Place;
use crate::store::record;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

fn scratch() -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let place = Place::open(&folder.path().join("state")).expect("a new folder");
    (folder, place)
}

fn id(text: &str) -> Stem {
    Stem::read(text).expect("letters")
}

#[test]
fn a_checkpoint_is_saved_replaced_listed_loaded_and_discarded() {
    let (_folder, place) = scratch();
    assert_eq!(list(&place), Ok(vec![]));
    save(&place, &id("b"), b"second").expect("our own folder");
    save(&place, &id("a"), b"older").expect("our own folder");
    save(&place, &id("a"), b"first").expect("our own folder");
    record::save_pin(&place, &id("c"), b"pin").expect("our own folder");
    record::save_last_audit(&place, b"audit").expect("our own folder");
    assert_eq!(list(&place), Ok(vec![id("a"), id("b")]));
    assert_eq!(load(&place, &id("a")), Ok(b"first".to_vec()));
    assert_eq!(record::list_pins(&place), Ok(vec![id("c")]));
    assert_eq!(record::load_pin(&place, &id("c")), Ok(b"pin".to_vec()));
    assert_eq!(record::load_last_audit(&place), Ok(b"audit".to_vec()));
    discard(&place, &id("a")).expect("our own folder");
    assert_eq!(list(&place), Ok(vec![id("b")]));
    assert_eq!(load(&place, &id("a")).expect_err("it is gone").trouble, StorageTrouble::Missing);
    // A second time it is simply gone.
    assert_eq!(discard(&place, &id("a")), Ok(()));
}

#[test]
fn the_one_that_was_written_last_comes_last_whatever_its_name() {
    let (_folder, place) = scratch();
    for name in ["a", "b", "c"] {
        save(&place, &id(name), name.as_bytes()).expect("our own folder");
    }
    let written = |name: &str, seconds| {
        let path = place.path().join(format!("{name}.pending"));
        let file = fs::OpenOptions::new().write(true).open(path).expect("our own file");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("our own file");
    };
    for (times, order) in [([3, 1, 2], ["b", "c", "a"]), ([1, 2, 3], ["a", "b", "c"]), ([7, 7, 7], ["a", "b", "c"])] {
        for (name, seconds) in ["a", "b", "c"].into_iter().zip(times) {
            written(name, seconds);
        }
        assert_eq!(list_oldest_first(&place), Ok(order.map(id).to_vec()));
    }
    save(&place, &id("a"), b"signed anew").expect("our own folder");
    assert_eq!(list_oldest_first(&place).map(|ids| ids.last().cloned()), Ok(Some(id("a"))));
}

#[test]
fn a_checkpoint_cut_off_at_any_byte_is_damaged() {
    let (_folder, place) = scratch();
    save(&place, &id("a"), b"{\"version\":1}").expect("our own folder");
    let path = place.path().join("a.pending");
    let whole = fs::read(&path).expect("our own file");
    assert!(whole.starts_with(b"FKCP1 "));
    for len in (0..whole.len()).rev() {
        // In place, so that the owner and the mode stay right.
        fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(len as u64)).expect("our own file");
        assert_eq!(load(&place, &id("a")).expect_err("cut off").trouble, StorageTrouble::Damaged, "{len}");
    }
}

#[test]
fn one_kind_of_file_under_the_name_of_another_is_damaged() {
    let (_folder, place) = scratch();
    record::save_pin(&place, &id("a"), b"pin").expect("our own folder");
    fs::rename(place.path().join("a.pin"), place.path().join("a.pending")).expect("our own folder");
    assert_eq!(load(&place, &id("a")).expect_err("a pin").trouble, StorageTrouble::Damaged);
}

#[test]
fn the_longest_checkpoint_fits_and_a_longer_one_is_refused_before_anything_is_written() {
    let (_folder, place) = scratch();
    save(&place, &id("a"), &vec![1; LONGEST]).expect("just as long as allowed");
    assert_eq!(load(&place, &id("a")).expect("just as long as allowed").len(), LONGEST);
    let error = save(&place, &id("a"), &vec![2; LONGEST + 1]).expect_err("too long");
    assert_eq!(error.trouble, StorageTrouble::TooLong);
    assert!(load(&place, &id("a")).expect("the old one").iter().all(|byte| *byte == 1));
}

#[test]
fn a_file_that_is_longer_than_any_that_is_saved_is_refused_though_it_is_whole() {
    let (_folder, place) = scratch();
    for (length, expected) in [(LONGEST, None), (LONGEST + 1, Some(StorageTrouble::TooLong))] {
        let file = frame::wrap(MAGIC, &vec![7; length]);
        write_durably(&place, &FileName::new(&id("a"), Kind::Pending), &file).expect("our own folder");
        assert_eq!(load(&place, &id("a")).err().map(|error| error.trouble), expected);
    }
}
