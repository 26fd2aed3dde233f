//! `person`: who is here, how far they have come, and whether somebody compared their fingerprint.

use super::org_named::OrgNamed;
use super::{Common, Outcome, by_hand, csv, erase, reset, say};
use crate::admin::{MembershipShown, PersonLine, why};
use crate::calendar;
use crate::life::reminding;
use crate::outlet::out;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Longest file that a fingerprint is looked for in.
const LONGEST: u64 = 64 * 1024;

#[derive(Subcommand)]
pub(super) enum Person {
    /// List people.
    List {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
    /// List people whose address, user name or name contains a text; or find an account by its id.
    Search {
        /// The text; case does not matter.
        text: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
    /// Show everything about a person except the ciphertext.
    Show {
        /// The person's address, account id, SCIM id or user name.
        #[arg(value_name = "PERSON")]
        name: String,
        /// The organisation whose user name it is, where several have one of that name.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
    /// Record that you compared the fingerprint with the person, by telephone or in person.
    Confirm {
        /// The person's address, account id, SCIM id or user name.
        #[arg(value_name = "PERSON")]
        name: String,
        /// The organisation whose user name it is, where several have one of that name.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        /// The eight words that the person read to you; asked for at the terminal if not given.
        #[arg(long, value_name = "WORDS", conflicts_with = "file")]
        fingerprint: Option<String>,
        /// A file that the person gave you: the eight words, or JSON with a member `fingerprint`.
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Let a person who lost password and recovery kit make new keys; data encrypted to the old
    /// ones stays unreadable.
    Reset(reset::Reset),
    /// Erase what is still stored of a person whom every organisation has removed.
    Erase(erase::Erase),
    /// Add a person by hand, whom no identity provider keeps.
    Add(by_hand::Add),
    /// Add or change all people of a CSV file by hand, or nobody.
    Import(by_hand::Import),
    /// Suspend a person who was added by hand: sessions and invitations end, the keys stay.
    Suspend(by_hand::Whom),
    /// Take the suspension of a person back who was added by hand.
    Resume(by_hand::Whom),
    /// Remove a person who was added by hand from the organisation.
    Remove(by_hand::Remove),
    /// Hand a person who was added by hand over to the identity provider, with account and keys.
    Adopt(by_hand::Adopt),
}

#[derive(Args)]
pub(super) struct Which {
    /// Only of this organisation.
    #[arg(long, value_name = "ORG")]
    org: Option<OrgNamed>,
    /// Only in this state.
    #[arg(long, value_name = "STATE", value_parser = ["staged", "invited", "waiting", "complete", "suspended", "removed"])]
    state: Option<String>,
    /// Only active people who have not finished, with what became of their letters.
    #[arg(long, conflicts_with = "state")]
    unfinished: bool,
    /// Only those who have not finished for so long, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = span, requires = "unfinished")]
    since: Option<i64>,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    /// In this order, instead of as people came.
    #[arg(long, value_name = "BY")]
    sort: Option<Sort>,
    /// As lines for a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Reads a span of time, in seconds.
pub(super) fn span(text: &str) -> Result<i64, &'static str> {
    reminding::span(text).ok_or("a span of time looks like 12h, 7d or 2w")
}

/// What a list is sorted by.
#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    /// Address
    Email,
    /// Name
    Name,
    /// State, then reason
    State,
    /// The newest first
    Since,
}

pub(super) async fn run(command: Person) -> Outcome {
    match command {
        Person::Reset(wish) => reset::run(wish).await?,
        Person::Erase(wish) => erase::run(wish).await?,
        Person::Add(wish) => by_hand::add(wish).await?,
        Person::Import(wish) => by_hand::import(wish).await?,
        Person::Suspend(whom) => by_hand::set_active(whom, false).await?,
        Person::Resume(whom) => by_hand::set_active(whom, true).await?,
        Person::Remove(wish) => by_hand::remove(wish).await?,
        Person::Adopt(wish) => by_hand::adopt(wish).await?,
        Person::List { which, common } => list(&common, which, None).await?,
        Person::Search { text, which, common } => list(&common, which, Some(&text)).await?,
        Person::Show { name, org, common } => {
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let person = realm.person_named(&name, org).await?;
            say::members(&common, &serde_json::to_value(&person)?);
            for one in &person.organisations {
                say::paragraph(&common, &how_it_stands(one));
            }
        }
        Person::Confirm { name, org, fingerprint, file, common } => {
            let given = match file {
                Some(path) => from_file(&path)?,
                None => fingerprint.map_or_else(|| heard(&name), Ok)?,
            };
            let realm = common.realm().await?;
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let (email, fingerprint) = realm.confirm(&name, org, &given).await?;
            say::members(&common, &json!({"email": email, "fingerprint": fingerprint.to_string(), "confirmed": true}));
        }
    }
    Ok(())
}

async fn list(common: &Common, which: Which, text: Option<&str>) -> Outcome {
    // What is sorted is sorted whole before it is cut.
    let read = if which.sort.is_some() { usize::MAX } else { which.limit };
    let realm = common.realm().await?;
    let org = OrgNamed::find_if_named(which.org.as_ref(), &realm).await?;
    let mut people = match (which.unfinished, text) {
        (true, None) => realm.unfinished(org, which.since.unwrap_or(0), read).await?,
        (true, Some(_)) => return Err("--unfinished goes with `person list`.".into()),
        (false, text) => realm.people(org, which.state, text, read).await?,
    };
    if let Some(by) = which.sort {
        sort(&mut people, by);
        people.truncate(which.limit);
    }
    if which.csv {
        csv_of(&people);
    } else if which.unfinished {
        let heads = ["EMAIL", "STATE", "WHY", "INVITED", "LETTER", "OPENED", "REMINDED"];
        say::list(common, "people", &people, &heads, |person: &PersonLine| {
            vec![
                say::or_dash(person.email.as_ref().or(person.user_name.as_ref())),
                person.state.clone(),
                person.reason.unwrap_or("-").to_owned(),
                say::day(person.invited_at),
                person.letter.unwrap_or("-").to_owned(),
                person.claims.map_or_else(|| "-".to_owned(), |claims| claims.to_string()),
                say::day(person.reminded_at),
            ]
        })?;
    } else {
        let heads = ["EMAIL", "NAME", "STATE", "WHY", "SINCE", "CONFIRMED"];
        say::list(common, "people", &people, &heads, |person: &PersonLine| {
            vec![
                say::or_dash(person.email.as_ref()),
                say::or_dash(name(person)),
                person.state.clone(),
                person.reason.unwrap_or("-").to_owned(),
                say::day(Some(since(person))),
                say::day(person.confirmed_at),
            ]
        })?;
    }
    let held = people.iter().filter(|person| person.reason == Some("not-released")).count();
    if held > 0 && !which.csv {
        say::aside(
            common,
            &format!(
                "Held back: {held}. They get no letter until `invite release`, which takes one person, --group or --all."
            ),
        );
    }
    if people.len() == which.limit {
        say::aside(common, &format!("There may be more than {}; use --limit or `person search`.", which.limit));
    }
    Ok(())
}

fn name(person: &PersonLine) -> Option<&String> {
    person.display_name.as_ref().or(person.user_name.as_ref())
}

fn since(person: &PersonLine) -> i64 {
    person.since.unwrap_or(person.created_at)
}

/// In the order in which they came where they are alike.
fn sort(people: &mut [PersonLine], by: Sort) {
    let small = |text: Option<&String>| text.map(|text| text.to_lowercase());
    match by {
        Sort::Email => people.sort_by_key(|person| small(person.email.as_ref())),
        Sort::Name => people.sort_by_key(|person| small(name(person))),
        Sort::State => people.sort_by(|a, b| (&a.state, a.reason).cmp(&(&b.state, b.reason))),
        Sort::Since => people.sort_by_key(|person| std::cmp::Reverse(since(person))),
    }
}

/// Times are UTC, as spreadsheets read them.
fn csv_of(people: &[PersonLine]) {
    let moment = |at: Option<i64>| at.map(calendar::instant).unwrap_or_default();
    out!(
        "{}",
        csv::line([
            "email",
            "user_name",
            "name",
            "organisation",
            "state",
            "reason",
            "since",
            "created",
            "completed",
            "confirmed",
            "until",
            "invited",
            "letter",
            "opened",
            "last_opened",
            "reminders",
            "reminded",
            "user_id",
            "account_id",
            "source",
        ])
    );
    for person in people {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            text(&person.email),
            text(&person.user_name),
            name(person).cloned().unwrap_or_default(),
            text(&person.organisation),
            person.state.clone(),
            person.reason.unwrap_or_default().to_owned(),
            moment(Some(since(person))),
            moment(Some(person.created_at)),
            moment(person.completed_at),
            moment(person.confirmed_at),
            moment(person.until),
            moment(person.invited_at),
            person.letter.unwrap_or_default().to_owned(),
            person.claims.map(|claims| claims.to_string()).unwrap_or_default(),
            moment(person.last_claim_at),
            person.reminders.map(|count| count.to_string()).unwrap_or_default(),
            moment(person.reminded_at),
            text(&person.user_id),
            person.account_id.clone(),
            person.source.unwrap_or_default().to_owned(),
        ];
        out!("{}", csv::line(cells.iter().map(String::as_str)));
    }
}

/// How the person stands in an organisation, and what to do where something is to be done.
fn how_it_stands(one: &MembershipShown) -> String {
    let (name, organisation) = (&one.user_name, &one.organisation);
    match one.state {
        "staged" => {
            let mut told =
                format!("{organisation} has not invited {name} yet. {}", why(one.reason.unwrap_or_default()));
            if let Some(until) = one.until {
                told.push_str(&format!(" It goes out by itself on {}.", calendar::for_people(until)));
            }
            told
        }
        "invited" => {
            let until = one.until.map(|until| format!(" until {}", calendar::for_people(until))).unwrap_or_default();
            format!("{organisation} has invited {name}. The link works{until}.")
        }
        "complete" => format!("{name} is a member of {organisation}."),
        "suspended" if one.source == "manual" => {
            format!("{name} is suspended by hand. To take that back: firstkey-server person resume {name}")
        }
        "suspended" => format!("{organisation} has deactivated {name}. Activate the person at the identity provider."),
        _ => {
            let mut told = format!("{organisation} waits to invite {name}. {}", why(one.reason.unwrap_or_default()));
            if let Some(holder) = &one.held_by {
                told.push_str(&format!(" That person is {holder}."));
            }
            if let Some(until) = one.until.filter(|_| one.reason == Some("letters-limited")) {
                told.push_str(&format!(" That is {}.", calendar::for_people(until)));
            }
            told
        }
    }
}

/// The words that the administrator hears, typed at the terminal.
fn heard(name: &str) -> Result<String, Box<dyn std::error::Error>> {
    if !std::io::stdin().is_terminal() {
        return Err(
            "There is no terminal to ask on. Give the eight words with --fingerprint, or a file with --file.".into()
        );
    }
    write!(std::io::stderr(), "The eight words that {} reads to you: ", say::harmless(name))?;
    std::io::stderr().flush()?;
    let mut typed = String::new();
    std::io::stdin().lock().take(LONGEST).read_line(&mut typed)?;
    Ok(typed)
}

fn from_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("The file {} cannot be read: {error}", path.display());
    let mut text = String::new();
    std::fs::File::open(path).map_err(unreadable)?.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    let json: Option<Value> = serde_json::from_str(&text).ok();
    Ok(json.and_then(|value| value["fingerprint"].as_str().map(str::to_owned)).unwrap_or(text))
}
