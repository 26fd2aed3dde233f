//! A file of people, as spreadsheets write it: UTF-8 with or without a mark, lines that end with CR
//! LF or LF, cells in quotation marks (RFC 4180), separated by commas, semicolons or tabs.
//!
//! Promises: the first line names the columns, in any order and case; a column that nobody knows is
//! refused, since it may be one that was misspelt; every error names its line, and all errors are
//! found at once. Must never: take a line in part, or two lines of one address.

use super::Entry;
use crate::user_name;
use csv::{ReaderBuilder, StringRecord};
use std::collections::HashMap;

/// Most bytes of a file.
pub(crate) const LONGEST: u64 = 4 * 1024 * 1024;
/// Most people of a file: all of them are written in one transaction, and others wait meanwhile.
const MOST: usize = 5000;
/// Most errors that are told.
const TOLD: usize = 50;
/// What separates cells; the first line says which.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// What separates groups in a cell: no spreadsheet's separator.
const BETWEEN_GROUPS: char = '|';

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Email,
    Name,
    ExternalId,
    Groups,
}

impl Column {
    const ALL: [(&'static str, Self); 4] =
        [("email", Self::Email), ("name", Self::Name), ("external_id", Self::ExternalId), ("groups", Self::Groups)];

    fn read(cell: &str) -> Option<Self> {
        let word = cell.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, column)| column)
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Counted from 1; the first one names the columns.
    pub line: u64,
    /// A sentence.
    pub says: String,
}

/// Nothing of the file is taken.
#[derive(Debug, thiserror::Error)]
pub enum SheetRefused {
    /// The file as a whole cannot be used.
    #[error("{0} Nothing was changed.")]
    Whole(String),
    /// Lines of it cannot.
    #[error("{}\nNothing was changed. Correct the lines and run the command again.", told(.0))]
    Lines(Vec<Trouble>),
}

fn told(troubles: &[Trouble]) -> String {
    let mut lines: Vec<String> =
        troubles.iter().take(TOLD).map(|trouble| format!("line {}: {}", trouble.line, trouble.says)).collect();
    if troubles.len() > TOLD {
        lines.push(format!("and {} more lines", troubles.len() - TOLD));
    }
    lines.join("\n")
}

/// Reads the people of a file, each with the number of its line.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<(u64, Entry)>, SheetRefused> {
    let text = text(bytes)?;
    let first = text.lines().next().unwrap_or_default();
    let separator = separator(first);
    let mut reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let unreadable = |error: csv::Error| SheetRefused::Whole(format!("The file is no table: {error}."));
    let head =
        records.next().ok_or_else(|| SheetRefused::Whole("The file is empty.".to_owned()))?.map_err(unreadable)?;
    let columns = columns(&head)?;
    let (mut people, mut troubles, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in records {
        let record = record.map_err(unreadable)?;
        let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        lines.go_to(at);
        let line = lines.line;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match entry(&columns, &record).and_then(|entry| is_first(&mut seen, line, entry)) {
            Ok(entry) => people.push((line, entry)),
            Err(says) => troubles.push(Trouble { line, says }),
        }
    }
    if people.len() > MOST {
        return Err(SheetRefused::Whole(format!(
            "The file has {} people, and one may have at most {MOST}. Take several files.",
            people.len()
        )));
    }
    match (troubles.is_empty(), people.is_empty()) {
        (false, _) => Err(SheetRefused::Lines(troubles)),
        (true, true) => Err(SheetRefused::Whole("The file names no people below its first line.".to_owned())),
        (true, false) => Ok(people),
    }
}

/// Counts lines. The reader of tables says where it began to look for a record: empty lines may
/// stand before it.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn go_to(&mut self, at: usize) {
        let blank = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let rest = self.text.get(at..).unwrap_or_default();
        let at = at + rest.iter().take_while(|byte| blank(byte)).count();
        let passed = self.text.get(self.at..at).unwrap_or_default();
        self.line += line_ends(passed);
        self.at = at;
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.split(|byte| *byte == b'\n').skip(1).count() as u64
}

/// The file as text.
fn text(bytes: &[u8]) -> Result<&str, SheetRefused> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(SheetRefused::Whole("The file is UTF-16. Save it as CSV in UTF-8.".to_owned()));
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + line_ends(&bytes[..error.valid_up_to()]);
        let says = "A character is not UTF-8. Save the file as CSV in UTF-8.".to_owned();
        SheetRefused::Lines(vec![Trouble { line, says }])
    })
}

/// What separates the names of the columns.
fn separator(first: &str) -> u8 {
    let knows = |separator: u8| {
        first.split(char::from(separator)).filter(|cell| Column::read(cell.trim_matches('"')).is_some()).count()
    };
    // The last of the greatest would win.
    SEPARATORS.into_iter().rev().max_by_key(|separator| knows(*separator)).unwrap_or(b',')
}

/// Which column is where.
fn columns(head: &StringRecord) -> Result<Vec<Column>, SheetRefused> {
    let refuse = |says: String| Err(SheetRefused::Lines(vec![Trouble { line: 1, says }]));
    let mut columns = Vec::new();
    for cell in head {
        let Some(column) = Column::read(cell) else {
            return refuse(format!(
                "The first line names the columns, and there is none with the name \u{201c}{}\u{201d}. They are: email, name, external_id, groups.",
                cell.trim().chars().filter(|c| !c.is_control()).take(40).collect::<String>()
            ));
        };
        if columns.contains(&column) {
            return refuse(format!("The column {} is named twice.", cell.trim()));
        }
        columns.push(column);
    }
    for (name, needed) in &Column::ALL[..2] {
        if !columns.contains(needed) {
            return refuse(format!("The column {name} is missing."));
        }
    }
    Ok(columns)
}

/// The person of a line.
fn entry(columns: &[Column], record: &StringRecord) -> Result<Entry, String> {
    if record.len() != columns.len() {
        let (has, want) = (record.len(), columns.len());
        return Err(format!(
            "The line has {has} cells and the first line {want}. A separator or a quotation mark is missing, or one is too many."
        ));
    }
    let cell = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted);
        at.and_then(|at| record.get(at)).map(plain).unwrap_or_default()
    };
    let groups: Vec<&str> = cell(Column::Groups).split(BETWEEN_GROUPS).collect();
    Entry::new(cell(Column::Email), cell(Column::Name), Some(cell(Column::ExternalId)), &groups)
}

/// A cell without the apostrophe that `person list --csv` puts before what a spreadsheet would take
/// for a formula.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

/// The person, unless a line before has the same one.
fn is_first(seen: &mut HashMap<String, u64>, line: u64, entry: Entry) -> Result<Entry, String> {
    let key = user_name::key(&entry.email).ok_or("The e-mail address has characters that nobody sees.")?;
    // Two addresses of one mailbox are one person, too.
    for key in [key, crate::address::key(&entry.email)] {
        if let Some(before) = seen.insert(key, line).filter(|before| *before != line) {
            return Err(format!("Line {before} has the same e-mail address."));
        }
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::{SheetRefused, Trouble, read};
    use crate::roster::Entry;

    fn people(file: &[u8]) -> Vec<(u64, Entry)> {
        read(file).unwrap_or_else(|error| panic!("{error}"))
    }

    fn troubles(file: &str) -> Vec<Trouble> {
        match read(file.as_bytes()) {
            Err(SheetRefused::Lines(lines)) => lines,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_is_read_as_every_spreadsheet_writes_it() {
        let want = vec![
            (2, Entry::new("ada@example.org", "King, Ada", Some("7"), &["Sales", "IT"]).expect("a person")),
            (4, Entry::new("bob@example.org", "Bob \"B\" é", None, &[]).expect("a person")),
        ];
        let plain = "email,name,external_id,groups\nada@example.org,\"King, Ada\",7,Sales|IT\n\nbob@example.org,\"Bob \"\"B\"\" é\",,\n";
        assert_eq!(people(plain.as_bytes()), want);
        assert_eq!(people(plain.trim_end().as_bytes()), want, "without an end of line at the end");
        let marked = [b"\xEF\xBB\xBF", plain.replace('\n', "\r\n").as_bytes()].concat();
        assert_eq!(people(&marked), want, "with a mark and CR LF");
        for separator in [";", "\t"] {
            let other = plain.replace("King, Ada", "King\u{0} Ada").replace(',', separator).replace('\u{0}', ",");
            assert_eq!(people(other.as_bytes()), want, "{separator:?}");
        }
        let turned = "NAME;Email\r\n\"King, Ada\";ada@example.org\r\n;\r\n";
        assert_eq!(people(turned.as_bytes())[0].1.name, "King, Ada");
    }

    #[test]
    fn a_cell_that_our_own_list_kept_from_being_a_formula_comes_back() {
        let file = "email,name\nada@example.org,\"'=SUM(A1)\"\nbob@example.org,'t Hooft\n";
        let names: Vec<String> = people(file.as_bytes()).into_iter().map(|(_, entry)| entry.name).collect();
        assert_eq!(names, ["=SUM(A1)", "'t Hooft"]);
    }

    #[test]
    fn every_error_names_its_line_and_all_are_told_at_once() {
        let file = "email,name\nada@example.org,Ada\nbob,Bob\nADA@example.org,Again\ncy@example.org\ndee@example.org,\"D\nee\"\neve@example.org,\n";
        let found = troubles(file);
        let lines: Vec<u64> = found.iter().map(|trouble| trouble.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 8], "{found:?}");
        assert!(found[1].says.contains("Line 2"), "{found:?}");
        assert!(found[3].says.contains("quotation mark"), "{found:?}");
    }

    #[test]
    fn the_first_line_is_checked_before_any_other() {
        for (head, says) in [
            ("email,name,phone\n", "phone"),
            ("email,name,email\n", "twice"),
            ("email,groups\n", "column name is missing"),
            ("name\n", "column email is missing"),
            ("ada@example.org,Ada\n", "names the columns"),
        ] {
            let found = troubles(&format!("{head}x,y\n"));
            assert_eq!((found.len(), found[0].line), (1, 1));
            assert!(found[0].says.contains(says), "{found:?}");
        }
    }

    #[test]
    fn another_encoding_and_an_empty_file_are_refused_with_the_remedy() {
        let latin = b"email,name\nada@example.org,Ada\nbob@example.org,J\xF6rg\n";
        let Err(SheetRefused::Lines(found)) = read(latin) else { panic!("it is no UTF-8") };
        assert_eq!(found[0].line, 3);
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain("email".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (file, says) in
            [(&wide[..], "UTF-16"), (b"", "empty"), (b"\xEF\xBB\xBF", "empty"), (b"email,name\r\n;;\r\n", "")]
        {
            let refused = read(file).expect_err("refused").to_string();
            assert!(refused.contains(says) && refused.contains("Nothing was changed"), "{refused}");
        }
        let many: String = (0..=5000).map(|at| format!("p{at}@example.org,P\n")).collect();
        assert!(read(format!("email,name\n{many}").as_bytes()).expect_err("too many").to_string().contains("5001"));
    }
}
