//! A colleague's public keys: asked for, verified, and compared with what is remembered of them.
//!
//! ```text
//! opened with the password -> directory -> realm and signature -> the address against what is remembered -> generation -> keys -> words, if some were typed
//! ```
//!
//! The statement that a colleague signs names their account and not their address, so the server
//! alone says who stands behind an address, once. From then on this computer knows it. Promise:
//! what differs from that is given out only with the words of the new fingerprint, which a person
//! must have from somewhere else; an older generation never. Must never: take what an administrator
//! compared for the keys that are shown now, or store anything; that is for whoever asked.

use super::run::{End, Heard, Run};
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::crypto::context::AccountContext;
use crate::flow::checkpoint::Pin;
use crate::flow::peer::{Peer, PeerTrouble, address};
use crate::flow::world::World;
use crate::wire::directory::{Listing, Words, read_directory};
use crate::wire::disclose::Sought;
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// How what the server shows relates to what was remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing was remembered.
    First,
    /// The same keys.
    Same,
    /// Others, whose fingerprint was typed.
    Confirmed,
}

/// A colleague whose keys may be used.
#[derive(Debug)]
pub struct FoundPeer {
    /// As they should be remembered from now on.
    pub peer: Peer,
    /// How that relates to what was remembered.
    pub sight: Sight,
    /// What it takes the place of.
    pub instead_of: Vec<Peer>,
    /// When an administrator compared these very keys, if one did; seconds since 1970, 0 if the
    /// server does not say.
    pub confirmed_at: Option<u64>,
    /// Whether an administrator compared other keys of this person.
    pub others_confirmed: bool,
    /// The fingerprint of an account with this address that was removed.
    pub earlier: Option<Words>,
    /// When their keys were reset by an administrator, seconds since 1970.
    pub reset_at: Option<u64>,
    /// The own account, as it was opened.
    pub own: Done,
}

/// Runs it. `peers` is everybody who is remembered; `words` are those that the person typed.
pub async fn find<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
    whom: &str,
    peers: &[Peer],
    words: Option<&Words>,
) -> Result<FoundPeer, AccountStop> {
    let mut run = Run::new(world, rng);
    let end = run.find(known, whom, peers, words).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn find(&mut self, known: Known, whom: &str, peers: &[Peer], words: Option<&Words>) -> End<FoundPeer> {
        self.origin = Some(known.origin.clone());
        let whom = address(whom).ok_or_else(|| AccountReason::Peer(Box::new(PeerTrouble::NoAddress)))?;
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open_once(&known, &params).await?;
        let request = Outbound::post(&known.origin, Endpoint::Directory).field("email", &Sought::read(&whom)?).build();
        let Heard::Answer(listing) = self.send_in(&open.session, &request, read_directory).await? else {
            return Err(Refusal::Opaque.into());
        };
        let own = self.remember(known, open, Deed::Verified).await?;
        let peer = verified(&own.pin, whom, &listing)?;
        let (sight, compared, instead_of) = judge(&own.pin, &peer, peers, &listing, words)?;
        let shown = peer.fingerprint().to_string();
        let is_these = listing.confirmed.as_ref().map(|confirmed| confirmed.as_str() == shown);
        Ok(FoundPeer {
            peer: Peer { compared, ..peer },
            sight,
            instead_of,
            confirmed_at: (is_these == Some(true)).then(|| listing.confirmed_at.unwrap_or_default()),
            others_confirmed: is_these == Some(false),
            earlier: listing.earlier,
            reset_at: listing.reset_at,
            own,
        })
    }
}

/// Realm and signature.
fn verified(own: &Pin, email: String, listing: &Listing) -> End<Peer> {
    if listing.realm != own.context.realm {
        return Err(Refusal::OtherAccount.into());
    }
    let context = AccountContext { realm: listing.realm, account: listing.account };
    listing.identity.verify(&listing.signature, &context).map_err(|_| Refusal::Keys)?;
    Ok(Peer {
        origin: own.origin.clone(),
        context,
        email,
        identity: listing.identity,
        signature: listing.signature,
        compared: false,
    })
}

/// What is shown against what is remembered and what was typed: how it relates, whether a person
/// compared it, and what it takes the place of.
fn judge(
    own: &Pin,
    shown: &Peer,
    peers: &[Peer],
    listing: &Listing,
    words: Option<&Words>,
) -> End<(Sight, bool, Vec<Peer>)> {
    let stop = |trouble| Err(AccountReason::Peer(Box::new(trouble)));
    let (email, now) = (shown.email.clone(), shown.fingerprint());
    let typed = words.is_some_and(|words| shown.is_called(words));
    if words.is_some() && !typed {
        return stop(PeerTrouble::OtherWords { email, now });
    }
    if shown.context == own.context {
        // The own account is known better than by the directory, and has one address.
        return match own.email.eq_ignore_ascii_case(&email) {
            true if shown.identity == own.identity => Ok((Sight::Same, typed, Vec::new())),
            true => Err(Refusal::Keys.into()),
            false => stop(PeerTrouble::SomebodyElse { email, known_as: own.email.clone(), now }),
        };
    }
    let in_realm = || peers.iter().filter(|peer| peer.context.realm == shown.context.realm);
    let of_account = in_realm().find(|peer| peer.context.account == shown.context.account);
    // Whatever else differs: nobody goes back in time.
    if of_account.is_some_and(|peer| shown.identity.key_gen.0 < peer.identity.key_gen.0) {
        return stop(PeerTrouble::Older { email });
    }
    let of_address = peer_of(in_realm(), &email).next();
    let replaced = || in_realm().filter(|peer| peer.email == email || peer.context == shown.context).cloned().collect();
    match (of_address, of_account) {
        (Some(before), _) if before.context == shown.context && before.identity == shown.identity => {
            Ok((Sight::Same, typed || before.compared, replaced()))
        }
        (None, None) => Ok((Sight::First, typed, Vec::new())),
        // Only words from elsewhere let anything else in.
        _ if typed => Ok((Sight::Confirmed, true, replaced())),
        (Some(before), _) => {
            let other_account = before.context != shown.context;
            let removed = listing.earlier.as_ref().is_some_and(|earlier| before.is_called(earlier));
            stop(PeerTrouble::Changed { email, before: before.fingerprint(), now, other_account, removed })
        }
        (None, Some(known)) => stop(PeerTrouble::SomebodyElse { email, known_as: known.email.clone(), now }),
    }
}

/// Those who are remembered under an address.
pub fn peer_of<'a>(peers: impl Iterator<Item = &'a Peer>, email: &str) -> impl Iterator<Item = &'a Peer> {
    let email = address(email);
    peers.filter(move |peer| email.as_ref().is_some_and(|email| *email == peer.email))
}
