//! Strict JSON: one value, no duplicate keys, nesting of at most 16, no trailing bytes.
//!
//! A parser that takes the last of two equal keys lets two readers of one message see different
//! things; this one refuses.

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

const DEPTH: usize = 16;
/// Room for values, counted as they lie in memory: an object takes about as much as eight values of
/// a list, whatever its length in the text. A group of 20,000 members needs 280,000.
const ROOM: usize = 400_000;
/// What an object takes of it, and what each of its members or each value of a list takes.
const OBJECT: usize = 8;

/// A message of the account protocol: objects of strings and integers only, members exactly those
/// of `T`.
pub(crate) fn message<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    // Without arrays a list of values cannot pass for an object by position.
    let value = parse(bytes, Arrays::Refused)?;
    if value.is_object() { serde_json::from_value(value) } else { Err(serde_json::Error::custom("not an object")) }
}

/// A document of SCIM: an object.
pub(crate) fn document(bytes: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    match parse(bytes, Arrays::Allowed)? {
        Value::Object(map) => Ok(map),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Arrays {
    Allowed,
    Refused,
}

fn parse(bytes: &[u8], arrays: Arrays) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let room = Cell::new(ROOM);
    let value = Strict { left: DEPTH, arrays, room: &room }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    left: usize,
    arrays: Arrays,
    room: &'a Cell<usize>,
}

impl Strict<'_> {
    fn take<E: serde::de::Error>(self, room: usize) -> Result<(), E> {
        self.room
            .set(self.room.get().checked_sub(room).ok_or_else(|| E::custom("more values than there is room for"))?);
        Ok(())
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { left, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        if self.arrays == Arrays::Refused {
            return Err(A::Error::custom("an array is not expected"));
        }
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            self.take(1)?;
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        self.take(OBJECT)?;
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom("a member appears twice"));
            }
            self.take(1)?;
            let value = members.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::{document, message};
    use std::collections::BTreeMap;

    #[test]
    fn duplicates_depth_and_trailing_bytes_are_refused() {
        assert!(document(br#"{"a":1,"b":{"a":2}} "#).is_ok());
        for bad in
            [r#"{"a":1,"a":2}"#, r#"{"x":{"a":1,"a":2}}"#, "{} {}", "{}x", "[]", "1", "", "\u{feff}{}", r#"{"a":NaN}"#]
        {
            assert!(document(bad.as_bytes()).is_err(), "{bad}");
        }
        let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert!(document(nested(16).as_bytes()).is_ok());
        assert!(document(nested(17).as_bytes()).is_err());
        assert!(document("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_document_holds_twenty_thousand_members_and_not_fifty_thousand_objects() {
        let list = |item: &str, times: usize| format!(r#"{{"members":[{}]}}"#, vec![item; times].join(","));
        let member = r#"{"value":"x","$ref":"x","type":"x","display":"x"}"#;
        assert!(document(list(member, 20_000).as_bytes()).is_ok());
        assert!(document(list(member, 40_000).as_bytes()).is_err());
        assert!(document(list("{}", 50_000).as_bytes()).is_err());
        assert!(document(list("0", 400_000).as_bytes()).is_err());
    }

    #[test]
    fn messages_hold_no_arrays() {
        assert!(message::<BTreeMap<String, u8>>(br#"{"a":1}"#).is_ok());
        assert!(message::<BTreeMap<String, Vec<u8>>>(br#"{"a":[1]}"#).is_err());
    }
}
