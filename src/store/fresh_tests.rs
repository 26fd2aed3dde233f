use super::{Guard, write_new, write_new_on};
use crate::store::access::Folder;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("my kit.txt");
    (folder, path)
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).expect("it is there").count()
}

#[test]
fn the_file_is_whole_for_its_owner_alone_and_alone_in_its_folder() {
    let (folder, path) = scratch();
    write_new(&path, b"recovery-code: ...").expect("our own folder");
    assert_eq!(fs::read(&path).expect("it is there"), b"recovery-code: ...");
    let found = fs::metadata(&path).expect("it is there");
    assert_eq!((found.mode() & 0o7777, found.nlink()), (0o600, 1));
    assert_eq!(names(folder.path()), 1);
}

#[test]
fn a_file_that_is_there_is_refused_and_untouched() {
    let (folder, path) = scratch();
    fs::write(&path, b"older").expect("our own folder");
    let error = write_new(&path, b"new").expect_err("it is there");
    assert_eq!((error.trouble, &error.path), (StorageTrouble::Exists, &path));
    assert_eq!(fs::read(&path).expect("it is there"), b"older");
    assert_eq!(names(folder.path()), 1);
}

#[test]
fn a_link_is_refused_even_if_it_leads_nowhere() {
    let (folder, path) = scratch();
    let target = folder.path().join("target");
    symlink(&target, &path).expect("our own folder");
    assert_eq!(write_new(&path, b"new").expect_err("a link").trouble, StorageTrouble::Exists);
    assert!(!target.exists());
}

#[test]
fn of_two_that_make_the_same_file_at_once_one_is_refused() {
    for _ in 0..20 {
        let (folder, path) = scratch();
        let results = std::thread::scope(|scope| {
            let writers = [b"one", b"two"].map(|bytes| {
                let path = &path;
                scope.spawn(move || write_new(path, bytes).map(|_| bytes))
            });
            writers.map(|writer| writer.join().expect("no panic"))
        });
        let winners: Vec<_> = results.iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(fs::read(&path).expect("it is there"), **winners[0]);
        assert_eq!(names(folder.path()), 1);
    }
}

#[test]
fn a_folder_that_is_not_there_is_missing_and_is_not_made() {
    let (folder, _) = scratch();
    let error = write_new(&folder.path().join("no/kit.txt"), b"x").expect_err("no such folder");
    assert_eq!((error.trouble, error.path), (StorageTrouble::NoFolder, folder.path().join("no")));
    assert_eq!(names(folder.path()), 0);
}

#[test]
fn a_path_that_names_a_folder_is_refused() {
    let (folder, _) = scratch();
    for path in [PathBuf::from("/"), folder.path().join(".."), folder.path().join("kit/"), PathBuf::new()] {
        assert!(write_new(&path, b"x").is_err(), "{}", path.display());
    }
    assert_eq!(write_new(folder.path(), b"x").expect_err("a folder").trouble, StorageTrouble::Exists);
    assert_eq!(names(folder.path()), 0);
}

#[test]
fn a_name_that_is_not_text_is_fine() {
    let (folder, _) = scratch();
    let name = std::os::unix::ffi::OsStrExt::from_bytes(b"kit-\xff.txt");
    let path = folder.path().join::<&std::ffi::OsStr>(name);
    write_new(&path, b"x").expect("our own folder");
    assert_eq!(fs::read(&path).expect("it is there"), b"x");
}

/// A disk on which every file has these rights, whatever is asked for.
fn disk_with(mode: u16) -> impl Fn(&fs::File) -> std::io::Result<()> {
    move |file| file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(u32::from(mode)))
}

#[test]
fn on_a_disk_that_keeps_no_owners_the_file_is_whole_and_said_to_be_open() {
    for (mode, shown, closed) in [(0o777, "0777", false), (0o644, "0644", false), (0o600, "0600", true)] {
        let (folder, path) = scratch();
        let guard = write_new_on(&path, b"recovery-code: ...", disk_with(mode)).expect("it is saved all the same");
        assert_eq!((guard.shown().as_str(), guard.is_closed()), (shown, closed));
        assert_eq!(Guard::at(&path), guard);
        assert_eq!(fs::read(&path).expect("it is there"), b"recovery-code: ...");
        assert_eq!(names(folder.path()), 1);
    }
}

#[test]
fn a_disk_that_fails_half_way_keeps_nothing() {
    let (folder, path) = scratch();
    let failing = |_: &fs::File| Err(rustix::io::Errno::NOSPC.into());
    let error = write_new_on(&path, b"recovery-code: ...", failing).expect_err("the disk is full");
    assert_eq!((error.trouble, names(folder.path())), (StorageTrouble::Full, 0));
}

#[test]
fn without_second_names_a_file_still_gets_its_name_and_replaces_none() {
    let (folder, path) = scratch();
    let (aside, name) = (folder.path().join("aside"), path.file_name().expect("a name"));
    let open = Folder::open(folder.path()).expect("our own folder");
    let moved = || open.move_onto_own(std::ffi::OsStr::new("aside"), name).map_err(|error| error.kind());
    fs::write(&aside, b"first").expect("our own folder");
    assert_eq!(moved(), Ok(()));
    fs::write(&aside, b"second").expect("our own folder");
    assert_eq!(moved(), Err(std::io::ErrorKind::AlreadyExists));
    assert_eq!(fs::read(&path).expect("it is there"), b"first");
    fs::remove_file(&aside).expect("our own file");
    fs::remove_file(&path).expect("our own file");
    assert!(moved().is_err());
    assert_eq!(names(folder.path()), 0, "no empty file stays behind");
}
