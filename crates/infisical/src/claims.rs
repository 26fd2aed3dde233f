//! What a sign-in ticket says about its bearer.
//!
//! Promise: display and courtesy only. The ticket is signed with a key that only the server has, so
//! nothing here is proven; what is decided by it can only make this program refuse. Must never:
//! decide that something is safe.

use super::link::MAX_NAME;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::secret::TokenText;
use firstkey_core::wire::fields::Fields;
use firstkey_core::wire::json::{self, Value};
use firstkey_core::wire::text::Printable;
use zeroize::Zeroizing;

/// The claims that matter.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The server's id of the account, if it is fit for that. It stays when the account is renamed.
    pub user: Option<String>,
    /// The account's user name: who they are to SRP. Not always an address.
    pub username: String,
    /// Their address.
    pub email: String,
    /// Whether the server has proof of it.
    pub email_verified: bool,
    /// First name, if it is fit to be shown.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The organisation whose sign-in it was; without one the server would found a new
    /// organisation.
    pub organisation: Option<Organisation>,
    /// Whether the account has keys.
    pub completed: bool,
    /// When the ticket ends, seconds since 1970.
    pub expires_at: u64,
}

/// An organisation, as the ticket names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its name as the server wrote it: goes back there.
    pub name: String,
}

/// Why a ticket is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimTrouble {
    /// No ticket of a sign-in.
    NotATicket,
    /// A server that could hold people's private keys writes this.
    LaterGeneration,
}

/// Reads the claims of `token`.
pub fn read(token: &TokenText) -> Result<Claims, ClaimTrouble> {
    const NONE: ClaimTrouble = ClaimTrouble::NotATicket;
    // EXPOSE: its middle part is what the server says about its bearer.
    let text = std::str::from_utf8(token.expose()).map_err(|_| NONE)?;
    let middle = text.split('.').nth(1).ok_or(NONE)?;
    let json = Zeroizing::new(Base64UrlUnpadded::decode_vec(middle).map_err(|_| NONE)?);
    let value = json::read(&json).map_err(|_| NONE)?;
    let mut fields = Fields::open("ticket", value).map_err(|_| NONE)?;
    if fields.text("authTokenType").map_err(|_| NONE)? != "providerToken" {
        return Err(NONE);
    }
    if fields.take_optional("hasExchangedPrivateKey").is_some() {
        return Err(ClaimTrouble::LaterGeneration);
    }
    let user = fields.text_or_null("userId").ok().flatten();
    let user = user.filter(|id| id.len() <= MAX_NAME && id.bytes().all(|byte| byte.is_ascii_graphic()));
    let username = fields.text("username").map_err(|_| NONE)?.trim().to_owned();
    let email = fields.text("email").map_err(|_| NONE)?.trim().to_owned();
    let sound =
        |text: &str| !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !sound(&username) || !sound(&email) {
        return Err(NONE);
    }
    let mut name =
        |member| fields.text_or_null(member).ok().flatten().map(|name| person_name(&name)).unwrap_or_default();
    let (first_name, last_name) = (name("firstName"), name("lastName"));
    let organisation = match (fields.text_or_null("organizationId"), fields.text_or_null("organizationName")) {
        (Ok(Some(id)), name) => {
            let id = uuid::Uuid::try_parse(&id).map_err(|_| NONE)?.to_string();
            let name = name.ok().flatten().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.clone());
            Some(Organisation { id, name: name.chars().take(MAX_NAME).collect() })
        }
        _ => None,
    };
    Ok(Claims {
        user,
        username,
        email,
        email_verified: truth(&mut fields, "isEmailVerified"),
        first_name,
        last_name,
        organisation,
        completed: truth(&mut fields, "isUserCompleted"),
        expires_at: fields.whole("exp").map_err(|_| NONE)?,
    })
}

fn truth(fields: &mut Fields, name: &'static str) -> bool {
    matches!(fields.take_optional(name), Some(Value::Bool(true)))
}

/// A name as this program would show and send it: nothing, if it has anything unfit for a terminal
/// in it.
fn person_name(name: &str) -> String {
    let name = name.trim();
    if Printable::from_untrusted(name).as_str() == name { name.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(claims: &str) -> TokenText {
        let text = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", Base64UrlUnpadded::encode_string(claims.as_bytes()));
        TokenText::new(Zeroizing::new(text.into_bytes()))
    }

    const GOOD: &str = r#"{"authTokenType":"providerToken","userId":"1","username":"sue-second-r-i1w","email":"scim2@example.com","isEmailVerified":false,"firstName":"Sue","lastName":"Second","organizationName":"Acme","organizationId":"dfbb88f4-e59c-49fb-aeb7-7907d8b6844c","authMethod":"okta-saml","authType":"saml","isUserCompleted":false,"callbackPort":"","iat":1795457963,"exp":1795458863}"#;

    #[test]
    fn a_ticket_says_who_signed_in_where() {
        let claims = read(&ticket(GOOD)).expect("a ticket");
        assert_eq!((claims.username.as_str(), claims.email.as_str()), ("sue-second-r-i1w", "scim2@example.com"));
        assert!(!claims.email_verified && !claims.completed);
        assert_eq!((claims.first_name.as_str(), claims.last_name.as_str()), ("Sue", "Second"));
        assert_eq!(claims.organisation.expect("one").name, "Acme");
        assert_eq!(claims.expires_at, 1_795_458_863);
    }

    #[test]
    fn w02_a_claim_of_a_later_generation_is_noticed_without_asking_anybody() {
        let later = GOOD.replace("\"exp\"", "\"hasExchangedPrivateKey\":false,\"exp\"");
        assert_eq!(read(&ticket(&later)).err(), Some(ClaimTrouble::LaterGeneration));
    }

    #[test]
    fn other_tokens_and_damaged_ones_are_none() {
        for bad in [
            GOOD.replace("providerToken", "signupToken"),
            GOOD.replace("\"username\"", "\"user\""),
            GOOD.replace("sue-second-r-i1w", ""),
            GOOD.replace("sue-second-r-i1w", "sue\\u001b[2J"),
            GOOD.replace("dfbb88f4", "zzzz"),
            GOOD.replace("1795458863", "\"soon\""),
            GOOD[..40].to_owned(),
        ] {
            assert_eq!(read(&ticket(&bad)).err(), Some(ClaimTrouble::NotATicket), "{bad}");
        }
        let plain = TokenText::new(Zeroizing::new(b"no dots at all".to_vec()));
        assert_eq!(read(&plain).err(), Some(ClaimTrouble::NotATicket));
    }

    #[test]
    fn w22_a_name_with_escapes_in_it_is_left_out() {
        let claims = read(&ticket(&GOOD.replace("\"Sue\"", "\"Sue\\u001b[31m\""))).expect("a ticket");
        assert_eq!((claims.first_name.as_str(), claims.last_name.as_str()), ("", "Second"));
    }
}
