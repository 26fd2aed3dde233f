//! Moments in filters: RFC 3339 with or without a fraction and an offset, as nanoseconds since
//! 1970.

use crate::calendar::days;

/// Reads a moment; none if the text is not one.
pub(super) fn read(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = bytes.get(range)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    };
    let sign = |at: usize, signs: &[u8]| bytes.get(at).is_some_and(|byte| signs.contains(byte));
    if !(sign(4, b"-") && sign(7, b"-") && sign(10, b"Tt") && sign(13, b":") && sign(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end == 0 {
            return None;
        }
        nanos = fraction
            .bytes()
            .take(end)
            .chain(std::iter::repeat(b'0'))
            .take(9)
            .fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        rest = &fraction[end..];
    }
    let offset = match rest {
        // Without an offset it is taken for UTC.
        "" | "Z" | "z" => 0,
        _ => {
            // A plus in an address that is read as a form is a blank, and no other blank can stand
            // here.
            let (direction, clock) = match rest.strip_prefix(['+', ' ']) {
                Some(clock) => (1, clock),
                None => (-1, rest.strip_prefix('-')?),
            };
            // ISO 8601 also writes +0530 and +05.
            let (hours, minutes) = match clock.split_once(':') {
                Some(parts) => parts,
                None if clock.len() == 2 => (clock, "00"),
                None => clock.split_at_checked(2)?,
            };
            let two = |text: &str| {
                (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u8>().ok())?
            };
            let (hours, minutes) = (two(hours)?, two(minutes)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            direction * (i64::from(hours) * 3600 + i64::from(minutes) * 60)
        }
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * 1_000_000_000 + nanos)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn moments_are_read_with_fraction_and_offset() {
        assert_eq!(read("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(read("2000-02-29T00:00:00Z"), Some(951_782_400_000_000_000));
        assert_eq!(read("2100-03-01T00:00:00"), Some(4_107_542_400_000_000_000));
        assert_eq!(read("2015-10-10T14:38:21.8617979-07:00"), Some(1_444_513_101_861_797_900));
        assert_eq!(read("1969-12-31T23:59:59.5z"), Some(-500_000_000));
        assert_eq!(read("2026-01-01T00:00:00+05:30"), Some(1_767_205_800_000_000_000));
        assert_eq!(read("2026-01-01T00:00:00+23:59"), Some(1_767_139_260_000_000_000));
        assert_eq!(read("2026-01-01T00:00:00-23:59"), Some(1_767_311_940_000_000_000));
        for same in ["+0530", "+05:30", " 05:30", " 0530"] {
            assert_eq!(read(&format!("2026-01-01T00:00:00{same}")), Some(1_767_205_800_000_000_000), "{same}");
        }
        assert_eq!(read("2026-01-01T00:00:00-05"), read("2026-01-01T00:00:00-05:00"));
        for good in ["2004-02-29T00:00:00Z", "2026-04-30T23:59:60Z", "2026-12-31T23:59:59Z"] {
            assert!(read(good).is_some(), "{good}");
        }
        for day in ["1900-02-29", "2003-02-29", "2100-02-29", "2026-04-31", "2026-06-31", "2026-09-31", "2026-11-31"] {
            assert_eq!(read(&format!("{day}T00:00:00Z")), None, "{day}");
        }
        for (at, _) in "0123-01-01T00:00:00".match_indices(|c: char| !c.is_ascii_digit()) {
            let mut text = "0123-01-01T00:00:00Z".to_owned();
            text.replace_range(at..=at, "x");
            assert_eq!(read(&text), None, "{text}");
        }
        for bad in [
            "2000-01-01T00:00:61Z",
            "2000-01-01T00:60:00Z",
            "2000-01-01T00:00:00+24:00",
            "2000-01-01T00:00:00+00:60",
            "",
            "2000",
            "2000-02-30T00:00:00Z",
            "2001-02-29T00:00:00Z",
            "2000-13-01T00:00:00Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00.Z",
            "2000-01-01T00:00:00+1:00",
            "2000-01-01T00:00:00+1",
            "2000-01-01T00:00:00+100",
            "2000-01-01T00:00:00+01000",
            "2000-01-01T00:00:00++1:00",
            "2000-01-01T00:00:00+01:+1",
            "2000-01-01T00:00:00 ",
            "2000-01-01T00:00:00+é0",
            "2000-01-01T00:00:00Zx",
            "2000-01-01 00:00:00Z",
            "é000-01-01T00:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
