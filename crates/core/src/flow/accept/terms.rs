//! From the offer as heard to terms that this program keeps.
//!
//! Promise: the built-in protection is a floor; a server may raise it and never lower it (I3). Must
//! never: apply a policy member that it does not know.

use super::Options;
use super::claim::Claim;
use crate::crypto::SUITE;
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::kdf::{KdfRefused, Profile};
use crate::crypto::realm_key::RealmKey;
use crate::flow::Introduction;
use crate::flow::checkpoint::Pin;
use crate::flow::reset::{self, Replacement};
use crate::flow::stop::AcceptReason;
use crate::flow::tried::{Earlier, Reported};
use crate::wire::asked::SecretKeys;
use crate::wire::inbound::{Mode, Offer};
use crate::wire::origin::Origin;
use crate::wire::refusal::Refusal;

/// The least length of a new password in code points, whatever a server says.
pub(crate) const MIN_LENGTH: u64 = 15;
/// More than this would lock people out rather than protect them.
const MAX_MIN_LENGTH: u64 = 128;

/// An offer that was accepted.
pub(super) struct Terms {
    pub(super) introduction: Introduction,
    pub(super) context: AccountContext,
    pub(super) profile: Profile,
    pub(super) min_length: u64,
    /// What the organisation says of secret keys.
    pub(super) secret_keys: SecretKeys,
    /// Whether the account gets one.
    pub(super) two_secret: bool,
    pub(super) mode: Mode,
    pub(super) key_gen: KeyGen,
    /// Whether the server keeps bundle statements.
    pub(super) keeps_statements: bool,
    /// The key that signed the offer, for the account's statement to name.
    pub(super) realm_key: Option<RealmKey>,
    /// What has to be agreed to beside the invite.
    pub(super) replacement: Option<Replacement>,
}

/// Judges `offer`; the first broken rule is the answer.
pub(super) fn accept(
    options: &Options,
    origin: Origin,
    claim: &Claim,
    offer: Offer,
    realm_key: Option<RealmKey>,
) -> Result<Terms, AcceptReason> {
    if offer.protocol != 1 || !offer.suites.contains(&u64::from(SUITE)) {
        return Err(Refusal::Unspoken.into());
    }
    let context = AccountContext { realm: offer.realm, account: offer.account };
    if options.pins.iter().any(|pin| (pin.origin == origin) != (pin.context.realm == offer.realm)) {
        return Err(Refusal::RealmChanged.into());
    }
    let profile = profile(options, &offer)?;
    let policy = &offer.policy;
    if policy.min_length < MIN_LENGTH || policy.min_length > MAX_MIN_LENGTH {
        return Err(Refusal::WeakPolicy("min_length").into());
    }
    if !matches!(policy.recovery.as_str(), "recommended" | "required") {
        return Err(Refusal::WeakPolicy("recovery").into());
    }
    let secret_keys = SecretKeys::read(&policy.secret_key).ok_or(Refusal::WeakPolicy("secret_key"))?;
    let pinned = options.pins.iter().find(|pin| pin.context == context);
    let key_gen = match (offer.mode, offer.reset) {
        (Mode::Enrol, reset) => reset::judge(reset, pinned)?,
        // Joining makes no keys, so it can replace none.
        (Mode::Join, None) => KeyGen::FIRST,
        (Mode::Join, Some(_)) => return Err(Refusal::Malformed("reset").into()),
    };
    let replacement = offer.reset.map(|reset| Replacement {
        origin: origin.clone(),
        organisation: offer.organisation.clone(),
        email: offer.email.clone(),
        contact: offer.contact.clone(),
        key_gen,
        started_at: reset.started_at,
        known: pinned.map(Pin::fingerprint),
    });
    let own = options.tried.iter().find(|tried| tried.invite == claim.invite && tried.origin == origin);
    let own = own.map_or(&[][..], |tried| tried.tries.as_slice());
    let (count, last_at) = (offer.earlier_claims, offer.last_claim);
    let earlier = Earlier::judge(Reported { count, last_at, claims: offer.claims.as_deref() }, own, &claim.digest());
    // Whoever had one before a reset has one after it, unless nobody takes one.
    let had_one = pinned.is_some_and(|pin| pin.two_secret);
    let two_secret = match secret_keys {
        SecretKeys::Required => true,
        SecretKeys::Allowed => had_one,
        SecretKeys::Off => false,
    };
    Ok(Terms {
        secret_keys,
        two_secret,
        key_gen,
        keeps_statements: offer.keeps_statements,
        realm_key,
        replacement,
        context,
        profile,
        min_length: policy.min_length,
        mode: offer.mode,
        introduction: Introduction {
            origin,
            invite: claim.invite,
            org: offer.org,
            organisation: offer.organisation,
            email: offer.email,
            display_name: offer.display_name,
            expires_at: offer.expires_at,
            server_time: offer.server_time,
            earlier,
            contact: offer.contact,
        },
    })
}

/// The costliest of the default, what the organisation asks for and what the person wishes.
fn profile(options: &Options, offer: &Offer) -> Result<Profile, AcceptReason> {
    let least = match offer.policy.min_profile {
        0 => return Err(Refusal::WeakPolicy("min_profile").into()),
        id => Profile::from_id(id).ok_or(Refusal::Kdf(KdfRefused::Malformed))?,
    };
    let wanted = match offer.kdf {
        None => least,
        Some(params) => {
            let profile = params.accept().map_err(Refusal::Kdf)?;
            if profile < least {
                return Err(Refusal::Kdf(KdfRefused::TooWeak(params)).into());
            }
            profile
        }
    };
    // The default is a floor too: a wish raises, whatever the organisation is content with.
    Ok(Profile::DEFAULT.max(least).max(wanted).max(options.profile.unwrap_or(Profile::DEFAULT)))
}
