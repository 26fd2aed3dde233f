//! Fuzz body: whatever is typed for a recovery code or a secret key.
//!
//! Oracle: what is accepted writes itself in one canonical form, which is accepted as the same; it
//! is one kind alone; taking one symbol of it away or exchanging one is never accepted silently as
//! the same code; a slip is named at a place that the text has.

use firstkey_core::crypto::recovery::{CodeError, read_code, read_secret_key, write_code, write_secret_key};

/// Reads `data` as both.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (code, key) = (read_code(text), read_secret_key(text));
    assert!(code.is_err() || key.is_err(), "one text is two kinds");
    match &code {
        Ok(code) => {
            // EXPOSE: written again.
            let canonical = write_code(code.expose());
            assert_eq!(canonical.len(), 34);
            assert!(read_code(&canonical).is_ok_and(|again| again.matches(code)), "the canonical form is another code");
            for at in 0..canonical.len() {
                let (before, after) = (&canonical[..at], &canonical[at + 1..]);
                let shorter = read_code(&format!("{before}{after}"));
                assert!(canonical.as_bytes()[at] == b'-' || shorter.is_err(), "a symbol less is a code");
                let other = if canonical.as_bytes()[at] == b'7' { '3' } else { '7' };
                let exchanged = read_code(&format!("{before}{other}{after}"));
                assert!(exchanged.map_or(true, |other| !other.matches(code)), "two texts, one code");
            }
        }
        Err(CodeError::Symbol { position, found }) => {
            assert!(text.contains(*found) && position.group >= 1 && (1..=4).contains(&position.symbol));
        }
        Err(CodeError::Length { have, need }) => assert!(have != need && *need == 28),
        Err(CodeError::Check { maybe: Some(place) }) => {
            assert!((1..=7).contains(&place.group) && (1..=4).contains(&place.symbol));
        }
        Err(CodeError::Check { maybe: None } | CodeError::OtherKind) => {}
    }
    if let Ok(key) = &key {
        // EXPOSE: written again.
        let canonical = write_secret_key(key.expose());
        assert!(canonical.starts_with("SK1-"));
        assert!(read_secret_key(&canonical).is_ok_and(|again| again.matches(key)));
    }
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::chance::Seeded;
    use firstkey_core::crypto::recovery::{write_code, write_secret_key};
    use rand_core::RngCore;

    #[test]
    fn slips_of_every_kind_keep_the_oracle_content() {
        let mut chance = Seeded::new(0x7e47);
        for _ in 0..300 {
            let text = if chance.next_u32().is_multiple_of(4) {
                write_secret_key(&chance.bytes())
            } else {
                write_code(&chance.bytes())
            };
            let mut text = text.as_bytes().to_vec();
            for _ in 0..chance.next_u32() % 4 {
                let at = chance.next_u32() as usize % text.len();
                match chance.next_u32() % 4 {
                    0 => text[at] = chance.bytes::<1>()[0] & 0x7f,
                    1 => drop(text.remove(at)),
                    2 => text.insert(at, b"0O1Il-_ Uu7Z\xc3"[chance.next_u32() as usize % 13]),
                    _ => text.swap(at, 0),
                }
            }
            run(&text);
        }
    }
}
