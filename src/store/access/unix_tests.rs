use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

fn folder() -> (tempfile::TempDir, Folder) {
    let temporary = tempfile::tempdir().expect("a folder for the test");
    let folder = Folder::open(temporary.path()).expect("it is there");
    (temporary, folder)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn a_file_that_is_opened_to_be_read_is_no_link_and_not_for_programs_that_are_started() {
    let (temporary, folder) = folder();
    std::fs::write(temporary.path().join("plain"), b"x").expect("our own folder");
    symlink("plain", temporary.path().join("link")).expect("our own folder");
    let plain = folder.open_plain("plain").expect("a plain file");
    let flags = rustix::io::fcntl_getfd(&plain).expect("it is open");
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    assert_eq!(folder.open_plain("link").err().map(|error| meaning(&error)), Some(StorageTrouble::Link));
}

#[test]
fn a_file_that_is_older_than_the_epoch_is_older_than_one_of_after_it() {
    let (temporary, folder) = folder();
    let path = temporary.path().join("old");
    let file = std::fs::File::create(&path).expect("our own folder");
    for since in [-90_000_i64, -1, 0, 1, 90_000] {
        let away = Duration::from_secs(since.unsigned_abs());
        let time = if since < 0 { UNIX_EPOCH - away } else { UNIX_EPOCH + away };
        file.set_modified(time).expect("our own file");
        assert_eq!(folder.changed_at("old"), Some(time), "{since}");
    }
}

/// What another program says of the same disk. What is free changes while tests run, though not to
/// half or to twice as much.
#[test]
fn what_is_free_on_the_disk_is_counted_in_kib() {
    let (temporary, folder) = folder();
    let output = Command::new("df").arg("-Pk").arg(temporary.path()).output().expect("df is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let theirs: u64 = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).expect(&text);
    let ours = folder.free_kib().expect("it can be told");
    assert!(theirs / 2 <= ours && ours <= theirs.saturating_mul(2), "{ours} and {theirs}");
}

/// The super-user may write anywhere; run as root, the test continues as nobody.
#[test]
fn a_folder_that_this_user_cannot_write_to_takes_no_new_one() {
    let test = "store::access::unix::tests::a_folder_that_this_user_cannot_write_to_takes_no_new_one";
    let (temporary, _folder) = folder();
    let file = temporary.path().join("file");
    std::fs::write(&file, b"").expect("our own folder");
    set_mode(&file, 0o700);
    assert!(!takes_new_folders(&file), "a file takes none");
    assert!(!takes_new_folders(&temporary.path().join("absent")));
    assert!(takes_new_folders(temporary.path()));
    if rustix::process::geteuid().is_root() {
        set_mode(temporary.path(), 0o755);
        let copy = temporary.path().join("test");
        std::fs::copy(std::env::current_exe().expect("the test knows itself"), &copy).expect("our own folder");
        let mut child = Command::new(&copy);
        std::os::unix::process::CommandExt::uid(&mut child, 65534);
        let output = child.args(["--exact", test]).current_dir("/").output().expect("the test starts again");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    for mode in [0o500, 0o400, 0o600, 0o100, 0o000] {
        set_mode(temporary.path(), mode);
        assert!(!takes_new_folders(temporary.path()), "{mode:o}");
    }
    set_mode(temporary.path(), 0o700);
}
