use super::{PROBE, folder, is_whole, probe};
use crate::doctor::folder::{Folder, Step, Writing};
use crate::store::Place;
use firstkey_core::flow::stop::StorageTrouble;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("ours");
}

fn closed_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    set_mode(folder.path(), 0o700);
    folder
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(path)
        .expect("readable")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

#[test]
fn looking_changes_nothing_not_even_what_a_killed_run_left() {
    let state = closed_folder();
    for name in [".tmp-1-0", "a.pin", "notes.txt"] {
        std::fs::write(state.path().join(name), b"x").expect("writable");
        set_mode(&state.path().join(name), 0o600);
    }
    let Folder::There { files, refused, free_kib, .. } = folder(state.path()) else { panic!("it is there") };
    assert_eq!((files, refused, free_kib.is_some()), (1, Vec::new(), true));
    assert!(matches!(probe(state.path()), Writing::Done));
    assert_eq!(names(state.path()), [".tmp-1-0", "a.pin", "notes.txt"]);
}

#[test]
fn files_that_the_store_refuses_are_named_and_others_are_nobodys_business() {
    let state = closed_folder();
    for (name, mode) in [("open.pin", 0o644), ("closed.pin", 0o600), ("notes.txt", 0o644)] {
        std::fs::write(state.path().join(name), b"x").expect("writable");
        set_mode(&state.path().join(name), mode);
    }
    std::os::unix::fs::symlink("/dev/null", state.path().join("link.peer")).expect("a link");
    let Folder::There { files, refused, .. } = folder(state.path()) else { panic!("it is there") };
    assert_eq!(files, 3);
    let expected = [("link.peer", StorageTrouble::Link), ("open.pin", StorageTrouble::TooOpen)];
    assert_eq!(refused, expected.map(|(name, trouble)| (name.to_owned(), trouble)));
}

#[test]
fn a_folder_that_is_open_or_a_link_is_refused_and_gets_no_test_file() {
    let state = closed_folder();
    set_mode(state.path(), 0o777);
    let Folder::Refused { trouble, mode, .. } = folder(state.path()) else { panic!("it is refused") };
    assert_eq!((trouble, mode), (StorageTrouble::TooOpen, Some(0o777)));
    assert!(matches!(probe(state.path()), Writing::Failed { trouble: StorageTrouble::TooOpen, .. }));
    assert!(names(state.path()).is_empty());

    let around = closed_folder();
    let link = around.path().join("link");
    std::os::unix::fs::symlink(state.path(), &link).expect("a link");
    assert!(matches!(folder(&link), Folder::Refused { trouble: StorageTrouble::Link, mode: None, .. }));
}

#[test]
fn a_folder_that_is_not_there_is_not_made_and_the_one_above_is_judged() {
    let around = closed_folder();
    let path = around.path().join("some/where/firstkey");
    let Folder::Absent { above, can_be_made, .. } = folder(&path) else { panic!("it is absent") };
    assert_eq!((above, can_be_made), (around.path().display().to_string(), true));
    assert!(names(around.path()).is_empty());
    // Nobody can make a folder below a file, not even the super-user.
    let file = around.path().join("file");
    std::fs::write(&file, b"").expect("writable");
    assert!(!matches!(folder(&file.join("firstkey")), Folder::Absent { can_be_made: true, .. }));
}

#[test]
fn a_test_file_that_does_not_read_back_as_it_was_written_is_no_proof_that_the_disk_works() {
    let state = closed_folder();
    let place = Place::open(state.path()).expect("our folder");
    let longer = [PROBE, b"x"].concat();
    for (contents, whole) in [(PROBE, true), (&PROBE[1..], false), (&b""[..], false), (&longer[..], false)] {
        std::fs::write(state.path().join("probe"), contents).expect("writable");
        assert_eq!(is_whole(&place, "probe").is_ok(), whole, "{contents:?}");
    }
}

/// A limit on file size stands for a full disk, in a process of its own because it stays.
#[test]
fn on_a_full_disk_the_step_is_told_and_the_test_file_is_gone() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const CHILD: &str = "FIRSTKEY_TEST_LOOK_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let state = closed_folder();
        setrlimit(Resource::Fsize, Rlimit { current: Some(8), maximum: Some(8) }).expect("lowering is allowed");
        let said = probe(state.path());
        assert!(matches!(said, Writing::Failed { step: Step::Write, trouble: StorageTrouble::Full }));
        assert!(names(state.path()).is_empty());
        return;
    }
    // A shell keeps the signal from ending the process, so that the error shows.
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("the test knows itself"))
        .args(["--exact", "store::look::tests::on_a_full_disk_the_step_is_told_and_the_test_file_is_gone"])
        .args(["--test-threads=1", "--nocapture"])
        .env(CHILD, "full")
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
