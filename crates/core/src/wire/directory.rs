//! The answer of the directory: a colleague's public keys, and what an administrator says of them.
//!
//! Promise: typed and still untrusted; the signature is not checked here, because that needs the
//! realm that the asker knows. Must never: take a fingerprint of the server for one that was
//! computed.

use super::bundle::read_identity;
use super::fields::Fields;
use super::json::Value;
use super::refusal::Refusal;
use crate::crypto::context::{AccountId, RealmId};
use crate::crypto::identity::{IdentitySignature, PublicIdentity};
use crate::crypto::words::{read_phrase, read_typed_phrase};

/// What the directory says of one person.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The account.
    pub account: AccountId,
    /// The realm.
    pub realm: RealmId,
    /// The public keys.
    pub identity: PublicIdentity,
    /// The person's own signature over them.
    pub signature: IdentitySignature,
    /// When an administrator compared a fingerprint, seconds since 1970; which one is the next
    /// member.
    pub confirmed_at: Option<u64>,
    /// The fingerprint that the administrator compared, which need not be that of these keys.
    pub confirmed: Option<Words>,
    /// The fingerprint of an account with this address that was removed, or that this one had
    /// before its keys were reset.
    pub earlier: Option<Words>,
    /// When the reset of this account's keys was completed, seconds since 1970; nothing where there
    /// was none.
    pub reset_at: Option<u64>,
}

/// Eight words of the list, so safe to show and to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// Reads them as a server writes them; nothing but eight words of the list.
    pub fn read(text: &str) -> Option<Self> {
        read_phrase(text).map(|words| Self(words.join(" ")))
    }

    /// Reads them as a person types them, with commas and dashes as they like.
    pub fn read_typed(text: &str) -> Option<Self> {
        read_typed_phrase(text).map(|words| Self(words.join(" ")))
    }

    /// The words with single spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the answer to `directory`.
pub fn read_directory(mut fields: Fields) -> Result<Listing, Refusal> {
    let listing = Listing {
        account: AccountId::heard(fields.bytes("account_id")?),
        realm: RealmId::heard(fields.bytes("realm_id")?),
        identity: read_identity(fields.object("identity")?)?,
        signature: IdentitySignature::heard(fields.bytes("signature")?),
        confirmed_at: fields.whole_or_null("confirmed_at")?,
        confirmed: words(&mut fields, "confirmed_fingerprint")?,
        earlier: words(&mut fields, "earlier_fingerprint")?,
        reset_at: fields.take_optional("reset").map(read_reset).transpose()?,
    };
    fields.finish()?;
    Ok(listing)
}

/// `{"started_at", "completed_at"}`; the moment of the end.
fn read_reset(value: Value) -> Result<u64, Refusal> {
    let mut fields = Fields::open("reset", value)?;
    fields.whole("started_at")?;
    let completed_at = fields.whole("completed_at")?;
    fields.finish()?;
    Ok(completed_at)
}

fn words(fields: &mut Fields, name: &'static str) -> Result<Option<Words>, Refusal> {
    let text = fields.text_or_null(name)?;
    text.map(|text| Words::read(&text).ok_or(Refusal::Malformed(name))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_typed_with_anything_between_them_but_are_heard_in_one_form() {
        let heard = "yo-yo drop-down down t-shirt shirt felt-tip abacus zoom";
        let words = Words::read(heard);
        assert_eq!(words.as_ref().map(Words::as_str), Some(heard));
        assert_eq!(Words::read_typed(&heard.replace(' ', ", ").to_uppercase()), words);
        for wrong in ["", &heard[1..], &heard.replace(' ', ", ")] {
            assert_eq!(Words::read(wrong), None, "{wrong}");
        }
        assert_eq!(Words::read_typed(&heard[6..]), None);
    }
}
