//! firstkey-evil: a server that lies, and a client that has to hold.
//!
//! ```text
//!   scenario file --> cases --> stage:  client --HTTP--> proxy (records, lies) --HTTP--> honest server
//!                                          |                  |                              |
//!                                          +---- verdict: how it ended, what it asked, what is stored, what it left
//! ```
//!
//! Each case is one file, or one of the `values` of a file: what is answered wrongly, and what has
//! to come of it. What no client may do is checked in every case, whether its file speaks of it or
//! not. Promises: it listens on loopback only, with data in a temporary folder of its own, and says
//! that it lies. Must never: share a listener, a folder or a key with a server that is meant.

#![forbid(unsafe_code)]

mod change;
mod computer;
mod honest;
mod lie;
pub mod listener;
pub mod message;
mod node;
mod outcome;
mod places;
mod proxy;
pub mod realm_key;
mod scenario;
mod stage;
mod verdict;
mod wait;
mod watch;

pub use outcome::{Outcome, Sum, by_attack, table};
pub use scenario::{Case, ScenarioError, read, read_all};
pub use wait::wait;

use stage::Stage;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What is said before anything else.
pub const WARNING: &str = "\
This server LIES: it is for testing clients and for nothing else. It listens on
this machine only, and its people and keys are made up and gone afterwards.";

/// Plays every case with the client's program, so many at once; each outcome is told in the order
/// of the cases.
pub fn run(client: &Path, cases: &[Case], jobs: usize, tell: &(dyn Fn(&Outcome) + Sync)) -> Vec<Outcome> {
    // Those that may take long come first, so that nobody waits for them alone at the end.
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(cases[*at].expect.limit));
    let (left, played) = (Mutex::new(order.into_iter()), Mutex::new(Played::default()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                let mut stage = None;
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(at) = next else { break };
                    let outcome = play(&mut stage, client, &cases[at]);
                    played.lock().unwrap_or_else(PoisonError::into_inner).add(at, outcome, tell);
                }
            });
        }
    });
    played.into_inner().unwrap_or_else(PoisonError::into_inner).outcomes.into_values().collect()
}

fn play(stage: &mut Option<Stage>, client: &Path, case: &Case) -> Outcome {
    if stage.is_none() {
        match Stage::set(client) {
            Ok(set) => *stage = Some(set),
            Err(error) => return Outcome::not_played(case, &format!("there is no stage: {error}")),
        }
    }
    match stage {
        Some(stage) => stage.play(case),
        None => Outcome::not_played(case, "there is no stage"),
    }
}

/// Outcomes by the number of their case, and how many were told.
#[derive(Default)]
struct Played {
    outcomes: BTreeMap<usize, Outcome>,
    told: usize,
}

impl Played {
    fn add(&mut self, at: usize, outcome: Outcome, tell: &(dyn Fn(&Outcome) + Sync)) {
        self.outcomes.insert(at, outcome);
        while let Some(outcome) = self.outcomes.get(&self.told) {
            tell(outcome);
            self.told += 1;
        }
    }
}
