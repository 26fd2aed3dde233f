//! An account opened from what the server stores, by nothing but the library's own pieces.

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, Kind, X25519ByAccountKey};
use firstkey_core::crypto::identity::{KeyPairs, PublicIdentity, PublicKeys};
use firstkey_core::crypto::kek::Kek;
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::secret::{AccountKey, RecoveryCode};
use firstkey_server::Shown;

/// A completed account as the server shows it, decoded.
pub struct Stored<'a>(pub &'a Shown);

impl Stored<'_> {
    /// Realm and account.
    pub fn context(&self) -> AccountContext {
        let id = |text: &str| uuid::Uuid::parse_str(text).expect("a UUID").into_bytes();
        AccountContext {
            realm: RealmId::heard(id(&self.0.realm_id)),
            account: AccountId::heard(id(&self.0.account_id)),
        }
    }

    /// The public keys.
    pub fn identity(&self) -> PublicIdentity {
        let shown = self.0.identity.as_ref().expect("the account is complete");
        PublicIdentity::heard(PublicKeys {
            key_gen: KeyGen(shown.key_gen),
            ed25519: bytes(&shown.ed25519),
            x25519: bytes(&shown.x25519),
        })
    }

    /// The 47 bytes of salt and settings.
    pub fn kdf_block(&self) -> [u8; 47] {
        bytes(self.0.kdf_block.as_ref().expect("the account is complete"))
    }

    /// An envelope, its structure checked.
    pub fn envelope<K: Kind>(&self, number: u8) -> Envelope<K> {
        let text = &self.0.envelopes.as_ref().expect("the account is complete")[&number];
        Envelope::read(&Base64UrlUnpadded::decode_vec(text).expect("base64url")).expect("an envelope")
    }

    /// Opens the account as somebody who has nothing but the recovery kit; panics if the kit is not
    /// this account's.
    pub fn open_with(&self, code: &str) -> Opened {
        let (context, key_gen) = (self.context(), self.identity().key_gen);
        let code = read_code(code).expect("the kit holds a code");
        let by_recovery = Kek::derive_from_recovery_code(&code, &context);
        let account_key = self
            .envelope::<AccountKeyByRecovery>(2)
            .open(&by_recovery, &context, key_gen)
            .expect("the recovery code opens envelope 2");
        let by_account = Kek::derive_from_account_key(&account_key, &context);
        let pairs = KeyPairs {
            x25519: self.envelope::<X25519ByAccountKey>(3).open(&by_account, &context, key_gen).expect("opens"),
            ed25519: self.envelope::<Ed25519ByAccountKey>(4).open(&by_account, &context, key_gen).expect("opens"),
        };
        assert_eq!(
            pairs.public(key_gen),
            self.identity(),
            "the stored public keys are those of the stored private ones"
        );
        Opened { code, account_key, pairs }
    }
}

/// What only the owner has.
pub struct Opened {
    pub code: RecoveryCode,
    pub account_key: AccountKey,
    pub pairs: KeyPairs,
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    Base64UrlUnpadded::decode_vec(text).expect("base64url").try_into().expect("of that length")
}
