//! One line of the managed configuration: a strict part of TOML 1.0.
//!
//! Promise: what is read here, a reader of TOML reads in the same way; what TOML has besides
//! (numbers, lists, dates, dotted and quoted names, texts over several lines) is refused by name of
//! the line. Must never: guess.

use super::ManagedKey;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Blank, or a comment.
    Empty,
    /// `[name]`
    Table(String),
    /// `name = "text"`
    Value(String, String),
}

/// Why a line is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadLine {
    /// Neither a comment, nor a table, nor an option.
    NotALine,
    /// There is no option or table of this name; the nearest one.
    Unknown {
        /// As written.
        name: String,
        /// One that exists.
        nearest: &'static str,
    },
    /// This name, for the second time.
    Twice(String),
    /// The value is not a text in quotation marks.
    NotText(String),
    /// The text is not what this option takes.
    Value(ManagedKey),
}

impl BadLine {
    /// There is no such option.
    pub(super) fn unknown(name: &str) -> Self {
        let alike = |key: &ManagedKey| {
            let (a, b) = (name.as_bytes(), key.name().as_bytes());
            let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            let ends = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
            same.max(ends)
        };
        // Of several that are as near, the first.
        let nearest = ManagedKey::ALL.into_iter().rev().max_by_key(alike).unwrap_or(ManagedKey::Server);
        Self::Unknown { name: name.to_owned(), nearest: nearest.name() }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Reads one line, without its line feed.
pub(super) fn read_line(line: &str) -> Result<Line, BadLine> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err(BadLine::NotALine);
    }
    let text = line.trim_matches(BLANKS);
    if ends(text) {
        return Ok(Line::Empty);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (name, after) = rest.split_once(']').ok_or(BadLine::NotALine)?;
        let name = name.trim_matches(BLANKS);
        return if is_name(name) && ends(after) { Ok(Line::Table(name.to_owned())) } else { Err(BadLine::NotALine) };
    }
    let (name, value) = text.split_once('=').ok_or(BadLine::NotALine)?;
    let (name, value) = (name.trim_matches(BLANKS), value.trim_matches(BLANKS));
    if !is_name(name) {
        return Err(BadLine::NotALine);
    }
    match read_text(value) {
        Some((text, after)) if ends(after) => Ok(Line::Value(name.to_owned(), text)),
        _ => Err(BadLine::NotText(name.to_owned())),
    }
}

/// Nothing more, or a comment.
fn ends(text: &str) -> bool {
    let text = text.trim_start_matches(BLANKS);
    text.is_empty() || text.starts_with('#')
}

/// `"..."` with the escapes of TOML, or `'...'` without; what follows it.
fn read_text(value: &str) -> Option<(String, &str)> {
    if let Some(rest) = value.strip_prefix('\'') {
        let (text, after) = rest.split_once('\'')?;
        return Some((text.to_owned(), after));
    }
    let mut text = String::new();
    let mut rest = value.strip_prefix('"')?.chars();
    loop {
        match rest.next()? {
            '"' => return Some((text, rest.as_str())),
            '\\' => text.push(match rest.next()? {
                '"' => '"',
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'u' => code_point(&mut rest, 4)?,
                'U' => code_point(&mut rest, 8)?,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
}

fn code_point(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let number = rest.by_ref().take(digits).collect::<String>();
    let is_hex = number.len() == digits && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    char::from_u32(u32::from_str_radix(&number, 16).ok().filter(|_| is_hex)?)
}
