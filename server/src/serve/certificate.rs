//! What a certificate says about its time: the two moments between which it is good (RFC 5280
//! section 4.1.2.5).
//!
//! Only as much DER as is needed to reach them; whether a chain is trusted is for whoever connects
//! to judge.

use crate::calendar::days;

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) begins: i64,
    pub(crate) ends: i64,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Reads the validity; `None` if this is no certificate.
pub(crate) fn validity(certificate: &[u8]) -> Option<Validity> {
    let (_, outer, _) = element(certificate)?;
    let (_, mut inner, _) = element(outer)?;
    if *inner.first()? == VERSION {
        inner = element(inner)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        inner = element(inner)?.2;
    }
    let (tag, times, _) = element(inner)?;
    if tag != SEQUENCE {
        return None;
    }
    let (begin_tag, begin, rest) = element(times)?;
    let (end_tag, end, _) = element(rest)?;
    Some(Validity { begins: moment(begin_tag, begin)?, ends: moment(end_tag, end)? })
}

/// Tag, contents, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=3).contains(&count) || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    (rest.len() >= length).then(|| (tag, &rest[..length], &rest[length..]))
}

fn moment(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        digits.get(from..to).map(|part| part.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
    };
    let (year, at) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year = number(0, 2)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, 2)
        }
        (GENERALIZED_TIME, 14) => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |n: usize| number(at + 2 * n, at + 2 * n + 2);
    let (month, day) = (part(0)?, part(1)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days(year, month, day) * 86_400 + part(2)? * 3600 + part(3)? * 60 + part(4)?)
}

#[cfg(test)]
mod tests {
    use super::{Validity, validity};
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    #[test]
    fn both_moments_are_read_in_both_forms() {
        for (from, to, want) in [
            ((2025, 1, 1), (2049, 12, 31), (1_735_689_600, 2_524_521_600)),
            ((2020, 2, 29), (2096, 3, 1), (1_582_934_400, 3_981_398_400)),
        ] {
            let mut params = CertificateParams::new(vec!["accounts.example.org".to_owned()]).expect("a name");
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(to.0, to.1, to.2);
            let certificate = params.self_signed(&KeyPair::generate().expect("a key")).expect("signed");
            assert_eq!(validity(certificate.der()), Some(Validity { begins: want.0, ends: want.1 }));
        }
    }

    #[test]
    fn what_is_no_certificate_is_none_and_nothing_breaks() {
        let params = CertificateParams::new(vec!["accounts.example.org".to_owned()]).expect("a name");
        let good = params.self_signed(&KeyPair::generate().expect("a key")).expect("signed").der().to_vec();
        for length in 0..200 {
            assert_eq!(validity(&good[..length]), None, "{length}");
        }
        for at in 0..good.len().min(160) {
            for value in [0, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = validity(&bad);
            }
        }
    }
}
