//! Three views of one account: what the provider reads, what the server stores, what left the
//! person's machine.
//!
//! Promises: prints what was read, shortened but not edited. Must never: say "encrypted" of
//! something that it did not see.

use crate::outlet::out;
use crate::show::Shown;
use serde_json::Value;

/// Longest value shown whole.
const SHOWN: usize = 46;

/// Prints the three views.
pub(super) fn print(scim: &str, stored: &Shown, record: &str) {
    out!("5. What the identity provider can read (GET /scim/v2/Users/...)");
    let user: Value = serde_json::from_str(scim).unwrap_or(Value::Null);
    let mut lines = Vec::new();
    flatten("", &user, &mut lines);
    for (name, value) in lines {
        row(&name, &value);
    }
    out!("   No key, no salt, no ciphertext, and not even the placeholder password.\n");

    out!("6. What the server stores");
    let mut lines = Vec::new();
    flatten("", &serde_json::to_value(stored).unwrap_or(Value::Null), &mut lines);
    for (name, value) in lines {
        row(&name, &value);
    }
    out!("   Public keys, encrypted private keys, and a record that is useless without the\n   server's OPRF key.\n");

    out!("7. What left the person's machine (firstkey audit --last)");
    for line in record.lines() {
        out!("   {line}");
    }
    out!("");
}

fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    let joined = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| flatten(&joined(key), value, into)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| flatten(&joined(&at.to_string()), value, into));
        }
        Value::Null => {}
        Value::String(text) => into.push((name.to_owned(), text.clone())),
        other => into.push((name.to_owned(), other.to_string())),
    }
}

fn row(name: &str, value: &str) {
    let clean: String = value.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let length = clean.chars().count();
    if length > SHOWN {
        let start: String = clean.chars().take(SHOWN - 16).collect();
        out!("   {name:<26} {start}... ({length} characters)");
    } else {
        out!("   {name:<26} {clean}");
    }
}
