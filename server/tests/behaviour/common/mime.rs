//! Letters taken apart as a mail program does it, by code that shares nothing with the one that put
//! them together.

use base64ct::{Base64, Encoding};

/// A letter, decoded.
#[derive(Debug)]
pub(crate) struct Mail {
    headers: Vec<(String, String)>,
    /// The first part.
    pub(crate) text: String,
    /// The second.
    pub(crate) html: String,
}

impl Mail {
    /// Reads a letter of exactly two parts, text/plain and text/html, under multipart/alternative.
    pub(crate) fn read(raw: &[u8]) -> Self {
        let raw = String::from_utf8(raw.to_vec()).expect("a letter in UTF-8").replace("\r\n", "\n");
        let (headers, body) = split(&raw);
        let kind = find(&headers, "content-type");
        assert!(kind.starts_with("multipart/alternative;"), "{kind}");
        let boundary = kind.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "what is before, two parts, the end");
        assert!(parts[3].starts_with("--"));
        let [text, html] = [(1, "text/plain"), (2, "text/html")].map(|(number, want)| {
            let (headers, body) = split(parts[number].strip_prefix('\n').expect("a line of its own"));
            let kind = find(&headers, "content-type");
            assert!(kind.starts_with(want) && kind.ends_with("charset=utf-8"), "{kind}");
            decode(&find(&headers, "content-transfer-encoding"), body.strip_suffix('\n').expect("a line end"))
        });
        Self { headers, text, html }
    }

    /// A header's value with its encoded words decoded; it must be there once.
    pub(crate) fn header(&self, name: &str) -> String {
        decode_words(&find(&self.headers, name))
    }

    /// The names of all headers, in lower case.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The link in the text, alone on its line.
    pub(crate) fn link(&self) -> &str {
        self.text.lines().find(|line| line.contains("#fkinv2.")).expect("a link alone on its line")
    }
}

fn split(part: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = part.split_once("\n\n").expect("headers and a body");
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("a header: {line}"));
        (name.to_ascii_lowercase(), value.to_owned())
    };
    (unfolded.lines().map(header).collect(), body)
}

fn find(headers: &[(String, String)], name: &str) -> String {
    let found: Vec<_> = headers.iter().filter(|(key, _)| key == name).collect();
    assert_eq!(found.len(), 1, "{name} once: {headers:?}");
    found[0].1.clone()
}

fn decode(encoding: &str, body: &str) -> String {
    match encoding {
        "7bit" => {
            assert!(body.is_ascii() && body.lines().all(|line| line.len() <= 998));
            body.to_owned()
        }
        "8bit" => body.to_owned(),
        "base64" => utf8(Base64::decode_vec(&body.split_whitespace().collect::<String>()).expect("base64")),
        "quoted-printable" => utf8(quoted(&body.replace("=\n", ""), b'=')),
        other => panic!("an encoding that is not expected: {other}"),
    }
    .replace("\r\n", "\n")
}

fn quoted(text: &str, mark: u8) -> Vec<u8> {
    let (mut bytes, mut out) = (text.bytes(), Vec::new());
    while let Some(byte) = bytes.next() {
        if byte == mark {
            let hex: String = bytes.by_ref().take(2).map(char::from).collect();
            out.push(u8::from_str_radix(&hex, 16).expect("two hexadecimal digits"));
        } else {
            out.push(byte);
        }
    }
    out
}

/// RFC 2047: `=?utf-8?b?...?=` and `=?utf-8?q?...?=`, side by side or alone.
fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?utf-8?") {
        if !(before.trim().is_empty() && out.ends_with('\u{0}')) {
            out.push_str(before);
        }
        let (kind, word) = word.split_once('?').expect("B or Q");
        let (word, after) = word.split_once("?=").expect("an end");
        let bytes = match kind {
            "b" | "B" => Base64::decode_vec(word).expect("base64"),
            _ => quoted(&word.replace('_', " "), b'='),
        };
        out.push_str(&utf8(bytes));
        out.push('\u{0}');
        rest = after;
    }
    out.push_str(rest);
    out.replace('\u{0}', "")
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}
