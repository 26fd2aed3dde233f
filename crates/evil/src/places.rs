//! Places in a JSON value, by pointer; and texts that no writer of JSON would write.
//!
//! Promises: a place that is not there is an error. Must never: check whether what comes out is
//! JSON; that it is not can be the point.

use serde_json::Value;

/// The value at a pointer (RFC 6901).
pub(super) fn get<'a>(whole: &'a mut Value, at: &str) -> Result<&'a mut Value, String> {
    whole.pointer_mut(at).ok_or_else(|| format!("nothing is at {at}"))
}

/// Puts a value there; the last member may be new, and `-` is a new place at the end of a list.
pub(super) fn set(whole: &mut Value, at: &str, to: Value) -> Result<(), String> {
    if at.is_empty() {
        *whole = to;
        return Ok(());
    }
    let (parent, name) = split(at)?;
    match get(whole, parent)? {
        Value::Object(members) => drop(members.insert(name, to)),
        Value::Array(list) if name == "-" => list.push(to),
        Value::Array(_) => *get(whole, at)? = to,
        _ => return Err(format!("nothing can be put at {at}")),
    }
    Ok(())
}

/// Takes a member out.
pub(super) fn remove(whole: &mut Value, at: &str) -> Result<(), String> {
    let (parent, name) = split(at)?;
    let removed = get(whole, parent)?.as_object_mut().and_then(|members| members.remove(&name));
    removed.map(drop).ok_or_else(|| format!("nothing is at {at}"))
}

/// The pointer of the parent, and the name of the member.
fn split(at: &str) -> Result<(&str, String), String> {
    let (parent, name) = at.rsplit_once('/').ok_or_else(|| format!("{at} is no place in an object"))?;
    Ok((parent, name.replace("~1", "/").replace("~0", "~")))
}

/// Texts that take the place of marks when a value is written.
#[derive(Default)]
pub(super) struct Marks(Vec<(String, String)>);

impl Marks {
    /// A value that is written as exactly this text.
    pub(super) fn literal(&mut self, text: &str) -> Value {
        let mark = format!("\u{e000}{}", self.0.len());
        self.0.push((format!("\"{mark}\""), text.to_owned()));
        Value::String(mark)
    }

    /// The member once more, before or behind all others.
    pub(super) fn duplicate(&mut self, whole: &mut Value, at: &str, to: Value, last: bool) -> Result<(), String> {
        let (parent, name) = split(at)?;
        get(whole, at)?;
        // Members are written in the order of their names.
        let mark = if last { "\u{e001}" } else { "\u{1}" };
        let written = if last { "\"\u{e001}\"" } else { "\"\\u0001\"" };
        let members = get(whole, parent)?.as_object_mut().ok_or_else(|| format!("{at} is no member"))?;
        members.insert(mark.to_owned(), to);
        self.0.push((written.to_owned(), Value::String(name).to_string()));
        Ok(())
    }

    /// The value as text.
    pub(super) fn write(&self, value: &Value) -> Vec<u8> {
        let text = value.to_string();
        self.0.iter().fold(text, |text, (mark, with)| text.replace(mark.as_str(), with)).into_bytes()
    }
}
