use super::Output;
use firstkey_core::flow::stop::StorageTrouble;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("out");
    (folder, path)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).expect("readable").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_has_its_name_only_once_it_is_whole_and_is_for_its_owner_alone() {
    let (folder, path) = folder();
    let mut output = Output::begin(&path, false).expect("begun");
    output.write_all(b"half").expect("written");
    assert!(!path.exists());
    output.write_all(b" and half").expect("written");
    output.commit().expect("committed");
    assert_eq!(std::fs::read(&path).expect("readable"), b"half and half");
    assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn what_is_given_up_leaves_nothing_behind() {
    let (folder, path) = folder();
    let mut output = Output::begin(&path, false).expect("begun");
    output.write_all(b"half").expect("written");
    drop(output);
    assert!(names(&folder).is_empty());
}

#[test]
fn a_file_that_is_there_is_refused_and_untouched_unless_it_may_be_replaced() {
    let (folder, path) = folder();
    std::fs::write(&path, b"precious").expect("writable");
    assert_eq!(Output::begin(&path, false).err().map(|error| error.trouble), Some(StorageTrouble::Exists));
    let mut output = Output::begin(&path, true).expect("begun");
    output.write_all(b"new").expect("written");
    assert_eq!(std::fs::read(&path).expect("readable"), b"precious", "until it is whole");
    output.commit().expect("committed");
    assert_eq!(std::fs::read(&path).expect("readable"), b"new");
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn a_name_that_somebody_takes_in_the_meantime_is_theirs() {
    let (folder, path) = folder();
    let mut output = Output::begin(&path, false).expect("begun");
    output.write_all(b"mine").expect("written");
    std::fs::write(&path, b"theirs").expect("writable");
    assert_eq!(output.commit().err().map(|error| error.trouble), Some(StorageTrouble::Exists));
    assert_eq!(std::fs::read(&path).expect("readable"), b"theirs");
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn a_link_is_not_followed_and_a_folder_is_no_file() {
    let (folder, path) = folder();
    let target = folder.path().join("target");
    std::fs::write(&target, b"precious").expect("writable");
    std::os::unix::fs::symlink(&target, &path).expect("a link");
    for (replace, trouble) in [(false, StorageTrouble::Exists), (true, StorageTrouble::Link)] {
        assert_eq!(Output::begin(&path, replace).err().map(|error| error.trouble), Some(trouble));
    }
    assert_eq!(std::fs::read(&target).expect("readable"), b"precious");
    assert_eq!(Output::begin(folder.path(), true).err().map(|error| error.trouble), Some(StorageTrouble::Link));
}
