//! The forms in which a secret might get out by accident.
//!
//! Promises: raw and reversed, hexadecimal, percent encoded, a list of numbers as `{:?}` prints it,
//! both alphabets of base64 at each of the three offsets that it can have in longer text; text as
//! it stands in a query and in JSON; text that holds it, encoded once more; all of these in UTF-16
//! of both byte orders. Must never: decide which form is long enough to be looked for.

use super::SHORTEST;
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// A form's name, and the secret in it.
type Form = (&'static str, Vec<u8>);

/// Every form.
pub(super) fn every(secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut forms = encoded(secret);
    forms.extend(written(secret).into_iter().map(|(form, text)| (form, text.into_bytes())));
    // Text that holds the secret as text, encoded once more: a body in a record, for one.
    let inner = [hex(secret), Base64Unpadded::encode_string(secret), Base64UrlUnpadded::encode_string(secret)];
    for (name, text) in inner.iter().flat_map(|inner| base64(inner.as_bytes())) {
        forms.push((if name == "base64" { "text in base64" } else { "text in base64url" }, text.into_bytes()));
    }
    let wide = forms.iter().flat_map(|(form, bytes)| in_utf16(bytes).map(|wide| (format!("{form} in UTF-16"), wide)));
    let mut every: Vec<_> = wide.collect();
    forms.push(("reversed", secret.iter().rev().copied().collect()));
    every.extend(forms.into_iter().map(|(form, bytes)| (form.to_owned(), bytes)));
    every
}

/// The forms in which a body carries bytes: raw, hexadecimal, base64.
pub(super) fn encoded(secret: &[u8]) -> Vec<Form> {
    let mut forms = vec![
        ("raw", secret.to_vec()),
        ("hex", hex(secret).into_bytes()),
        ("HEX", hex(secret).to_uppercase().into_bytes()),
    ];
    forms.extend(base64(secret).into_iter().map(|(form, text)| (form, text.into_bytes())));
    forms
}

/// Other ways to write bytes, and to write text.
fn written(secret: &[u8]) -> Vec<(&'static str, String)> {
    let percent: String = secret.iter().map(|byte| format!("%{byte:02x}")).collect();
    let numbers = secret.iter().map(u8::to_string).collect::<Vec<_>>();
    let mut texts = vec![
        ("percent", percent.clone()),
        ("PERCENT", percent.to_uppercase()),
        ("numbers", numbers.join(", ")),
        ("dense numbers", numbers.join(",")),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::to_string(text).expect("invariant: text is JSON");
        texts.push(("plus", text.replace(' ', "+")));
        texts.push(("percent blanks", text.replace(' ', "%20")));
        texts.push(("JSON", json.trim_matches('"').to_owned()));
    }
    texts
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Both alphabets at all three offsets.
fn base64(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let at = |offset| {
        [
            ("base64", base64_at::<Base64Unpadded>(bytes, offset)),
            ("base64url", base64_at::<Base64UrlUnpadded>(bytes, offset)),
        ]
    };
    (0..3).flat_map(at).collect()
}

/// The symbols that stand for bytes of `secret` alone where it begins at that offset, modulo 3, of
/// a longer text: those of whole groups, so that a secret without its ends is found too. Of what is
/// no longer than [`SHORTEST`], each symbol that has no bit of what is before or behind: fewer
/// would be found by chance.
fn base64_at<E: Encoding>(secret: &[u8], offset: usize) -> String {
    let shifted = [&[0; 3][..offset], secret].concat();
    let text = E::encode_string(&shifted);
    let groups = if offset == 0 { 0 } else { 4 }..shifted.len() / 3 * 4;
    let alone = [0, 2, 3][offset]..text.len().saturating_sub(usize::from(!shifted.len().is_multiple_of(3)));
    let kept = if secret.len() > SHORTEST { groups } else { alone };
    text.get(kept).unwrap_or_default().to_owned()
}

/// In both byte orders. Bytes that are no text become a character each.
fn in_utf16(bytes: &[u8]) -> [Vec<u8>; 2] {
    let units: Vec<u16> = match std::str::from_utf8(bytes) {
        Ok(text) => text.encode_utf16().collect(),
        Err(_) => bytes.iter().copied().map(u16::from).collect(),
    };
    [u16::to_le_bytes, u16::to_be_bytes].map(|order| units.iter().copied().flat_map(order).collect())
}
