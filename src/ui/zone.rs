//! The time zone of this computer, for dates that people read.
//!
//! Reads the zone's file as the system keeps it (TZif, RFC 9636, versions 2 to 4) with the POSIX
//! rule at its end, which is where daylight saving of the years to come stands. What cannot be read
//! is UTC.
//!
//! Promise: no contents of the file or of `TZ` panic. Must never: decide anything; expiry is judged
//! in UTC, by the server.

use super::date::{self, SECONDS_A_DAY};
use super::input;
use crate::port::process;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Where the system keeps its own zone, if it is a file.
const SYSTEM: Option<&str> = if cfg!(unix) { Some("/etc/localtime") } else { None };
/// Where zones are by name.
const NAMED: &str = "/usr/share/zoneinfo";
/// The most that is read of a file, in bytes; the largest real ones have about 4,000.
const MAX_FILE: u64 = 64 * 1024;
/// No place on Earth is further from UTC than this, in seconds; POSIX allows a rule 24 hours, and
/// its days 167.
const FURTHEST: i64 = 167 * 3_600;

/// The time of this computer's clock on the wall at that moment; UTC where nobody knows.
pub(super) fn here(unix: u64) -> Local {
    static HERE: LazyLock<Option<Zone>> = LazyLock::new(|| Zone::named(std::env::var("TZ").ok().as_deref()));
    // Unit tests say the same on every machine.
    if cfg!(test) {
        return Local::UTC;
    }
    let by_system = || process::clock_ahead(unix).map_or(Local::UTC, |ahead| Local { ahead, name: Name::default() });
    HERE.as_ref().map_or_else(by_system, |zone| zone.at(unix))
}

/// A time that clocks show somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// Seconds ahead of UTC.
    pub(super) ahead: i64,
    name: Name,
}

impl Local {
    /// That of nowhere.
    pub(super) const UTC: Self = Self { ahead: 0, name: Name { letters: *b"UTC     ", length: 3 } };

    /// Called so.
    #[cfg(test)]
    pub(super) fn called(ahead: i64, name: &str) -> Self {
        Self { ahead, name: Name::read(name) }
    }

    /// What people there call it: `CET`, or `UTC+03` where it has no name but its number.
    pub(super) fn name(&self) -> String {
        let name = self.name.text();
        match name.as_bytes().first() {
            None if self.ahead == 0 => "UTC".to_owned(),
            None => {
                let minutes = self.ahead.unsigned_abs() / 60;
                let sign = if self.ahead < 0 { '-' } else { '+' };
                format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Some(b'+' | b'-') => format!("UTC{name}"),
            Some(_) => name.to_owned(),
        }
    }
}

/// A name of a time: letters, digits and signs, eight at most; empty where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Name {
    letters: [u8; 8],
    length: usize,
}

impl Name {
    fn read(text: &str) -> Self {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-');
        let mut name = Self::default();
        if text.len() <= name.letters.len() && text.bytes().all(fits) {
            name.letters[..text.len()].copy_from_slice(text.as_bytes());
            name.length = text.len();
        }
        name
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.length]).unwrap_or_default()
    }
}

/// A zone: the changes that its file lists, and the rule for the time after them.
#[derive(Debug)]
struct Zone {
    /// Before the first change.
    first: Local,
    /// From that moment on.
    changes: Vec<(i64, Local)>,
    rule: Option<Rule>,
}

impl Zone {
    /// The zone that `TZ` names, or the system's own.
    fn named(name: Option<&str>) -> Option<Self> {
        let file = |path: &Path| {
            // A pipe has no zone in it, and would be waited for.
            let file = input::open(path).ok().filter(|file| file.metadata().is_ok_and(|facts| facts.is_file()))?;
            let mut bytes = Vec::new();
            file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
            Self::read(&bytes)
        };
        let Some(name) = name else { return SYSTEM.and_then(|path| file(Path::new(path))) };
        let name = name.strip_prefix(':').unwrap_or(name);
        if name.is_empty() || name.split('/').any(|part| part == "..") {
            return None;
        }
        // An absolute name takes the place of the folder.
        let path: PathBuf = Path::new(NAMED).join(name);
        let by_rule = || Rule::read(name).map(|rule| Self { first: Local::UTC, changes: Vec::new(), rule: Some(rule) });
        file(&path).or_else(by_rule)
    }

    /// Reads a TZif file.
    fn read(file: &[u8]) -> Option<Self> {
        let old = Head::read(file)?;
        // The first block is for programs that know 32 bits only.
        let file = file.get(Head::LEN + old.body(4)?..)?;
        let head = Head::read(file)?;
        let body = file.get(Head::LEN..)?;
        let (times, rest) = body.split_at_checked(head.times.checked_mul(8)?)?;
        let (kinds, rest) = rest.split_at_checked(head.times)?;
        let (types, rest) = rest.split_at_checked(head.types.checked_mul(6)?)?;
        let (letters, _) = rest.split_at_checked(head.letters)?;
        let local = |kind: usize| {
            let [a, b, c, d, _, name] = *types.get(kind.checked_mul(6)?..)?.first_chunk::<6>()?;
            let ahead = Some(i64::from(i32::from_be_bytes([a, b, c, d]))).filter(|ahead| ahead.abs() <= FURTHEST)?;
            let name = letters.get(usize::from(name)..)?.split(|letter| *letter == 0).next()?;
            Some(Local { ahead, name: Name::read(std::str::from_utf8(name).unwrap_or_default()) })
        };
        let moments = times.chunks_exact(8).map(|bytes| bytes.first_chunk::<8>().copied().map(i64::from_be_bytes));
        let changes = moments.zip(kinds).map(|(at, kind)| Some((at?, local(usize::from(*kind))?)));
        let footer = body.get(head.body(8)?..)?;
        let footer = std::str::from_utf8(footer).ok()?.strip_prefix('\n')?;
        let rule = footer.split_once('\n').and_then(|(rule, _)| Rule::read(rule));
        Some(Self { first: local(0)?, changes: changes.collect::<Option<_>>()?, rule })
    }

    fn at(&self, unix: u64) -> Local {
        let unix = i64::try_from(unix.min(date::LAST)).unwrap_or(i64::MAX);
        let before = self.changes.partition_point(|(at, _)| *at <= unix);
        match (&self.rule, before.checked_sub(1).map(|last| self.changes[last].1)) {
            (Some(rule), _) if before == self.changes.len() => rule.at(unix),
            (_, Some(local)) => local,
            (_, None) => self.first,
        }
    }
}

/// The head of a block of TZif: how much of everything follows.
struct Head {
    utc_marks: usize,
    standard_marks: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

impl Head {
    const LEN: usize = 44;

    fn read(block: &[u8]) -> Option<Self> {
        let head = block.get(..Self::LEN)?.strip_prefix(b"TZif")?;
        let (version, counts) = head.split_at_checked(16)?;
        let mut counts = counts.chunks_exact(4).map(|bytes| {
            let count = u32::from_be_bytes(bytes.try_into().ok()?);
            usize::try_from(count).ok()
        });
        let mut next = || counts.next().flatten();
        let head = Self {
            utc_marks: next()?,
            standard_marks: next()?,
            leaps: next()?,
            times: next()?,
            types: next()?,
            letters: next()?,
        };
        (version.first()? >= &b'2').then_some(head)
    }

    /// The length of what follows, with moments of so many bytes.
    fn body(&self, moment: usize) -> Option<usize> {
        [
            self.times.checked_mul(moment + 1)?,
            self.types.checked_mul(6)?,
            self.letters,
            self.leaps.checked_mul(moment + 4)?,
            self.standard_marks,
            self.utc_marks,
        ]
        .into_iter()
        .try_fold(0_usize, usize::checked_add)
    }
}

/// A rule as `TZ` has it in POSIX: `CET-1CEST,M3.5.0,M10.5.0/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    standard: Local,
    summer: Option<Summer>,
}

/// Daylight saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summer {
    local: Local,
    /// Day, and seconds after its midnight by the clock on the wall.
    begins: (Day, i64),
    ends: (Day, i64),
}

/// A day of each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// `M3.5.0`: month, week (5 is the last), weekday from Sunday.
    Weekday(u64, i64, i64),
    /// `J60`: from 1, without 29 February.
    Julian(i64),
    /// `59`: from 0, with 29 February.
    Plain(i64),
}

impl Rule {
    fn read(text: &str) -> Option<Self> {
        let (called, rest) = name(text)?;
        let (west, rest) = offset(rest)?;
        let standard = Local { ahead: -west, name: called };
        if rest.is_empty() {
            return Some(Self { standard, summer: None });
        }
        let (called, rest) = name(rest)?;
        let (ahead, rest) = match rest.strip_prefix(',') {
            Some(rest) => (3_600 - west, rest),
            None => offset(rest).and_then(|(west, rest)| Some((-west, rest.strip_prefix(',')?)))?,
        };
        let (begins, ends) = rest.split_once(',')?;
        let local = Local { ahead, name: called };
        let summer = Summer { local, begins: change(begins)?, ends: change(ends)? };
        Some(Self { standard, summer: Some(summer) })
    }

    fn at(&self, unix: i64) -> Local {
        let Some(summer) = self.summer else { return self.standard };
        let year = date::year(u64::try_from(unix.saturating_add(self.standard.ahead)).unwrap_or_default());
        let at = |(day, time): (Day, i64), ahead: i64| day.in_year(year) * SECONDS_A_DAY + time - ahead;
        let (begins, ends) = (at(summer.begins, self.standard.ahead), at(summer.ends, summer.local.ahead));
        let is_summer = if begins <= ends { (begins..ends).contains(&unix) } else { !(ends..begins).contains(&unix) };
        if is_summer { summer.local } else { self.standard }
    }
}

impl Day {
    /// In days since 1970.
    fn in_year(self, year: u64) -> i64 {
        let january = date::days(year, 1);
        match self {
            Self::Weekday(month, week, weekday) => {
                let first = date::days(year, month);
                let next = if month == 12 { date::days(year + 1, 1) } else { date::days(year, month + 1) };
                // 1 January 1970 was a Thursday.
                let to_it = (weekday - (first + 4)).rem_euclid(7);
                let day = first + to_it + (week - 1) * 7;
                if day >= next { day - 7 } else { day }
            }
            Self::Julian(day) => {
                let has_leap_day = date::days(year, 3) - january == 60;
                january + day - 1 + i64::from(has_leap_day && day >= 60)
            }
            Self::Plain(day) => january + day,
        }
    }
}

/// The name of a time, letters or anything in angle brackets, and what follows it.
fn name(text: &str) -> Option<(Name, &str)> {
    if let Some(quoted) = text.strip_prefix('<') {
        return quoted.split_once('>').map(|(name, rest)| (Name::read(name), rest));
    }
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let name = &text[..text.len() - rest.len()];
    (name.len() >= 3).then(|| (Name::read(name), rest))
}

/// `[+-]hh[:mm[:ss]]` in seconds, and what follows.
fn offset(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '+' | '-')).unwrap_or(text.len());
    let (time, rest) = text.split_at(end);
    let (sign, time) = match time.strip_prefix('-') {
        Some(time) => (-1, time),
        None => (1, time.strip_prefix('+').unwrap_or(time)),
    };
    let mut seconds = 0_i64;
    for (part, unit) in time.split(':').zip([3_600, 60, 1]) {
        seconds = seconds.checked_add(number(part, 167)?.checked_mul(unit)?)?;
    }
    Some((sign * seconds, rest)).filter(|_| seconds <= FURTHEST && time.split(':').count() <= 3)
}

/// `M3.5.0/2`: a day, and the time of the change, 02:00 unless it says another.
fn change(text: &str) -> Option<(Day, i64)> {
    let (day, time) = match text.split_once('/') {
        Some((day, time)) => (day, offset(time).filter(|(_, rest)| rest.is_empty())?.0),
        None => (text, 2 * 3_600),
    };
    let day = if let Some(of_month) = day.strip_prefix('M') {
        let mut parts = of_month.split('.');
        let mut next = |most| number(parts.next()?, most);
        let (month, week, weekday) = (next(12)?, next(5)?, next(6)?);
        if month == 0 || week == 0 || parts.next().is_some() {
            return None;
        }
        Day::Weekday(u64::try_from(month).ok()?, week, weekday)
    } else if let Some(day) = day.strip_prefix('J') {
        Day::Julian(number(day, 365).filter(|day| *day > 0)?)
    } else {
        Day::Plain(number(day, 365)?)
    };
    Some((day, time))
}

/// Digits alone, up to `most`.
fn number(text: &str, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
