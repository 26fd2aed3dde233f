//! A letter as bytes: headers, then the same words as plain text and as HTML.
//!
//! Promises: every header is written by the mail library, which encodes what is not plain; a link
//! is whole in both parts however they are encoded on the way; automatic replies are told not to
//! come (RFC 3834).

use super::html;
use super::text::Text;
use crate::rng::random;
use base64ct::{Base64UrlUnpadded, Encoding};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

/// A name that no other letter has (RFC 5322 section 3.6.4): 128 random bits, so that nobody can
/// name a letter that they have not seen.
pub(super) fn message_id(domain: &str) -> String {
    format!("<{}@{domain}>", Base64UrlUnpadded::encode_string(&random::<16>()))
}

/// A letter in both forms.
pub(super) struct Letter {
    /// The words as they are, so that the link is whole on one line of the source: for a folder,
    /// and for mail servers that take eight bits (RFC 6152).
    pub(super) readable: Vec<u8>,
    /// For those that do not.
    pub(super) encoded: Vec<u8>,
}

/// Both forms of a letter.
pub(super) fn letter(sender: &Address, to: &Address, text: &Text, message_id: &str) -> Result<Letter, String> {
    let form = |readable| formed(sender, to, text, message_id, readable);
    Ok(Letter { readable: form(true)?, encoded: form(false)? })
}

fn formed(sender: &Address, to: &Address, text: &Text, message_id: &str, readable: bool) -> Result<Vec<u8>, String> {
    let plain = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encode(text.plain(), readable));
    let page = SinglePart::builder().header(ContentType::TEXT_HTML).body(encode(html::page(text), readable));
    let name = |name| HeaderName::new_from_ascii_str(name);
    Message::builder()
        .from(Mailbox::new(Some(text.sender.clone()), sender.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(text.subject.clone())
        .message_id(Some(message_id.to_owned()))
        .raw_header(HeaderValue::new(name("Auto-Submitted"), "auto-generated".to_owned()))
        .multipart(MultiPart::alternative().singlepart(plain).singlepart(page))
        .map(|message| message.formatted())
        .map_err(|error| error.to_string())
}

/// As it is where that is allowed, so that the link can be found in the raw letter; the library's
/// own choice would encode every line beyond 76 characters.
fn encode(text: String, readable: bool) -> Body {
    let encoding = match (text.is_ascii(), readable) {
        (true, _) => ContentTransferEncoding::SevenBit,
        (false, true) => ContentTransferEncoding::EightBit,
        // Not every mail server takes eight bits.
        (false, false) => return Body::new(text),
    };
    Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), encoding)
}
