//! The tables of `docs/LIFECYCLE.md`, asked of the decisions themselves.
//!
//! Every combination that matters is decided; equal outcomes become one row. If the page says
//! something else, the test fails and `FIRSTKEY_WRITE=1` writes the tables anew.

#![allow(clippy::disallowed_methods, reason = "reads and writes a document")]

use super::in_use::{Kind, Named};
use super::{Bond, Current, InUse, InviteMove, Live, Mode, Outcome, Person, Reason, Standing, in_use, settle};
use std::collections::BTreeSet;
use std::path::Path;

/// The command that writes the page.
const COMMAND: &str = "FIRSTKEY_WRITE=1 cargo test -p firstkey-server --lib life::table";

/// A question of a table with its answers, in the order of its rows.
struct Factor {
    head: &'static str,
    answers: &'static [&'static str],
}

/// Which answers of each question, by number, and what follows from them.
type Row = (Vec<BTreeSet<usize>>, Vec<String>);

/// Rows that differ in one question and have the same outcome become one, question by question from
/// the last.
fn merged(mut rows: Vec<Row>, factors: &[Factor]) -> Vec<Row> {
    for at in (0..factors.len()).rev() {
        let mut fewer: Vec<Row> = Vec::new();
        for (asked, outcome) in rows {
            let is_alike = |row: &&mut Row| {
                let others = |set: &[BTreeSet<usize>]| [&set[..at], &set[at + 1..]].concat();
                row.1 == outcome && others(&row.0) == others(&asked)
            };
            match fewer.iter_mut().find(is_alike) {
                Some(row) => row.0[at].extend(&asked[at]),
                None => fewer.push((asked, outcome)),
            }
        }
        rows = fewer;
    }
    rows
}

/// `a`, `a or b`, `a, b or c`.
fn either(answers: &[&str]) -> String {
    match answers {
        [some @ .., last] if !some.is_empty() => format!("{} or {last}", some.join(", ")),
        answers => answers.concat(),
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn head(cells: &[&str]) -> String {
    let names: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    line(&names) + &format!("|{}\n", "---|".repeat(cells.len()))
}

fn table(factors: &[Factor], outcome: &[&str], rows: Vec<Row>) -> String {
    let heads: Vec<&str> = factors.iter().map(|factor| factor.head).chain(outcome.iter().copied()).collect();
    let mut text = head(&heads);
    for (asked, outcome) in merged(rows, factors) {
        let cells = factors.iter().zip(&asked).map(|(factor, chosen)| match chosen.len() {
            all if all == factor.answers.len() => "any".to_owned(),
            _ => either(&chosen.iter().map(|at| factor.answers[*at]).collect::<Vec<_>>()),
        });
        text += &line(&cells.chain(outcome).collect::<Vec<_>>());
    }
    text
}

/// The ways to stand before anything was decided of somebody who has not accepted.
fn ways() -> Vec<(Bond, Live)> {
    let invitations = [Live::None, Live::Here(Mode::Enrol), Live::Here(Mode::Join), Live::Elsewhere];
    [Bond::Pending, Bond::Asked].into_iter().flat_map(|bond| invitations.map(|live| (bond, live))).collect()
}

const NOBODY: Person = Person {
    active: true,
    unplaced: None,
    bond: Bond::Pending,
    invitation: Live::None,
    was_invited: false,
    taken_back: false,
    held_back: false,
};

const STANDING: [Factor; 6] = [
    Factor { head: "accepted", answers: &["yes", "no"] },
    Factor { head: "active", answers: &["yes", "no"] },
    Factor {
        head: "mailbox",
        answers: &["no address", "not deliverable", "no account there", "a complete account there"],
    },
    Factor { head: "turn", answers: &["theirs", "theirs, but taken back", "somebody else's"] },
    Factor { head: "invited before", answers: &["yes", "no"] },
    Factor { head: "held back", answers: &["yes", "no"] },
];

/// How a person stands who gave these answers, whatever stood before.
fn stands(asked: &[usize]) -> Vec<String> {
    let (is_member, active, was_invited) = (asked[0] == 0, asked[1] == 0, asked[4] == 0);
    let has_account = asked[2] == 3 || is_member;
    let unplaced = [Some(Reason::NoAddress), Some(Reason::NotDeliverable)].get(asked[2]).copied().flatten();
    let before = if is_member { vec![(Bond::Accepted, Live::None)] } else { ways() };
    let outcomes: BTreeSet<Vec<String>> = before
        .into_iter()
        .map(|(bond, invitation)| {
            let unplaced = unplaced.filter(|_| !is_member);
            let (taken_back, held_back) = (asked[3] == 1, asked[5] == 0);
            let person = Person { active, unplaced, bond, invitation, was_invited, taken_back, held_back };
            let first = if has_account {
                Person { bond: Bond::Accepted, ..NOBODY }
            } else {
                Person { invitation: Live::Here(Mode::Enrol), was_invited: true, ..NOBODY }
            };
            let people = if asked[3] == 2 && unplaced.is_none() { vec![first, person] } else { vec![person] };
            let outcome = settle(has_account, &people).pop().expect("invariant: one outcome for each person");
            told(outcome, invitation)
        })
        .collect();
    assert_eq!(outcomes.len(), 1, "what stood before decides: {asked:?} {outcomes:?}");
    outcomes.into_iter().next().expect("invariant: there is one")
}

/// What stands afterwards, in words.
fn told(Outcome { standing, bond, invitation }: Outcome, before: Live) -> Vec<String> {
    let code = |word: &str| format!("`{word}`");
    let live = match (invitation, before) {
        (InviteMove::Issued(mode), _) | (InviteMove::Stays, Live::Here(mode)) => code(mode.as_str()),
        (InviteMove::Stays, Live::None) | (InviteMove::Withdrawn, _) => "none".to_owned(),
        (InviteMove::Stays, Live::Elsewhere) => panic!("an invitation to another address stays"),
    };
    let account = match bond {
        Bond::Pending => "their own, pending",
        Bond::Asked => "asked to join the one there",
        Bond::Accepted => "member",
    };
    let why = standing.reason().map_or("-".to_owned(), |reason| code(reason.as_str()));
    vec![code(standing.as_str()), why, live, account.to_owned()]
}

/// Every combination of answers.
fn combinations(factors: &[Factor]) -> Vec<Vec<usize>> {
    factors.iter().fold(vec![Vec::new()], |known, factor| {
        let longer = |one: Vec<usize>| (0..factor.answers.len()).map(move |at| [&one[..], &[at]].concat());
        known.into_iter().flat_map(longer).collect()
    })
}

fn rows(factors: &[Factor], decide: impl Fn(&[usize]) -> Vec<String>) -> Vec<Row> {
    let row = |asked: Vec<usize>| (asked.iter().map(|at| BTreeSet::from([*at])).collect(), decide(&asked));
    combinations(factors).into_iter().map(row).collect()
}

/// How somebody may stand beside another one at a mailbox.
const BESIDE: [&str; 5] =
    ["a member of the account there", "invited there", "taken back", "active, not invited yet", "not active"];

fn beside(which: usize, mode: Mode) -> Person {
    match which {
        0 => Person { bond: Bond::Accepted, was_invited: true, ..NOBODY },
        1 => Person { invitation: Live::Here(mode), was_invited: true, ..NOBODY },
        2 => Person { taken_back: true, was_invited: true, ..NOBODY },
        3 => NOBODY,
        _ => Person { active: false, was_invited: true, ..NOBODY },
    }
}

/// Who of two people of one organisation has the mailbox.
fn turns() -> String {
    let heads: Vec<String> = BESIDE.iter().map(|name| format!("the second: {name}")).collect();
    let mut text = head(&[&["the first to come"], &heads.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat());
    let has = |outcome: &Outcome| {
        matches!(outcome.standing, Standing::Complete | Standing::Invited(_) | Standing::Waiting(Reason::TakenBack))
    };
    for (first, name) in BESIDE.iter().enumerate() {
        let cells = (0..BESIDE.len()).map(|second| {
            let has_account = first == 0 || second == 0;
            let mode = if has_account { Mode::Join } else { Mode::Enrol };
            let outcomes = settle(has_account, &[beside(first, mode), beside(second, mode)]);
            match (has(&outcomes[0]), has(&outcomes[1])) {
                (true, true) => "both",
                (true, false) => "the first",
                (false, true) => "the second",
                (false, false) => "nobody",
            }
        });
        let cells: Vec<String> = std::iter::once(*name).chain(cells).map(str::to_owned).collect();
        text += &line(&cells);
    }
    text
}

/// What becomes of an invitation that is live.
fn invitations() -> String {
    let before = [
        ("none", Live::None),
        ("`enrol`, to this address", Live::Here(Mode::Enrol)),
        ("`join`, to this address", Live::Here(Mode::Join)),
        ("to another address", Live::Elsewhere),
    ];
    let mut text = head(&["live now", "should be `enrol`", "should be `join`", "should be none"]);
    for (name, invitation) in before {
        let bond = if invitation == Live::Here(Mode::Join) { Bond::Asked } else { Bond::Pending };
        let cells = [(false, true), (true, true), (false, false)].map(|(has_account, active)| {
            let person = Person { invitation, bond, active, was_invited: true, ..NOBODY };
            let outcome = settle(has_account, &[person]).pop().expect("invariant: one outcome for each person");
            match (outcome.invitation, invitation) {
                (InviteMove::Stays, Live::None) => "-",
                (InviteMove::Stays, _) => "stays",
                (InviteMove::Withdrawn, _) => "withdrawn",
                (InviteMove::Issued(_), Live::None) => "a letter",
                (InviteMove::Issued(_), _) => "withdrawn; a new letter",
            }
        });
        text += &line(&std::iter::once(name).chain(cells).map(str::to_owned).collect::<Vec<_>>());
    }
    text
}

const ADDRESS: [Factor; 3] = [
    Factor { head: "`emails` now", answers: &["one that can be mailed", "only others", "none"] },
    Factor { head: "`userName` now", answers: &["an address", "no address"] },
    Factor { head: "in use before", answers: &["nothing", "an e-mail address", "the `userName`"] },
];

/// Which address is in use after these answers.
fn address(asked: &[usize]) -> Vec<String> {
    let lists: &[&[&str]] = match asked[0] {
        0 => &[&["new@x.org"], &["bad", "new@x.org"], &["new@x.org", ""]],
        1 => &[&["bad"], &["\"a.b\"@x.org"], &["ada_x.org#EXT#@y.onmicrosoft.com"]],
        _ => &[&[], &[" "]],
    };
    let user_name = ["name@x.org", "ada"][asked[1]];
    let before = [
        None,
        Some(Current { email: Some("old@x.org"), user_name: "ada" }),
        Some(Current { email: Some("was@x.org"), user_name: "was@x.org" }),
    ][asked[2]];
    let outcomes: BTreeSet<String> = lists
        .iter()
        .map(|list| {
            let named: Vec<Named<'_>> = list.iter().map(|value| Named { value, kind: Kind::Work }).collect();
            match in_use(&named, user_name, before) {
                InUse::Address(text) if text == "new@x.org" => "the e-mail address".to_owned(),
                InUse::Address(text) if text == "name@x.org" => "the `userName`".to_owned(),
                InUse::Address(text) => {
                    assert_eq!(Some(text.as_str()), before.and_then(|before| before.email));
                    "as before".to_owned()
                }
                InUse::None(reason) => format!("none: `{}`", reason.as_str()),
            }
        })
        .collect();
    assert_eq!(outcomes.len(), 1, "{asked:?} {outcomes:?}");
    outcomes.into_iter().collect()
}

/// The page with the table of this name in its place.
fn put(page: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- written by server/src/life/table.rs: {name} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("docs/LIFECYCLE.md lacks {begin}"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{name} has no end"));
    format!("{before}{begin}\n{table}\n<!-- end -->{after}")
}

#[test]
fn the_tables_of_the_document_are_what_is_decided() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/LIFECYCLE.md");
    let page = std::fs::read_to_string(&path).expect("docs/LIFECYCLE.md");
    let tables = [
        ("address", table(&ADDRESS, &["in use"], rows(&ADDRESS, address))),
        ("standing", table(&STANDING, &["state", "why", "invitation", "account"], rows(&STANDING, stands))),
        ("turn", turns()),
        ("invitation", invitations()),
    ];
    let made = tables.iter().fold(page.clone(), |page, (name, table)| put(&page, name, table));
    if std::env::var_os("FIRSTKEY_WRITE").is_some() {
        std::fs::write(&path, made).expect("docs/LIFECYCLE.md can be written");
        return;
    }
    assert!(page == made, "docs/LIFECYCLE.md says something else than what is decided. Write it anew:\n{COMMAND}");
}
