//! What a refusal of such a server means: (call, status, message) to one reason.
//!
//! Promise: most failures are status 500 with a text, so the text decides what the person is told,
//! and nothing else: whether something is safe is never decided by it. What is not known is passed
//! on as it is, made fit for a terminal. Must never: guess.

use super::answer::ServerError;
use super::door::Call;
use firstkey_core::wire::text::Printable;

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// No such user, as far as this invite goes.
    NoSuchUser,
    /// No open invitation of that user to that organisation: withdrawn, answered, or
    /// de-provisioned.
    NoInvitation,
    /// The code was used, replaced, or never issued.
    CodeGone,
    /// Another code than this, most often a newer one.
    CodeWrong,
    /// Too late.
    CodeExpired,
    /// The account is complete, or there is none.
    CompletedOrUnknown,
    /// Two invitations of one organisation carry this address.
    TwoInvitations,
    /// The 15 minutes are over.
    TokenExpired,
    /// The token is none of this server's, or of another account or kind.
    TokenRefused,
    /// New accounts are switched off on this server.
    SignUpDisabled,
    /// The proof was wrong, or somebody else began to log in meanwhile.
    WrongProof,
    /// There is no complete account of that name.
    NoAccount,
    /// This account signs in at its company.
    SignInFirst,
    /// After too many failures: a puzzle for browsers.
    Puzzle,
    /// After too many failures: locked.
    Locked,
    /// No emergency kit was ever issued.
    NoKit,
    /// Not a member of that organisation.
    NotAMember,
    /// The form of the request was not what this server wants; the members that it misses.
    Form(Vec<Printable>),
    /// Too many requests.
    TooMany(Option<u32>),
    /// Under maintenance, or the server behind the gateway is away.
    Away,
    /// Anything else.
    Other {
        /// HTTP status.
        status: u16,
        /// The server's words.
        message: Printable,
    },
}

impl Says {
    /// Whether the server misses the password itself in what it was sent.
    pub fn wants_the_password(&self) -> bool {
        matches!(self, Self::Form(names) if names.iter().any(|name| name.as_str().eq_ignore_ascii_case("password")))
    }

    /// Whether the same may work a little later.
    pub fn passes(&self) -> bool {
        matches!(self, Self::TooMany(_) | Self::Away)
    }
}

/// The reason behind `error` in answer to `call`.
pub fn meaning(call: Call, error: &ServerError) -> Says {
    let message = error.message.as_str();
    let form = error.error == "ValidationFailure";
    match (error.status, message) {
        (429, _) => return Says::TooMany(error.retry_after),
        (502..=504, _) => return Says::Away,
        (500, text) if text.to_ascii_lowercase().contains("maintenance") => return Says::Away,
        (500, "jwt expired") => return Says::TokenExpired,
        (500, "jwt malformed" | "invalid signature" | "jwt must be provided" | "Invalid auth credentials") => {
            return Says::TokenRefused;
        }
        (401 | 403 | 422, _) if form => {
            let names = error.fields.iter().flatten().map(|name| Printable::from_untrusted(name));
            return Says::Form(names.collect());
        }
        _ => {}
    }
    let coded = matches!(call, Call::VerifyInvite | Call::VerifyEmail | Call::VerifyReset | Call::VerifyMfa);
    match (call, error.status, message) {
        (Call::VerifyInvite, 400, "Invalid request")
        | (Call::VerifyReset, 500, "Failed email verification for pass reset") => Says::NoSuchUser,
        (Call::VerifyInvite, 400, "Failed to find invitation")
        | (Call::CompleteInvite, 400, "Failed to find invitation for email") => Says::NoInvitation,
        (_, 500, "Failed to find token") if coded => Says::CodeGone,
        (_, 500, "Invalid token") if coded => Says::CodeWrong,
        (_, 500, text) if coded && text.starts_with("Token expired") => Says::CodeExpired,
        (Call::CompleteInvite | Call::CompleteSignup, 500, "Failed to complete account for complete user") => {
            Says::CompletedOrUnknown
        }
        (Call::CompleteInvite, 500, _) if error.error == "Update org memberships" => Says::TwoInvitations,
        (Call::CompleteSignup, 400, "Sign up is disabled") => Says::SignUpDisabled,
        (Call::Login1, 500, "Failed to find user") => Says::NoAccount,
        (Call::Login2 | Call::ChangeLock, 500, "Failed to authenticate. Try again?")
        | (Call::IssueKit, 500, "failed to create backup key") => Says::WrongProof,
        (Call::FetchKit, 500, "Failed to find user backup key") => Says::NoKit,
        (Call::Login1, 403, _) => Says::SignInFirst,
        (Call::Login2, 400, _) if matches!(error.error.as_str(), "Captcha Required" | "Invalid Captcha") => {
            Says::Puzzle
        }
        (_, 403, _) if error.error == "User Locked" => Says::Locked,
        (Call::SelectOrganisation, 403, _) => Says::NotAMember,
        (_, 403, _) => Says::TokenRefused,
        (_, status, _) => {
            let message = if message.is_empty() { &error.error } else { message };
            Says::Other { status, message: Printable::from_untrusted(message) }
        }
    }
}
