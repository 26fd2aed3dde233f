//! The text form of the recovery code and of the secret key (protocol section 10): write it for
//! paper, read what people really type.
//!
//! The bytes are symbols of Crockford's base 32, most significant bit first, unused bits of the
//! last symbol zero; two check symbols follow, the first 10 bits of
//! `SHA-256("firstkey/v1/recovery-check" || bytes)`. A recovery code is 26 + 2 symbols in 7 groups
//! of 4. A secret key is 52 + 2 symbols in 14 groups, the last of 2, after the prefix `SK1-`.
//!
//! Promises: what was written reads back in either case, with look-alikes (`o`, `i`, `l`), with any
//! spaces and dashes or none. A wrong text is refused with the place to look at. Ten check bits let
//! one wrong text in 1,024 through; such a code opens nothing, so it costs an explanation, not
//! safety.
//!
//! Never: repairs a code. A hint names a group to look at; the person types it again. Leaves the
//! symbols of one on the stack.

use super::stack::{SHALLOW, wiped_after};
use super::{crockford, hazmat, label};
use crate::secret::{FixedSecret, RecoveryCode, SecretKey};
use std::fmt;
use zeroize::Zeroizing;

/// Symbols in a group.
pub const GROUP: usize = 4;
/// Symbols that carry the check.
const CHECK: usize = 2;
/// Symbols of the longest code, a secret key.
const MOST: usize = symbols(32);
/// What a secret key starts with.
const PREFIX: [char; 3] = ['S', 'K', '1'];

/// Symbols of the code of so many bytes, check included.
const fn symbols(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5) + CHECK
}

/// Where in a code to look: both count from 1, as a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which group (more than the code has when too much was typed).
    pub group: usize,
    /// Which symbol of that group, 1 to 4.
    pub symbol: usize,
}

impl Place {
    fn of(index: usize) -> Self {
        Self { group: index / GROUP + 1, symbol: index % GROUP + 1 }
    }
}

/// The number of a kit: six decimal digits by which a person tells two kits of an account apart.
///
/// They are made of the public key that belongs to its code, which the server has, so they help
/// nobody to guess the code. Two kits have the same number once in a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KitNumber(u32);

impl KitNumber {
    /// The number of the kit whose code has this public key: its first four bytes as a number,
    /// little-endian, without the millions.
    pub fn of(recovery_public: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = *recovery_public;
        Self(u32::from_le_bytes([a, b, c, d]) % 1_000_000)
    }
}

impl fmt::Display for KitNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// Why a text is not a code. The place is told, the symbols around it are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A character that no code has, for example `U`.
    #[error("{found:?} is not used in codes (group {}, symbol {})", position.group, position.symbol)]
    Symbol {
        /// Where it was typed.
        position: Place,
        /// What was typed there.
        found: char,
    },
    /// Too few or too many symbols.
    #[error("the code has {have} symbols, {need} are needed")]
    Length {
        /// How many symbols there were, the prefix not counted.
        have: usize,
        /// How many there are in such a code.
        need: usize,
    },
    /// The symbols do not belong together: something was read or typed wrong.
    #[error("the code has a mistake in it")]
    Check {
        /// The place to look at first. Given when just one likely slip (two neighbours swapped, or
        /// symbols that look alike in handwriting) would explain everything, or failing that just
        /// one changed symbol. A hint: after two or more mistakes it is wrong about one time in
        /// three.
        maybe: Option<Place>,
    },
    /// A recovery code where a secret key was asked for, or the other way round.
    #[error("this is the other kind of code")]
    OtherKind,
}

/// Writes a recovery code: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`.
pub fn write_code(code: &[u8; 16]) -> Zeroizing<String> {
    wiped_after::<SHALLOW, _>(|| write(code, ""))
}

/// Reads a recovery code as a person types it.
///
/// # Errors
/// The first of: the other kind of code, a character no code has, a wrong length, a failed check.
///
/// ```
/// use firstkey_core::crypto::recovery::{CodeError, read_code, write_code};
///
/// let written = write_code(&[7; 16]);
/// // Small letters, spaces for dashes: the same code.
/// let typed = written.to_lowercase().replace('-', " ");
/// assert!(read_code(&typed).is_ok_and(|code| *write_code(code.expose()) == *written));
/// assert!(matches!(read_code(&written[..20]), Err(CodeError::Length { .. })));
/// ```
pub fn read_code(text: &str) -> Result<RecoveryCode, CodeError> {
    // The prefix is made of code symbols: only together with the length does it tell the kinds
    // apart.
    if has_prefix(text) && typed(text).count() == PREFIX.len() + symbols(32) {
        return Err(CodeError::OtherKind);
    }
    wiped_after::<SHALLOW, _>(|| read::<_, 16>(text, 0))
}

/// Writes a secret key: `SK1-XXXX-...-XX`.
pub fn write_secret_key(key: &[u8; 32]) -> Zeroizing<String> {
    wiped_after::<SHALLOW, _>(|| write(key, "SK1-"))
}

/// Reads a secret key as a person types it; the prefix may be missing.
///
/// # Errors
/// See [`read_code`].
pub fn read_secret_key(text: &str) -> Result<SecretKey, CodeError> {
    let skipped = match typed(text).count() {
        have if have == symbols(16) => return Err(CodeError::OtherKind),
        // A key may begin with the symbols of the prefix; it is the prefix only where something
        // comes after it.
        have if has_prefix(text) && have != symbols(32) => PREFIX.len(),
        _ => 0,
    };
    wiped_after::<SHALLOW, _>(|| read::<_, 32>(text, skipped))
}

fn write<const N: usize>(code: &[u8; N], prefix: &str) -> Zeroizing<String> {
    // Prefix, symbols and dashes: never grows, so leaves no copies.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + symbols(N) * 5 / 4 + 1));
    text.push_str(prefix);
    for (index, &value) in encode(code)[..symbols(N)].iter().enumerate() {
        if index > 0 && index % GROUP == 0 {
            text.push('-');
        }
        text.push(crockford::symbol(value));
    }
    text
}

/// `N` is the length of `T`, which a constant of a trait cannot say here.
fn read<T: FixedSecret, const N: usize>(text: &str, skipped: usize) -> Result<T, CodeError> {
    const { assert!(T::LEN == N) }
    let mut values = Values::new([0; MOST]);
    let mut have = 0;
    for (index, found) in typed(text).skip(skipped).enumerate() {
        let position = Place::of(index);
        let value = crockford::value(found).ok_or(CodeError::Symbol { position, found })?;
        if let Some(slot) = values.get_mut(index) {
            *slot = value;
        }
        have = index + 1;
    }
    let need = symbols(N);
    if have != need {
        return Err(CodeError::Length { have, need });
    }
    let code = decode::<N>(&values).and_then(|code| T::from_slice(code.as_slice()));
    code.ok_or_else(|| CodeError::Check { maybe: likely_slip::<N>(&values) })
}

/// The values of a code's symbols, zero after its end; wiped when dropped.
type Values = Zeroizing<[u8; MOST]>;

/// What was typed without what only separates.
fn typed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_separator(*c))
}

fn has_prefix(text: &str) -> bool {
    let read = |c| crockford::value(c).map(crockford::symbol);
    typed(text).take(PREFIX.len()).map(read).eq(PREFIX.map(Some))
}

/// White space and anything people use for a dash.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The two check values of a code.
fn check(code: &[u8]) -> [u8; CHECK] {
    let mut input = Zeroizing::new(Vec::with_capacity(label::RECOVERY_CHECK.len() + code.len()));
    input.extend_from_slice(label::RECOVERY_CHECK);
    input.extend_from_slice(code);
    let digest = hazmat::sha256(&input);
    [digest[0] >> 3, (digest[0] & 7) << 2 | digest[1] >> 6]
}

fn encode<const N: usize>(code: &[u8; N]) -> Values {
    let mut values = Values::new([0; MOST]);
    let data = symbols(N) - CHECK;
    for (index, value) in values[..data].iter_mut().enumerate() {
        let byte = |at| u16::from(code.get(at).copied().unwrap_or(0));
        let bit = index * 5;
        let pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        *value = (pair >> (11 - bit % 8) & 0x1f).to_le_bytes()[0];
    }
    values[data..symbols(N)].copy_from_slice(&check(code));
    values
}

/// The code, if the unused bits are zero and the check symbols fit.
fn decode<const N: usize>(typed: &Values) -> Option<Zeroizing<[u8; N]>> {
    let mut code = Zeroizing::new([0; N]);
    for (index, &value) in typed[..symbols(N) - CHECK].iter().enumerate() {
        let bit = index * 5;
        let pair = (u16::from(value) << (11 - bit % 8)).to_be_bytes();
        for (at, part) in (bit / 8..).zip(pair) {
            if let Some(byte) = code.get_mut(at) {
                *byte |= part;
            }
        }
    }
    // Writing again catches both: unused bits come out as zero, check symbols as they should be.
    (*encode(&code) == **typed).then_some(code)
}

/// The place of the one slip that would explain a failed check, likely slips first.
fn likely_slip<const N: usize>(typed: &Values) -> Option<Place> {
    let swaps = (1..symbols(N)).filter(|&at| {
        let mut tried = typed.clone();
        tried.swap(at - 1, at);
        tried[at] != tried[at - 1] && decode::<N>(&tried).is_some()
    });
    let substitutions = |worth_trying: fn(u8, u8) -> bool| {
        (0..symbols(N)).flat_map(move |at| {
            (0..32).filter_map(move |value| {
                let mut tried = typed.clone();
                tried[at] = value;
                let tempting = value != typed[at] && worth_trying(typed[at], value);
                (tempting && decode::<N>(&tried).is_some()).then_some(at)
            })
        })
    };
    match only(swaps.chain(substitutions(look_alike))) {
        Candidates::One(at) => Some(Place::of(at)),
        Candidates::Several => None,
        Candidates::None => match only(substitutions(|_, _| true)) {
            Candidates::One(at) => Some(Place::of(at)),
            Candidates::None | Candidates::Several => None,
        },
    }
}

/// Pairs that handwriting and small print confuse, beyond those that reading forgives anyway.
fn look_alike(one: u8, other: u8) -> bool {
    const PAIRS: [&str; 14] = ["2Z", "5S", "8B", "6G", "17", "0D", "0Q", "VY", "MN", "PF", "CG", "KX", "VW", "49"];
    let (one, other) = (crockford::symbol(one), crockford::symbol(other));
    PAIRS.iter().any(|pair| pair.contains(one) && pair.contains(other))
}

enum Candidates {
    None,
    One(usize),
    Several,
}

fn only(mut places: impl Iterator<Item = usize>) -> Candidates {
    match (places.next(), places.next()) {
        (None, _) => Candidates::None,
        (Some(at), None) => Candidates::One(at),
        (Some(_), Some(_)) => Candidates::Several,
    }
}
