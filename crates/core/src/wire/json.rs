//! Reading JSON that somebody else wrote, and writing our own.
//!
//! Promise: what is read has no duplicate keys, no nesting deeper than 16, no trailing bytes and at
//! most 64 KiB; numbers are whole or are not numbers. Writing is canonical: no blanks, keys in the
//! order given. Must never: forgive, or lose a member silently.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The most a body may hold in either direction, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// The deepest nesting.
const MAX_DEPTH: u8 = 16;

/// A JSON value, untrusted.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number between 0 and 2^64-1.
    Whole(u64),
    /// Any other number; nothing of ours accepts one.
    OtherNumber,
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object: members in the order received, no key twice.
    Object(Vec<(String, Value)>),
}

/// Why bytes are no acceptable JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// Over [`MAX_BODY`].
    #[error("more than 64 KiB")]
    TooLarge,
    /// Syntax, a duplicate key, too deep, or bytes behind the end.
    #[error("not one strict JSON value")]
    Syntax,
}

/// Reads one strict value.
///
/// ```
/// use firstkey_core::wire::json::{NotJson, Value, read};
///
/// assert_eq!(read(b"{\"a\":1}"), Ok(Value::Object(vec![("a".to_owned(), Value::Whole(1))])));
/// // What readers disagree about is refused: here a key that stands twice.
/// assert_eq!(read(b"{\"a\":1,\"a\":2}"), Err(NotJson::Syntax));
/// ```
pub fn read(bytes: &[u8]) -> Result<Value, NotJson> {
    if bytes.len() > MAX_BODY {
        return Err(NotJson::TooLarge);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut deserializer).map_err(|_| NotJson::Syntax)?;
    deserializer.end().map_err(|_| NotJson::Syntax)?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH { Err(E::custom("too deep")) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(inner)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = access.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom("duplicate key"));
            }
            members.push((key, access.next_value_seed(inner)?));
        }
        Ok(Value::Object(members))
    }
}

/// Writes one object, member by member, straight into bytes.
pub struct ObjectWriter {
    out: Vec<u8>,
}

impl Default for ObjectWriter {
    fn default() -> Self {
        Self { out: vec![b'{'] }
    }
}

impl ObjectWriter {
    fn key(&mut self, name: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.text(name);
        self.out.push(b':');
    }

    fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut self.out, text).expect("invariant: writing text to memory does not fail");
    }

    /// A member whose value is text.
    pub fn member_text(&mut self, name: &str, value: &str) {
        self.key(name);
        self.text(value);
    }

    /// A member whose value is a whole number.
    pub fn member_whole(&mut self, name: &str, value: u64) {
        self.key(name);
        self.out.extend_from_slice(value.to_string().as_bytes());
    }

    /// A member whose value is an object that `fill` writes.
    pub fn member_object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.key(name);
        self.out.push(b'{');
        fill(self);
        self.out.push(b'}');
    }

    /// Where the next byte will be written.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// The whole object.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_forgive_is_refused_here() {
        let deep = format!("{}1{}", "[".repeat(17), "]".repeat(17));
        let bad: [&[u8]; 12] = [
            b"",
            b"\xef\xbb\xbf{}",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":1}{}",
            b"{\"a\":1} x",
            b"{\"a\":NaN}",
            b"{\"a\":0x10}",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"{\"a\":\"\xff\"}",
            deep.as_bytes(),
            b"{\"a\":01}",
        ];
        for text in bad {
            assert_eq!(read(text), Err(NotJson::Syntax), "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(read(&vec![b' '; MAX_BODY + 1]), Err(NotJson::TooLarge));
        let largest = format!("1{}", " ".repeat(MAX_BODY - 1));
        assert_eq!(read(largest.as_bytes()), Ok(Value::Whole(1)));
        assert_eq!(read("[".repeat(60_000).as_bytes()), Err(NotJson::Syntax));
    }

    #[test]
    fn numbers_are_whole_or_nothing() {
        for text in ["-1", "1e9", "1.0", "18446744073709551616", "-0", "65536.0"] {
            assert_eq!(read(text.as_bytes()), Ok(Value::OtherNumber), "{text}");
        }
        assert_eq!(read(b"18446744073709551615"), Ok(Value::Whole(u64::MAX)));
    }
}
