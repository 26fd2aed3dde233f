//! THE DOOR of this dialect: everything that may leave for such a server, and why each may.
//!
//! Promise: a request is built member by member; the name of a member is one of [`Member`], its
//! value one of the types that implement [`Leaves`] below. Both lists are complete: the enum has no
//! `password`, which the compiler checks, and the trait is sealed. There is no second way to make a
//! body. Must never: implement `Leaves` for a password, a private key, a derived key or raw bytes.
//!
//! That the verifier must leave is this dialect's weakness, not ours: see [`Verifier`] and
//! docs/INFISICAL.md.

use super::hexadecimal;
use super::keys::{Backup, Private, Protected, PublicKey, Salt, Sealed};
use super::probe::Route;
use super::srp::{ClientProof, ClientPublic, Verifier};
use firstkey_core::crypto::hazmat;
use firstkey_core::secret::TokenText;
use firstkey_core::wire::json::ObjectWriter;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::Disclosed;
use zeroize::Zeroizing;

macro_rules! members {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// Every name that a member of a request may have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the format; docs/INFISICAL.md explains them")]
        pub enum Member { $($variant),* }

        impl Member {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it stands in the body.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

members! {
    Email = "email",
    Username = "username",
    FirstName = "firstName",
    LastName = "lastName",
    OrganizationId = "organizationId",
    OrganizationName = "organizationName",
    Code = "code",
    MfaToken = "mfaToken",
    ProviderAuthToken = "providerAuthToken",
    ClientPublicKey = "clientPublicKey",
    ClientProof = "clientProof",
    ProtectedKey = "protectedKey",
    ProtectedKeyIv = "protectedKeyIV",
    ProtectedKeyTag = "protectedKeyTag",
    PublicKey = "publicKey",
    EncryptedPrivateKey = "encryptedPrivateKey",
    EncryptedPrivateKeyIv = "encryptedPrivateKeyIV",
    EncryptedPrivateKeyTag = "encryptedPrivateKeyTag",
    Iv = "iv",
    Tag = "tag",
    Salt = "salt",
    Verifier = "verifier",
}

/// Whether a name has `password` in it, in any case.
const fn names_a_password(name: &str) -> bool {
    let (name, word) = (name.as_bytes(), b"password");
    let mut start = 0;
    while start + word.len() <= name.len() {
        let mut same = 0;
        while same < word.len() && name[start + same].to_ascii_lowercase() == word[same] {
            same += 1;
        }
        if same == word.len() {
            return true;
        }
        start += 1;
    }
    false
}

const _: () = {
    let mut at = 0;
    while at < Member::ALL.len() {
        assert!(!names_a_password(Member::ALL[at].name()), "a member is called password");
        at += 1;
    }
};

/// The three members of a ciphertext; two sets of names are in use.
pub type Triple = [Member; 3];
/// K, sealed.
pub const PROTECTED: Triple = [Member::ProtectedKey, Member::ProtectedKeyIv, Member::ProtectedKeyTag];
/// The private key, sealed, in an upload.
pub const PRIVATE: Triple =
    [Member::EncryptedPrivateKey, Member::EncryptedPrivateKeyIv, Member::EncryptedPrivateKeyTag];
/// The private key, sealed, in an emergency kit.
pub const BACKUP: Triple = [Member::EncryptedPrivateKey, Member::Iv, Member::Tag];

/// The requests that are made of such a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the paths say what they are")]
pub enum Call {
    ProbeInvite,
    ProbeSignup,
    VerifyInvite,
    CompleteInvite,
    CompleteSignup,
    VerifyEmail,
    Login1,
    Login2,
    VerifyMfa,
    Organisations,
    SelectOrganisation,
    OwnAccount,
    KitSrp,
    IssueKit,
    FetchKit,
    ChangeLock,
    AskReset,
    VerifyReset,
    ResetLock,
    EndSessions,
    LogOut,
}

impl Call {
    /// Method and path.
    pub const fn target(self) -> (&'static str, &'static str) {
        match self {
            Self::ProbeInvite | Self::CompleteInvite => ("POST", "/api/v3/signup/complete-account/invite"),
            Self::ProbeSignup | Self::CompleteSignup => ("POST", "/api/v3/signup/complete-account/signup"),
            Self::VerifyInvite => ("POST", "/api/v1/invite-org/verify"),
            Self::VerifyEmail => ("POST", "/api/v2/users/me/emails/verify"),
            Self::Login1 => ("POST", "/api/v3/auth/login1"),
            Self::Login2 => ("POST", "/api/v3/auth/login2"),
            Self::VerifyMfa => ("POST", "/api/v2/auth/mfa/verify"),
            Self::Organisations => ("GET", "/api/v1/organization"),
            Self::SelectOrganisation => ("POST", "/api/v3/auth/select-organization"),
            Self::OwnAccount => ("GET", "/api/v1/user"),
            Self::KitSrp => ("POST", "/api/v1/password/srp1"),
            Self::IssueKit => ("POST", "/api/v1/password/backup-private-key"),
            Self::FetchKit => ("GET", "/api/v1/password/backup-private-key"),
            Self::ChangeLock => ("POST", "/api/v1/password/change-password"),
            Self::AskReset => ("POST", "/api/v1/password/email/password-reset"),
            Self::VerifyReset => ("POST", "/api/v1/password/email/password-reset-verify"),
            Self::ResetLock => ("POST", "/api/v1/password/password-reset"),
            Self::EndSessions => ("DELETE", "/api/v2/users/me/sessions"),
            Self::LogOut => ("POST", "/api/v1/auth/logout"),
        }
    }

    /// Whether it may have changed something once it was sent: such a request is never sent again
    /// blindly.
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::VerifyInvite
                | Self::CompleteInvite
                | Self::CompleteSignup
                | Self::VerifyEmail
                | Self::Login2
                | Self::VerifyMfa
                | Self::SelectOrganisation
                | Self::IssueKit
                | Self::ChangeLock
                | Self::AskReset
                | Self::VerifyReset
                | Self::ResetLock
                | Self::EndSessions
                | Self::LogOut
        )
    }

    /// Which probe must have passed right before it is sent.
    pub(super) const fn guard(self) -> Option<Route> {
        match self {
            Self::VerifyInvite | Self::CompleteInvite | Self::VerifyReset | Self::ResetLock | Self::ChangeLock => {
                Some(Route::Invite)
            }
            Self::VerifyEmail | Self::CompleteSignup => Some(Route::Signup),
            _ => None,
        }
    }

    /// Whether it carries a proof of the password.
    pub const fn proves(self) -> bool {
        matches!(self, Self::Login2)
    }

    /// Whether it stores keys.
    pub const fn uploads(self) -> bool {
        matches!(
            self,
            Self::CompleteInvite | Self::CompleteSignup | Self::IssueKit | Self::ChangeLock | Self::ResetLock
        )
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A value that may leave as one member.
pub trait Leaves: sealed::Sealed {
    /// Why it may, in a few words for `audit`.
    const WHY: &'static str;
    /// Whether its text is kept out of the record that `audit` reads: it is worth something to
    /// whoever reads it there.
    const UNRECORDED: bool = false;

    /// Its text.
    fn text(&self) -> Zeroizing<String>;
}

macro_rules! heard_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<'a>(&'a str);

        impl<'a> $name<'a> {
            /// As the server or the person said it in the open.
            pub const fn heard(text: &'a str) -> Self {
                Self(text)
            }
        }
    };
}
heard_text! {
    /// A user name or address.
    Name
}
heard_text! {
    /// A person's first or last name.
    PersonName
}
heard_text! {
    /// An organisation, by id or name.
    Organisation
}
/// A code from a mail; used up by being shown.
pub struct Code<'a>(pub &'a TokenText);
/// A sign-in ticket.
pub struct Ticket<'a>(pub &'a TokenText);

macro_rules! disclose {
    ($type:ty, $why:literal, unrecorded = $unrecorded:literal, |$value:ident| $text:expr) => {
        impl sealed::Sealed for $type {}
        impl Leaves for $type {
            const WHY: &'static str = $why;
            const UNRECORDED: bool = $unrecorded;
            fn text(&self) -> Zeroizing<String> {
                let $value = self;
                $text
            }
        }
    };
}

fn plain(text: &TokenText) -> Zeroizing<String> {
    // EXPOSE: the server made it and takes it back.
    Zeroizing::new(String::from_utf8_lossy(text.expose()).into_owned())
}

disclose!(Name<'_>, "names your account; came from the server", unrecorded = false, |name| Zeroizing::new(
    name.0.to_owned()
));
disclose!(PersonName<'_>, "your name, as you gave it", unrecorded = false, |name| Zeroizing::new(name.0.to_owned()));
disclose!(Organisation<'_>, "the organisation; came from the server", unrecorded = false, |name| Zeroizing::new(
    name.0.to_owned()
));
disclose!(Code<'_>, "came from the server by mail, single use", unrecorded = true, |code| plain(code.0));
disclose!(Ticket<'_>, "came from the server at sign-in, 15 minutes", unrecorded = true, |ticket| plain(ticket.0));
disclose!(Salt, "random; public by design", unrecorded = false, |salt| Zeroizing::new(salt.text()));
disclose!(PublicKey, "a public key", unrecorded = false, |key| Zeroizing::new(key.text()));
disclose!(ClientPublic, "a fresh public number", unrecorded = false, |number| hexadecimal::write(number.as_bytes()));
disclose!(ClientProof, "proves the password without showing it", unrecorded = false, |proof| hexadecimal::write(
    proof.as_bytes()
));
disclose!(Verifier, "lets its holder test guesses at the password", unrecorded = true, |verifier| {
    hexadecimal::write(verifier.as_bytes())
});

/// A ciphertext that may leave as three members.
pub trait LeavesSealed: sealed::Sealed {
    /// Why it may.
    const WHY: &'static str;

    /// Ciphertext, IV, tag.
    fn texts(&self) -> [String; 3];
}

macro_rules! disclose_sealed {
    ($($purpose:ty),*) => {$(
        impl sealed::Sealed for Sealed<$purpose> {}
        impl LeavesSealed for Sealed<$purpose> {
            const WHY: &'static str = "encrypted on this machine";
            fn texts(&self) -> [String; 3] {
                Sealed::texts(self)
            }
        }
    )*};
}
disclose_sealed!(Protected, Private, Backup);

/// A request that is ready to leave. Holds tokens, so it has no `Debug` or `Clone`.
pub struct Request {
    origin: Origin,
    call: Call,
    bearer: Option<TokenText>,
    body: Option<Zeroizing<Vec<u8>>>,
    disclosed: Vec<Disclosed>,
}

impl Request {
    /// One without a body.
    pub fn bare(origin: &Origin, call: Call) -> Self {
        Self { origin: origin.clone(), call, bearer: None, body: None, disclosed: Vec::new() }
    }

    /// Begins one with a body; `{}` if nothing is added.
    pub fn to(origin: &Origin, call: Call) -> Builder {
        Builder { origin: origin.clone(), call, writer: ObjectWriter::default(), disclosed: Vec::new() }
    }

    /// Shows `token` in the header.
    pub fn bearing(mut self, token: &TokenText) -> Self {
        // EXPOSE: the server made it and takes it back; this copy is wiped with the request.
        self.bearer = Some(TokenText::new(Zeroizing::new(token.expose().to_vec())));
        self
    }

    /// Where it goes.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Which it is.
    pub fn call(&self) -> Call {
        self.call
    }

    /// The token in the header.
    pub fn bearer(&self) -> Option<&TokenText> {
        self.bearer.as_ref()
    }

    /// The exact body.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref().map(Vec::as_slice)
    }

    /// What is in it, and why.
    pub fn disclosed(&self) -> &[Disclosed] {
        &self.disclosed
    }

    /// SHA-256 of the body.
    pub fn digest(&self) -> [u8; 32] {
        hazmat::sha256(self.body().unwrap_or_default())
    }
}

/// A request under construction.
pub struct Builder {
    origin: Origin,
    call: Call,
    writer: ObjectWriter,
    disclosed: Vec<Disclosed>,
}

impl Builder {
    /// Adds a member.
    pub fn field<T: Leaves>(self, member: Member, value: &T) -> Self {
        self.add(member, &value.text(), T::WHY, T::UNRECORDED)
    }

    /// Adds the three members of a ciphertext.
    pub fn sealed<T: LeavesSealed>(self, members: Triple, value: &T) -> Self {
        let texts = value.texts();
        members.into_iter().zip(&texts).fold(self, |builder, (member, text)| builder.add(member, text, T::WHY, false))
    }

    fn add(mut self, member: Member, text: &str, why: &'static str, unrecorded: bool) -> Self {
        let name = member.name();
        let before = self.writer.position();
        self.writer.member_text(name, text);
        let end = self.writer.position();
        // The value stands behind `"name":`, and behind a comma unless it is the first.
        let start = before + usize::from(!self.disclosed.is_empty()) + name.len() + 3;
        self.disclosed.push(Disclosed { name, why, start, end, unrecorded });
        self
    }

    /// The request.
    pub fn build(self) -> Request {
        let body = Some(Zeroizing::new(self.writer.finish()));
        Request { origin: self.origin, call: self.call, bearer: None, body, disclosed: self.disclosed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w02_no_member_and_no_text_of_a_reason_names_a_password_to_send() {
        assert!(Member::ALL.iter().all(|member| !names_a_password(member.name())));
        assert!(names_a_password("newPassword") && names_a_password("password") && !names_a_password("passwort"));
    }

    #[test]
    fn every_byte_of_a_body_is_accounted_for() {
        let origin = Origin::read("https://app.example.org").expect("a good origin");
        let code = TokenText::new(Zeroizing::new(b"0123".to_vec()));
        let request = Request::to(&origin, Call::VerifyInvite)
            .field(Member::Email, &Name::heard("ada\"@example.org"))
            .field(Member::OrganizationId, &Organisation::heard("x"))
            .field(Member::Code, &Code(&code))
            .build();
        let body = request.body().expect("a body");
        let mut rebuilt = String::from("{");
        for (at, field) in request.disclosed().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let value = std::str::from_utf8(&body[field.start..field.end]).expect("UTF-8");
            rebuilt.push_str(&format!("{comma}\"{}\":{value}", field.name));
        }
        rebuilt.push('}');
        assert_eq!(rebuilt.as_bytes(), body);
        assert!(request.disclosed()[2].unrecorded);
        assert_eq!(Request::to(&origin, Call::ProbeInvite).build().body(), Some(&b"{}"[..]));
    }
}
