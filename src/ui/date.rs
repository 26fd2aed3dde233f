//! Seconds since 1970 as people and programs read them: for people by this computer's time zone,
//! for programs in UTC.
//!
//! Promise: any `u64` gives a text. Must never: ask what time it is.

use super::zone::{self, Local};

/// The last second of the year 9999: what lies behind it is shown as this, since readers expect
/// four digits.
pub(super) const LAST: u64 = 253_402_300_799;
/// Seconds in a day.
pub(super) const SECONDS_A_DAY: i64 = 86_400;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment in the proleptic Gregorian calendar.
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
        // Years begin on 1 March here, so that the leap day is the last of its year; 400 years
        // repeat exactly.
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

/// `Fri 27 Nov 2026, 18:00 CET`: by the clock on the wall here, with the name of its time.
pub fn plain(unix: u64) -> String {
    plain_at(unix, zone::here(unix))
}

fn plain_at(unix: u64, here: Local) -> String {
    let at = Civil::of(unix.min(LAST).saturating_add_signed(here.ahead));
    let (month, zone) = (at.month_name(), here.name());
    format!("{} {} {month} {}, {:02}:{:02} {zone}", at.weekday, at.day, at.year, at.hour, at.minute)
}

/// `27 Nov 2026`, on this computer's calendar.
pub fn day(unix: u64) -> String {
    let at = Civil::of(unix.min(LAST).saturating_add_signed(zone::here(unix).ahead));
    format!("{} {} {}", at.day, at.month_name(), at.year)
}

/// The year of a moment, UTC.
pub(super) fn year(unix: u64) -> u64 {
    Civil::of(unix).year
}

/// Days from 1970 to the first of a month, 1 to 12, of a year from 1970 on.
pub(super) fn days(year: u64, month: u64) -> i64 {
    // As in `Civil::of`: years from March.
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let from_march = (month + 9) % 12;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5;
    i64::try_from(days).unwrap_or(i64::MAX) - 719_468
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
        assert_eq!(plain_at(1_795_798_800, Local::called(3_600, "CET")), "Fri 27 Nov 2026, 18:00 CET");
        assert_eq!(plain_at(1_795_798_800, Local::called(-18_000, "EST")), "Fri 27 Nov 2026, 12:00 EST");
        assert_eq!(plain_at(1_795_822_200, Local::called(7_200, "+02")), "Sat 28 Nov 2026, 01:30 UTC+02");
        assert_eq!(plain_at(0, Local::called(-3_600, "")), "Thu 1 Jan 1970, 00:00 UTC-01:00");
        assert_eq!(plain_at(u64::MAX, Local::called(3_600, "CET")), "Fri 31 Dec 9999, 23:59 CET");
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
            let first = i64::try_from(day - (at.day - 1)).expect("few days");
            assert_eq!(days(at.year, at.month), first, "{}", rfc3339(day * 86_400));
            before = at;
        }
    }
}
