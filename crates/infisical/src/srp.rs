//! SRP-6a as the servers of this dialect speak it: the 4096-bit group of RFC 5054, SHA-256, no M2.
//!
//! Promise: exponents never decide how long anything takes (fixed windows, constant-time
//! selection); a server's number is used only if it is of full length and not one of those that
//! would make the session key known beforehand. Must never: normalise a password or an identity, or
//! take another group.
//!
//! Not RFC 5054: `M1 = SHA256(A | B | K)`; who logs in and with what salt enters through `x` alone.
//! Numbers are hashed as 512 bytes, zeros in front included.
//!
//! Residue: the arithmetic copies numbers on the stack while it works; what is kept here is wiped,
//! those copies are not.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U512, U4096};
use firstkey_core::crypto::hazmat::sha256;
use firstkey_core::secret::{SrpExponent, TypedPassword};
use rand_core::CryptoRngCore;
use std::sync::LazyLock;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a number of the group.
pub const NUMBER: usize = 512;

/// The modulus (RFC 3526, group 16).
const MODULUS: &str = "\
FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7\
88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8\
DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2\
233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA9\
93B4EA988D8FDDC186FFB7DC90A6C08F4DF435C934063199FFFFFFFFFFFFFFFF";
/// The generator.
const GENERATOR: u8 = 5;
const LIMBS: usize = U4096::LIMBS;

type Form = FixedMontyForm<LIMBS>;

/// The modulus, ready for arithmetic: public, computed once.
static GROUP: LazyLock<FixedMontyParams<LIMBS>> =
    LazyLock::new(|| FixedMontyParams::new_vartime(Odd::<U4096>::from_be_hex(MODULUS)));

/// `k = SHA256(N | PAD(g))`.
static MULTIPLIER: LazyLock<Form> = LazyLock::new(|| {
    let mut bytes = [0; 2 * NUMBER];
    bytes[..NUMBER].copy_from_slice(GROUP.modulus().to_be_bytes().as_ref());
    bytes[2 * NUMBER - 1] = GENERATOR;
    form(&U256::from_be_slice(&sha256(&bytes)).resize())
});

fn form(number: &U4096) -> Form {
    Form::new(number, &GROUP)
}

/// `g^exponent`.
fn power_of_generator(exponent: &SrpExponent) -> Form {
    // EXPOSE: the exponent of a power; constant time for all 256 bits.
    let exponent = Zeroizing::new(U256::from_be_slice(exponent.expose()));
    form(&U4096::from(GENERATOR)).pow_bounded_exp(&*exponent, U256::BITS)
}

fn bytes(number: &Form) -> [u8; NUMBER] {
    let mut plain = Zeroizing::new(number.retrieve());
    let mut out = [0; NUMBER];
    out.copy_from_slice(plain.to_be_bytes().as_ref());
    plain.zeroize();
    out
}

/// `x = SHA256(salt | SHA256(identity | ":" | password))`; the salt as 32 bytes, unlike for
/// Argon2id.
pub fn exponent(identity: &str, password: &TypedPassword, salt: &[u8; 32]) -> SrpExponent {
    // EXPOSE: hashed into x, which is what SRP takes for a password.
    let secret = password.expose();
    let mut inner = Zeroizing::new(Vec::with_capacity(identity.len() + 1 + secret.len()));
    inner.extend_from_slice(identity.as_bytes());
    inner.push(b':');
    inner.extend_from_slice(secret);
    let mut outer = Zeroizing::new([0; 64]);
    outer[..32].copy_from_slice(salt);
    outer[32..].copy_from_slice(&*Zeroizing::new(sha256(&inner)));
    SrpExponent::from_bytes(&Zeroizing::new(sha256(&*outer)))
}

/// `v = g^x`: what the server keeps. Whoever has it and the salt can test guesses at the password
/// without Argon2id.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier([u8; NUMBER]);

impl Verifier {
    /// Of this `x`.
    pub fn derive(x: &SrpExponent) -> Self {
        Self(bytes(&power_of_generator(x)))
    }

    /// The number, zeros in front included.
    pub fn as_bytes(&self) -> &[u8; NUMBER] {
        &self.0
    }
}

/// A, the client's public number of one handshake.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientPublic([u8; NUMBER]);

impl ClientPublic {
    /// The number, zeros in front included.
    pub fn as_bytes(&self) -> &[u8; NUMBER] {
        &self.0
    }
}

/// B, the server's, of full length and usable.
#[derive(Clone)]
pub struct ServerPublic {
    bytes: [u8; NUMBER],
    number: Form,
}

impl ServerPublic {
    /// Takes it if `1 < B mod N < N - 1`: 0, 1 and N - 1 leave a server that does not know the
    /// verifier a key to guess.
    pub fn accept(bytes: [u8; NUMBER]) -> Option<Self> {
        let number = form(&U4096::from_be_slice(&bytes));
        let one = Form::one(&GROUP);
        let trivial = [Form::zero(&GROUP), one, one.neg()];
        // Public on both sides: the server said it in clear.
        if trivial.contains(&number) { None } else { Some(Self { bytes, number }) }
    }
}

/// M1, 32 bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientProof([u8; 32]);

impl ClientProof {
    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// One handshake: a fresh secret exponent and its public number.
pub struct Handshake {
    secret: SrpExponent,
    public: ClientPublic,
}

impl Handshake {
    /// With 256 fresh random bits.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        Self::with(SrpExponent::make(rng))
    }

    /// With a known secret, for the vectors.
    #[cfg(test)]
    pub(super) fn with_secret(secret: &[u8; 32]) -> Self {
        Self::with(SrpExponent::from_bytes(secret))
    }

    fn with(secret: SrpExponent) -> Self {
        let public = ClientPublic(bytes(&power_of_generator(&secret)));
        Self { secret, public }
    }

    /// A.
    pub fn public(&self) -> &ClientPublic {
        &self.public
    }

    /// M1, or `None` if `u` is zero. A handshake is used once.
    pub fn prove(self, x: &SrpExponent, server: &ServerPublic) -> Option<ClientProof> {
        let key = self.session_key(x, server)?;
        Some(ClientProof(self.hash_with(server, &*key)))
    }

    fn hash_with(&self, server: &ServerPublic, last: &[u8]) -> [u8; 32] {
        let mut both = Zeroizing::new(Vec::with_capacity(2 * NUMBER + last.len()));
        both.extend_from_slice(&self.public.0);
        both.extend_from_slice(&server.bytes);
        both.extend_from_slice(last);
        sha256(&both)
    }

    /// `K = SHA256(PAD(S))`, `S = (B - k v)^(a + u x)`.
    fn session_key(&self, x: &SrpExponent, server: &ServerPublic) -> Option<Zeroizing<[u8; 32]>> {
        let u = U256::from_be_slice(&self.hash_with(server, &[]));
        if u == U256::ZERO {
            return None;
        }
        let verifier = Zeroizing::new(power_of_generator(x));
        let base = Zeroizing::new(server.number.sub(&MULTIPLIER.mul(&verifier)));
        // EXPOSE: both enter the exponent. It is below 2^512: (2^256 - 1)^2 + 2^256 - 1.
        let (a, x) = (
            Zeroizing::new(U256::from_be_slice(self.secret.expose())),
            Zeroizing::new(U256::from_be_slice(x.expose())),
        );
        let product: Zeroizing<U512> = Zeroizing::new(u.concatenating_mul(&*x));
        let sum = Zeroizing::new(product.wrapping_add(&a.resize()));
        let secret = Zeroizing::new(base.pow_bounded_exp(&*sum, U512::BITS));
        let shared = Zeroizing::new(bytes(&secret));
        Some(Zeroizing::new(sha256(&*shared)))
    }
}

#[cfg(test)]
mod server;

#[cfg(test)]
mod tests;
