//! The server's key: without the right one it does not start.

use crate::common::Deployment;
use crate::common::person::Person;
use firstkey_server::{KeyFileError, Realm, RealmError};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_missing_or_damaged_key_file_keeps_the_server_from_starting() {
    let (deployment, other) = (Deployment::new().await, Deployment::new().await);
    let file = deployment.data().join("server.key");
    let good = std::fs::read(&file).expect("the key file");
    let foreign = std::fs::read(other.data().join("server.key")).expect("another key file");
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    let cases: Vec<(&str, Option<Vec<u8>>)> = vec![
        ("foreign", Some(foreign)),
        ("flipped", Some(flipped)),
        ("short", Some(good[..good.len() - 1].to_vec())),
        ("long", Some([good.as_slice(), b"x"].concat())),
        ("empty", Some(Vec::new())),
        ("missing", None),
    ];
    for (what, bytes) in cases {
        match bytes {
            Some(bytes) => std::fs::write(&file, bytes).expect("written"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
        let error = Realm::open(&deployment.data()).await.err().expect(what);
        assert!(matches!(error, RealmError::Key(_)), "{what}: {error}");

        let output = Command::new(env!("CARGO_BIN_EXE_firstkey-server"))
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--mail-dir"])
            .arg(deployment.mail())
            .arg("--data")
            .arg(deployment.data())
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(1), "{what}");
        assert!(output.stdout.is_empty(), "{what}: it must not have listened");
        assert!(String::from_utf8_lossy(&output.stderr).contains("server.key"), "{what}");
    }
    std::fs::write(&file, good).expect("written");
    Realm::open(&deployment.data()).await.expect("the right key opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_and_the_folder_are_the_owners_alone_and_never_overwritten() {
    let deployment = Deployment::new().await;
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(deployment.data()), 0o700);
    assert_eq!(mode(deployment.data().join("server.key")), 0o600);
    let before = std::fs::read(deployment.data().join("server.key")).expect("the key file");
    let again = Realm::init(&deployment.data(), "https://accounts.example.org", None).await;
    assert!(matches!(again, Err(RealmError::Exists(_))));
    std::fs::remove_file(deployment.data().join("firstkey.db")).expect("removed");
    let again = Realm::init(&deployment.data(), "https://accounts.example.org", None).await;
    assert!(matches!(again, Err(RealmError::Key(KeyFileError::Exists(_)))));
    assert_eq!(std::fs::read(deployment.data().join("server.key")).expect("the key file"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_read_from_where_the_system_or_the_configuration_puts_it_and_judged_there() {
    let (deployment, other) = (Deployment::new().await, Deployment::new().await);
    let place = tempfile::tempdir().expect("a folder");
    let (credentials, named) = (place.path().join("credentials"), place.path().join("named.key"));
    std::fs::create_dir(&credentials).expect("a folder");
    let credential = credentials.join("firstkey-server.key");
    let config = place.path().join("server.toml");
    let lines = |key: &str| {
        let text = format!("data = {:?}\n{key}[mail]\nfolder = {:?}\n", deployment.data(), deployment.mail());
        std::fs::write(&config, text).expect("written");
    };
    let run = |arguments: &[&str], with: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
        command.args(arguments).arg("--config").arg(&config).env_remove("CREDENTIALS_DIRECTORY");
        if with {
            command.env("CREDENTIALS_DIRECTORY", &credentials);
        }
        let output = command.output().expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let put = |path: &std::path::Path, bytes: &[u8], mode: u32| {
        drop(std::fs::remove_file(path));
        std::fs::write(path, bytes).expect("written");
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("our own file");
    };
    let own = deployment.data().join("server.key");
    let good = std::fs::read(&own).expect("the key file");
    let foreign = std::fs::read(other.data().join("server.key")).expect("another key file");
    lines("");
    put(&credential, &good, 0o400);
    let (code, said) = run(&["check", "--listen", "127.0.0.1:0"], true);
    assert!(code == Some(0) && said.contains("firstkey-server.key; a copy is still at"), "{said}");
    std::fs::remove_file(&own).expect("removed");
    let (code, said) = run(&["check", "--listen", "127.0.0.1:0"], true);
    assert!(code == Some(0) && said.contains("read from") && !said.contains("copy"), "{said}");
    assert_eq!(run(&["org", "list"], true).0, Some(0));
    let copy = place.path().join("copy.key");
    let out = copy.to_str().expect("text");
    assert_eq!(run(&["backup", "--key-out", out], true).0, Some(0));
    assert_eq!(std::fs::read(&copy).expect("the copy"), good);

    let refused = |what: &str, with: bool, needle: &str| {
        let (code, said) = run(&["org", "list"], with);
        assert!(code == Some(1) && said.contains(needle), "{what}: {code:?} {said}");
    };
    refused("without the credential", false, "server.key is missing");
    for mode in [0o404, 0o420, 0o601] {
        put(&credential, &good, mode);
        refused("open to others", true, "accessible to other users");
    }
    put(&credential, &foreign, 0o400);
    refused("another server's", true, "does not belong to this database");
    put(&credential, &good[1..], 0o400);
    refused("not whole", true, "damaged");

    // The configuration comes before the system, and there is no falling back.
    lines("key_file = \"named.key\"\n");
    put(&credential, &good, 0o400);
    refused("named and absent", true, "named.key is missing");
    put(&named, &good, 0o640);
    refused("named and open", true, "chmod 600");
    put(&named, &foreign, 0o600);
    refused("named and another's", true, "does not belong");
    put(&named, &good, 0o600);
    assert_eq!(run(&["org", "list"], false).0, Some(0));
    assert!(!own.exists(), "nothing was made in the folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_holds_nothing_of_the_key() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    Person::claim(&server, &deployment.invitation(1).await).await.enrol(&server).await;
    server.stop().await;
    let key = std::fs::read(deployment.data().join("server.key")).expect("the key file");
    std::fs::remove_file(deployment.data().join("server.key")).expect("removed");
    let stored = deployment.stored_bytes();
    for part in [&key[5..69], &key[69..101], &key[133..165]] {
        for piece in part.chunks(16) {
            assert!(!crate::common::contains(&stored, piece));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_there_keeps_its_mode_and_a_link_is_not_followed() {
    let place = tempfile::tempdir().expect("a folder");
    let (open, link) = (place.path().join("open"), place.path().join("link"));
    std::fs::create_dir(&open).expect("a folder");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    std::os::unix::fs::symlink(&open, &link).expect("a link");
    let said = async |dir: &std::path::Path| {
        Realm::init(dir, "https://accounts.example.org", None).await.err().expect("refused").to_string()
    };
    assert!(said(&link).await.contains("symbolic link"));
    assert!(said(&open).await.ends_with(&format!("Run: chmod 700 {}", open.display())));
    let mode = std::fs::metadata(&open).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode, std::fs::read_dir(&open).expect("a folder").count()), (0o755, 0), "nothing was changed");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o700)).expect("as it was said");
    Realm::init(&open, "https://accounts.example.org", None).await.expect("a server");
}
