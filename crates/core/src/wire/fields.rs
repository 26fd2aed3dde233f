//! Taking an untrusted object apart, member by member, until nothing is left.
//!
//! Promise: a member is read once, by name and type; what was not asked for is refused by
//! [`Fields::finish`]. Must never: ignore a member.

use super::json::Value;
use super::refusal::Refusal;
use super::text::Printable;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The members of an object that are not read yet.
pub struct Fields {
    place: &'static str,
    members: Vec<(String, Value)>,
}

impl Fields {
    /// Opens `value`, which must be an object; `place` names it in a refusal.
    pub fn open(place: &'static str, value: Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => Ok(Self { place, members }),
            _ => Err(Refusal::Malformed(place)),
        }
    }

    /// Takes a member out, if it is there.
    pub fn take_optional(&mut self, name: &'static str) -> Option<Value> {
        let at = self.members.iter().position(|(key, _)| key == name)?;
        Some(self.members.swap_remove(at).1)
    }

    /// Takes a member out that must be there.
    pub fn take(&mut self, name: &'static str) -> Result<Value, Refusal> {
        self.take_optional(name).ok_or(Refusal::Malformed(name))
    }

    /// Exactly `N` bytes in canonical base64url without padding.
    pub fn bytes<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], Refusal> {
        let text = self.text(name)?;
        let mut out = [0; N];
        match Base64UrlUnpadded::decode(&text, &mut out) {
            Ok(decoded) if decoded.len() == N => Ok(out),
            _ => Err(Refusal::Malformed(name)),
        }
    }

    /// Text.
    pub fn text(&mut self, name: &'static str) -> Result<String, Refusal> {
        match self.take(name)? {
            Value::Text(text) => Ok(text),
            _ => Err(Refusal::Malformed(name)),
        }
    }

    /// Text, `null` or nothing.
    pub fn text_or_null(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.take_optional(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::Malformed(name)),
        }
    }

    /// A whole number up to 2^53, so that no reader anywhere rounds it.
    pub fn whole(&mut self, name: &'static str) -> Result<u64, Refusal> {
        match self.take(name)? {
            Value::Whole(number) if number <= 1 << 53 => Ok(number),
            _ => Err(Refusal::Malformed(name)),
        }
    }

    /// A whole number, `null` or nothing.
    pub fn whole_or_null(&mut self, name: &'static str) -> Result<Option<u64>, Refusal> {
        match self.take_optional(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Whole(number)) if number <= 1 << 53 => Ok(Some(number)),
            Some(_) => Err(Refusal::Malformed(name)),
        }
    }

    /// An object inside.
    pub fn object(&mut self, name: &'static str) -> Result<Self, Refusal> {
        Self::open(name, self.take(name)?)
    }

    /// The names that nobody asked for.
    pub fn leftover(self) -> Vec<Printable> {
        self.members.iter().map(|(key, _)| Printable::from_untrusted(key)).collect()
    }

    /// Refuses whatever is left.
    pub fn finish(self) -> Result<(), Refusal> {
        let place = self.place;
        match self.leftover().into_iter().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::Unexpected { place, name }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn whole_numbers_end_where_readers_begin_to_round() {
        let fields = |number: u64| {
            let text = format!(r#"{{"a":{number}}}"#);
            Fields::open("answer", json::read(text.as_bytes()).expect("JSON")).expect("an object")
        };
        let most = 1 << 53;
        assert_eq!(fields(most).whole("a"), Ok(most));
        assert_eq!(fields(most).whole_or_null("a"), Ok(Some(most)));
        assert_eq!(fields(most + 1).whole("a"), Err(Refusal::Malformed("a")));
        assert_eq!(fields(most + 1).whole_or_null("a"), Err(Refusal::Malformed("a")));
    }
}
