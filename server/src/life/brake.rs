//! When so many people leave at once that it may be a mistake.
//!
//! Suspending is reversible and never held. What cannot be taken back is a deletion: when the brake
//! trips, what was deleted rests, and nothing of it is erased until an administrator has looked or
//! the time is over.

use std::fmt;
use std::str::FromStr;

/// How long a deleted person rests once the brake has tripped, in seconds.
pub(crate) const REST: i64 = 72 * 3600;
/// Longest span that leavers may be counted over, in seconds.
const LONGEST: i64 = 86_400;

/// When it trips: more leavers within a span than both a share of the active people and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brake {
    /// Of a hundred active people, at the beginning of the span.
    percent: u8,
    /// So many leave without anybody being alarmed, however small the organisation is.
    least: u32,
    /// The span, in seconds.
    within: i64,
}

impl Default for Brake {
    /// More than 10 of a hundred and more than 5, within an hour.
    fn default() -> Self {
        Self { percent: 10, least: 5, within: 3600 }
    }
}

/// A text says no brake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a brake looks like 10%/5/60m: more than 10 % of the active people and more than 5 within 60 minutes; or off")]
pub(crate) struct BrakeRefused;

impl Brake {
    /// Seconds over which leavers are counted.
    pub(crate) fn within(self) -> i64 {
        self.within
    }

    /// Whether it trips after so many of so many active people have left.
    pub(crate) fn trips(self, leavers: u64, active: u64) -> bool {
        leavers > u64::from(self.least)
            && leavers > 0
            && leavers.saturating_mul(100) > active.saturating_mul(self.percent.into())
    }

    /// With so many active people or more it does not trip after so many have left; none if it
    /// trips with any number. Nobody has to count further.
    pub(crate) fn enough(self, leavers: u64) -> Option<u64> {
        match u64::from(self.percent) {
            0 => None,
            percent => Some(leavers.saturating_mul(100).div_ceil(percent)),
        }
    }

    /// Whether so few leavers trip nothing, whoever is there.
    pub(crate) fn is_few(self, leavers: u64) -> bool {
        leavers <= u64::from(self.least)
    }
}

impl FromStr for Brake {
    type Err = BrakeRefused;

    /// `10%/5/60m`.
    fn from_str(text: &str) -> Result<Self, BrakeRefused> {
        let [percent, least, within] = text.split('/').collect::<Vec<_>>().try_into().map_err(|_| BrakeRefused)?;
        let percent = number(percent.strip_suffix('%').ok_or(BrakeRefused)?)?;
        let least = number(least)?;
        let within = number(within.strip_suffix('m').ok_or(BrakeRefused)?)? * 60;
        let percent = u8::try_from(percent).ok().filter(|percent| *percent <= 100).ok_or(BrakeRefused)?;
        let least = u32::try_from(least).map_err(|_| BrakeRefused)?;
        if (60..=LONGEST).contains(&within) { Ok(Self { percent, least, within }) } else { Err(BrakeRefused) }
    }
}

impl fmt::Display for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%/{}/{}m", self.percent, self.least, self.within / 60)
    }
}

fn number(digits: &str) -> Result<i64, BrakeRefused> {
    let is_number = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { digits.parse().map_err(|_| BrakeRefused) } else { Err(BrakeRefused) }
}

#[cfg(test)]
mod tests {
    use super::Brake;

    fn brakes() -> impl Iterator<Item = Brake> {
        [0, 1, 10, 50, 100]
            .into_iter()
            .flat_map(|percent| [0, 1, 5, 20].map(move |least| Brake { percent, least, within: 3600 }))
    }

    #[test]
    fn the_usual_brake_trips_at_more_than_five_and_more_than_a_tenth() {
        let trips = |leavers, active| Brake::default().trips(leavers, active);
        for (leavers, active, does) in [
            (5, 5, false),
            (6, 6, true),
            (6, 59, true),
            (6, 60, false),
            (100, 1000, false),
            (101, 1000, true),
            (0, 0, false),
            (300, 300, true),
        ] {
            assert_eq!(trips(leavers, active), does, "{leavers} of {active}");
        }
    }

    #[test]
    fn more_leavers_never_release_it_and_more_people_never_trip_it() {
        for brake in brakes() {
            for leavers in 0..60 {
                for active in 0..300 {
                    let trips = brake.trips(leavers, active);
                    assert!(!trips || brake.trips(leavers + 1, active), "{brake} {leavers} {active}");
                    assert!(trips || !brake.trips(leavers, active + 1), "{brake} {leavers} {active}");
                    assert!(!(trips && brake.is_few(leavers)), "{brake} {leavers} {active}");
                    // Whoever counts no further than that decides the same.
                    let counted = brake.enough(leavers).map_or(active, |enough| enough.min(active));
                    assert_eq!(brake.trips(leavers, counted), trips, "{brake} {leavers} {active}");
                }
            }
        }
    }

    #[test]
    fn a_brake_has_one_form() {
        for text in ["10%/5/60m", "0%/0/1m", "100%/999999/1440m"] {
            assert_eq!(text.parse::<Brake>().map(|brake| brake.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("10%/5/60m".parse(), Ok(Brake::default()));
        for bad in [
            "",
            "off",
            "10/5/60m",
            "10%/5/60",
            "101%/5/60m",
            "-1%/5/60m",
            "10%/5/0m",
            "10%/5/1441m",
            "10%/5/60m/1",
            "10%/+5/60m",
            "x%/5/60m",
        ] {
            assert!(bad.parse::<Brake>().is_err(), "{bad}");
        }
    }
}
