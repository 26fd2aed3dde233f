//! The log: one line per event, ids only, as logfmt or JSON.
//!
//! Must never: hold a token, a query string, a name or an address. Values are `Display` of ids and
//! numbers, or fixed words; whatever they are, one event stays one line, and no value can pass for
//! another key.

use crate::calendar;
use crate::clock::Clock;
use crate::outlet::err;
use serde_json::{Map, Value};
use std::fmt::{Display, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

/// Where events are written.
#[derive(Clone, Debug, Default)]
pub enum Log {
    /// To standard error, as `key=value`.
    #[default]
    Stderr,
    /// To standard error, one JSON object a line.
    Json,
    /// Nowhere.
    Silent,
    /// Into memory, in both forms; for tests that look for what must not be there.
    Kept(Arc<Mutex<String>>),
}

impl Log {
    /// Writes one event with its ids.
    #[allow(clippy::print_stderr, reason = "standard error is where a service's log belongs")]
    pub(crate) fn event(&self, name: &str, ids: &[(&str, &dyn Display)]) {
        match self {
            Self::Stderr => err!("{}", logfmt(name, ids)),
            Self::Json => err!("{}", object(name, ids)),
            Self::Silent => {}
            Self::Kept(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // Writing to a String cannot fail.
                let _ = writeln!(kept, "{}\n{}", logfmt(name, ids), object(name, ids));
            }
        }
    }
}

/// Something an administrator has to look at, or the ordinary course of things.
fn level(name: &str) -> &'static str {
    let end = name.rsplit('.').next().unwrap_or(name);
    if matches!(end, "failed" | "refused" | "gave-up" | "locked" | "cut-off" | "unready") { "warn" } else { "info" }
}

fn logfmt(name: &str, ids: &[(&str, &dyn Display)]) -> String {
    let mut line = format!("at={} level={} event={name}", calendar::instant(Clock::System.now()), level(name));
    for (key, value) in ids {
        let text = value.to_string();
        let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\'));
        // Writing to a String cannot fail.
        let _ = if bare { write!(line, " {key}={text}") } else { write!(line, " {key}={}", quoted(&text)) };
    }
    line
}

/// In quotes, everything unusual escaped.
fn quoted(text: &str) -> String {
    let inner: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            ' '..='~' => vec![c],
            other => other.escape_unicode().collect(),
        })
        .collect();
    format!("\"{inner}\"")
}

fn object(name: &str, ids: &[(&str, &dyn Display)]) -> Value {
    let mut members = Map::new();
    members.insert("at".to_owned(), calendar::instant(Clock::System.now()).into());
    members.insert("level".to_owned(), level(name).into());
    members.insert("event".to_owned(), name.into());
    for (key, value) in ids {
        let text = value.to_string();
        let value = text.parse::<i64>().map_or_else(|_| Value::String(text), Value::from);
        members.insert((*key).to_owned(), value);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::{Log, logfmt, object};
    use std::sync::{Arc, Mutex};

    #[test]
    fn no_value_can_end_its_line_or_pass_for_another_key() {
        let nasty = "a\nevent=forged level=info \"x\" \u{1b}[31m\u{202e} \\";
        let line = logfmt("database.failed", &[("error", &nasty), ("ms", &12), ("empty", &"")]);
        assert_eq!(line.lines().count(), 1);
        assert!(line.is_ascii() && !line.contains('\u{1b}'), "{line}");
        assert!(line.contains("level=warn event=database.failed error=\"a\\u{a}event=forged"), "{line}");
        assert!(line.ends_with(" ms=12 empty=\"\""), "{line}");
        let value = object("database.failed", &[("error", &nasty), ("ms", &12)]);
        assert_eq!(value["error"], nasty);
        assert_eq!(value["ms"], 12);
        assert_eq!(value.to_string().lines().count(), 1);
    }

    #[test]
    fn what_is_kept_is_what_would_have_been_written() {
        let kept = Arc::new(Mutex::new(String::new()));
        Log::Kept(Arc::clone(&kept)).event("request", &[("status", &200)]);
        let kept = kept.lock().expect("not poisoned").clone();
        assert!(kept.contains("event=request status=200\n{"), "{kept}");
    }
}
