//! The audit log: whoever changes it is found.

use crate::common::person::Person;
use crate::common::{Deployment, Server};
use firstkey_server::admin::{AuditRefused, Expected};
use rusqlite::Connection;
use rusqlite::types::Value;

const COLUMNS: [&str; 8] = ["seq", "at", "event", "org_id", "account_id", "invite_id", "detail", "hash"];

/// A log with a story in it.
async fn story(deployment: &Deployment) -> Server {
    let server = deployment.serve().await;
    server.provision(deployment, "ada@example.org").await;
    Person::claim(&server, &deployment.invitation(1).await).await.enrol(&server).await;
    server
}

/// The database as whoever holds the disk can open it: the triggers that keep the log are theirs to
/// drop.
fn meddle(deployment: &Deployment) -> Connection {
    let db = Connection::open(deployment.data().join("firstkey.db")).expect("the database");
    db.execute_batch("DROP TRIGGER audit_keeps; DROP TRIGGER audit_stays").expect("they are there");
    db
}

/// Every value that differs from this one in one bit of one byte.
fn flips(value: &Value) -> Vec<Value> {
    let bytes_of = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let flip = |at: usize, bit: u8| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= bit;
            bytes
        };
        (0..bytes.len()).flat_map(|at| [flip(at, 1), flip(at, 0x80)]).collect()
    };
    match value {
        Value::Integer(number) => (0..8).map(|byte| Value::Integer(number ^ (1 << (8 * byte)))).collect(),
        // SQLite keeps text that is no UTF-8, if it is put there by way of bytes; see the cast.
        Value::Text(text) => bytes_of(text.as_bytes()).into_iter().map(Value::Blob).chain([Value::Null]).collect(),
        Value::Blob(bytes) => bytes_of(bytes).into_iter().map(Value::Blob).collect(),
        Value::Null => vec![Value::Blob(vec![0; 16])],
        Value::Real(_) => unreachable!("there are no such columns"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bit_of_any_byte_of_any_column_of_any_entry_is_found_and_named() {
    let deployment = Deployment::new().await;
    story(&deployment).await.stop().await;
    let realm = deployment.realm().await;
    let whole = realm.audit_verify(None).await.expect("it is whole").head;
    assert!(whole.entries >= 6, "{whole}");
    let db = meddle(&deployment);
    let mut tried = 0;
    for seq in 1..=whole.entries {
        for column in COLUMNS {
            let read = format!("SELECT {column} FROM audit WHERE seq = ?1");
            let before: Value = db.query_row(&read, [seq], |row| row.get(0)).expect("an entry");
            let cast = if matches!(column, "event" | "detail") { "CAST(?2 AS TEXT)" } else { "?2" };
            for after in flips(&before) {
                let write = |value: &Value, at: i64| {
                    db.execute(
                        &format!("UPDATE audit SET {column} = {cast} WHERE seq = ?1"),
                        rusqlite::params![at, value],
                    )
                };
                // What the schema itself refuses cannot be tried: a number twice, a missing event.
                if write(&after, seq).is_err() {
                    continue;
                }
                tried += 1;
                let at = match realm.audit_verify(None).await {
                    Err(AuditRefused::Broken(at)) => at,
                    other => panic!("entry {seq}, {column}: {other:?}"),
                };
                let now_at = if let (Value::Integer(moved), "seq") = (&after, column) { *moved } else { seq };
                // An entry with another number is missing where it was.
                assert!(
                    at == seq || (column == "seq" && (at == now_at || at == seq + 1)),
                    "entry {seq}, {column}: {at}"
                );
                let back = match &before {
                    Value::Text(text) => Value::Blob(text.as_bytes().to_vec()),
                    other => other.clone(),
                };
                write(&back, now_at).expect("as it was");
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    assert_eq!(realm.audit_verify(None).await.expect("whole again").head, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_or_written_anew_is_found_with_what_was_written_down_before() {
    let deployment = Deployment::new().await;
    let server = story(&deployment).await;
    let realm = deployment.realm().await;
    let early = realm.audit_verify(None).await.expect("it is whole").head;
    server.provision(&deployment, "grace@example.org").await;
    let late = realm.audit_verify(Some(early)).await.expect("a log that went on").head;
    assert!(late.entries > early.entries);
    realm.audit_verify(Some(Expected { entries: 0, head: [0; 32] })).await.expect("an empty beginning");
    server.stop().await;

    let db = meddle(&deployment);
    db.execute("DELETE FROM audit WHERE seq = 2", []).expect("removed");
    assert!(matches!(realm.audit_verify(None).await, Err(AuditRefused::Broken(3))), "a hole is found by itself");
    drop(db);

    let deployment = Deployment::new().await;
    story(&deployment).await.stop().await;
    let realm = deployment.realm().await;
    let head = realm.audit_verify(None).await.expect("it is whole").head;
    let db = meddle(&deployment);
    db.execute("DELETE FROM audit WHERE seq = ?1", [head.entries]).expect("removed");
    realm.audit_verify(None).await.expect("by itself a shorter log is whole");
    match realm.audit_verify(Some(head)).await {
        Err(AuditRefused::CutOff { expected, found }) => {
            assert_eq!((expected, found), (head.entries, head.entries - 1))
        }
        other => panic!("{other:?}"),
    }
    let other = Expected { head: [7; 32], entries: 2 };
    assert!(matches!(realm.audit_verify(Some(other)).await, Err(AuditRefused::Another(2))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_to_change_an_entry() {
    let deployment = Deployment::new().await;
    story(&deployment).await.stop().await;
    let db = Connection::open(deployment.data().join("firstkey.db")).expect("the database");
    for statement in ["UPDATE audit SET detail = 'x' WHERE seq = 1", "DELETE FROM audit WHERE seq = 1"] {
        let error = db.execute(statement, []).expect_err("append-only").to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}
