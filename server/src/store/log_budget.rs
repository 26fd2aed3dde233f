//! How much of the SCIM request log an organisation, or nobody, may write at a time. Pure.

use std::collections::HashMap;

/// Refusals with 401 or 429 that are written in a minute, of one organisation and of nobody.
const REFUSALS: u32 = 120;
const REFUSALS_OF_NOBODY: u32 = 30;
/// How many rows one organisation may write before its bound is looked at again.
pub(super) const LOOK_AFTER: u32 = 2_000;

/// How many rows were written lately, and when the bounds were looked at.
#[derive(Default)]
pub(super) struct Budget {
    minute: i64,
    refusals: HashMap<Option<[u8; 16]>, u32>,
    /// Rows since the bound was looked at.
    rows: HashMap<Option<[u8; 16]>, u32>,
}

impl Budget {
    /// Whether a refusal of that organisation may be written in that minute.
    pub(super) fn takes(&mut self, org: Option<[u8; 16]>, minute: i64) -> bool {
        if self.minute != minute {
            self.minute = minute;
            self.refusals.clear();
        }
        let count = self.refusals.entry(org).or_default();
        *count += 1;
        *count <= if org.is_some() { REFUSALS } else { REFUSALS_OF_NOBODY }
    }

    /// Whether its bound has to be looked at.
    pub(super) fn is_to_look(&mut self, org: Option<[u8; 16]>, rows: u32) -> bool {
        // The first time, because the rows of earlier runs were not counted.
        let count = self.rows.entry(org).or_insert(LOOK_AFTER);
        *count = count.saturating_add(rows);
        let is_due = *count >= LOOK_AFTER;
        if is_due {
            *count = 0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, LOOK_AFTER, REFUSALS, REFUSALS_OF_NOBODY};

    #[test]
    fn refusals_are_written_a_few_in_a_minute_and_nobody_takes_an_organisations_share() {
        let mut budget = Budget::default();
        let taken = |budget: &mut Budget, org, minute| (0..1000).filter(|_| budget.takes(org, minute)).count();
        assert_eq!(taken(&mut budget, None, 1), REFUSALS_OF_NOBODY as usize);
        assert_eq!(taken(&mut budget, Some([1; 16]), 1), REFUSALS as usize);
        assert_eq!(taken(&mut budget, Some([2; 16]), 1), REFUSALS as usize);
        assert_eq!(taken(&mut budget, None, 2), REFUSALS_OF_NOBODY as usize);
    }

    #[test]
    fn a_bound_is_looked_at_first_and_then_after_so_many_rows() {
        let mut budget = Budget::default();
        assert!(budget.is_to_look(None, 1));
        assert!(!budget.is_to_look(None, LOOK_AFTER - 1));
        assert!(budget.is_to_look(None, 1));
    }
}
