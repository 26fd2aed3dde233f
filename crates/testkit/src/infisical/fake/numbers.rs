//! The arithmetic of the server's side, from the facts alone.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U4096};
use sha2::{Digest, Sha256};

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
pub(super) const NUMBER: usize = 512;

pub(super) type Form = FixedMontyForm<{ U4096::LIMBS }>;

pub(super) fn group() -> FixedMontyParams<{ U4096::LIMBS }> {
    FixedMontyParams::new_vartime(Odd::<U4096>::from_be_hex(MODULUS))
}

pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

pub(super) fn padded(number: &Form) -> Vec<u8> {
    number.retrieve().to_be_bytes().as_ref().to_vec()
}

pub(super) fn number(bytes: &[u8]) -> Option<Form> {
    (bytes.len() == NUMBER).then(|| Form::new(&U4096::from_be_slice(bytes), &group()))
}

/// B of this handshake.
pub(super) fn server_public(verifier: &str, b: &[u8; 32]) -> Option<Vec<u8>> {
    let generator = Form::new(&U4096::from(5_u8), &group());
    let modulus = group().modulus().to_be_bytes().as_ref().to_vec();
    let mut five = vec![0; NUMBER];
    five[NUMBER - 1] = 5;
    let k = Form::new(&U256::from_be_slice(&hash(&[&modulus, &five])).resize(), &group());
    Some(padded(&k.mul(&number(&unhex(verifier)?)?).add(&generator.pow(&U256::from_be_slice(b)))))
}

/// M1 of this handshake.
pub(super) fn client_proof(a_hex: &str, verifier: &str, b: &[u8; 32]) -> Option<String> {
    let (a, public) = (unhex(a_hex)?, server_public(verifier, b)?);
    let u = U256::from_be_slice(&hash(&[&a, &public]));
    let base = number(&a)?.mul(&number(&unhex(verifier)?)?.pow(&u));
    let key = hash(&[&padded(&base.pow(&U256::from_be_slice(b)))]);
    Some(hex(&hash(&[&a, &public, &key])))
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}
