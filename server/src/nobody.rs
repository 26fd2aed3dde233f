//! What is said of people who do not exist.
//!
//! Promises: an address has the same answer every time, after a restart and at every server of the
//! deployment; it is drawn from what the realm's people have, each kind of lock as often as people
//! have it. When one of `n` people changes, one address of `n` gets another answer, with another
//! salt, as if its person had chosen a new password. Must never: say anything that depends on one
//! account.

use crate::key_file::FIRST;
use crate::keys::ServerKeys;
use crate::rng::as_uuid_v4;
use crate::store::Kind;
use firstkey_core::crypto::context::{AccountId, KeyGen};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use ring::hmac;

/// A person who does not exist.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Nobody {
    pub(crate) account: AccountId,
    pub(crate) kdf_block: [u8; KdfBlock::LEN],
    pub(crate) key_gen: u32,
}

/// The person of that address, if there is none.
pub(crate) fn of_address(keys: &ServerKeys, email_key: &str, kinds: &[Kind]) -> Nobody {
    let account = id(keys, b"account", email_key.as_bytes());
    let usual = usual(keys.newest());
    let kind = kind_of(keys, &account, kinds).unwrap_or(&usual);
    let mut kdf_block = [0; KdfBlock::LEN];
    kdf_block[..14].copy_from_slice(&kind.head);
    kdf_block[14..46].copy_from_slice(&of_kind(keys, b"salt", email_key.as_bytes(), kind));
    kdf_block[46..].copy_from_slice(&kind.tail);
    Nobody { account, kdf_block, key_gen: kind.key_gen }
}

/// The number of the server's key that an account has which does not exist: as often as people
/// have it, and it comes with the kind that [`of_address`] says.
pub(crate) fn server_key(keys: &ServerKeys, account: &AccountId, kinds: &[Kind]) -> u32 {
    kind_of(keys, account, kinds).map_or_else(|| keys.newest(), |kind| kind.server_key)
}

/// The kind of lock of an account that does not exist; by its id, because that is all that the
/// second step of a log-in knows.
fn kind_of<'a>(keys: &ServerKeys, account: &AccountId, kinds: &'a [Kind]) -> Option<&'a Kind> {
    draw(kinds, |kind| first_four(&of_kind(keys, b"kind", &account.0, kind)))
}

fn of_kind(keys: &ServerKeys, what: &[u8], of: &[u8], kind: &Kind) -> [u8; 32] {
    let (key_gen, server_key) = (kind.key_gen.to_be_bytes(), kind.server_key.to_be_bytes());
    // With the first key as it was before there were others: what is said stays the same.
    let later: &[u8] = if kind.server_key == FIRST { b"" } else { &server_key };
    let parts = [b"firstkey/v1/made-up", what, of, &kind.head, &kind.tail, &key_gen, later];
    derive(keys, &parts[..if later.is_empty() { 6 } else { 7 }])
}

/// Who stands in, as a place on the ring of account ids, when somebody is looked up by `what`.
pub(crate) fn ring(keys: &ServerKeys, what: &[u8]) -> [u8; 16] {
    id(keys, b"ring", what).0
}

/// What people have where nobody has anything yet.
fn usual(server_key: u32) -> Kind {
    let block = KdfBlock { profile: Profile::DEFAULT, salt: Salt::heard([0; 32]), two_secret: false }.encode();
    let (head, tail) = (block.first_chunk(), block.last_chunk());
    let whole = "invariant: a block has 47 bytes";
    Kind { head: *head.expect(whole), tail: *tail.expect(whole), key_gen: KeyGen::FIRST.0, server_key, people: 1 }
}

/// One of the kinds, each as likely as it has people: weighted rendezvous hashing, so that a change
/// of the numbers moves no more addresses than it must. `random` is the same every time for one
/// address and kind.
fn draw(kinds: &[Kind], random: impl Fn(&Kind) -> u32) -> Option<&Kind> {
    let score = |kind: &Kind| {
        // Above 0 and at most 1.
        let uniform = (f64::from(random(kind)) + 1.0) / (f64::from(u32::MAX) + 1.0);
        uniform.ln() / f64::from(kind.people.max(1))
    };
    kinds.iter().max_by(|one, other| score(one).total_cmp(&score(other)))
}

fn derive(keys: &ServerKeys, parts: &[&[u8]]) -> [u8; 32] {
    let tag = hmac::sign(&keys.fakes, &pae(parts));
    tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 gives 32 bytes")
}

fn id(keys: &ServerKeys, what: &[u8], of: &[u8]) -> AccountId {
    let bytes = derive(keys, &[b"firstkey/v1/made-up", what, of]);
    AccountId::heard(as_uuid_v4(*bytes.first_chunk().expect("invariant: 32 bytes hold 16")))
}

fn first_four(bytes: &[u8; 32]) -> u32 {
    u32::from_be_bytes(*bytes.first_chunk().expect("invariant: 32 bytes hold 4"))
}

#[cfg(test)]
mod tests {
    use super::{Nobody, of_address, usual};
    use crate::keys::ServerKeys;
    use crate::store::Kind;
    use ring::hmac;
    use std::collections::BTreeMap;

    fn kind(profile: u8, key_gen: u32, people: u32) -> Kind {
        let usual = usual(1);
        let mut head = usual.head;
        head[1] = profile;
        Kind { head, key_gen, people, ..usual }
    }

    /// A server whose people who do not exist are the same in every run: what is counted below is
    /// what these happen to be, and no run differs from the one before by chance.
    fn keys() -> ServerKeys {
        let folder = tempfile::tempdir().expect("a folder");
        let mut keys = ServerKeys::make(folder.path()).expect("keys");
        keys.fakes = hmac::Key::new(hmac::HMAC_SHA256, b"of this test");
        keys
    }

    fn people(keys: &ServerKeys, kinds: &[Kind]) -> Vec<Nobody> {
        (0..20_000).map(|at| of_address(keys, &format!("nobody{at}@example.org"), kinds)).collect()
    }

    #[test]
    fn nobody_has_what_people_have_as_often_as_they_do() {
        let keys = keys();
        let kinds = [kind(2, 1, 900), kind(2, 2, 60), kind(3, 1, 40)];
        let mut seen = BTreeMap::<_, f64>::new();
        for nobody in people(&keys, &kinds) {
            *seen.entry((nobody.kdf_block[1], nobody.key_gen)).or_default() += 1.0;
        }
        assert_eq!(seen.len(), kinds.len());
        for kind in &kinds {
            let (count, expected) = (seen[&(kind.head[1], kind.key_gen)], 20.0 * f64::from(kind.people));
            // Five standard deviations.
            assert!((count - expected).abs() < 5.0 * expected.sqrt(), "{kind:?}: {count}, not {expected}");
        }
    }

    #[test]
    fn a_change_of_one_person_in_a_thousand_changes_about_one_answer_in_a_thousand_with_its_salt() {
        let keys = keys();
        let before = people(&keys, &[kind(2, 1, 900), kind(3, 1, 100)]);
        assert_eq!(before, people(&keys, &[kind(2, 1, 900), kind(3, 1, 100)]), "the same every time");
        assert_eq!(before, people(&keys, &[kind(3, 1, 100), kind(2, 1, 900)]), "in whatever order");
        let after = people(&keys, &[kind(2, 1, 899), kind(3, 1, 101)]);
        let moved: Vec<_> = before.iter().zip(&after).filter(|(one, other)| one != other).collect();
        assert!((5..60).contains(&moved.len()), "{}", moved.len());
        for (one, other) in moved {
            assert_eq!((one.kdf_block[1], other.kdf_block[1]), (2, 3), "only as the people did");
            assert_eq!(one.account, other.account);
            assert_ne!(one.kdf_block[14..46], other.kdf_block[14..46], "a new profile comes with a new salt");
        }
        // The second person with a new kind of lock moves nobody else's answer.
        let more = people(&keys, &[kind(2, 1, 900), kind(3, 1, 100), kind(4, 1, 1)]);
        let moved = before.iter().zip(&more).filter(|(one, other)| one != other);
        assert!(moved.map(|(_, other)| other.kdf_block[1]).all(|profile| profile == 4));
    }

    #[test]
    fn where_nobody_has_finished_everybody_has_the_usual_lock() {
        let keys = keys();
        let nobody = of_address(&keys, "eve@example.org", &[]);
        assert_eq!((nobody.kdf_block[1], nobody.kdf_block[46], nobody.key_gen), (2, 0, 1));
    }
}
