//! What a certificate says: for whom, by whom, from when to when.
//!
//! Promise: any bytes give facts or nothing; names become [`Printable`] at once. Must never: judge
//! a certificate; the connection's own verifier does.

use firstkey_core::wire::text::Printable;
use x509_cert::Certificate as Parsed;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::name::Name;

/// `commonName` and `organizationName` (X.520).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// Facts of a certificate, as it claims them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for.
    pub subject: Printable,
    /// Who made it.
    pub issuer: Printable,
    /// From when it is good, in seconds since 1970.
    pub not_before: u64,
    /// Until when.
    pub not_after: u64,
}

impl Certificate {
    /// Reads one; `None` for what is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let certificate = Parsed::from_der(der).ok()?.tbs_certificate;
        Some(Self {
            subject: named(&certificate.subject),
            issuer: named(&certificate.issuer),
            not_before: certificate.validity.not_before.to_unix_duration().as_secs(),
            not_after: certificate.validity.not_after.to_unix_duration().as_secs(),
        })
    }
}

/// `Example Inspection CA, Example Corp`: what people know an authority by.
fn named(name: &Name) -> Printable {
    let of = |kind: ObjectIdentifier| {
        let mut attributes = name.0.iter().flat_map(|part| part.0.iter());
        let value = attributes.find(|attribute| attribute.oid == kind)?.value.value();
        Some(String::from_utf8_lossy(value).into_owned())
    };
    let parts: Vec<_> = [of(COMMON_NAME), of(ORGANISATION)].into_iter().flatten().collect();
    let text = if parts.is_empty() { name.to_string() } else { parts.join(", ") };
    Printable::from_untrusted(if text.is_empty() { "(no name)" } else { &text })
}
