//! The searches that every change has to pass.

use super::event::Event;
use super::search::{Report, Until, read, search, tell};
use super::state::Bounds;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

fn print(text: &str) {
    // Not captured: whoever waits for minutes wants to see something.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What the search came to, as it stands in docs/EXPLORER.md.
fn told(name: &str, report: &Report) -> String {
    let mut text = format!("{name}\n");
    let _ = writeln!(text, "  trouble    states    events      ends  deepest  seconds");
    for (trouble, level) in report.levels.iter().enumerate() {
        let left = if level.left > 0 { format!("  not finished: {} states left", level.left) } else { String::new() };
        let _ = writeln!(
            text,
            "  {trouble:>7} {:>9} {:>9} {:>9} {:>8} {:>8.1}{left}",
            level.states,
            level.events,
            level.ends,
            level.deepest,
            level.took.as_secs_f32(),
        );
    }
    let (machine, looks) = (&report.machine, &report.machine.looks);
    let (asked, played) = machine.played();
    let _ = writeln!(text, "  {} distinct states, {} times one was met again", report.states, report.met_again);
    let _ = writeln!(
        text,
        "  steps of the flow: {asked}, played {played}; requests: {}, served {}; deeds: {}, done {}",
        machine.requests.0, machine.requests.1, machine.operated.0, machine.operated.1
    );
    let _ = writeln!(
        text,
        "  looked at: bundle stored {}, done {}, keys stay {}, comes to rest {}, suspended {}, removed {}, by invitation {}, saved first {}",
        looks.one_bundle,
        looks.success,
        looks.keys_stay,
        looks.no_dead_end,
        looks.suspended,
        looks.removed,
        looks.by_invite,
        looks.saved_first
    );
    let _ = write!(text, "  {:.1} seconds", report.took.as_secs_f32());
    text
}

fn names(schedule: &[Event]) -> String {
    schedule.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Searches, tells, and fails with the schedule that breaks something.
fn hold(name: &str, bounds: Bounds, until: Until) -> Report {
    let report = search(bounds, until);
    print(&told(name, &report));
    if let Some(found) = &report.found {
        let story = tell(bounds, &found.schedule, found.calm);
        panic!(
            "{}\n  after {} events, {:.1} seconds\n  EXPLORE_SCHEDULE='{}'\n{story}",
            found.broken,
            found.schedule.len(),
            report.took.as_secs_f32(),
            names(&found.schedule)
        );
    }
    report
}

/// What every change is tried with.
const ALONE: Bounds = Bounds { clients: 1, runs: 4, late: 2, deeds: 0 };
const OTHERS: Bounds = Bounds { clients: 1, runs: 3, late: 1, deeds: 2 };
const TWO: Bounds = Bounds { clients: 2, runs: 2, late: 1, deeds: 0 };
/// What is searched for as long as somebody has time.
const ALL: Bounds = Bounds { clients: 2, runs: 3, late: 2, deeds: 3 };
/// How long two clients are tried with one trouble at every change. What there is without is always
/// tried whole.
const A_WHILE: Duration = Duration::from_secs(15);

#[test]
fn one_client_keeps_every_promise_whatever_the_network_does() {
    let report = hold("one client", ALONE, Until { trouble: 2, time: Duration::MAX });
    assert_eq!(report.levels.len(), 3);
}

#[test]
fn one_client_keeps_every_promise_whatever_others_do() {
    let until = Until { trouble: 2, time: Duration::MAX };
    let report = hold("one client, an identity provider, an administrator", OTHERS, until);
    assert_eq!(report.levels.len(), 3);
}

#[test]
fn two_clients_keep_every_promise_whatever_the_network_does() {
    hold("two clients", TWO, Until { trouble: 1, time: A_WHILE });
}

#[test]
fn two_clients_keep_every_promise_whatever_the_network_and_others_do() {
    let name = "two clients, an identity provider, an administrator";
    if let Ok(schedule) = std::env::var("EXPLORE_SCHEDULE") {
        return print(&tell(ALL, &read(ALL, &schedule), Some(0)));
    }
    match std::env::var("EXPLORE_MINUTES") {
        Ok(minutes) => {
            let minutes: u64 = minutes.parse().expect("EXPLORE_MINUTES is a whole number");
            hold(name, ALL, Until { trouble: usize::from(u8::MAX), time: Duration::from_secs(60 * minutes) });
        }
        Err(_) => drop(hold(name, Bounds { runs: 2, late: 1, ..ALL }, Until { trouble: 1, time: A_WHILE })),
    }
}
