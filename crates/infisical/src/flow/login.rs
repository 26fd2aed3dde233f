//! Logging in by SRP, and opening what comes back.
//!
//! Promise: the salt is the account's where that is known; what comes back must open with the
//! password and belong together before its token is used for anything. A pair is tried again a few
//! times: a stranger who knows the user name can disturb one by beginning another. Must never: take
//! a log-in for proof of the server; it proves nothing but that the keys are right.

use super::super::answer::{self, LoggedIn};
use super::super::door::{Call, Code, Member, Name, Request, Ticket};
use super::super::keys::{Salt, Unlocked, Vault};
use super::super::says::Says;
use super::super::srp::Handshake;
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, Refused};
use super::{DialectNotice, DialectQuestion, Digits, Infisical};
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, X25519Secret};
use firstkey_core::wire::origin::Origin;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often a pair is tried where the password is known to be right.
pub(super) const SURE: u32 = 3;
/// How often where it may be wrong: every failure counts towards a lock.
pub(super) const TYPED: u32 = 2;
/// How often digits may be typed.
const DIGIT_TRIES: u32 = 3;

/// Who logs in.
pub(super) struct Who<'a> {
    pub(super) origin: &'a Origin,
    /// The user name that the server looks up.
    pub(super) name: &'a str,
    /// The sign-in's ticket, for accounts that need one.
    pub(super) ticket: Option<&'a TokenText>,
}

/// An open account.
pub(super) struct Session {
    pub(super) vault: Vault,
    pub(super) secret: X25519Secret,
    pub(super) token: TokenText,
}

/// What became of a log-in.
pub(super) enum LogIn {
    Open(Box<Session>),
    /// The proof was refused, as often as it was tried.
    Refused,
    /// The server says why not.
    Says(Says),
}

fn begin(who: &Who<'_>, handshake: &Handshake) -> Request {
    let request = Request::to(who.origin, Call::Login1)
        .field(Member::Email, &Name::heard(who.name))
        .field(Member::ClientPublicKey, handshake.public());
    match who.ticket {
        Some(ticket) => request.field(Member::ProviderAuthToken, &Ticket(ticket)).build(),
        None => request.build(),
    }
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// The salt that the account has now, as the server says. It is no proof of anything.
    pub(super) async fn salt(&mut self, who: &Who<'_>) -> End<Result<Salt, Says>> {
        let handshake = Handshake::make(self.rng);
        match self.send(&begin(who, &handshake)).await? {
            Outcome::Good(mut fields) => Ok(Ok(answer::challenge(&mut fields)?.salt)),
            Outcome::Says(says) => Ok(Err(says)),
            Outcome::Lost(why) => Err(DialectReason::Unreachable(why)),
        }
    }

    /// Logs in with what the password became.
    pub(super) async fn log_in(&mut self, who: &Who<'_>, unlocked: &Unlocked, tries: u32) -> End<LogIn> {
        for attempt in 1..=tries {
            let handshake = Handshake::make(self.rng);
            let challenge = match self.send(&begin(who, &handshake)).await? {
                Outcome::Good(mut fields) => answer::challenge(&mut fields)?,
                Outcome::Says(says) => return Ok(LogIn::Says(says)),
                Outcome::Lost(why) => return Err(DialectReason::Unreachable(why)),
            };
            if challenge.salt != unlocked.salt {
                return Err(Refused::OtherSalt.into());
            }
            let proof = handshake.prove(&unlocked.x, &challenge.server).ok_or(Refused::Keys)?;
            let request = Request::to(who.origin, Call::Login2)
                .field(Member::Email, &Name::heard(who.name))
                .field(Member::ClientProof, &proof);
            let request = match who.ticket {
                Some(ticket) => request.field(Member::ProviderAuthToken, &Ticket(ticket)).build(),
                None => request.build(),
            };
            let heard = match self.send(&request).await? {
                Outcome::Good(fields) => answer::logged_in(fields)?,
                Outcome::Says(Says::WrongProof) if attempt < tries => {
                    self.pause(attempt).await?;
                    continue;
                }
                Outcome::Says(Says::WrongProof) => return Ok(LogIn::Refused),
                Outcome::Says(says) => return Ok(LogIn::Says(says)),
                Outcome::Lost(why) => return Err(DialectReason::Unreachable(why)),
            };
            let (vault, token) = match heard {
                LoggedIn::Open(vault, token) => (vault, token),
                LoggedIn::NeedsCode(token) => match self.second_step(who, &token).await? {
                    Ok(open) => open,
                    Err(says) => return Ok(LogIn::Says(says)),
                },
            };
            let secret = vault.open(&unlocked.derived).map_err(|_| Refused::Keys)?;
            return Ok(LogIn::Open(Box::new(Session { vault: *vault, secret, token })));
        }
        Ok(LogIn::Refused)
    }

    /// A little longer each time.
    pub(super) async fn pause(&mut self, attempt: u32) -> End<()> {
        self.world.wait(Duration::from_secs(u64::from(attempt))).await.map_err(|_| DialectReason::Cancelled)
    }

    /// The digits of a log-in in two steps.
    async fn second_step(&mut self, who: &Who<'_>, token: &TokenText) -> End<Result<(Box<Vault>, TokenText), Says>> {
        for attempt in 1.. {
            let digits = self.digits(Digits::LogIn)?;
            let request =
                Request::to(who.origin, Call::VerifyMfa).field(Member::MfaToken, &Code(&digits)).build().bearing(token);
            match self.send(&request).await? {
                Outcome::Good(mut fields) => match answer::opened(&mut fields)? {
                    LoggedIn::Open(vault, token) => return Ok(Ok((vault, token))),
                    LoggedIn::NeedsCode(_) => return Err(Refused::Keys.into()),
                },
                Outcome::Says(Says::CodeWrong) if attempt < DIGIT_TRIES => self.tell(&DialectNotice::WrongDigits),
                Outcome::Says(says) => return Ok(Err(says)),
                Outcome::Lost(why) => return Err(DialectReason::Unreachable(why)),
            }
        }
        Err(DialectReason::NotOpened)
    }

    /// Six digits, asked for until they are some. Whatever is none is not sent: the server forgets
    /// its digits after three wrong ones.
    pub(super) fn digits(&mut self, which: Digits) -> End<TokenText> {
        for _ in 0..DIGIT_TRIES {
            let Some(text) = self.text(DialectQuestion::Digits(which))? else { break };
            let digits = Zeroizing::new(text.trim_ascii().to_vec());
            if digits.len() == 6 && digits.iter().all(u8::is_ascii_digit) {
                return Ok(TokenText::new(digits));
            }
            self.tell(&DialectNotice::WrongDigits);
        }
        Err(DialectReason::NotOpened)
    }
}
