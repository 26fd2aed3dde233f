//! Fuzz body: envelopes as a server could return them.
//!
//! Oracle: an accepted structure is kept byte for byte and belongs to one kind only; a sealed
//! envelope opens if and only if not one bit of it was changed.

use super::chance::Seeded;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, Kind, X25519ByAccountKey,
};
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{ByAccountKey, ByPassword, ByRecovery, Kek};
use firstkey_core::secret::{AccountKey, Ed25519Seed, ExportKey, PreKey, RecoveryCode, X25519Secret};

const GEN: KeyGen = KeyGen::FIRST;
const INVARIANT: &str = "invariant: sealing under fresh keys succeeds";

/// Four envelopes and the keys that open them.
pub struct Sealed {
    context: AccountContext,
    by_password: Kek<ByPassword>,
    by_recovery: Kek<ByRecovery>,
    by_account: Kek<ByAccountKey>,
    /// The exact bytes, types 1 to 4.
    pub envelopes: [Vec<u8>; 4],
}

impl Sealed {
    /// Seals four fresh keys.
    pub fn new(seed: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let context = AccountContext { realm: RealmId::heard(rng.bytes()), account: AccountId::heard(rng.bytes()) };
        let account_key = AccountKey::make(&mut rng);
        let by_password = Kek::derive_from_password(&PreKey::make(&mut rng), &ExportKey::make(&mut rng), &context);
        let by_recovery = Kek::derive_from_recovery_code(&RecoveryCode::make(&mut rng), &context);
        let by_account = Kek::derive_from_account_key(&account_key, &context);
        let block = KdfBlock { profile: Profile::Two, salt: Salt::make(&mut rng), two_secret: false };
        let (x25519, ed25519) = (X25519Secret::make(&mut rng), Ed25519Seed::make(&mut rng));
        let one = Envelope::<AccountKeyByPassword>::seal(&by_password, &account_key, &context, GEN, &block, &mut rng)
            .expect(INVARIANT);
        let two = Envelope::<AccountKeyByRecovery>::seal(&by_recovery, &account_key, &context, GEN, &mut rng)
            .expect(INVARIANT);
        let three =
            Envelope::<X25519ByAccountKey>::seal(&by_account, &x25519, &context, GEN, &mut rng).expect(INVARIANT);
        let four =
            Envelope::<Ed25519ByAccountKey>::seal(&by_account, &ed25519, &context, GEN, &mut rng).expect(INVARIANT);
        let envelopes = [one.as_bytes(), two.as_bytes(), three.as_bytes(), four.as_bytes()].map(<[u8]>::to_vec);
        Self { context, by_password, by_recovery, by_account, envelopes }
    }

    /// Which of the four kinds `bytes` open as.
    fn opens(&self, bytes: &[u8]) -> [bool; 4] {
        fn one<K: Kind>(bytes: &[u8], kek: &Kek<K::By>, context: &AccountContext) -> bool {
            Envelope::<K>::read(bytes).is_ok_and(|envelope| {
                assert_eq!(envelope.as_bytes(), bytes, "an envelope is not kept as it came");
                assert_eq!(bytes.len(), Envelope::<K>::LEN);
                envelope.open(kek, context, KeyGen::FIRST).is_ok()
            })
        }
        [
            one::<AccountKeyByPassword>(bytes, &self.by_password, &self.context),
            one::<AccountKeyByRecovery>(bytes, &self.by_recovery, &self.context),
            one::<X25519ByAccountKey>(bytes, &self.by_account, &self.context),
            one::<Ed25519ByAccountKey>(bytes, &self.by_account, &self.context),
        ]
    }
}

/// Reads `data` as an envelope of every kind; then as edits of good ones: kind, then (offset, xor)
/// pairs.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let sealed = Sealed::new(7);
    let structures = [
        Envelope::<AccountKeyByPassword>::read(data).is_ok(),
        Envelope::<AccountKeyByRecovery>::read(data).is_ok(),
        Envelope::<X25519ByAccountKey>::read(data).is_ok(),
        Envelope::<Ed25519ByAccountKey>::read(data).is_ok(),
    ];
    assert!(structures.iter().filter(|read| **read).count() <= 1, "one text reads as two kinds");
    let known = sealed.envelopes.iter().position(|good| good == data);
    assert_eq!(sealed.opens(data), [0, 1, 2, 3].map(|kind| known == Some(kind)), "opened, or not, against the oracle");

    let Some((kind, edits)) = data.split_first() else { return };
    let kind = usize::from(kind % 4);
    let mut bytes = sealed.envelopes[kind].clone();
    for edit in edits.chunks_exact(2) {
        let at = usize::from(edit[0]) % bytes.len();
        bytes[at] ^= edit[1];
    }
    if edits.len() % 2 == 1 {
        bytes.truncate(usize::from(edits[edits.len() - 1]));
    }
    let known = sealed.envelopes.iter().position(|good| *good == bytes);
    assert_eq!(
        sealed.opens(&bytes),
        [0, 1, 2, 3].map(|kind| known == Some(kind)),
        "a changed envelope opened, or an unchanged one did not"
    );
}
