//! A request as the exact bytes that are sent.
//!
//! Promise: the only way to build one is member by member from [`Disclose`] types; there is no
//! second serialiser, so what `audit` prints is what was sent. Must never: take free bytes, headers
//! or paths; an id in a path comes through the door as well.

use super::disclose::{Disclose, DiscloseInPath, base64url};
use super::json::ObjectWriter;
use super::origin::Origin;
use crate::crypto::context::{InviteId, RealmId, SessionId};
use crate::crypto::encoding::pae;
use crate::crypto::realm_key::AnswerTo;
use crate::crypto::{hazmat, label};
use crate::secret::Ed25519Seed;

/// The requests of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Shows the invite's token, gets the offer.
    Claim,
    /// First registration message.
    EnrolStart,
    /// The upload: the one request that changes the account.
    EnrolComplete,
    /// Asks for salt and settings.
    LoginParams,
    /// First login message.
    LoginStart,
    /// Last login message.
    LoginFinish,
    /// First registration message of a new password.
    PasswordStart,
    /// The new password's record and sealed key.
    PasswordChange,
    /// The new kit's sealed key and public key.
    KitChange,
    /// The first statement about an account that has none.
    Statement,
    /// Asks for a challenge.
    RecoveryStart,
    /// The recovery code's signature over it.
    RecoveryFinish,
    /// A new password and a new kit at once.
    RecoveryComplete,
    /// Brings an account that exists into one more organisation.
    Join,
    /// Where the account is logged in.
    Sessions,
    /// Ends one session, which the path names.
    EndSession,
    /// Ends all sessions but this one.
    EndOtherSessions,
    /// Ends this session.
    Logout,
    /// Asks for the public keys of a colleague.
    Directory,
}

/// The methods of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a body; everything else.
    Post,
    /// Reads, without a body.
    Get,
    /// Ends something, without a body.
    Delete,
}

impl Method {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

impl Endpoint {
    /// The path; [`Outbound::target`] is the whole of it where an id stands in it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Claim => "/v1/invites/claim",
            Self::EnrolStart => "/v1/enrol/start",
            Self::EnrolComplete => "/v1/enrol/complete",
            Self::LoginParams => "/v1/login/params",
            Self::LoginStart => "/v1/login/start",
            Self::LoginFinish => "/v1/login/finish",
            Self::PasswordStart => "/v1/account/password/start",
            Self::PasswordChange => "/v1/account/password",
            Self::KitChange => "/v1/account/kit",
            Self::Statement => "/v1/account/statement",
            Self::RecoveryStart => "/v1/recovery/start",
            Self::RecoveryFinish => "/v1/recovery/finish",
            Self::RecoveryComplete => "/v1/recovery/complete",
            Self::Join => "/v1/invites/join",
            Self::Sessions | Self::EndOtherSessions => "/v1/sessions",
            Self::EndSession => "/v1/sessions/",
            Self::Directory => "/v1/directory",
            Self::Logout => "/v1/logout",
        }
    }

    /// The method.
    pub fn method(self) -> Method {
        match self {
            Self::Sessions => Method::Get,
            Self::EndSession | Self::EndOtherSessions => Method::Delete,
            _ => Method::Post,
        }
    }

    /// Which members beside the first ones its answer may have: a server gives a client none that
    /// it does not ask for in this header, since both refuse what they do not know. A closed list.
    pub fn knows(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Claim => Some(("firstkey-knows", "statement, claim-keys")),
            Self::LoginFinish | Self::RecoveryFinish => Some(("firstkey-knows", "statement")),
            _ => None,
        }
    }

    /// Whether the request changes the account's keys: everything else may be repeated freely.
    pub fn changes_account(self) -> bool {
        matches!(self, Self::EnrolComplete | Self::PasswordChange | Self::KitChange | Self::RecoveryComplete)
    }
}

/// One member of a request, for `audit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// Its name.
    pub name: &'static str,
    /// Why it may leave.
    pub why: &'static str,
    /// Where its value stands in the body, as `start..end`; nowhere, if it stands in the path.
    pub start: usize,
    /// The end.
    pub end: usize,
    /// Whether its text stays out of the record.
    pub unrecorded: bool,
}

/// The two headers of a signed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestSignature {
    invite: InviteId,
    signature: [u8; 64],
}

impl RequestSignature {
    /// As a file of this program keeps it.
    pub const fn heard(invite: InviteId, signature: [u8; 64]) -> Self {
        Self { invite, signature }
    }

    /// The invite whose claim key signed.
    pub fn invite(&self) -> InviteId {
        self.invite
    }

    /// Ed25519 over realm, origin, method, path, body digest and invite.
    pub fn bytes(&self) -> &[u8; 64] {
        &self.signature
    }

    /// What is signed: `PAE("firstkey/v1/request", realm_id, origin, method, path, SHA-256(body),
    /// invite_id)`. Realm and origin are those that the client knows the server by, so a server
    /// that passes the request on to another has nothing that the other takes.
    pub fn message(realm: &RealmId, origin: &str, path: &str, body: &[u8], invite: &InviteId) -> Vec<u8> {
        let digest = hazmat::sha256(body);
        pae(&[label::REQUEST, &realm.0, origin.as_bytes(), b"POST", path.as_bytes(), &digest, &invite.0])
    }

    /// Header values: `Firstkey-Invite`, `Firstkey-Signature`.
    pub fn headers(&self) -> [(&'static str, String); 2] {
        [("firstkey-invite", base64url(&self.invite.0)), ("firstkey-signature", base64url(&self.signature))]
    }
}

/// A request that is ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    origin: Origin,
    endpoint: Endpoint,
    target: String,
    body: Vec<u8>,
    disclosed: Vec<Disclosed>,
    signature: Option<RequestSignature>,
}

/// A request under construction.
pub struct Builder {
    origin: Origin,
    endpoint: Endpoint,
    target: String,
    writer: ObjectWriter,
    disclosed: Vec<Disclosed>,
}

impl Outbound {
    /// Begins a request to `endpoint` of `origin`.
    pub fn post(origin: &Origin, endpoint: Endpoint) -> Builder {
        let target = endpoint.path().to_owned();
        Builder { origin: origin.clone(), endpoint, target, writer: ObjectWriter::default(), disclosed: Vec::new() }
    }

    /// A request without members; without a body as well, unless it is posted.
    pub fn bare(origin: &Origin, endpoint: Endpoint) -> Self {
        Self::post(origin, endpoint).build()
    }

    /// The request that ends one session of the account.
    pub fn end_session(origin: &Origin, session: &SessionId) -> Self {
        Self::post(origin, Endpoint::EndSession).in_path("session_id", session).build()
    }

    /// Puts a signature of an earlier run back on; the body went through the door again.
    pub fn with_signature(mut self, signature: RequestSignature) -> Self {
        self.signature = Some(signature);
        self
    }

    /// Signs with the claim key of this run, for the server of that realm at this request's origin;
    /// replaces an earlier signature.
    pub fn signed(mut self, realm: &RealmId, invite: InviteId, seed: &Ed25519Seed) -> Self {
        let origin = self.origin.as_str();
        let message = RequestSignature::message(realm, origin, self.endpoint.path(), &self.body, &invite);
        // EXPOSE: the claim key signs the request.
        self.signature = Some(RequestSignature { invite, signature: hazmat::ed25519_sign(seed.expose(), &message) });
        self
    }

    /// Where it goes.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Which request it is.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The path in the request line: the endpoint's, and the id that it is about.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The exact body; empty where the method has none.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What is in it, and why.
    pub fn disclosed(&self) -> &[Disclosed] {
        &self.disclosed
    }

    /// The signature headers, where the request is signed.
    pub fn signature(&self) -> Option<&RequestSignature> {
        self.signature.as_ref()
    }

    /// All headers that are the protocol's own, but for a session's bearer.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let knows = self.endpoint.knows().map(|(name, value)| (name, value.to_owned()));
        self.signature.as_ref().map(RequestSignature::headers).into_iter().flatten().chain(knows)
    }

    /// SHA-256 of the body: what a receipt repeats.
    pub fn digest(&self) -> [u8; 32] {
        hazmat::sha256(&self.body)
    }

    /// What the realm signs with its answer; `subject` is the invite or the account that this is
    /// about.
    pub fn answer_to<'a>(&'a self, subject: &'a [u8; 16]) -> AnswerTo<'a> {
        AnswerTo { origin: self.origin.as_str(), path: self.endpoint.path(), subject, request: self.digest() }
    }
}

impl Builder {
    /// Adds a member.
    pub fn field<T: Disclose>(mut self, name: &'static str, value: &T) -> Self {
        let before = self.writer.position();
        value.encode(name, &mut self.writer);
        let end = self.writer.position();
        // The value stands behind `"name":`, and behind a comma unless it is the first.
        let start = before + usize::from(!self.disclosed.is_empty()) + name.len() + 3;
        self.disclosed.push(Disclosed { name, why: T::WHY, start, end, unrecorded: T::UNRECORDED });
        self
    }

    /// Adds a member, if there is one.
    pub fn field_if_any<T: Disclose>(self, name: &'static str, value: Option<&T>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Puts an id at the end of the path.
    fn in_path<T: DiscloseInPath>(mut self, name: &'static str, id: &T) -> Self {
        self.target.push_str(&id.segment());
        self.disclosed.push(Disclosed { name, why: T::WHY, start: 0, end: 0, unrecorded: false });
        self
    }

    /// The request.
    pub fn build(self) -> Outbound {
        let body = match self.endpoint.method() {
            Method::Post => self.writer.finish(),
            Method::Get | Method::Delete => Vec::new(),
        };
        Outbound {
            origin: self.origin,
            endpoint: self.endpoint,
            target: self.target,
            body,
            disclosed: self.disclosed,
            signature: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Method;

    #[test]
    fn methods_have_the_names_of_http() {
        assert_eq!([Method::Post, Method::Get, Method::Delete].map(Method::as_str), ["POST", "GET", "DELETE"]);
    }
}
