//! When administrators are told that something ends: 20, 7 and 1 days before, and once after.
//!
//! Promise: each of these is told once, the most urgent one if several are due together; what never
//! lived that long is not announced as if it had. Must never: depend on how often somebody asks.

/// A day, in seconds.
const DAY: i64 = 86_400;
/// For so long after the end it is still told that it is over.
const TOLD_AFTER: i64 = 7 * DAY;

/// How near the end is. The later one is the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Twenty,
    Seven,
    One,
    Over,
}

impl Stage {
    pub(crate) const ALL: [Self; 4] = [Self::Twenty, Self::Seven, Self::One, Self::Over];

    /// Days before the end.
    pub(crate) fn days(self) -> i64 {
        match self {
            Self::Twenty => 20,
            Self::Seven => 7,
            Self::One => 1,
            Self::Over => 0,
        }
    }

    /// The stage of so many days, as it is stored.
    pub(crate) fn of_days(days: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.days() == days)
    }
}

/// What is to be told now of something that was made and ends at these moments, of which `told` was
/// told last. Times are in seconds.
pub(crate) fn due(made_at: i64, ends_at: i64, told: Option<Stage>, now: i64) -> Option<Stage> {
    if now >= ends_at.saturating_add(TOLD_AFTER) {
        return None;
    }
    let is_reached = |stage: &Stage| {
        let from = ends_at.saturating_sub(stage.days() * DAY);
        // Whoever made it for a week knows that it ends in a week.
        now >= from && (*stage == Stage::Over || made_at < from)
    };
    let newest = Stage::ALL.into_iter().rfind(is_reached)?;
    (told < Some(newest)).then_some(newest)
}

#[cfg(test)]
mod tests {
    use super::{DAY, Stage, due};

    /// What is told if somebody asks every `step` seconds, with the moments in days before the end.
    fn told(life: i64, step: i64) -> Vec<(Stage, i64)> {
        let (mut last, mut all) = (None, Vec::new());
        let mut now = 0;
        while now < (life + 40) * DAY {
            if let Some(stage) = due(0, life * DAY, last, now) {
                all.push((stage, (life * DAY - now).div_euclid(DAY)));
                last = Some(stage);
            }
            now += step;
        }
        all
    }

    #[test]
    fn the_end_is_told_four_times_however_often_somebody_looks() {
        for step in [60, 3600, 7200] {
            let days = told(365, step);
            assert_eq!(days, [(Stage::Twenty, 20), (Stage::Seven, 7), (Stage::One, 1), (Stage::Over, 0)], "{step}");
        }
    }

    #[test]
    fn what_lives_for_less_is_told_less_and_always_when_it_is_over() {
        assert_eq!(told(20, 3600), [(Stage::Seven, 7), (Stage::One, 1), (Stage::Over, 0)]);
        assert_eq!(told(7, 3600), [(Stage::One, 1), (Stage::Over, 0)]);
        assert_eq!(told(1, 3600), [(Stage::Over, 0)]);
    }

    #[test]
    fn a_server_that_was_off_tells_the_most_urgent_one_and_never_an_earlier_one() {
        let end = 365 * DAY;
        assert_eq!(due(0, end, Some(Stage::Twenty), end - DAY / 2), Some(Stage::One));
        assert_eq!(due(0, end, Some(Stage::One), end - 6 * DAY), None, "a clock that was set back");
        assert_eq!(due(0, end, None, end + 6 * DAY), Some(Stage::Over));
        assert_eq!(due(0, end, None, end + 8 * DAY), None, "what ended long ago is no news");
        assert_eq!(due(i64::MIN, i64::MAX, None, i64::MAX - 1), Some(Stage::One), "and nothing overflows");
    }

    #[test]
    fn a_stage_is_stored_by_its_days() {
        for stage in Stage::ALL {
            assert_eq!(Stage::of_days(stage.days()), Some(stage));
        }
        assert_eq!(Stage::of_days(3), None);
    }
}
