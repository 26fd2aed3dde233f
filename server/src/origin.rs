//! The origin that people's clients talk to, from configuration and nowhere else. The grammar is
//! the client's own, so that both sides mean the same.

use firstkey_core::wire::link::LinkTrouble;
pub use firstkey_core::wire::origin::Origin;

/// Why a text is no origin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OriginRefused {
    /// Plain HTTP to somewhere else.
    #[error("Plain http:// is only for this machine (127.0.0.1, [::1] or localhost). Use https:// for everybody else.")]
    PlainHttp,
    /// An address instead of a name.
    #[error("An origin needs a host name, not an address: invitations must stay valid when the address changes.")]
    Address,
    /// Not of the form.
    #[error(
        "An origin looks like https://accounts.example.org or https://accounts.example.org:8443, with nothing behind it."
    )]
    Form,
}

impl From<LinkTrouble> for OriginRefused {
    fn from(trouble: LinkTrouble) -> Self {
        match trouble {
            LinkTrouble::PlainHttp => Self::PlainHttp,
            LinkTrouble::IpLiteral => Self::Address,
            _ => Self::Form,
        }
    }
}

/// Reads and canonicalises.
pub(crate) fn read(text: &str) -> Result<Origin, OriginRefused> {
    Ok(Origin::read(text)?)
}

/// The domain that mail comes from; a loopback address is none, so such servers say `localhost`.
pub(crate) fn mail_domain(origin: &Origin) -> &str {
    if origin.host().contains(|c: char| c.is_ascii_alphabetic()) { origin.host() } else { "localhost" }
}
