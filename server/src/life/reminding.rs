//! Reminders: who is reminded of an invitation, when, and who is named to the administrators.
//!
//! Promise: at most three reminders of an invitation; each is counted from the moment at which the
//! letter before it was handed over, so that a clock that jumps sends one, and a mail server that
//! is down sends none; nobody is reminded whose letter waits, was refused or came back. Must never:
//! read a clock, or look at anybody but those who have an invitation that can be finished.

use std::fmt;

/// The most reminders of one invitation.
pub(crate) const MOST: usize = 3;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// The least that lies between two reminders, and the most: a year.
const LEAST: i64 = HOUR;
const LONGEST: i64 = 365 * DAY;
/// How long after the last reminder an administrator is told.
const GRACE: i64 = DAY;
/// Less of an invitation than this is too little for whoever is reminded now.
const ENOUGH: i64 = DAY;

/// When people are reminded: seconds after the first letter, ascending, one to three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule(Vec<i64>);

impl Schedule {
    /// Reads `3d,7d,14d`; hours (`h`) and weeks (`w`) are good, too. None if it is no such list.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let times: Option<Vec<i64>> = text.split(',').map(span).collect();
        let times = times.filter(|times| (1..=MOST).contains(&times.len()))?;
        let gaps = std::iter::once(0).chain(times.iter().copied()).zip(&times);
        let is_good = times.iter().all(|time| *time <= LONGEST) && gaps.into_iter().all(|(a, b)| *b - a >= LEAST);
        is_good.then_some(Self(times))
    }

    /// The seconds between the letter before and this reminder, counted from 0.
    fn gap(&self, number: usize) -> Option<i64> {
        let before = if number == 0 { 0 } else { *self.0.get(number - 1)? };
        Some(self.0.get(number)? - before)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |time: &i64| match time {
            time if time % DAY == 0 => format!("{}d", time / DAY),
            time => format!("{}h", time / HOUR),
        };
        f.write_str(&self.0.iter().map(one).collect::<Vec<_>>().join(","))
    }
}

/// Reads a span of time such as `3d`, `12h` or `2w`, in seconds.
pub(crate) fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    let is_plain = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = is_plain.then(|| number.parse::<i64>().ok())?? * unit;
    (1..=LONGEST).contains(&seconds).then_some(seconds)
}

/// An invitation that can be finished, of an active person, with its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// Letters of it that were handed over.
    pub(crate) sent: usize,
    /// When the last of them was.
    pub(crate) last_sent_at: Option<i64>,
    /// Whether one waits to be sent.
    pub(crate) is_waiting: bool,
    /// Whether one was refused for good or came back.
    pub(crate) is_refused: bool,
    /// Whether wrong tokens have locked it.
    pub(crate) is_locked: bool,
    /// Whether the administrators were told of it.
    pub(crate) is_listed: bool,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chase {
    /// Nothing now.
    Nothing,
    /// The next reminder is due.
    Remind,
    /// All reminders are out, and a day has passed: the administrators are told.
    Tell,
}

impl Open {
    /// Whether there is somebody who can be reminded, however long ago the last letter was.
    pub(crate) fn can_be_reminded(&self) -> bool {
        let is_out = self.sent > 0 && !self.is_waiting && !self.is_refused;
        is_out && !self.is_locked && self.reminders() < MOST
    }

    /// Reminders that were handed over: every letter but the first.
    pub(crate) fn reminders(&self) -> usize {
        self.sent.saturating_sub(1)
    }

    /// Whether the last letter was handed over so long ago.
    pub(crate) fn is_older(&self, seconds: i64, now: i64) -> bool {
        self.last_sent_at.is_some_and(|at| now.saturating_sub(at) >= seconds)
    }

    /// What is to be done at that moment.
    pub(crate) fn chase(&self, schedule: &Schedule, now: i64) -> Chase {
        match schedule.gap(self.reminders()) {
            Some(gap) if self.can_be_reminded() && self.is_older(gap, now) => Chase::Remind,
            None if self.has_had_all(schedule) && self.is_older(GRACE, now) => Chase::Tell,
            _ => Chase::Nothing,
        }
    }

    /// Whether all reminders are out, and the administrators do not know yet: whoever is told of
    /// somebody is told of all of these.
    pub(crate) fn has_had_all(&self, schedule: &Schedule) -> bool {
        self.sent > 0 && !self.is_waiting && !self.is_listed && schedule.gap(self.reminders()).is_none()
    }
}

/// Until when the invitation lives that a reminder speaks of: as before while that is a day or
/// more, else for another `ttl`.
pub(crate) fn until(expires_at: i64, ttl: i64, now: i64) -> i64 {
    if expires_at.saturating_sub(now) < ENOUGH.min(ttl) { now + ttl } else { expires_at }
}

#[cfg(test)]
mod tests {
    use super::{Chase, DAY, HOUR, MOST, Open, Schedule, span, until};

    const SENT: Open = Open {
        sent: 1,
        last_sent_at: Some(0),
        is_waiting: false,
        is_refused: false,
        is_locked: false,
        is_listed: false,
    };

    fn usual() -> Schedule {
        Schedule::read("3d,7d,14d").expect("a schedule")
    }

    #[test]
    fn a_schedule_is_one_to_three_ascending_times_with_an_hour_between() {
        for (text, shown) in [("3d,7d,14d", "3d,7d,14d"), (" 1w , 2w", "7d,14d"), ("12h,36h", "12h,36h"), ("24h", "1d")]
        {
            assert_eq!(Schedule::read(text).map(|schedule| schedule.to_string()).as_deref(), Some(shown), "{text}");
        }
        for bad in
            ["", "off", "3", "3d,", "7d,3d", "3d,3d", "1d,2d,3d,4d", "0d", "-1d", "3m", "366d", "99999d", "3 d", "é"]
        {
            assert_eq!(Schedule::read(bad), None, "{bad}");
        }
        assert_eq!(
            [span("3d"), span("1h"), span("2w"), span("d"), span("")],
            [Some(3 * DAY), Some(HOUR), Some(14 * DAY), None, None]
        );
    }

    #[test]
    fn each_reminder_is_counted_from_the_letter_before_it() {
        let schedule = usual();
        for (sent, gap) in [(1, 3 * DAY), (2, 4 * DAY), (3, 7 * DAY)] {
            let open = Open { sent, last_sent_at: Some(100), ..SENT };
            assert_eq!(open.chase(&schedule, 100 + gap - 1), Chase::Nothing, "{sent}");
            assert_eq!(open.chase(&schedule, 100 + gap), Chase::Remind, "{sent}");
            // However far the clock jumped, the one after waits for its own time.
            let next = Open { sent: sent + 1, last_sent_at: Some(100 + 99 * gap), ..SENT };
            assert_eq!(next.chase(&schedule, 100 + 99 * gap), Chase::Nothing);
        }
        let last = Open { sent: 4, last_sent_at: Some(0), ..SENT };
        assert_eq!([DAY - 1, DAY].map(|now| last.chase(&schedule, now)), [Chase::Nothing, Chase::Tell]);
        assert_eq!(Open { is_listed: true, ..last }.chase(&schedule, 99 * DAY), Chase::Nothing);
    }

    #[test]
    fn a_reminder_prolongs_only_what_is_about_to_end() {
        assert_eq!(until(10 * DAY, 7 * DAY, 9 * DAY), 10 * DAY);
        assert_eq!(until(10 * DAY, 7 * DAY, 9 * DAY + 1), 16 * DAY + 1);
        assert_eq!(until(10 * DAY, 7 * DAY, 12 * DAY), 19 * DAY);
        assert_eq!(until(100, 60, 41), 101);
    }

    /// The laws: nobody in doubt is reminded, at most three are sent, and time alone brings one.
    #[test]
    fn nobody_is_reminded_too_often_too_early_or_in_vain() {
        let schedule = usual();
        let lasts = [None, Some(0), Some(3 * DAY), Some(40 * DAY)];
        let nows = [-DAY, 0, DAY, 3 * DAY - 1, 3 * DAY, 7 * DAY, 30 * DAY, 400 * DAY];
        let (mut reminded, mut told) = (0, 0);
        for sent in 0..7 {
            for flags in 0..16_u8 {
                let [is_waiting, is_refused, is_locked, is_listed] = [1, 2, 4, 8].map(|bit| flags & bit != 0);
                for (last_sent_at, now) in lasts.into_iter().flat_map(|last| nows.map(|now| (last, now))) {
                    let open = Open { sent, last_sent_at, is_waiting, is_refused, is_locked, is_listed };
                    match open.chase(&schedule, now) {
                        Chase::Remind => {
                            reminded += 1;
                            assert!(!is_waiting && !is_refused && !is_locked && sent > 0, "{open:?}");
                            assert!(open.reminders() < MOST, "{open:?}");
                            assert!(last_sent_at.is_some_and(|at| now - at >= 3 * DAY), "{open:?} {now}");
                        }
                        Chase::Tell => {
                            told += 1;
                            assert!(open.reminders() >= MOST && !is_listed && !is_waiting, "{open:?}");
                            assert!(last_sent_at.is_some_and(|at| now - at >= DAY), "{open:?} {now}");
                        }
                        Chase::Nothing => {}
                    }
                }
            }
        }
        assert!(reminded > 0 && told > 0, "{reminded} {told}");
    }
}
