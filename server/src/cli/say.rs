//! How answers are written: one JSON object for machines, lines for people.

use super::Common;
use crate::names;
use serde_json::Value;

/// One JSON object, or one line per member; a member that is an object gives a line for each of its own.
pub(super) fn members(common: &Common, answer: &Value) {
    if common.json {
        println!("{answer}");
        return;
    }
    for (key, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => {
                for (name, value) in inner {
                    println!("{:<16} {}", format!("{key}.{name}"), plain(value));
                }
            }
            value => println!("{key:<16} {}", plain(value)),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    }
}

/// Fit for a terminal: whatever moves the cursor, changes direction or cannot be seen is written as its number.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .flat_map(|c| if names::is_invisible(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}
