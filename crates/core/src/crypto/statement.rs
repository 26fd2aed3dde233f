//! The bundle statement: the account's own signature over everything that it consists of on the
//! server, with a count (protocol section 7).
//!
//! Promise: whoever changes a lock counts one on and signs; two states of one account are told
//! apart by their counts, and nobody without the account's signing key makes a state. Must never:
//! hold anything but digests and public values, or decide what an older one means; that is `flow`.

use super::context::{AccountContext, KeyGen};
use super::encoding::pae;
use super::identity::{IdentitySignature, PublicIdentity};
use super::realm_key::RealmKey;
use super::{SUITE, hazmat, label};
use crate::secret::Ed25519Seed;
use std::ops::Deref;

/// A part of a bundle, by the number under which the statement lists its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum BundlePart {
    /// Envelope 1, whose header holds salt and settings.
    ByPassword = 1,
    /// Envelope 2.
    ByRecovery = 2,
    /// Envelope 3.
    X25519 = 3,
    /// Envelope 4.
    Ed25519 = 4,
    /// The identity statement and its signature, joined.
    Identity = 128,
    /// The public key of the recovery code.
    RecoveryKey = 129,
}

impl BundlePart {
    /// Those that every account has, as the statement orders them.
    pub const ALL: [Self; 6] =
        [Self::ByPassword, Self::ByRecovery, Self::X25519, Self::Ed25519, Self::Identity, Self::RecoveryKey];

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// SHA-256 of each part, in the order of their numbers. Those of parts that this version does not
/// know are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests(Vec<(u8, [u8; 32])>);

/// The number of the realm's signing key, which is no part of the bundle: an account that lists it
/// takes no registration of a password that another key has signed, or none.
const REALM_KEY: u8 = 130;
/// Bytes of one entry: the part's number, and its digest.
const ENTRY: usize = 33;
/// Most entries.
const MOST: usize = 32;

impl Digests {
    /// Those of the parts of an account.
    pub fn of(
        context: &AccountContext,
        identity: &PublicIdentity,
        signature: &IdentitySignature,
        envelopes: [&[u8]; 4],
        recovery_public: &[u8; 32],
    ) -> Self {
        let [one, two, three, four] = envelopes;
        let identity = [identity.statement(context), signature.0.to_vec()].concat();
        let parts = [one, two, three, four, &identity, recovery_public];
        let numbered = BundlePart::ALL.into_iter().zip(parts);
        Self(numbered.map(|(part, bytes)| (part.number(), hazmat::sha256(bytes))).collect())
    }

    /// The same with the signing key of the account's realm; what is listed of it already stays.
    pub fn naming(mut self, realm: &RealmKey) -> Self {
        if self.digest(REALM_KEY).is_none() {
            self.0.push((REALM_KEY, hazmat::sha256(realm.as_bytes())));
            self.0.sort_unstable_by_key(|(number, _)| *number);
        }
        self
    }

    /// Whether a signing key of the realm is named.
    pub fn names_a_realm_key(&self) -> bool {
        self.digest(REALM_KEY).is_some()
    }

    /// Whether it is this one that is named.
    pub fn names(&self, realm: &RealmKey) -> bool {
        self.digest(REALM_KEY) == Some(&hazmat::sha256(realm.as_bytes()))
    }

    /// Reads entries of 33 bytes; their numbers rise, so no part is there twice and there is one
    /// spelling.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY>();
        if !rest.is_empty() || entries.is_empty() || entries.len() > MOST {
            return None;
        }
        let entries: Vec<_> = entries.iter().map(|[number, digest @ ..]| (*number, *digest)).collect();
        entries.is_sorted_by(|(one, _), (next, _)| one < next).then_some(Self(entries))
    }

    /// The same bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(number, digest)| [&[*number], digest.as_slice()].concat()).collect()
    }

    fn digest(&self, number: u8) -> Option<&[u8; 32]> {
        self.0.iter().find(|(of, _)| *of == number).map(|(_, digest)| digest)
    }

    /// The first of `parts` that is not listed here, or listed otherwise.
    pub fn missing(&self, parts: &Self) -> Option<u8> {
        parts.0.iter().find(|(number, digest)| self.digest(*number) != Some(digest)).map(|(number, _)| *number)
    }

    /// With these in the place of what is listed of them; the rest stays.
    pub fn with(&self, parts: &Self) -> Self {
        let others = self.0.iter().filter(|(number, _)| parts.digest(*number).is_none());
        let mut entries: Vec<_> = parts.0.iter().chain(others).copied().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        Self(entries)
    }

    /// The parts that every account has and that differ between the two.
    pub fn differing(&self, other: &Self) -> Vec<BundlePart> {
        let differs = |part: &BundlePart| self.digest(part.number()) != other.digest(part.number());
        BundlePart::ALL.into_iter().filter(differs).collect()
    }
}

/// What a statement consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Counts the states of one generation of keys, from 1; at most 2^53.
    pub counter: u64,
    /// What the account consists of.
    pub digests: Digests,
    /// Ed25519 by the account's signing key, over [`Statement::message`].
    pub signature: [u8; 64],
}

/// The statement, with its signature: signed here, or as somebody said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    said: Counted,
}

impl Deref for Statement {
    type Target = Counted;

    fn deref(&self) -> &Counted {
        &self.said
    }
}

impl Statement {
    /// As a server, or a file of this program, says it; [`Statement::is_signed_by`] judges it.
    pub const fn heard(said: Counted) -> Self {
        Self { said }
    }

    /// The highest count: beyond it, readers of JSON begin to round.
    pub const LAST: u64 = 1 << 53;

    /// `BND = PAE("firstkey/v1/bundle", suite, realm_id, account_id, key_gen u32be, counter u64be,
    /// digests)`.
    pub fn message(context: &AccountContext, key_gen: KeyGen, counter: u64, digests: &Digests) -> Vec<u8> {
        pae(&[
            label::BUNDLE,
            &[SUITE],
            &context.realm.0,
            &context.account.0,
            &key_gen.0.to_be_bytes(),
            &counter.to_be_bytes(),
            &digests.encode(),
        ])
    }

    /// Signs.
    pub fn sign(seed: &Ed25519Seed, context: &AccountContext, key_gen: KeyGen, counter: u64, digests: Digests) -> Self {
        let message = Self::message(context, key_gen, counter, &digests);
        // EXPOSE: the seed signs what its own account consists of.
        let signature = hazmat::ed25519_sign(seed.expose(), &message);
        Self { said: Counted { counter, digests, signature } }
    }

    /// Whether the key of `identity` signed it, strictly.
    pub fn is_signed_by(&self, identity: &PublicIdentity, context: &AccountContext) -> bool {
        let message = Self::message(context, identity.key_gen, self.counter, &self.digests);
        hazmat::ed25519_verify(&identity.ed25519, &message, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Vec<(u8, [u8; 32])>> {
        proptest::collection::btree_map(any::<u8>(), any::<[u8; 32]>(), 1..MOST)
            .prop_map(|map| map.into_iter().collect())
    }

    #[test]
    fn a_list_of_digests_has_one_spelling() {
        let entry = |number: u8| [&[number][..], &[7; 32]].concat();
        assert!(Digests::read(&[entry(1), entry(2)].concat()).is_some());
        for bad in [
            Vec::new(),
            entry(1)[..32].to_vec(),
            [entry(1), vec![2]].concat(),
            [entry(2), entry(1)].concat(),
            [entry(1), entry(1)].concat(),
            (0..33).flat_map(entry).collect(),
        ] {
            assert_eq!(Digests::read(&bad), None, "{bad:?}");
        }
        assert!(Digests::read(&(0..32).flat_map(entry).collect::<Vec<_>>()).is_some());
    }

    #[test]
    fn a_realm_key_is_named_once_and_stays_the_one_that_was_named() {
        let [one, two] = [1, 2].map(|byte| RealmKey::from_bytes([byte; 32]));
        let parts = Digests(vec![(1, [7; 32]), (200, [8; 32])]);
        assert!(!parts.names_a_realm_key() && !parts.names(&one));
        let named = parts.clone().naming(&one);
        assert!(named.names_a_realm_key() && named.names(&one) && !named.names(&two));
        assert_eq!(named.clone().naming(&two), named);
        assert_eq!(named.missing(&parts), None);
        assert_eq!(Digests::read(&named.encode()), Some(named));
    }

    proptest! {
        #[test]
        fn digests_are_read_as_they_are_written(entries in entries()) {
            let digests = Digests(entries);
            prop_assert_eq!(Digests::read(&digests.encode()), Some(digests));
        }

        #[test]
        fn what_is_put_in_is_listed_and_everything_else_stays(old in entries(), new in entries()) {
            let (old, new) = (Digests(old), Digests(new));
            let both = old.with(&new);
            prop_assert_eq!(both.missing(&new), None);
            let mut rest = old.clone();
            rest.0.retain(|(number, _)| new.digest(*number).is_none());
            prop_assert!(rest.0.is_empty() || both.missing(&rest).is_none());
            prop_assert_eq!(both.0.len(), new.0.len() + rest.0.len());
            prop_assert_eq!(Digests::read(&both.encode()).is_some(), both.0.len() <= MOST);
        }
    }
}
