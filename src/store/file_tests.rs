use super::{TEMPORARY, read_guarded, remove, write_durably};
use crate::store::name::{FileName, Kind, Stem};
use crate::store::place::Place;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Command;

struct Scratch {
    folder: tempfile::TempDir,
    place: Place,
    name: FileName,
    path: PathBuf,
}

fn scratch() -> Scratch {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let place = Place::open(&folder.path().join("state")).expect("a new folder");
    let name = FileName::new(&Stem::read("file").expect("letters"), Kind::Pin);
    let path = place.path_of(name.as_str());
    Scratch { folder, place, name, path }
}

impl Scratch {
    fn refusal(&self) -> Option<StorageTrouble> {
        read_guarded(&self.place, &self.name, 100).err().map(|error| {
            assert_eq!(error.path, self.path);
            error.trouble
        })
    }

    fn names(&self) -> Vec<String> {
        self.place.names().expect("readable")
    }
}

/// Runs one test of this binary again in a process of its own, for what changes a process for good.
fn again(test: &str, role: &str) -> std::process::Output {
    Command::new(std::env::current_exe().expect("the test knows itself"))
        .args(["--exact", &format!("store::file::tests::{test}"), "--test-threads=1"])
        .env(ROLE, role)
        .output()
        .expect("the test starts again")
}

const ROLE: &str = "FIRSTKEY_TEST_FILE_ROLE";

fn passed(output: &std::process::Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn what_was_written_is_read_back_and_nothing_is_left_beside_it() {
    let scratch = scratch();
    for bytes in [&b"first"[..], b"", &[7; 100]] {
        write_durably(&scratch.place, &scratch.name, bytes).expect("our own folder");
        assert_eq!(read_guarded(&scratch.place, &scratch.name, 100).expect("our own file"), bytes);
        assert_eq!(scratch.names(), ["file.pin"]);
    }
}

#[test]
fn a_file_is_for_its_owner_alone_whatever_the_mask_is() {
    if let Ok(role) = std::env::var(ROLE) {
        rustix::process::umask(Mode::from_raw_mode(u32::from_str_radix(&role, 8).expect("octal")));
        let scratch = scratch();
        write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
        assert_eq!(fs::metadata(&scratch.path).expect("it is there").mode() & 0o7777, 0o600);
        assert_eq!(fs::metadata(scratch.place.path()).expect("it is there").mode() & 0o7777, 0o700);
        assert!(scratch.refusal().is_none());
        return;
    }
    for mask in ["000", "022", "077", "027"] {
        passed(&again("a_file_is_for_its_owner_alone_whatever_the_mask_is", mask));
    }
}

#[test]
fn a_mask_that_takes_the_owners_own_rights_away_takes_them_from_no_file() {
    if std::env::var_os(ROLE).is_some() {
        let scratch = scratch();
        let kit = scratch.folder.path().join("kit.txt");
        rustix::process::umask(Mode::from_raw_mode(0o777));
        write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
        let guard = crate::store::fresh::write_new(&kit, b"x").expect("our own folder");
        assert_eq!(guard.shown(), "0600");
        for path in [&scratch.path, &kit] {
            assert_eq!(fs::metadata(path).expect("it is there").mode() & 0o7777, 0o600, "{path:?}");
        }
        return;
    }
    passed(&again("a_mask_that_takes_the_owners_own_rights_away_takes_them_from_no_file", "mask"));
}

#[test]
fn names_that_are_taken_are_left_to_those_who_have_them_and_another_one_is_tried() {
    let scratch = scratch();
    let process = std::process::id();
    let taken = [0, 1].map(|number| scratch.place.path_of(&format!("{TEMPORARY}{process}-{number}")));
    for path in &taken {
        fs::write(path, b"theirs").expect("our own folder");
    }
    write_durably(&scratch.place, &scratch.name, b"ours").expect("our own folder");
    assert_eq!(read_guarded(&scratch.place, &scratch.name, 100).expect("our own file"), b"ours");
    for path in &taken {
        assert_eq!(fs::read(path).expect("it is there"), b"theirs");
    }
}

#[test]
fn a_file_that_is_not_there_is_missing_and_removing_it_is_fine() {
    let scratch = scratch();
    assert_eq!(scratch.refusal(), Some(StorageTrouble::Missing));
    assert_eq!(remove(&scratch.place, &scratch.name), Ok(()));
    write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
    assert_eq!(remove(&scratch.place, &scratch.name), Ok(()));
    assert_eq!(scratch.refusal(), Some(StorageTrouble::Missing));
    assert!(scratch.names().is_empty());
}

#[test]
fn a_file_that_others_have_any_right_to_is_refused() {
    for bits in [0o666, 0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601] {
        let scratch = scratch();
        write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
        fs::set_permissions(&scratch.path, Permissions::from_mode(bits)).expect("our own file");
        assert_eq!(scratch.refusal(), Some(StorageTrouble::TooOpen), "{bits:o}");
    }
}

#[test]
fn a_link_is_not_followed_to_read_and_is_replaced_not_followed_to_write() {
    let scratch = scratch();
    let target = scratch.folder.path().join("authorized_keys");
    fs::write(&target, b"theirs").expect("our own folder");
    symlink(&target, &scratch.path).expect("our own folder");
    assert_eq!(scratch.refusal(), Some(StorageTrouble::Link));
    write_durably(&scratch.place, &scratch.name, b"ours").expect("our own folder");
    assert_eq!(fs::read(&target).expect("it is there"), b"theirs");
    assert_eq!(read_guarded(&scratch.place, &scratch.name, 100).expect("a plain file now"), b"ours");
}

#[test]
fn a_file_with_a_second_name_is_refused() {
    let scratch = scratch();
    write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
    fs::hard_link(&scratch.path, scratch.folder.path().join("second")).expect("our own folder");
    assert_eq!(scratch.refusal(), Some(StorageTrouble::Link));
    // Writing gives us a file of our own; the other name keeps the old contents.
    write_durably(&scratch.place, &scratch.name, b"new").expect("our own folder");
    assert_eq!(scratch.refusal(), None);
    assert_eq!(fs::read(scratch.folder.path().join("second")).expect("it is there"), b"x");
}

#[test]
fn a_pipe_a_socket_and_a_folder_are_refused_without_waiting() {
    let pipe = scratch();
    mknodat(CWD, &pipe.path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("our own folder");
    assert_eq!(pipe.refusal(), Some(StorageTrouble::Link));

    let socket = scratch();
    let _listener = std::os::unix::net::UnixListener::bind(&socket.path).expect("our own folder");
    assert_eq!(socket.refusal(), Some(StorageTrouble::Link));

    let folder = scratch();
    fs::create_dir(&folder.path).expect("our own folder");
    assert_eq!(folder.refusal(), Some(StorageTrouble::Link));
    let error = write_durably(&folder.place, &folder.name, b"x").expect_err("a folder is in the way");
    assert_eq!(error.trouble, StorageTrouble::Link);
    assert_eq!(folder.names(), ["file.pin"], "nothing is left beside it");
}

/// Only the super-user can give a file away, so that the test means something for them alone; the
/// folder's own test has a foreign one for everybody.
#[test]
fn somebody_elses_file_is_refused() {
    let scratch = scratch();
    write_durably(&scratch.place, &scratch.name, b"x").expect("our own folder");
    if rustix::process::geteuid().is_root() {
        chown(&scratch.path, Some(65534), Some(65534)).expect("the super-user may");
        assert_eq!(scratch.refusal(), Some(StorageTrouble::NotOurs));
    }
}

#[test]
fn a_file_longer_than_allowed_is_refused_and_one_just_as_long_is_not() {
    let scratch = scratch();
    write_durably(&scratch.place, &scratch.name, &[1; 100]).expect("our own folder");
    assert_eq!(scratch.refusal(), None);
    write_durably(&scratch.place, &scratch.name, &[1; 101]).expect("our own folder");
    assert_eq!(scratch.refusal(), Some(StorageTrouble::TooLong));
}

/// A limit on file size stands for a full disk: both end a write in the middle.
#[test]
fn a_full_disk_is_told_the_old_file_stays_and_nothing_is_left_beside_it() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if std::env::var_os(ROLE).is_some() {
        let scratch = scratch();
        write_durably(&scratch.place, &scratch.name, b"old").expect("our own folder");
        setrlimit(Resource::Fsize, Rlimit { current: Some(4096), maximum: Some(4096) }).expect("lowering is allowed");
        let error = write_durably(&scratch.place, &scratch.name, &[1; 10_000]).expect_err("it does not fit");
        assert_eq!((error.trouble, error.path), (StorageTrouble::Full, scratch.path.clone()));
        assert_eq!(read_guarded(&scratch.place, &scratch.name, 100).expect("still there"), b"old");
        assert_eq!(scratch.names(), ["file.pin"]);
        return;
    }
    // A shell keeps the signal from ending the process, so that the error shows.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("the test knows itself"))
        .args(["--exact", "store::file::tests::a_full_disk_is_told_the_old_file_stays_and_nothing_is_left_beside_it"])
        .args(["--test-threads=1", "--nocapture"])
        .env(ROLE, "full")
        .output()
        .expect("a shell");
    passed(&output);
}

/// The super-user may write anywhere; run as root, the test continues as nobody.
#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    let test = "store::file::tests::a_folder_that_cannot_be_written_to_is_told";
    if rustix::process::geteuid().is_root() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("our own folder");
        let copy = folder.path().join("test");
        fs::copy(std::env::current_exe().expect("the test knows itself"), &copy).expect("our own folder");
        let mut child = Command::new(&copy);
        std::os::unix::process::CommandExt::uid(&mut child, 65534);
        passed(&child.args(["--exact", test]).current_dir("/").output().expect("the test starts again"));
        return;
    }
    let scratch = scratch();
    write_durably(&scratch.place, &scratch.name, b"old").expect("our own folder");
    fs::set_permissions(scratch.place.path(), Permissions::from_mode(0o500)).expect("our own folder");
    let written = write_durably(&scratch.place, &scratch.name, b"new").expect_err("read-only");
    let removed = remove(&scratch.place, &scratch.name).expect_err("read-only");
    let made = Place::open(&scratch.place.path().join("below")).err().expect("read-only");
    assert_eq!([written.trouble, removed.trouble, made.trouble], [StorageTrouble::ReadOnly; 3]);
    assert_eq!(read_guarded(&scratch.place, &scratch.name, 100).expect("still there"), b"old");
    fs::set_permissions(scratch.place.path(), Permissions::from_mode(0o700)).expect("our own folder");
}

/// A child writes two versions in turn until it is killed; whenever that is, one of the two is
/// there, whole.
#[test]
fn a_run_that_is_killed_while_writing_leaves_the_old_or_the_new_file_and_nothing_half() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    if let Ok(folder) = std::env::var(ROLE) {
        let place = Place::open(std::path::Path::new(&folder)).expect("our own folder");
        let name = FileName::new(&Stem::read("file").expect("letters"), Kind::Pin);
        for version in 0_u8.. {
            write_durably(&place, &name, &vec![version % 2; 60_000]).expect("our own folder");
            if version == 3 {
                std::io::Write::write_all(&mut std::io::stderr(), b"writing\n").expect("the parent listens");
            }
        }
    }
    let test = "a_run_that_is_killed_while_writing_leaves_the_old_or_the_new_file_and_nothing_half";
    let scratch = scratch();
    for _ in 0..10 {
        let mut child = Command::new(std::env::current_exe().expect("the test knows itself"))
            .args(["--exact", &format!("store::file::tests::{test}"), "--test-threads=1", "--nocapture"])
            .env(ROLE, scratch.place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the test starts again");
        let mut told = String::new();
        let stderr = child.stderr.take().expect("it is piped");
        BufReader::new(stderr).read_line(&mut told).expect("the child says when it writes");
        child.kill().expect("our own child");
        child.wait().expect("our own child");
        assert_eq!(told, "writing\n");
        let bytes = read_guarded(&scratch.place, &scratch.name, 60_000).expect("one of the two is there");
        assert!(bytes.len() == 60_000 && bytes.iter().all(|byte| *byte == bytes[0]));
        Place::open(scratch.place.path()).expect("our folder");
        assert_eq!(scratch.names(), ["file.pin"]);
    }
}
