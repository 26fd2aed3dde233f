//! What came of a case, for people and for machines.
//!
//! Promises: a line fits 80 columns; whatever a client printed moves no cursor here. Must never:
//! call a case held of which a rule was broken.

use super::scenario::Case;
use super::watch::Ran;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Columns of a terminal that nobody has made larger.
const WIDTH: usize = 80;

/// One case, played.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The case's name.
    pub case: String,
    /// The attack's id.
    pub attack: String,
    /// The group.
    pub group: String,
    /// What it is about.
    pub title: String,
    /// Whether the client held.
    pub held: bool,
    /// Every rule that was broken.
    pub broken: Vec<String>,
    /// The client's exit code, if it ended by itself.
    pub exit: Option<i32>,
    /// The stable code of its last line.
    pub code: Option<String>,
    /// How many requests it sent.
    pub requests: usize,
    /// The most memory that it had, in KiB.
    pub peak_kib: u64,
    /// How long it took.
    pub milliseconds: u64,
}

impl Outcome {
    pub(super) fn played(case: &Case, ran: &Ran, last: Option<&Value>, requests: usize, broken: Vec<String>) -> Self {
        let word = |name: &str| last.and_then(|last| last[name].as_str()).map(str::to_owned);
        Self {
            held: broken.is_empty(),
            broken,
            exit: ran.exit,
            code: word("code").or_else(|| word("event")),
            requests,
            peak_kib: ran.peak_kib,
            milliseconds: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
            ..Self::not_played(case, "")
        }
    }

    pub(super) fn not_played(case: &Case, why: &str) -> Self {
        Self {
            case: case.name.clone(),
            attack: case.attack.clone(),
            group: case.group.clone(),
            title: case.title.clone(),
            held: false,
            broken: vec![why.to_owned()],
            exit: None,
            code: None,
            requests: 0,
            peak_kib: 0,
            milliseconds: 0,
        }
    }

    /// A line, and one for each broken rule.
    pub fn lines(&self) -> String {
        let exit = self.exit.map_or("-".to_owned(), |exit| exit.to_string());
        let verdict = if self.held { "held" } else { "FAILED" };
        let code = clean(self.code.as_deref().unwrap_or_default());
        let line = format!("{verdict:<7}{:<35}{:<4} {exit:>3} {code:.29}", self.case, self.attack);
        let mut lines = format!("{}\n", line.trim_end());
        for broken in &self.broken {
            lines.push_str(&wrapped(&clean(broken)));
        }
        lines
    }
}

/// Without anything that acts on a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), "     -".to_owned());
    for word in text.split(' ') {
        if line.len() + word.len() + 1 > WIDTH && line.trim().len() > 1 {
            lines.push_str(&format!("{line}\n"));
            "      ".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    format!("{lines}{line}\n")
}

/// How many cases there are, how many held and how many failed.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Sum {
    /// All of them.
    pub cases: usize,
    /// Those in which the client held.
    pub held: usize,
    /// Those in which it did not.
    pub failed: usize,
}

impl Sum {
    /// Counts.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        outcomes.into_iter().fold(Self::default(), |mut sum, outcome| {
            sum.cases += 1;
            *(if outcome.held { &mut sum.held } else { &mut sum.failed }) += 1;
            sum
        })
    }
}

/// The sums by attack.
pub fn by_attack(outcomes: &[Outcome]) -> BTreeMap<String, Sum> {
    let of = |id: &str| Sum::of(outcomes.iter().filter(|outcome| outcome.attack == id));
    outcomes.iter().map(|outcome| (outcome.attack.clone(), of(&outcome.attack))).collect()
}

/// A table of the sums by attack, and of all.
pub fn table(outcomes: &[Outcome]) -> String {
    let row = |name: &str, sum: Sum| format!("{name:<8}{:>6}{:>7}{:>8}\n", sum.cases, sum.held, sum.failed);
    let mut text = format!("{:<8}{:>6}{:>7}{:>8}\n", "attack", "cases", "held", "failed");
    for (attack, sum) in by_attack(outcomes) {
        text.push_str(&row(&attack, sum));
    }
    text + &row("all", Sum::of(outcomes))
}
