//! The record of what was sent, and how `firstkey audit --last` shows it.
//!
//! Promise: a record is made from the very bytes of the request and keeps them, but for values that
//! are worth something until they are used (the invite's token), which are starred out; the digest
//! is that of the true bytes. Must never: hold a secret, or know about files; `store` keeps it.

use crate::ui::text::hex;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::wire::outbound::{Disclosed, Outbound};
use firstkey_core::wire::text::is_one_line;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A record that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record is cut off, altered, or of another version")]
pub struct Unreadable;

/// All requests of a run, in order. On the disk: one JSON object a line, so that adding one is
/// appending a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub(crate) requests: Vec<Sent>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    version: u32,
    pub(crate) time: u64,
    #[serde(default = "usual_method", skip_serializing_if = "is_usual_method")]
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) sha256: String,
    body: String,
}

/// One member of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) why: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
    masked: bool,
}

const VERSION: u32 = 1;
const USUAL_METHOD: &str = "POST";

fn usual_method() -> String {
    USUAL_METHOD.to_owned()
}

fn is_usual_method(method: &String) -> bool {
    method == USUAL_METHOD
}

/// What is kept of a request of any dialect.
pub struct Parts<'a> {
    /// Its method.
    pub method: &'a str,
    /// Where it went.
    pub url: String,
    /// Its headers, fit to be kept.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: &'a [u8],
    /// What is in the body.
    pub disclosed: &'a [Disclosed],
    /// SHA-256 of the body.
    pub digest: [u8; 32],
}

impl Sent {
    /// What is kept of `request`, sent at `time` (seconds since 1970).
    pub fn of(request: &Outbound, time: u64) -> Self {
        let parts = Parts {
            method: request.endpoint().method().as_str(),
            url: format!("{}{}", request.origin(), request.target()),
            headers: request.headers().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: request.body(),
            disclosed: request.disclosed(),
            digest: request.digest(),
        };
        Self::of_parts(parts, time)
    }

    /// The same of a request of another dialect.
    pub fn of_parts(parts: Parts<'_>, time: u64) -> Self {
        let mut body = Zeroizing::new(parts.body.to_vec());
        for field in parts.disclosed.iter().filter(|field| field.unrecorded) {
            // The quotes around the value stay, so that the body is still JSON.
            body[field.start + 1..field.end - 1].fill(b'*');
        }
        let fields = parts.disclosed.iter().map(|field| Field {
            name: field.name.to_owned(),
            why: field.why.to_owned(),
            start: field.start,
            end: field.end,
            masked: field.unrecorded,
        });
        Self {
            version: VERSION,
            time,
            method: parts.method.to_owned(),
            url: parts.url,
            headers: parts.headers,
            fields: fields.collect(),
            sha256: hex(&parts.digest),
            body: Base64UrlUnpadded::encode_string(&body),
        }
    }

    /// Its line in the record, with the line end.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("invariant: plain text and numbers always serialise");
        line.push(b'\n');
        line
    }

    fn read(line: &[u8]) -> Result<Self, Unreadable> {
        let sent: Self = serde_json::from_slice(line).map_err(|_| Unreadable)?;
        let length = sent.body()?.len();
        let sound = sent.version == VERSION
            && sent.is_harmless()
            && sent.sha256.len() == 64
            && sent.fields.iter().all(|field| field.start <= field.end && field.end <= length);
        if sound { Ok(sent) } else { Err(Unreadable) }
    }

    /// Whether no text in it does anything to a terminal.
    fn is_harmless(&self) -> bool {
        let headers = self.headers.iter().flat_map(|(name, value)| [name, value]);
        let fields = self.fields.iter().flat_map(|field| [&field.name, &field.why]);
        let texts = [&self.method, &self.url, &self.sha256].into_iter().chain(headers).chain(fields);
        texts.map(String::as_str).all(is_one_line)
    }

    fn body(&self) -> Result<Vec<u8>, Unreadable> {
        Base64UrlUnpadded::decode_vec(&self.body).map_err(|_| Unreadable)
    }

    /// Bytes of the body.
    pub(crate) fn size(&self) -> usize {
        self.body().map_or(0, |body| body.len())
    }
}

impl Record {
    /// A record of one request.
    pub fn of(request: &Outbound, time: u64) -> Self {
        Self { requests: vec![Sent::of(request, time)] }
    }

    /// Adds a request that is about to be sent at `time` (seconds since 1970).
    pub fn append(&mut self, request: &Outbound, time: u64) {
        self.requests.push(Sent::of(request, time));
    }

    /// Adds what was kept of a request.
    pub fn push(&mut self, sent: Sent) {
        self.requests.push(sent);
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        self.requests.iter().flat_map(Sent::line).collect()
    }

    /// Reads them back.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(Self { requests: lines.map(Sent::read).collect::<Result<_, _>>()? })
    }

    /// Each body as it was sent, one after the other; starred values were sent as well.
    pub fn raw(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for sent in &self.requests {
            bytes.extend_from_slice(format!("{} {}\n", sent.method, sent.url).as_bytes());
            for (name, value) in &sent.headers {
                bytes.extend_from_slice(format!("{name}: {value}\n").as_bytes());
            }
            bytes.push(b'\n');
            bytes.extend(sent.body().unwrap_or_default());
            bytes.extend_from_slice(b"\n\n");
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::crypto::context::InviteId;
    use firstkey_core::secret::{Ed25519Seed, InviteToken};
    use firstkey_core::wire::disclose::{ClaimKey, Email};
    use firstkey_core::wire::origin::Origin;
    use firstkey_core::wire::outbound::Endpoint;

    fn claim() -> Outbound {
        let origin = Origin::read("https://accounts.example.org").expect("a good origin");
        Outbound::post(&origin, Endpoint::Claim)
            .field("invite_id", &InviteId::heard([1; 16]))
            .field("token", &InviteToken::from_bytes(&[2; 32]))
            .field("claim_key", &ClaimKey::of(&Ed25519Seed::from_bytes(&[3; 32])))
            .build()
    }

    #[test]
    fn a_record_reads_back_and_keeps_every_byte_but_the_token() {
        let request = claim();
        let mut record = Record::of(&request, 1_795_798_800);
        let origin = request.origin().clone();
        let other = Outbound::post(&origin, Endpoint::LoginParams)
            .field("email", &Email::read("ada@example.org").expect("an address"))
            .build();
        record.append(&other, 1_795_798_801);
        assert_eq!(Record::read(&record.encode()), Ok(record.clone()));

        let kept = record.requests[0].body().expect("a body");
        let token = &request.disclosed()[1];
        assert_eq!(kept.len(), request.body().len());
        assert_eq!(&kept[token.start..token.end], format!("\"{}\"", "*".repeat(43)).as_bytes());
        for (at, byte) in request.body().iter().enumerate().filter(|(at, _)| !(token.start..token.end).contains(at)) {
            assert_eq!(kept[at], *byte);
        }
        assert_eq!(record.requests[1].body(), Ok(other.body().to_vec()));
        assert_eq!(record.requests[0].sha256, hex(&request.digest()));
        let secret = Base64UrlUnpadded::encode_string(&[2; 32]);
        assert!(!String::from_utf8_lossy(&record.encode()).contains(&secret));
    }

    #[test]
    fn the_table_names_every_field_with_its_reason_and_what_was_not_sent() {
        let lines = Record::of(&claim(), 1_795_798_800).describe();
        let all = lines.join("\n");
        for needed in
            ["2026-11-27 17:00 UTC", "/v1/invites/claim", "token", "single use", "claim_key", "Not sent: password"]
        {
            assert!(all.contains(needed), "{needed} in {all}");
        }
        assert!(lines.iter().all(|line| line.len() <= 78), "{all}");
    }

    #[test]
    fn a_damaged_record_is_called_so() {
        let whole = Record::of(&claim(), 0).encode();
        assert_eq!(Record::read(&whole[..whole.len() / 2]), Err(Unreadable));
        let huge = String::from_utf8_lossy(&whole).replace("\"end\":", "\"end\":9");
        assert_eq!(Record::read(huge.as_bytes()), Err(Unreadable));
        let url = String::from_utf8_lossy(&whole).replace("/v1/invites", "/v1\\u001b[2J/invites");
        assert_eq!(Record::read(url.as_bytes()), Err(Unreadable));
        assert!(Record::read(b"").is_ok_and(|record| record.is_empty()));
    }
}
