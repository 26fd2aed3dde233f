//! Brings the keys of the names of groups forward to one rule.

use super::db::{Db, values};
use super::error::Result;
use crate::group_name;
use std::collections::HashSet;

/// The keys of the groups' names by the rule of [`group_name`]. Of groups whose names were
/// different before and are equal now the oldest is the one that is found by the name; the others
/// keep theirs until they are renamed, and are found by id and in lists.
pub(super) fn bring_forward(db: &Db, _now: i64) -> Result<()> {
    const SET: &str = "UPDATE scim_group SET name_key = ?2 WHERE group_id = ?1";
    let rows =
        db.rows("SELECT group_id, org_id, display_name, name_key FROM scim_group ORDER BY created_at, group_id", &[])?;
    let mut taken: HashSet<([u8; 16], String)> = HashSet::new();
    let mut changed: Vec<([u8; 16], String)> = Vec::new();
    for row in &rows {
        let (group, org, name, before): ([u8; 16], [u8; 16], String, String) =
            (row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?);
        let mut key = group_name::key(&name);
        if !taken.insert((org, key.clone())) {
            // No name holds this sign, so nobody finds the group by it.
            key = format!("{key}{}", apart(group));
        }
        if key != before {
            changed.push((group, key));
        }
    }
    // First out of each other's way: the new key of one can be the old one of another.
    for (group, _) in &changed {
        db.execute(SET, &values![*group, apart(*group)])?;
    }
    for (group, key) in &changed {
        db.execute(SET, &values![*group, key])?;
    }
    Ok(())
}

fn apart(group: [u8; 16]) -> String {
    group.iter().fold("\u{1f}".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::{bring_forward, values};
    use crate::group_name;
    use crate::store::{Location, Store};

    #[tokio::test]
    async fn groups_of_before_get_the_new_keys_and_of_those_that_became_equal_the_oldest_is_found() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let store = Store::open(Location::Sqlite(folder.path().join("names.db"))).await.expect("a store");
        let keys = store
            .write(|db| {
                db.execute("INSERT INTO organisation (org_id, name, created_at) VALUES (?1, 'Corp', 0)", &values![[9; 16]])?;
                // The second has as its old key what becomes that of the first.
                let names = ["A  B", "A B", "a b ", "Cafe\u{301}", "Plain"];
                for (at, name) in (1_u8..).zip(names) {
                    db.execute(
                        "INSERT INTO scim_group (group_id, org_id, display_name, name_key, external_id, attributes, created_at, modified_at, version, list_id)
                         VALUES (?1, ?2, ?3, ?4, NULL, '{}', ?5, ?5, 1, ?1)",
                        // The third cannot have had the key of the second.
                        &values![[at; 16], [9; 16], name, format!("{}{}", name.to_lowercase(), if at == 3 { "x" } else { "" }), i64::from(at)],
                    )?;
                }
                bring_forward(db, 0)?;
                bring_forward(db, 0)?;
                let rows = db.rows("SELECT name_key, version FROM scim_group ORDER BY created_at", &[])?;
                rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect::<super::Result<Vec<(String, i64)>>>()
            })
            .await
            .expect("keys");
        let found: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!((found[0], found[3], found[4]), ("a b", "caf\u{e9}", "plain"));
        assert!(found[1..3].iter().all(|key| key.starts_with("a b\u{1f}")) && found[1] != found[2], "{found:?}");
        assert_eq!(group_name::key("A  B"), found[0]);
        assert!(keys.iter().all(|(_, version)| *version == 1), "for the provider nothing has changed");
    }
}
