//! The line of an identity file: `AGE-PLUGIN-FIRSTKEY-1...`, which says whose key the plugin is to
//! ask for.
//!
//! ```text
//! version 1 | realm_id[16] | account_id[16] | key_gen u32be | ed25519[32] | x25519[32] | server's OPAQUE key[32] | length of origin u8 | origin | e-mail
//! ```
//!
//! Everything in it is public. It is a pin in another spelling, so a computer that never saw the
//! account still compares before it asks for a password. Promise: what is read is what would be
//! written, byte for byte. Must never: hold a secret, or be believed against a pin on this
//! computer.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Hrp};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::{PublicIdentity, PublicKeys};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::inbound::read_email;
use firstkey_core::wire::origin::Origin;

/// The name of the plugin, as in `age-plugin-firstkey`.
pub const NAME: &str = "firstkey";
const PREFIX: &str = "age-plugin-firstkey-";
const VERSION: u8 = 1;

/// The checksum of Bech32 without its limit of 90 symbols, as in every identity of age.
enum Bech32Long {}

impl Checksum for Bech32Long {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
    type CorrectionField = <Bech32 as Checksum>::CorrectionField;
    const ROOT_GENERATOR: Self::CorrectionField = Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: core::ops::RangeInclusive<usize> = Bech32::ROOT_EXPONENTS;
}

/// Whose key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine(Pin);

/// Not such a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identity of this plugin")]
pub struct NotALine;

impl AccountLine {
    /// The line of a remembered account; `None` if its origin is longer than a line holds.
    pub fn of(pin: &Pin) -> Option<Self> {
        let line = Self(Pin { invite: None, two_secret: false, held: None, ..pin.clone() });
        u8::try_from(pin.origin.as_str().len()).is_ok().then_some(line)
    }

    /// What it says, as a pin.
    pub fn pin(&self) -> &Pin {
        &self.0
    }

    /// Whether a pin of this computer is of the same account and says something else.
    pub fn is_contradicted_by(&self, pin: &Pin) -> bool {
        let same_account = pin.context == self.0.context;
        let agrees =
            pin.origin == self.0.origin && pin.identity == self.0.identity && pin.server_key == self.0.server_key;
        same_account && !agrees
    }

    /// The bytes inside.
    pub fn encode(&self) -> Vec<u8> {
        let Pin { origin, context, email, identity, server_key, .. } = &self.0;
        let origin = origin.as_str().as_bytes();
        let length = u8::try_from(origin.len()).expect("invariant: a line is made of short origins only");
        [
            &[VERSION][..],
            &context.realm.0,
            &context.account.0,
            &identity.key_gen.0.to_be_bytes(),
            &identity.ed25519,
            &identity.x25519,
            server_key,
            &[length],
            origin,
            email.as_bytes(),
        ]
        .concat()
    }

    /// Reads the bytes inside.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotALine> {
        let mut rest = bytes;
        let [VERSION] = take::<1>(&mut rest)? else { return Err(NotALine) };
        let context =
            AccountContext { realm: RealmId::heard(take(&mut rest)?), account: AccountId::heard(take(&mut rest)?) };
        let identity = PublicIdentity::heard(PublicKeys {
            key_gen: KeyGen(u32::from_be_bytes(take(&mut rest)?)),
            ed25519: take(&mut rest)?,
            x25519: take(&mut rest)?,
        });
        let server_key = take(&mut rest)?;
        let [length] = take::<1>(&mut rest)?;
        let (origin, email) = rest.split_at_checked(usize::from(length)).ok_or(NotALine)?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| NotALine);
        let origin_text = text(origin)?;
        let origin = Origin::read(&origin_text).map_err(|_| NotALine)?;
        let email = read_email(text(email)?).map_err(|_| NotALine)?;
        let line = Self(Pin {
            origin,
            invite: None,
            context,
            email,
            identity,
            server_key,
            memberships: Vec::new(),
            two_secret: false,
            held: None,
        });
        // One spelling only: an origin in capitals would read the same.
        if line.encode() == bytes { Ok(line) } else { Err(NotALine) }
    }

    /// The line itself.
    pub fn write(&self) -> String {
        bech32::encode_upper::<Bech32Long>(Hrp::parse_unchecked(PREFIX), &self.encode())
            .expect("invariant: without a limit nothing is too long")
    }

    /// Reads the line.
    pub fn read(text: &str) -> Result<Self, NotALine> {
        let parsed = CheckedHrpstring::new::<Bech32Long>(text).map_err(|_| NotALine)?;
        if !parsed.hrp().as_str().eq_ignore_ascii_case(PREFIX) {
            return Err(NotALine);
        }
        Self::decode(&parsed.byte_iter().collect::<Vec<_>>())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NotALine> {
    let (taken, left) = rest.split_first_chunk().ok_or(NotALine)?;
    *rest = left;
    Ok(*taken)
}
