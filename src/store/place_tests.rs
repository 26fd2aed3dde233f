use super::Place;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("state");
    (folder, path)
}

fn refusal(path: &Path) -> Option<StorageTrouble> {
    Place::open(path).err().map(|error| {
        assert_eq!(error.path, path);
        error.trouble
    })
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o7777
}

#[test]
fn a_new_folder_and_the_ones_above_it_are_for_the_owner_alone() {
    let (folder, _) = scratch();
    let path = folder.path().join("local/state/firstkey");
    Place::open(&path).expect("a new folder");
    for made in ["local", "local/state", "local/state/firstkey"] {
        assert_eq!(mode(&folder.path().join(made)), 0o700, "{made}");
    }
    // A second time it is simply there.
    Place::open(&path).expect("our folder");
}

/// In a process of its own, because where a process runs is the same for all its threads.
#[test]
fn a_folder_is_made_where_the_program_runs_if_its_name_says_no_more() {
    const CHILD: &str = "FIRSTKEY_TEST_PLACE_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let place = Place::open(Path::new("state")).expect("a new folder");
        assert_eq!((place.path(), mode(Path::new("state"))), (Path::new("state"), 0o700));
        return;
    }
    let (folder, path) = scratch();
    let test = "store::place::tests::a_folder_is_made_where_the_program_runs_if_its_name_says_no_more";
    let output = std::process::Command::new(std::env::current_exe().expect("the test knows itself"))
        .args(["--exact", test, "--test-threads=1"])
        .env(CHILD, "1")
        .current_dir(folder.path())
        .output()
        .expect("the test starts again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(path.is_dir());
}

#[test]
fn a_relative_path_is_taken_from_where_the_program_runs() {
    let error = Place::open_existing(Path::new("no-such-folder-in-the-repository")).err().expect("it is not there");
    assert_eq!(error.trouble, StorageTrouble::Missing);
}

#[test]
fn looking_for_a_folder_does_not_make_it() {
    let (_folder, path) = scratch();
    assert_eq!(Place::open_existing(&path).err().expect("it is not there").trouble, StorageTrouble::Missing);
    assert!(!path.exists());
}

#[test]
fn a_folder_that_others_have_any_right_to_is_refused_and_left_as_it_is() {
    for bits in [0o777, 0o770, 0o707, 0o755, 0o710, 0o701, 0o740, 0o704, 0o720, 0o702] {
        let (_folder, path) = scratch();
        fs::create_dir(&path).expect("our own folder");
        fs::set_permissions(&path, Permissions::from_mode(bits)).expect("our own folder");
        assert_eq!(refusal(&path), Some(StorageTrouble::TooOpen), "{bits:o}");
        assert_eq!(mode(&path), bits);
    }
}

#[test]
fn a_link_to_a_folder_is_refused_even_to_one_of_ours() {
    let (folder, path) = scratch();
    let real = folder.path().join("real");
    Place::open(&real).expect("a new folder");
    symlink(&real, &path).expect("our own folder");
    assert_eq!(refusal(&path), Some(StorageTrouble::Link));
    fs::remove_dir(&real).expect("it is empty");
    assert_eq!(refusal(&path), Some(StorageTrouble::Link), "a link that leads nowhere");
    assert!(!real.exists());
}

#[test]
fn a_file_where_the_folder_should_be_is_refused() {
    let (_folder, path) = scratch();
    fs::write(&path, b"").expect("our own folder");
    assert_eq!(refusal(&path), Some(StorageTrouble::Link));
}

/// Only the super-user can give a folder away; for everybody else the root folder is a foreign one.
#[test]
fn somebody_elses_folder_is_refused() {
    let (_folder, path) = scratch();
    let foreign = if rustix::process::geteuid().is_root() {
        Place::open(&path).expect("a new folder");
        chown(&path, Some(65534), Some(65534)).expect("the super-user may");
        path
    } else {
        PathBuf::from("/")
    };
    assert_eq!(refusal(&foreign), Some(StorageTrouble::NotOurs));
}

#[test]
fn a_folder_that_is_swapped_after_it_was_opened_does_not_get_our_files() {
    use crate::store::{checkpoint, name::Stem};
    let (folder, path) = scratch();
    let place = Place::open(&path).expect("a new folder");
    let moved = folder.path().join("moved");
    fs::rename(&path, &moved).expect("our own folder");
    let target = folder.path().join("target");
    fs::create_dir(&target).expect("our own folder");
    symlink(&target, &path).expect("our own folder");
    let id = Stem::read("AAAA").expect("letters");
    checkpoint::save(&place, &id, b"x").expect("the folder is still ours");
    assert_eq!(fs::read_dir(&target).expect("it is there").count(), 0);
    assert!(moved.join("AAAA.pending").exists());
}

#[test]
fn what_a_killed_run_left_half_written_is_swept_and_nothing_else() {
    let (_folder, path) = scratch();
    Place::open(&path).expect("a new folder");
    for name in [".tmp-1-0", ".tmp-99-7", "A.pending", "A.pin", "last.audit", ".hidden"] {
        fs::write(path.join(name), b"half").expect("our own folder");
    }
    let place = Place::open(&path).expect("our folder");
    assert_eq!(place.names().expect("readable"), [".hidden", "A.pending", "A.pin", "last.audit"]);
}

#[test]
fn what_another_run_is_writing_now_is_not_swept() {
    let (_folder, path) = scratch();
    let place = Place::open(&path).expect("a new folder");
    let writing = place.writing().expect("this file system locks folders");
    fs::write(path.join(".tmp-1-0"), b"half").expect("our own folder");
    Place::open(&path).expect("our folder");
    assert!(path.join(".tmp-1-0").exists());
    drop(writing);
    Place::open(&path).expect("our folder");
    assert!(!path.join(".tmp-1-0").exists());
}

#[test]
fn a_folder_that_cannot_be_made_says_why() {
    // In a folder that nobody can add to, not even the super-user.
    let error = Place::open(Path::new("/proc/firstkey/state")).err().expect("no folder can be made there");
    assert!(matches!(error.trouble, StorageTrouble::Missing | StorageTrouble::ReadOnly), "{error:?}");
}

#[test]
fn the_usual_place_is_named_after_the_program() {
    let usual = Place::usual().expect("a home");
    assert!(usual.is_absolute() && usual.ends_with("firstkey"), "{}", usual.display());
}
