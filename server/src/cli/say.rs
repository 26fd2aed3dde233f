//! How answers are written: one JSON object for machines, lines and tables for people.
//!
//! Promise: whatever a name or a message holds, it moves no cursor, changes no direction and hides
//! nothing on a terminal; a table fits into 80 columns. JSON is given exactly, for programs.

use super::{Common, Outcome};
use crate::calendar;
use crate::names;
use crate::outlet::{err, out};
use serde::Serialize;
use serde_json::{Value, json};

/// Columns of a terminal that nobody has made larger.
const WIDTH: usize = 80;
/// No column is made narrower than this, if it is wider.
const NARROW: usize = 6;
/// The column of names is at least so wide, so that short answers look alike.
const NAMES: usize = 16;

/// One JSON object, or one line per member; a member that is an object gives a line for each of its
/// own, a list of objects one for each of theirs.
pub(super) fn members(common: &Common, answer: &Value) {
    if common.json {
        out!("{answer}");
        return;
    }
    for line in lines(answer) {
        out!("{line}");
    }
}

/// What stands for itself, then what belongs to a list or an object; the values in one column.
fn lines(answer: &Value) -> Vec<String> {
    let (mut own, mut inner) = (Vec::new(), Vec::new());
    let of = |name: &str, item: &Value| -> Vec<(String, String)> {
        let members = item.as_object().into_iter().flatten();
        members.map(|(key, value)| (format!("{name}.{key}"), plain(key, value))).collect()
    };
    for (key, value) in answer.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => inner.extend(of(key, value)),
            Value::Array(items) if items.iter().all(Value::is_object) => {
                inner.extend(items.iter().zip(1..).flat_map(|(item, at)| of(&format!("{key}.{at}"), item)));
            }
            value => own.push((key.clone(), plain(key, value))),
        }
    }
    own.append(&mut inner);
    let width = own.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(NAMES);
    own.into_iter().map(|(name, text)| format!("{name:<width$} {text}")).collect()
}

/// A list: `{"<name>": [...]}` for machines, a table for people.
pub(super) fn list<T: Serialize>(
    common: &Common,
    name: &str,
    items: &[T],
    heads: &[&str],
    row: impl Fn(&T) -> Vec<String>,
) -> Outcome {
    if common.json {
        out!("{}", json!({name: items}));
        return Ok(());
    }
    if items.is_empty() {
        out!("None.");
    }
    for line in table(heads, &items.iter().map(row).collect::<Vec<_>>()) {
        out!("{line}");
    }
    Ok(())
}

/// A sentence, where people are reading.
pub(super) fn aside(common: &Common, sentence: &str) {
    if !common.json {
        err!("{}", harmless(sentence));
    }
}

/// Sentences about what was just shown, below it, where people are reading.
pub(super) fn paragraph(common: &Common, sentences: &str) {
    if !common.json {
        out!("");
        for line in wrapped(&harmless(sentences)) {
            out!("{line}");
        }
    }
}

/// Lines of words that fit; a word that does not has a line of its own.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| columns(line) + 1 + columns(word) <= WIDTH) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The day of a moment, or a dash.
pub(super) fn day(moment: Option<i64>) -> String {
    moment.map_or_else(|| "-".to_owned(), |moment| calendar::instant(moment)[..10].to_owned())
}

/// A text, or a dash.
pub(super) fn or_dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".to_owned())
}

fn plain(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => harmless(text),
        Value::Number(number) if key.ends_with("_at") || key == "until" => number
            .as_i64()
            .map_or_else(|| number.to_string(), |moment| format!("{} ({moment})", calendar::for_people(moment))),
        other => other.to_string(),
    }
}

/// Fit for a terminal: whatever moves the cursor, changes direction or cannot be seen is written as
/// its number.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .flat_map(
            |c| if names::is_invisible(c) && c != '\n' { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] },
        )
        .collect()
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| harmless(cell).replace('\n', " ")).collect()).collect();
    let mut widths: Vec<usize> = heads.iter().map(|head| head.len()).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let gaps = widths.len().saturating_sub(1);
    // The widest column gives way, again and again.
    while widths.iter().sum::<usize>() + gaps > WIDTH
        && let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROW)
    {
        *widest -= 1;
    }
    let line = |row: Vec<&str>| {
        let fitted = row.into_iter().zip(&widths).map(|(cell, width)| fit(cell, *width));
        fitted.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    };
    let head = line(heads.to_vec());
    std::iter::once(head).chain(cells.iter().map(|row| line(row.iter().map(String::as_str).collect()))).collect()
}

/// Exactly that many columns: filled with blanks, or cut off with a mark.
fn fit(text: &str, width: usize) -> String {
    let full = columns(text);
    if full <= width {
        return format!("{text}{}", " ".repeat(width - full));
    }
    let (mut cut, mut taken) = (String::new(), 0);
    for c in text.chars() {
        let wide = column(c);
        if taken + wide + 1 > width {
            break;
        }
        cut.push(c);
        taken += wide;
    }
    format!("{cut}~{}", " ".repeat(width.saturating_sub(taken + 1)))
}

fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// Two for the scripts whose characters fill two columns of a terminal.
fn column(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{columns, harmless, lines, table, wrapped};
    use serde_json::json;

    #[test]
    fn a_table_fits_and_no_name_breaks_it() {
        let long = "x".repeat(300);
        let names = [
            "Ada",
            &long,
            "\u{1b}[2J\u{202e}evil\nsecond line",
            "山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎",
            "",
        ];
        let rows: Vec<Vec<String>> = names
            .iter()
            .map(|name| vec!["ada@example.org".into(), "complete".into(), (*name).into(), "2026-11-23".into()])
            .collect();
        let lines = table(&["EMAIL", "STATE", "NAME", "SINCE"], &rows);
        assert_eq!(lines.len(), names.len() + 1);
        for line in &lines {
            assert!(columns(line) <= 80, "{line}");
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
        assert!(lines[2].contains('~'), "what was cut off is marked");
        assert!(table(&["EMAIL"], &[]).is_empty());
    }

    #[test]
    fn the_values_of_an_answer_stand_in_one_column_and_its_own_come_first() {
        let answer =
            json!({"email": null, "organisations": [{"organisation": "Example", "until": 60}], "state": "invited"});
        let told = lines(&answer);
        assert_eq!(told[0], format!("{:<28} -", "email"));
        assert_eq!(told[1], format!("{:<28} invited", "state"));
        assert_eq!(told[2], "organisations.1.organisation Example");
        assert!(told[3].starts_with(&format!("{:<28} 1970-01-01 00:01 UTC", "organisations.1.until")), "{told:?}");
        assert_eq!(lines(&json!({"org_id": "x"})), [format!("{:<16} x", "org_id")]);
    }

    #[test]
    fn sentences_are_broken_between_words_to_fit() {
        let told = wrapped(&"word ".repeat(40));
        assert!(told.len() == 3 && told.iter().all(|line| columns(line) <= 80 && !line.ends_with(' ')), "{told:?}");
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b")), ["a", long.as_str(), "b"]);
        assert!(wrapped(" ").is_empty());
    }

    #[test]
    fn what_cannot_be_seen_is_written_as_its_number() {
        assert_eq!(harmless("a\u{1b}b\u{200b}c\u{202e}d\te"), "a\\u{1b}b\\u{200b}c\\u{202e}d\\u{9}e");
        assert_eq!(harmless("Ada Lovelace é 山"), "Ada Lovelace é 山");
    }
}
