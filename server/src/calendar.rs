//! Moments as text, in UTC, and days as numbers (the proleptic Gregorian calendar).

/// `2026-11-23 23:05 UTC`, for people.
pub(crate) fn for_people(seconds: i64) -> String {
    let ((year, month, day), time) = split(seconds);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", time / 3600, time % 3600 / 60)
}

/// `Monday, 23 November 2026, 23:05 UTC`, in a letter.
pub(crate) fn for_letters(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let ((year, month, day), time) = split(seconds);
    let place = |number: i64| usize::try_from(number).expect("invariant: a remainder or a month");
    // 1970-01-01 was a Thursday.
    let of_week = DAYS[place(seconds.div_euclid(86_400).rem_euclid(7))];
    let month = MONTHS[place(month - 1)];
    format!("{of_week}, {day} {month} {year}, {:02}:{:02} UTC", time / 3600, time % 3600 / 60)
}

/// `2026-11-23T23:05:00Z` (RFC 3339).
pub(crate) fn instant(seconds: i64) -> String {
    let ((year, month, day), time) = split(seconds);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time / 3600, time % 3600 / 60, time % 60)
}

/// Reads `2026-11-23`, `2026-11-23 23:05` or `2026-11-23T23:05:00Z`; none if it is no moment in
/// UTC.
pub(crate) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00"));
    let number = |text: &str, digits: usize| -> Option<i64> {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let date: Vec<&str> = date.split('-').collect();
    let [year, month, day] = date.as_slice() else { return None };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let clock: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match clock.as_slice() {
        [hour, minute] => (number(hour, 2)?, number(minute, 2)?, 0),
        [hour, minute, second] => (number(hour, 2)?, number(minute, 2)?, number(second, 2)?),
        _ => return None,
    };
    let count = days(year, month, day);
    let is_there = (1..=12).contains(&month) && civil(count) == (year, month, day);
    let is_time = hour < 24 && minute < 60 && second < 60;
    (is_there && is_time).then_some(count * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The date, and the seconds since midnight.
fn split(seconds: i64) -> ((i64, i64, i64), i64) {
    (civil(seconds.div_euclid(86_400)), seconds.rem_euclid(86_400))
}

/// Days from 1 March of the year 0 to 1970-01-01. Years begin in March here, so that the leap day
/// comes last.
const FROM_YEAR_0: i64 = 719_468;

/// Days since 1970-01-01 of a date.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 1
        - FROM_YEAR_0
}

/// Year, month and day of a count of days since 1970-01-01: whole eras of 400 years first.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let days = days + FROM_YEAR_0;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + next_year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::{civil, days, for_letters, for_people, instant, read};

    #[test]
    fn a_letter_names_the_day_of_the_week() {
        for (seconds, words) in [
            (0, "Thursday, 1 January 1970, 00:00 UTC"),
            (-1, "Wednesday, 31 December 1969, 23:59 UTC"),
            (951_782_400, "Tuesday, 29 February 2000, 00:00 UTC"),
            (1_795_996_800, "Monday, 30 November 2026, 00:00 UTC"),
        ] {
            assert_eq!(for_letters(seconds), words);
        }
    }

    #[test]
    fn a_moment_that_somebody_types_is_read_or_refused() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2026-11-23T23:05:00Z", 1_795_475_100),
            (" 2026-11-23 23:05 ", 1_795_475_100),
            ("2026-11-23t23:05:09z", 1_795_475_109),
            ("2000-02-29", 951_782_400),
        ] {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "now",
            "2026-11-31",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-11-00",
            "26-11-23",
            "2026-11-23T24:00",
            "2026-11-23T23:60",
            "2026-11-23T23",
            "2026-11-23T23:05+01:00",
            "2026-11-23T23:05:00.5Z",
            "+026-11-23",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_is_the_one_of_its_day() {
        assert_eq!([days(1970, 1, 1), days(2000, 2, 29), days(1969, 12, 31)], [0, 11_016, -1]);
        for day in (days(1599, 12, 1)..days(2401, 2, 1)).step_by(13) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn dates_are_right_at_the_edges() {
        for (seconds, people, machines) in [
            (0, "1970-01-01 00:00 UTC", "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29 00:00 UTC", "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31 23:59 UTC", "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01 00:00 UTC", "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(for_people(seconds), people);
            assert_eq!(instant(seconds), machines);
        }
    }
}
