//! The realm's signature over the answers that decide about a password, by the page of messages
//! alone.

use super::{HonestServer, b64};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat;
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::Outbound;

impl HonestServer {
    /// The link that the mail carries: of version 1 from a server of before.
    pub fn link(&self) -> String {
        let parts = format!("{}.{}", b64(&self.invite), b64(&self.token));
        if self.signs {
            let digest = hazmat::sha256(&pae(&[b"firstkey/v1/link", &self.realm_key(), b""]));
            format!("{}/i#fkinv2.{parts}.{}", self.origin, b64(&digest[..16]))
        } else {
            format!("{}/i#fkinv1.{parts}", self.origin)
        }
    }

    /// The public half of the realm's signing key.
    pub fn realm_key(&self) -> [u8; 32] {
        hazmat::ed25519_public(&self.realm_seed())
    }

    /// Made from nothing that is drawn, so that nothing else is drawn differently.
    fn realm_seed(&self) -> [u8; 32] {
        hazmat::sha256(&[b"the key of a realm", &self.realm[..]].concat())
    }

    /// What the realm signs to this answer, as the header has it. Whoever lies as the server itself
    /// puts it on the lie.
    pub fn signature(&self, request: &Outbound, answer: &[u8]) -> Option<String> {
        let path = request.endpoint().path();
        let subject = match path {
            "/v1/invites/claim" | "/v1/enrol/start" => self.invite,
            "/v1/account/password/start" => self.account,
            _ => return None,
        };
        let message = pae(&[
            b"firstkey/v1/answer",
            self.origin.as_bytes(),
            b"POST",
            path.as_bytes(),
            &subject,
            &hazmat::sha256(request.body()),
            &hazmat::sha256(answer),
        ]);
        let signature = hazmat::ed25519_sign(&self.realm_seed(), &message);
        Some(format!("{}.{}", b64(&self.realm_key()), b64(&signature)))
    }

    /// Signs, where it signs at all and this is an answer of that kind.
    pub fn sign(&self, request: &Outbound, mut response: Response) -> Response {
        if self.signs && response.status == 200 {
            response.signed = self.signature(request, &response.body);
        }
        response
    }
}
