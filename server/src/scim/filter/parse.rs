//! Reading a filter: recursive descent with a bound on depth, tests and length.

use super::{DEEPEST, Filter, FilterError, LONGEST, Literal, MOST, Op};
use crate::scim::path::{AttrPath, is_name};

type Result<T> = std::result::Result<T, FilterError>;

/// Reads a whole filter.
pub(crate) fn parse(text: &str) -> Result<Filter> {
    Parser::new(text)?.whole(false)
}

/// Reads what stands between the brackets of a value path.
pub(crate) fn parse_within(text: &str) -> Result<Filter> {
    Parser::new(text)?.whole(true)
}

struct Parser<'a> {
    rest: &'a str,
    tests: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(FilterError::new("The filter is longer than 8 KiB."));
        }
        Ok(Self { rest: text, tests: 0 })
    }

    fn whole(mut self, inside: bool) -> Result<Filter> {
        let filter = self.either(0, inside)?;
        self.blanks();
        if self.rest.is_empty() { Ok(filter) } else { Err(self.unexpected()) }
    }

    /// `a or b or c`
    fn either(&mut self, depth: usize, inside: bool) -> Result<Filter> {
        let mut parts = vec![self.both(depth, inside)?];
        while self.keyword("or") {
            parts.push(self.both(depth, inside)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
    }

    /// `a and b and c`
    fn both(&mut self, depth: usize, inside: bool) -> Result<Filter> {
        let mut parts = vec![self.one(depth, inside)?];
        while self.keyword("and") {
            parts.push(self.one(depth, inside)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) })
    }

    fn one(&mut self, depth: usize, inside: bool) -> Result<Filter> {
        if depth > DEEPEST {
            return Err(FilterError::new("The filter has more than 32 parentheses inside one another."));
        }
        self.blanks();
        if self.sign('(') {
            let filter = self.either(depth + 1, inside)?;
            self.close(')')?;
            return Ok(filter);
        }
        let path = self.word();
        if path.eq_ignore_ascii_case("not") {
            self.blanks();
            if !self.sign('(') {
                return Err(FilterError::new("Behind not a parenthesis must follow."));
            }
            let filter = self.either(depth + 1, inside)?;
            self.close(')')?;
            return Ok(Filter::Not(Box::new(filter)));
        }
        let path =
            AttrPath::read(path).ok_or_else(|| FilterError::new("The filter has no attribute where one belongs."))?;
        if !self.rest.starts_with('[') {
            return self.test(path);
        }
        if inside || path.sub.is_some() {
            return Err(FilterError::new(
                "A filter in brackets stands behind an attribute, and not inside another one.",
            ));
        }
        self.rest = &self.rest[1..];
        let filter = self.either(depth + 1, true)?;
        self.close(']')?;
        // Entra: emails[type eq "work"].value eq "x" means that one value fulfils both.
        let filter = if self.sign('.') {
            let sub = self.word();
            if !is_name(sub) {
                return Err(self.unexpected());
            }
            let test = self.test(AttrPath { schema: None, attribute: sub.to_owned(), sub: None })?;
            Filter::And(vec![filter, test])
        } else {
            filter
        };
        Ok(Filter::Within(path, Box::new(filter)))
    }

    /// `pr`, or an operator and a value, behind a path.
    fn test(&mut self, path: AttrPath) -> Result<Filter> {
        self.tests += 1;
        if self.tests > MOST {
            return Err(FilterError::new("The filter has more than 100 tests."));
        }
        self.some_blanks()?;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let op = Op::ALL
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, op)| *op)
            .ok_or_else(|| FilterError::new("The operators are eq, ne, co, sw, ew, gt, ge, lt, le and pr."))?;
        self.some_blanks()?;
        Ok(Filter::Compare(path, op, self.literal()?))
    }

    fn literal(&mut self) -> Result<Literal> {
        if self.rest.starts_with('"') {
            let end = closing_quote(self.rest).ok_or_else(|| FilterError::new("A text in the filter does not end."))?;
            let (quoted, rest) = self.rest.split_at(end);
            // A JSON string, so a quotation mark inside it cannot end it.
            let text = serde_json::from_str(quoted)
                .map_err(|_| FilterError::new("A text in the filter is no JSON string."))?;
            self.rest = rest;
            return Ok(Literal::Text(text));
        }
        // Microsoft's collection leaves the quotation marks out: everything up to a blank,
        // parenthesis or bracket is the value.
        Ok(match self.word() {
            "" => return Err(FilterError::new("The filter has no value where one belongs.")),
            "true" | "True" => Literal::Bool(true),
            "false" | "False" => Literal::Bool(false),
            "null" => Literal::Null,
            word if is_plain(word) => Literal::Text(word.to_owned()),
            _ => return Err(FilterError::new("A text in the filter stands in quotation marks of the form \"...\".")),
        })
    }

    /// A word between blanks, if it is next; consumed only then.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start_matches(' ');
        // "a)and" has no blank before, which is fine; "a and(b" has none behind.
        let Some(start) = rest.get(..word.len()) else { return false };
        let behind = &rest[word.len()..];
        if start.eq_ignore_ascii_case(word) && behind.starts_with([' ', '(']) {
            self.rest = behind;
            return true;
        }
        false
    }

    /// Everything up to a blank, parenthesis, bracket or quotation mark.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find([' ', '(', ')', '[', ']', '"']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn some_blanks(&mut self) -> Result<()> {
        if !self.rest.starts_with(' ') {
            return Err(self.unexpected());
        }
        self.blanks();
        Ok(())
    }

    fn sign(&mut self, sign: char) -> bool {
        self.rest.strip_prefix(sign).map(|rest| self.rest = rest).is_some()
    }

    fn close(&mut self, sign: char) -> Result<()> {
        self.blanks();
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> FilterError {
        FilterError::new(match self.rest.chars().next() {
            None => "The filter ends too early.".to_owned(),
            Some(sign) => format!("The filter goes on with {sign:?} where that cannot stand."),
        })
    }
}

/// Whether a word can be a value without quotation marks. One in other marks, or in the right ones
/// encoded once too often, would be a text that nobody has, and then a provider creates the person
/// a second time. An apostrophe inside is a letter of a name.
fn is_plain(word: &str) -> bool {
    let apostrophe = |c: char| matches!(c, '\'' | '\u{2019}');
    let inner = word.trim_matches(apostrophe);
    let encoded =
        |at: usize| inner.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    inner.len() == word.len()
        && !word.contains(|c: char| !apostrophe(c) && (is_mark(c) || c == '\\' || c.is_whitespace() || c.is_control()))
        && !word.starts_with('&')
        && !inner.match_indices('%').any(|(at, _)| encoded(at))
}

/// Signs that people and programs quote with.
fn is_mark(c: char) -> bool {
    matches!(c,
        '"' | '\'' | '`' | '\u{B4}' | '\u{AB}' | '\u{BB}' | '\u{2BA}'..='\u{2BC}' | '\u{2018}'..='\u{201F}' | '\u{2032}'..='\u{2037}'
            | '\u{2039}' | '\u{203A}' | '\u{275B}'..='\u{2760}' | '\u{276E}' | '\u{276F}' | '\u{300C}'..='\u{300F}'
            | '\u{301D}'..='\u{301F}' | '\u{FF02}' | '\u{FF07}' | '\u{FF40}')
}

/// Where the JSON string that `text` begins with ends.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
