//! Who opened a link before: this computer, or somebody else.
//!
//! Every claim has a fresh key. A computer keeps the digest of each that it sends, before it sends
//! it, and a server lists the digests of those that it has seen. What is in both was this
//! computer's own try, whatever became of it; what only the server has, was somebody else's or
//! another computer's.
//!
//! Promise: digests of public keys and times alone. A digest gives nobody the key that it is of, so
//! that nobody who holds the link can claim with a key of this computer and pass for it. Must
//! never: take a try for this computer's own because of its number or its time.

use super::checkpoint::{Unreadable, bytes, encode, text};
use crate::crypto::context::InviteId;
use crate::wire::disclose::ClaimKey;
use crate::wire::inbound::SeenClaim;
use crate::wire::origin::Origin;
use crate::wire::outbound::{Endpoint, Outbound};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// The most tries that are kept of one invite; older ones go.
const MOST: usize = 32;

/// A try of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try {
    /// SHA-256 of its claim key.
    pub digest: [u8; 32],
    /// When, by this computer's clock, in seconds since 1970.
    pub at: u64,
}

/// The tries of this computer at one invite, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The server.
    pub origin: Origin,
    /// The invite.
    pub invite: InviteId,
    /// The tries.
    pub tries: Vec<Try>,
}

/// Of earlier claims, what is known of who made them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// When this computer last began and did not finish, if it did.
    pub here: Option<u64>,
    /// How often it was opened by somebody else or, where the server does not tell, by anybody.
    pub elsewhere: u64,
    /// When last.
    pub last_elsewhere: Option<u64>,
    /// Whether the server tells one from the other.
    pub told_apart: bool,
}

/// What a server says of the claims before this one.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    /// How many.
    pub count: u64,
    /// When the last one was.
    pub last_at: Option<u64>,
    /// The newest of them, if the server lists them.
    pub claims: Option<&'a [SeenClaim]>,
}

impl Earlier {
    /// Judges; `now` is the digest of this run's own key, which a server has seen before if its
    /// answer was lost and the same bytes were sent again.
    pub fn judge(reported: Reported<'_>, own: &[Try], now: &[u8; 32]) -> Self {
        let Some(claims) = reported.claims else {
            let here = own.iter().map(|tried| tried.at).max().filter(|_| reported.count > 0);
            let (elsewhere, last_elsewhere) = (reported.count, reported.last_at);
            return Self { here, elsewhere, last_elsewhere, told_apart: false };
        };
        let is_own = |seen: &&SeenClaim| own.iter().any(|tried| tried.digest == seen.digest);
        let here =
            own.iter().filter(|tried| claims.iter().any(|seen| seen.digest == tried.digest && seen.digest != *now));
        let others = claims.iter().filter(|seen| seen.digest != *now && !is_own(seen));
        // What is not listed is nobody's, so it counts as somebody else's.
        let listed = u64::try_from(claims.len()).unwrap_or(u64::MAX);
        let unlisted = reported.count.saturating_sub(listed);
        let elsewhere = unlisted.saturating_add(u64::try_from(others.clone().count()).unwrap_or(u64::MAX));
        Self {
            here: here.map(|tried| tried.at).max(),
            elsewhere,
            last_elsewhere: others.map(|seen| seen.at).max(),
            told_apart: true,
        }
    }
}

#[derive(Deserialize)]
struct Claimed<'a> {
    // The token is passed over where it stands: no copy of it is made.
    #[serde(borrow)]
    invite_id: &'a str,
    #[serde(borrow)]
    claim_key: &'a str,
}

/// The invite that a request claims, and the digest of the key that it claims it with; `None` for
/// every other request.
pub fn of_claim(request: &Outbound) -> Option<(InviteId, [u8; 32])> {
    if request.endpoint() != Endpoint::Claim {
        return None;
    }
    let claimed: Claimed<'_> = serde_json::from_slice(request.body()).ok()?;
    let key = ClaimKey::heard(bytes(claimed.claim_key).ok()?);
    Some((InviteId::heard(bytes(claimed.invite_id).ok()?), key.digest()))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TriedFile {
    version: u32,
    origin: String,
    invite_id: String,
    tries: Vec<TryFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TryFile {
    sha256: String,
    at: u64,
}

const VERSION: u32 = 1;

impl Tried {
    /// No try at that invite yet.
    pub fn new(origin: Origin, invite: InviteId) -> Self {
        Self { origin, invite, tries: Vec::new() }
    }

    /// Adds one; the same bytes sent again are no other try.
    pub fn add(&mut self, tried: Try) {
        if self.tries.iter().any(|known| known.digest == tried.digest) {
            return;
        }
        self.tries.push(tried);
        let over = self.tries.len().saturating_sub(MOST);
        self.tries.drain(..over);
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        let one = |tried: &Try| TryFile { sha256: Base64UrlUnpadded::encode_string(&tried.digest), at: tried.at };
        encode(&TriedFile {
            version: VERSION,
            origin: self.origin.as_str().to_owned(),
            invite_id: text(&self.invite.0),
            tries: self.tries.iter().map(one).collect(),
        })
    }

    /// Reads them back, strictly.
    ///
    /// # Errors
    /// It is anything else.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let file: TriedFile = serde_json::from_slice(file).map_err(|_| Unreadable)?;
        if file.version != VERSION || file.tries.len() > MOST {
            return Err(Unreadable);
        }
        let one =
            |tried: TryFile| -> Result<Try, Unreadable> { Ok(Try { digest: bytes(&tried.sha256)?, at: tried.at }) };
        Ok(Self {
            origin: Origin::read(&file.origin).map_err(|_| Unreadable)?,
            invite: InviteId::heard(bytes(&file.invite_id)?),
            tries: file.tries.into_iter().map(one).collect::<Result<_, Unreadable>>()?,
        })
    }
}

#[cfg(test)]
#[path = "tried_tests.rs"]
mod tests;
