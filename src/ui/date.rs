//! Dates without a locale, a time zone or a clock: seconds since 1970 as people and programs read them.
//!
//! Promise: pure; any `u64` gives a text. Must never: ask what time it is.

/// The last second of the year 9999: what lies behind it is shown as this, since readers expect four digits.
const LAST: u64 = 253_402_300_799;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment in the proleptic Gregorian calendar, UTC.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Civil {
    fn of(unix: u64) -> Self {
        let unix = unix.min(LAST);
        let (days, time) = (unix / 86_400, unix % 86_400);
        // Years begin on 1 March here, so that the leap day is the last of its year; 400 years repeat exactly.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            weekday: DAYS[usize::try_from(days % 7).unwrap_or_default()],
            hour: time / 3_600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }

    fn month_name(&self) -> &'static str {
        MONTHS[usize::try_from(self.month - 1).unwrap_or_default()]
    }
}

/// `Fri 27 Nov 2026, 17:00 UTC`.
pub fn plain(unix: u64) -> String {
    let at = Civil::of(unix);
    format!("{} {} {} {}, {:02}:{:02} UTC", at.weekday, at.day, at.month_name(), at.year, at.hour, at.minute)
}

/// `2026-11-27T17:00:00Z` (RFC 3339).
pub fn rfc3339(unix: u64) -> String {
    let at = Civil::of(unix);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", at.year, at.month, at.day, at.hour, at.minute, at.second)
}

/// `2026-11-27 17:00 UTC`.
pub fn short(unix: u64) -> String {
    let at = Civil::of(unix);
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year, at.month, at.day, at.hour, at.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_known_names() {
        for (unix, text) in [
            (0, "Thu 1 Jan 1970, 00:00 UTC"),
            (951_782_400, "Tue 29 Feb 2000, 00:00 UTC"),
            (1_709_251_199, "Thu 29 Feb 2024, 23:59 UTC"),
            (1_795_798_800, "Fri 27 Nov 2026, 17:00 UTC"),
            (4_107_542_400, "Mon 1 Mar 2100, 00:00 UTC"),
        ] {
            assert_eq!(plain(unix), text);
        }
        assert_eq!(rfc3339(1_795_798_805), "2026-11-27T17:00:05Z");
        assert_eq!(short(1_795_798_805), "2026-11-27 17:00 UTC");
    }

    #[test]
    fn no_moment_is_too_late_for_a_date() {
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn days_follow_each_other_for_two_centuries() {
        let mut before = Civil::of(0);
        for day in 1..73_050 {
            let at = Civil::of(day * 86_400);
            let next_day = at.day == before.day + 1 && at.month == before.month;
            let next_month = at.day == 1 && before.day >= 28 && (at.month == before.month + 1 || at.month == 1);
            assert!(next_day || next_month, "{}", rfc3339(day * 86_400));
            before = at;
        }
    }
}
