//! Backup and restore, within one kind of database and from one to the other.

use super::common::person::Person;
use super::common::{Deployment, contains};
use firstkey_server::{Realm, RealmError};
use reqwest::Method;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A deployment with one person who is complete and one who is invited; a backup and the key, each
/// in a file.
struct Kept {
    deployment: Deployment,
    person: Person,
    id: String,
    folder: TempDir,
}

impl Kept {
    async fn new() -> Self {
        let deployment = Deployment::new().await;
        let server = deployment.serve().await;
        let id = server.provision(&deployment, "ada@example.org").await;
        let person = Person::claim(&server, &deployment.invitation(1).await).await;
        person.enrol(&server).await;
        server.provision(&deployment, "grace@example.org").await;
        deployment.invitation(2).await;
        let kept = Self { deployment, person, id, folder: tempfile::tempdir().expect("a folder") };
        // While the server runs.
        let copied = kept.deployment.realm().await.back_up(&kept.backup()).await.expect("a backup");
        assert_eq!((copied.rows_of("account"), copied.rows_of("bundle")), (2, 1));
        assert_eq!(copied.audit.broken_at, None);
        Realm::back_up_key(&kept.deployment.data(), &kept.key()).expect("the key");
        server.stop().await;
        kept
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup.db")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_knows_its_people_and_they_can_log_in() {
    let kept = Kept::new().await;
    let before = kept.deployment.realm().await.audit_chain().await.expect("the log");
    for to_postgres in [false, true] {
        let Some(restored) = kept.deployment.restored(&kept.backup(), &kept.key(), to_postgres).await else { continue };
        let chain = restored.realm().await.audit_chain().await.expect("the log");
        assert_eq!(chain, before, "the log is the same");
        let server = restored.serve().await;
        let login = kept.person.log_in(&server).await;
        assert_eq!(login.status, 200, "{login:?}");
        let found = server.scim(&restored.token, Method::GET, &format!("/Users/{}", kept.id), None).await;
        assert_eq!((found.status, &found.json()["userName"]), (200, &"ada@example.org".into()));
        // And it goes on where the other left off.
        server.provision(&restored, "alan@example.org").await;
        restored.invitation(1).await;
        server.stop().await;
        assert_eq!(restored.realm().await.audit_chain().await.expect("the log").broken_at, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_no_key_and_is_for_its_owner_alone() {
    let kept = Kept::new().await;
    let key = std::fs::read(kept.key()).expect("the key");
    assert_eq!(key, std::fs::read(kept.deployment.data().join("server.key")).expect("the key"));
    let backup = std::fs::read(kept.backup()).expect("the backup");
    assert!(!contains(&backup, &key[5..37]) && !contains(&backup, &key[key.len() - 32..]));
    assert_eq!((mode(&kept.backup()), mode(&kept.key())), (0o600, 0o600));
    let files = std::fs::read_dir(kept.folder.path()).expect("a folder").count();
    assert_eq!(files, 2, "nothing is left beside them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_no_session_and_no_running_login_back() {
    let kept = Kept::new().await;
    let server = kept.deployment.serve().await;
    assert_eq!(kept.person.log_in(&server).await.status, 200);
    kept.person.prove(&server).await;
    let backup = kept.folder.path().join("second.db");
    kept.deployment.realm().await.back_up(&backup).await.expect("a backup");
    server.stop().await;
    let file = rusqlite::Connection::open(&backup).expect("a database");
    for table in ["session", "login"] {
        let rows: i64 =
            file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a number");
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten() {
    let kept = Kept::new().await;
    let realm = kept.deployment.realm().await;
    let before = std::fs::read(kept.backup()).expect("the backup");
    assert!(matches!(realm.back_up(&kept.backup()).await, Err(RealmError::File { .. })));
    assert!(Realm::back_up_key(&kept.deployment.data(), &kept.key()).is_err());
    assert!(matches!(
        Realm::restore(&kept.deployment.data(), &kept.backup(), Some(&kept.key()), None).await,
        Err(RealmError::Exists(_))
    ));
    assert_eq!(std::fs::read(kept.backup()).expect("the backup"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_is_refused_before_anything_is_there() {
    let kept = Kept::new().await;
    let other = Deployment::new().await;
    let target = kept.folder.path().join("new");
    let refused = Realm::restore(&target, &kept.backup(), Some(&other.data().join("server.key")), None).await;
    assert!(matches!(refused, Err(RealmError::Key(_))), "{:?}", refused.err());
    assert_eq!(std::fs::read_dir(&target).expect("the folder").count(), 0, "nothing was left");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_file_a_restored_server_does_not_start_and_says_why() {
    let kept = Kept::new().await;
    let target = kept.folder.path().join("new");
    Realm::restore(&target, &kept.backup(), None, None).await.expect("restored");
    let error = Realm::open(&target).await.err().expect("no key");
    assert!(error.to_string().contains("server.key is missing"), "{error}");
    std::fs::copy(kept.key(), target.join("server.key")).expect("put in its place");
    Realm::open(&target).await.expect("now it opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_backup_is_refused() {
    let kept = Kept::new().await;
    let whole = std::fs::read(kept.backup()).expect("the backup");
    let cut = kept.folder.path().join("cut.db");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("written");
    let text = kept.folder.path().join("text.db");
    std::fs::write(&text, b"hello").expect("written");
    let empty = kept.folder.path().join("empty.db");
    std::fs::write(&empty, b"").expect("written");
    for (at, file) in [&cut, &text, &empty, &kept.folder.path().join("missing.db")].into_iter().enumerate() {
        let target = kept.folder.path().join(format!("new{at}"));
        let refused = Realm::restore(&target, file, Some(&kept.key()), None).await;
        assert!(refused.is_err(), "{}", file.display());
        let left: Vec<_> =
            std::fs::read_dir(&target).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A copy of the backup with another schema or other values.
fn changed(kept: &Kept, name: &str, statement: &str) -> PathBuf {
    let file = kept.folder.path().join(format!("{name}.db"));
    std::fs::copy(kept.backup(), &file).expect("copied");
    let database = rusqlite::Connection::open(&file).expect("a database");
    database.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_made_to_do_harm_is_refused_before_any_of_it_is_run() {
    let kept = Kept::new().await;
    let harm = [
        // Names that would become statements of their own.
        "ALTER TABLE outbox ADD COLUMN \"seq) SELECT 1; DELETE FROM scim_token; --\" TEXT",
        "ALTER TABLE organisation RENAME COLUMN contact TO \"contact) VALUES (1); DROP TABLE realm; --\"",
        // What would run while the file is read or brought forward.
        "CREATE TRIGGER bring AFTER INSERT ON migration BEGIN DELETE FROM organisation; END",
        "DELETE FROM migration WHERE version > 1; CREATE TRIGGER bring AFTER INSERT ON migration BEGIN SELECT randomblob(1000000000); END",
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
         VALUES ('trigger', 'sqlite_own', 'migration', 0, 'CREATE TRIGGER sqlite_own AFTER INSERT ON migration BEGIN DELETE FROM organisation; END')",
        // A table that is none.
        "PRAGMA foreign_keys = OFF; DROP TABLE scim_token; CREATE VIEW scim_token AS SELECT 1 AS token_id",
        "CREATE TABLE more (a TEXT)",
        // Triggers that keep the log what it is.
        "DROP TRIGGER audit_keeps; UPDATE audit SET detail = 'forged'",
        // Sizes and types.
        "UPDATE bundle SET kdf_block = zeroblob(48)",
        "UPDATE bundle SET envelope_1 = zeroblob(100000)",
        "UPDATE organisation SET name = hex(zeroblob(4000000))",
        "PRAGMA ignore_check_constraints = ON; UPDATE account SET state = 'administrator'",
        "PRAGMA foreign_keys = OFF; UPDATE membership SET account_id = zeroblob(16) WHERE user_id = (SELECT min(user_id) FROM membership)",
        "DELETE FROM realm",
    ];
    for (at, statement) in harm.into_iter().enumerate() {
        let (file, target) =
            (changed(&kept, &format!("harm{at}"), statement), kept.folder.path().join(format!("to{at}")));
        let refused = Realm::restore(&target, &file, Some(&kept.key()), None).await;
        assert!(refused.is_err(), "{statement}");
        let holds_a_server = Realm::open(&target).await.is_ok();
        assert!(!holds_a_server, "{statement}");
    }
    // The same way, without harm, is fine.
    let file = changed(&kept, "whole", "ANALYZE; VACUUM");
    Realm::restore(&kept.folder.path().join("whole"), &file, Some(&kept.key()), None).await.expect("restored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_restored_only_into_an_empty_folder_of_our_own_and_through_no_link() {
    let kept = Kept::new().await;
    let place = |name: &str| kept.folder.path().join(name);
    let restore = async |name: &str| Realm::restore(&place(name), &kept.backup(), Some(&kept.key()), None).await;
    let said = async |name: &str| restore(name).await.expect_err("refused").to_string();
    let folder = |name: &str, bits: u32| {
        std::fs::create_dir(place(name)).expect("a folder");
        std::fs::set_permissions(place(name), std::fs::Permissions::from_mode(bits)).expect("its mode");
    };
    folder("victim", 0o700);
    std::os::unix::fs::symlink(place("victim"), place("link")).expect("a link");
    std::os::unix::fs::symlink(place("nowhere"), place("dangling")).expect("a link");
    for link in ["link", "link/", "dangling", "dangling/"] {
        assert!(said(link).await.contains("symbolic link"), "{link}");
    }
    assert_eq!(std::fs::read_dir(place("victim")).expect("a folder").count(), 0);
    assert!(!place("nowhere").exists());
    folder("open", 0o755);
    assert!(said("open").await.ends_with(&format!("Run: chmod 700 {}", place("open").display())));
    assert_eq!(mode(&place("open")), 0o755, "nothing was changed");
    for held in [".hidden", "restoring.db", "server.key", "firstkey.db-wal"] {
        let name = format!("holds{held}");
        folder(&name, 0o700);
        std::fs::write(place(&name).join(held), b"theirs").expect("written");
        assert!(said(&name).await.contains("is not empty"), "{held}");
        assert_eq!(std::fs::read(place(&name).join(held)).expect("still there"), b"theirs");
    }
    std::fs::write(place("file"), b"").expect("written");
    assert!(said("file").await.contains("is not a folder"));
    folder("empty", 0o700);
    restore("empty").await.expect("restored");
    restore("new/and/deep").await.expect("restored");
    for made in ["new", "new/and", "new/and/deep"] {
        assert_eq!(mode(&place(made)), 0o700);
    }
}
