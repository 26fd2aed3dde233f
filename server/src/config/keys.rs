//! Every option by name, and the nearest one to a name that is none.

/// All of them, a section's name in front.
pub(super) const ALL: &[&str] = &[
    "data",
    "key_file",
    "database",
    "listen",
    "trusted_proxies",
    "admin_listen",
    "admin_from",
    "connections",
    "invite_ttl",
    "erase_removed_after",
    "tls.certificate",
    "tls.key",
    "mail.folder",
    "mail.smtp",
    "mail.smtp_password_file",
    "mail.smtp_ca_file",
    "mail.from",
    "log.format",
    "limits.scim_per_second",
    "limits.scim_burst",
    "limits.source_per_second",
    "limits.source_burst",
    "limits.account_per_second",
    "limits.account_burst",
    "times.headers",
    "times.body",
    "times.write",
    "times.grace",
];

/// The first name in the table that is no option, and the option nearest to it.
pub(super) fn unknown(table: &toml::Table) -> Option<(String, &'static str)> {
    table.iter().find_map(|(name, value)| {
        let section = ALL.iter().any(|key| key.split_once('.').is_some_and(|(section, _)| section == name));
        match value {
            // The reader of values says that a section is missing here, with its line.
            _ if section && !value.is_table() => None,
            toml::Value::Table(inner) if section => {
                let full = inner.keys().map(|key| format!("{name}.{key}"));
                full.into_iter().find(|full| !ALL.contains(&full.as_str())).map(|full| (full.clone(), nearest(&full)))
            }
            toml::Value::Table(inner) => {
                let first = inner.keys().next().map_or_else(|| name.clone(), |key| format!("{name}.{key}"));
                Some((name.clone(), nearest(&first)))
            }
            _ if ALL.contains(&name.as_str()) => None,
            _ => Some((name.clone(), nearest(name))),
        }
    })
}

fn nearest(written: &str) -> &'static str {
    let leaf = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let apart = |key: &str| {
        let (whole, last) = (distance(written, key), distance(&leaf(written), &leaf(key)));
        // A name that is part of the right one is nearer than its length says.
        let part = usize::from(!leaf(key).contains(&leaf(written)));
        (last.min(whole) * part, whole)
    };
    ALL.iter().copied().min_by_key(|key| apart(key)).unwrap_or("listen")
}

/// How many letters must be changed, added or taken away (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_are_those_of_the_book() {
        for (a, b, want) in
            [("", "", 0), ("kitten", "sitting", 3), ("abc", "", 3), ("", "ab", 2), ("listen", "lisen", 1)]
        {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
    }
}
