//! `Arbitrary` for what people need in a fuzz target: one of a kind, by bytes.
//!
//! Promise: an input of zeros gives the usual one of each kind.

use super::honest::{self, HonestServer};
use super::nasty;
use ::arbitrary::{Arbitrary, Result, Unstructured};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::wire::inbound::{Framing, Response};
use serde_json::{Value, json};

/// An invite link by the grammar of protocol section 8, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodLink {
    /// The link.
    pub text: String,
    /// Scheme, host and port as they stand in it.
    pub origin: String,
    /// The id of the invite.
    pub invite: [u8; 16],
    /// Its token.
    pub token: [u8; 32],
}

impl<'a> Arbitrary<'a> for GoodLink {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let origins = super::stage::ORIGINS;
        let origin = origins[usize::from(u8::arbitrary(input)?) % origins.len()].to_owned();
        let (invite, token): ([u8; 16], [u8; 32]) = (input.arbitrary()?, input.arbitrary()?);
        let b64 = Base64UrlUnpadded::encode_string;
        let text = format!("{origin}/i#fkinv1.{}.{}", b64(&invite), b64(&token));
        Ok(Self { text, origin, invite, token })
    }
}

/// An offer: an honest one with other values in it, of the right types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyOffer(pub Value);

impl<'a> Arbitrary<'a> for AnyOffer {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let mut offer = HonestServer::new(1).offer;
        offer["policy"]["min_profile"] = json!([2, 1, 3, 4, 0, 5][usize::from(u8::arbitrary(input)?) % 6]);
        offer["policy"]["min_length"] = json!([15, 16, 64, 128, 14, 129][usize::from(u8::arbitrary(input)?) % 6]);
        offer["policy"]["secret_key"] =
            json!(["off", "allowed", "required", "never"][usize::from(u8::arbitrary(input)?) % 4]);
        offer["mode"] = json!(["enrol", "join", "reset"][usize::from(u8::arbitrary(input)?) % 3]);
        if u8::arbitrary(input)? & 1 == 1 {
            offer["organisation"]["name"] = json!(AnyText::arbitrary(input)?.0);
        }
        Ok(Self(offer))
    }
}

/// A text of somebody else's making: usual, or one that a terminal might obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyText(pub String);

impl<'a> Arbitrary<'a> for AnyText {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u8::arbitrary(input)? % 4 {
            0 => "Example Corp".to_owned(),
            1 => nasty::text(input.arbitrary()?).to_owned(),
            2 => format!("a{}b", nasty::text(input.arbitrary()?)),
            _ => input.arbitrary()?,
        }))
    }
}

/// One of the four profiles; the default for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyProfile(pub Profile);

impl<'a> Arbitrary<'a> for AnyProfile {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let all = [Profile::DEFAULT, Profile::One, Profile::Two, Profile::Three, Profile::Four];
        Ok(Self(all[usize::from(u8::arbitrary(input)?) % all.len()]))
    }
}

/// An answer of a server, with any status, type and body.
#[derive(Arbitrary, Clone, Debug, PartialEq, Eq)]
pub struct AnyAnswer {
    status: u8,
    content_type: u8,
    framing: u8,
    retry_after: Option<u16>,
    body: Vec<u8>,
}

impl AnyAnswer {
    /// As the transport gives it.
    pub fn response(&self) -> Response {
        const STATUSES: [u16; 8] = [200, 204, 302, 400, 404, 410, 429, 503];
        const TYPES: [Option<&str>; 4] =
            [Some("application/json"), Some("application/problem+json"), Some("text/html"), None];
        let framing = [Framing::Plain, Framing::Encoded, Framing::TooLarge][usize::from(self.framing) % 3];
        let mut response = honest::response(STATUSES[usize::from(self.status) % STATUSES.len()], &[]);
        response.content_type = TYPES[usize::from(self.content_type) % TYPES.len()].map(str::to_owned);
        response.retry_after = self.retry_after.map(u32::from);
        response.framing = framing;
        if framing == Framing::Plain {
            response.body = zeroize::Zeroizing::new(self.body.clone());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::wire::link::InviteLink;

    #[test]
    fn zeros_give_the_usual_one_of_each_kind() {
        let zeros = [0; 256];
        let mut input = Unstructured::new(&zeros);
        let link = GoodLink::arbitrary(&mut input).expect("enough bytes");
        assert!(InviteLink::read(link.text.as_bytes()).is_ok_and(|read| read.invite_id().0 == link.invite));
        let offer = AnyOffer::arbitrary(&mut input).expect("enough bytes");
        assert_eq!(super::super::offer::sound(offer.0.to_string().as_bytes()), Ok(2));
        assert_eq!(AnyProfile::arbitrary(&mut input).expect("enough bytes").0, Profile::DEFAULT);
        assert_eq!(AnyText::arbitrary(&mut input).expect("enough bytes").0, "Example Corp");
        assert_eq!(AnyAnswer::arbitrary(&mut input).expect("enough bytes").response().status, 200);
    }
}
