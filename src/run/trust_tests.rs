use super::*;
use firstkey_core::flow::stop::LocalTrouble;
use rustix::fs::{CWD, Mode, mkfifoat};

/// Base64 of anything stands for a certificate here: who reads it judges it later.
const PEM: &str = "a comment\n-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
const OTHER: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQI=\n-----END CERTIFICATE-----\n";

fn variables(file: Option<&Path>, folders: &[&Path]) -> Option<Variables> {
    let joined = std::env::join_paths(folders).expect("no colon in them");
    Variables::from_lookup(|name| match name {
        "SSL_CERT_FILE" => file.map(|file| file.as_os_str().to_owned()),
        _ => Some(joined.clone()),
    })
}

fn trouble(file: Option<&Path>, folders: &[&Path], is_needed: bool) -> Option<StorageTrouble> {
    let named = variables(file, folders).expect("something is named");
    match gather(&named, is_needed) {
        Ok(_) => None,
        Err(Halt::Local(LocalTrouble::Input { trouble, path })) => {
            assert!(path.contains("(SSL_CERT_"), "{path}");
            Some(trouble)
        }
        Err(halt) => panic!("{halt:?}"),
    }
}

fn count(file: Option<&Path>, folders: &[&Path]) -> usize {
    gather(&variables(file, folders).expect("something is named"), true).expect("certificates").len()
}

#[test]
fn a_file_and_folders_are_read_each_once_and_pipes_in_a_folder_are_passed_over() {
    let home = tempfile::tempdir().expect("a folder for the test");
    let (file, folder) = (home.path().join("bundle.pem"), home.path().join("certs"));
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(&file, [PEM, OTHER].concat()).expect("written");
    std::fs::write(folder.join("one.pem"), PEM).expect("written");
    std::os::unix::fs::symlink(folder.join("one.pem"), folder.join("0a1b2c3d.0")).expect("a link");
    std::os::unix::fs::symlink(folder.join("gone"), folder.join("4e5f6a7b.0")).expect("a link");
    std::fs::create_dir(folder.join("below")).expect("a folder");
    mkfifoat(CWD, folder.join("pipe"), Mode::RUSR | Mode::WUSR).expect("a pipe");
    assert_eq!((count(Some(&file), &[]), count(None, &[&folder]), count(Some(&file), &[&folder])), (2, 1, 3));
    assert!(variables(None, &[]).is_none(), "nothing is named: those of the system");
}

#[test]
fn what_is_not_there_is_named_where_nothing_else_is_and_never_the_system_taken_instead() {
    let home = tempfile::tempdir().expect("a folder for the test");
    let (good, gone, junk) = (home.path().join("a.pem"), home.path().join("gone"), home.path().join("junk"));
    std::fs::write(&good, PEM).expect("written");
    std::fs::write(&junk, "no certificate").expect("written");
    assert_eq!(trouble(Some(&gone), &[], true), Some(StorageTrouble::Missing));
    assert_eq!(trouble(None, &[&gone], true), Some(StorageTrouble::Missing));
    assert_eq!(trouble(Some(&junk), &[], true), Some(StorageTrouble::Damaged));
    assert_eq!(trouble(Some(home.path()), &[], true), Some(StorageTrouble::Link));
    assert_eq!(count(Some(&good), &[&gone]), 1);
    // Beside `--ca-file`, nothing is left of the system's own all the same.
    assert!(gather(&variables(Some(&gone), &[]).expect("named"), false).expect("none").is_empty());
}

#[test]
fn what_has_no_end_is_refused_at_its_limit_whatever_else_there_is() {
    assert_eq!(trouble(Some(Path::new("/dev/zero")), &[], false), Some(StorageTrouble::TooLong));
    let folder = tempfile::tempdir().expect("a folder for the test");
    let long = File::create(folder.path().join("long.pem")).expect("a file");
    long.set_len(u64::try_from(MAX_CERTIFICATES).expect("small") + 1).expect("a hole");
    assert_eq!(trouble(None, &[folder.path()], false), Some(StorageTrouble::TooLong));
    let mut left = Left { files: 0, bytes: MOST_BYTES, seen: HashSet::new() };
    assert_eq!(left.folder(folder.path()).err(), Some(StorageTrouble::TooLong.into()));
    std::fs::write(folder.path().join("long.pem"), PEM).expect("written");
    let mut left = Left { files: 1, bytes: PEM.len() - 1, seen: HashSet::new() };
    assert_eq!(left.folder(folder.path()).err(), Some(StorageTrouble::TooLong.into()));
}
