//! Changes of an honest answer: other values, other bytes, other spellings, somebody else's.
//!
//! Promises: a change that cannot be made, or that changes nothing, is an error. Must never: make
//! up an answer where there is none.

use super::lie::Moment;
use super::message::Reply;
use super::node::{Members, Node, Trouble};
use super::places::{self, Marks};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// A change that is none.
const NOTHING: &str = "it changed nothing";

/// A change of an honest answer.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Set { at: String, to: Value },
    Remove { at: String },
    Literal { at: String, text: String },
    Duplicate { at: String, to: Value, last: bool },
    Swap { one: String, other: String },
    Bytes { at: String, edit: Edit },
    Respell { at: String, spelling: Spelling },
    Copy { at: String, source: Source },
    Nest { at: String, depth: usize },
    Status(u16),
    Type(String),
    Header(String, String),
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Body(Vec<u8>),
    Replace { find: String, with: String },
}

/// A change of bytes that stand as base64url in an answer.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Flip { byte: i64, bit: u8 },
    Shorten(usize),
    Lengthen(usize),
    Reverse,
    Fill { from: usize, count: usize, with: u8 },
}

/// Another spelling of the same bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spelling {
    Padded,
    Base64,
    Hex,
    UnusedBits,
    Newline,
    Blank,
}

/// Where a value comes from that is put into an answer.
#[derive(Clone, Debug)]
pub(super) struct Source {
    from: From,
    path: String,
    pointer: String,
    nth: Option<usize>,
    fit: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum From {
    /// The request that is being answered.
    Request,
    /// An honest answer of before, in this case.
    Earlier,
    /// An honest answer to somebody else.
    Other,
}

/// A JSON pointer (RFC 6901).
pub(super) fn pointer(node: &Node) -> Result<String, Trouble> {
    let text = node.text()?;
    if text.is_empty() || text.starts_with('/') { Ok(text) } else { node.wrong("a JSON pointer begins with a slash") }
}

impl Change {
    pub(super) fn read_at(deed: &str, path: &str, node: Node) -> Result<Self, Trouble> {
        let mut members = Members::open("this deed", node)?;
        let at = pointer(&members.take("at")?)?;
        let change = match deed {
            "set" => Self::Set { at, to: members.take("to")?.json()? },
            "literal" => Self::Literal { at, text: members.text("to")? },
            "duplicate" => {
                Self::Duplicate { at, to: members.take("to")?.json()?, last: members.optional_flag("last")? }
            }
            "flip" => {
                let (byte, bit) = (members.whole("byte")?, members.optional_whole("bit")?.unwrap_or(0));
                Self::Bytes { at, edit: Edit::Flip { byte, bit: bit & 7 } }
            }
            "shorten" => Self::Bytes { at, edit: Edit::Shorten(members.whole("by")?) },
            "lengthen" => Self::Bytes { at, edit: Edit::Lengthen(members.whole("by")?) },
            "fill" => {
                let (from, count) = (members.optional_whole("from")?.unwrap_or(0), members.whole("count")?);
                Self::Bytes { at, edit: Edit::Fill { from, count, with: members.optional_whole("with")?.unwrap_or(0) } }
            }
            "respell" => Self::Respell { at, spelling: Spelling::read(&members.take("as")?)? },
            "nest" => Self::Nest { at, depth: members.whole("depth")? },
            _ => {
                let source = Source::read(&mut members, path, &at)?;
                Self::Copy { at, source }
            }
        };
        members.finish()?;
        Ok(change)
    }

    /// The answer after it.
    pub(super) fn told(&self, reply: Reply, moment: &Moment<'_>) -> Result<Reply, String> {
        let before = reply.bytes();
        let changed = self.changed(reply, moment)?;
        if changed.bytes() == before { Err(NOTHING.to_owned()) } else { Ok(changed) }
    }

    fn changed(&self, mut reply: Reply, moment: &Moment<'_>) -> Result<Reply, String> {
        let names = moment.names;
        match self {
            Self::Status(status) => reply.status = *status,
            Self::Type(content_type) => reply.content_type.clone_from(content_type),
            Self::Header(name, value) => reply.headers.push((name.clone(), names.fill(value))),
            Self::Prefix(bytes) => reply.body = [bytes.as_slice(), &reply.body].concat(),
            Self::Suffix(bytes) => reply.body.extend_from_slice(bytes),
            Self::Body(bytes) => reply.body.clone_from(bytes),
            Self::Replace { find, with } => {
                let body = String::from_utf8(reply.body).map_err(|_| "the honest body is no text".to_owned())?;
                if !body.contains(find.as_str()) {
                    return Err(format!("`{find}` is not in the honest body"));
                }
                reply.body = body.replace(find.as_str(), &names.fill(with)).into_bytes();
            }
            inside => {
                let honest: Value = serde_json::from_slice(&reply.body)
                    .map_err(|_| "the answer is not JSON, so nothing in it can be changed".to_owned())?;
                let mut value = honest.clone();
                let marks = inside.changed_inside(&mut value, moment)?;
                // Members may come in another order than the honest server's, which is no lie.
                if value == honest {
                    return Err(NOTHING.to_owned());
                }
                reply.body = marks.write(&value);
            }
        }
        Ok(reply)
    }

    fn changed_inside(&self, whole: &mut Value, moment: &Moment<'_>) -> Result<Marks, String> {
        let mut marks = Marks::default();
        match self {
            Self::Set { at, to } => places::set(whole, at, moment.names.fill_value(to))?,
            Self::Remove { at } => places::remove(whole, at)?,
            Self::Literal { at, text } => places::set(whole, at, marks.literal(&moment.names.fill(text)))?,
            Self::Duplicate { at, to, last } => marks.duplicate(whole, at, moment.names.fill_value(to), *last)?,
            Self::Swap { one, other } => {
                let (first, second) = (places::get(whole, one)?.clone(), places::get(whole, other)?.clone());
                places::set(whole, one, second)?;
                places::set(whole, other, first)?;
            }
            Self::Bytes { at, edit } => {
                let place = places::get(whole, at)?;
                let bytes = edit.done(decoded(place)?)?;
                *place = json!(Base64UrlUnpadded::encode_string(&bytes));
            }
            Self::Respell { at, spelling } => {
                let place = places::get(whole, at)?;
                *place = json!(spelling.of(&decoded(place)?)?);
            }
            Self::Copy { at, source } => places::set(whole, at, source.value(moment)?)?,
            Self::Nest { at, depth } => {
                let place = places::get(whole, at)?;
                let text = format!("{}{place}{}", "[".repeat(*depth), "]".repeat(*depth));
                *place = marks.literal(&text);
            }
            _ => return Err("that does not change a value".to_owned()),
        }
        Ok(marks)
    }
}

fn decoded(place: &Value) -> Result<Vec<u8>, String> {
    let text = place.as_str().ok_or("no text is there")?;
    Base64UrlUnpadded::decode_vec(text).map_err(|_| format!("`{text}` is not base64url"))
}

impl Edit {
    fn done(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        let length = bytes.len();
        let outside = || format!("the value has {length} bytes");
        match self {
            Self::Flip { byte, bit } => {
                let from_end = *byte < 0;
                let distance = usize::try_from(byte.unsigned_abs()).map_err(|_| outside())?;
                let at = if from_end { length.checked_sub(distance).ok_or_else(outside)? } else { distance };
                *bytes.get_mut(at).ok_or_else(outside)? ^= 1 << bit;
            }
            Self::Shorten(by) => bytes.truncate(length.checked_sub(*by).ok_or_else(outside)?),
            Self::Lengthen(by) => bytes.resize(length + by, 0),
            Self::Reverse => bytes.reverse(),
            Self::Fill { from, count, with } => bytes.get_mut(*from..from + count).ok_or_else(outside)?.fill(*with),
        }
        Ok(bytes)
    }
}

impl Spelling {
    fn read(node: &Node) -> Result<Self, Trouble> {
        Ok(match node.text()?.as_str() {
            "padded" => Self::Padded,
            "base64" => Self::Base64,
            "hex" => Self::Hex,
            "unused-bits" => Self::UnusedBits,
            "newline" => Self::Newline,
            "blank" => Self::Blank,
            _ => return node.wrong("a spelling is padded, base64, hex, unused-bits, newline or blank"),
        })
    }

    fn of(self, bytes: &[u8]) -> Result<String, String> {
        let plain = Base64UrlUnpadded::encode_string(bytes);
        Ok(match self {
            Self::Padded => plain.clone() + if bytes.len().is_multiple_of(3) { "====" } else { "=" },
            // The alphabet of plain base64 in at least one place, so that it is another spelling of
            // any bytes.
            Self::Base64 => format!("{}+/", Base64::encode_string(bytes).trim_end_matches('=')),
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::UnusedBits => with_unused_bits(&plain, bytes.len())?,
            Self::Newline => plain + "\n",
            Self::Blank => format!(" {plain}"),
        })
    }
}

/// The same bytes with bits set that belong to none of them.
fn with_unused_bits(plain: &str, length: usize) -> Result<String, String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if length.is_multiple_of(3) {
        return Err("these bytes leave no bits unused".to_owned());
    }
    let mut symbols = plain.as_bytes().to_vec();
    let last = symbols.last_mut().ok_or("no bytes are there")?;
    let value = ALPHABET.iter().position(|symbol| symbol == last).ok_or("no symbol of base64url")?;
    *last = ALPHABET[value | 1];
    String::from_utf8(symbols).map_err(|_| "no symbols of base64url".to_owned())
}

impl Source {
    fn read(members: &mut Members, path: &str, at: &str) -> Result<Self, Trouble> {
        let from = members.take("from")?;
        let pointer_to = members.optional("pointer").map(|node| pointer(&node)).transpose()?;
        Ok(Self {
            from: match from.text()?.as_str() {
                "request" => From::Request,
                "earlier" => From::Earlier,
                "other" => From::Other,
                _ => return from.wrong("a value comes from the request, an earlier answer or an other person's"),
            },
            path: members.optional_text("path")?.unwrap_or_else(|| path.to_owned()),
            pointer: pointer_to.unwrap_or_else(|| at.to_owned()),
            nth: members.optional_whole("nth")?,
            fit: members.optional_whole("fit")?,
        })
    }

    /// Whether somebody else's answers are needed.
    pub(super) fn is_of_others(&self) -> bool {
        matches!(self.from, From::Other)
    }

    fn value(&self, moment: &Moment<'_>) -> Result<Value, String> {
        let heard = |answers: &[(String, Reply)]| {
            let mut of_path = answers.iter().filter(|(path, _)| *path == self.path).map(|(_, reply)| &reply.body);
            let found = match self.nth {
                Some(nth) => of_path.nth(nth.saturating_sub(1)),
                None => of_path.next_back(),
            };
            found.cloned().ok_or_else(|| format!("no answer to {} was recorded", self.path))
        };
        let body = match self.from {
            From::Request => moment.seen.body.clone(),
            From::Earlier => heard(moment.honest)?,
            From::Other => heard(moment.others)?,
        };
        let mut whole: Value = serde_json::from_slice(&body).map_err(|_| "what was recorded is not JSON".to_owned())?;
        let found = places::get(&mut whole, &self.pointer)?.clone();
        let Some(length) = self.fit else { return Ok(found) };
        let bytes = decoded(&found)?;
        if bytes.is_empty() {
            return Err("nothing is there to be repeated".to_owned());
        }
        let fitted: Vec<u8> = bytes.iter().copied().cycle().take(length).collect();
        Ok(json!(Base64UrlUnpadded::encode_string(&fitted)))
    }
}
