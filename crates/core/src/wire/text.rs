//! Text from the server, an invite or an identity provider, made safe for a terminal.
//!
//! Promises: a [`Printable`] is one line of visible characters and single spaces, at most [`LIMIT`]
//! code points and the `...` that marks a cut. It moves no cursor, sets no title, reorders nothing
//! around it, and holds nothing that a terminal would make a link of. What was taken out stays
//! visible as `<U+XXXX>`.
//!
//! Never: passes a character because nobody thought of it: letters, marks, numbers, punctuation and
//! symbols that have a shape are listed, everything else is escaped. Letters of right-to-left
//! scripts do pass, since names have them.

use core::fmt;
use std::borrow::Cow;
use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

/// The most code points that are kept.
pub const LIMIT: usize = 64;
/// What stands for everything after the limit.
const CUT: &str = "...";
/// Combining marks in a row that are believed; Vietnamese and Hebrew need two.
const MAX_MARKS: usize = 2;
/// What a terminal makes a link of when one of these and a colon come before text.
const SCHEMES: [&str; 14] = [
    "data",
    "file",
    "geo",
    "h323",
    "javascript",
    "magnet",
    "mailto",
    "man",
    "news",
    "sip",
    "sips",
    "tel",
    "urn",
    "xmpp",
];

/// Text that is safe to print, by construction.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Printable(String);

impl Printable {
    /// Makes any text safe. The same text always gives the same result.
    ///
    /// ```
    /// use firstkey_core::wire::text::Printable;
    ///
    /// assert_eq!(Printable::from_untrusted("Ada \u{202e}exe").as_str(), "Ada <U+202E>exe");
    /// assert_eq!(Printable::from_untrusted("M\u{fc}ller  & Co").as_str(), "M\u{fc}ller & Co");
    /// ```
    pub fn from_untrusted(text: &str) -> Self {
        let mut line = Line::default();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            // Escapes must not be forged: a real "<U+" is escaped itself.
            let forged = c == '<' && matches!(rest.peek(), Some('U' | 'u'));
            let fits = match c.general_category() {
                Category::SpaceSeparator => line.space(),
                _ if forged || !is_visible(c) => line.escape(c),
                Category::NonspacingMark | Category::SpacingMark if !line.takes_mark() => line.escape(c),
                _ => line.character(c),
            };
            if !fits {
                line.text.push_str(CUT);
                break;
            }
        }
        Self(line.text)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is there to see.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one word mixes Latin letters with Cyrillic or Greek ones, so that it may be read as
    /// another (`Аcme` with a Cyrillic first letter). A warning, not a proof: a word in one foreign
    /// script alone is not noticed.
    pub fn mixed_scripts(&self) -> bool {
        self.0.split(|c: char| !c.is_alphanumeric()).any(|word| {
            let has = |wanted| word.chars().any(|c| script(c) == Some(wanted));
            u8::from(has(Script::Latin)) + u8::from(has(Script::Greek)) + u8::from(has(Script::Cyrillic)) > 1
        })
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Printable(\"{}\")", self.0)
    }
}

/// The line as far as it is written.
#[derive(Default)]
struct Line {
    text: String,
    /// Code points in `text`.
    length: usize,
    /// A space that is written once something follows: none leads, trails or doubles.
    owes_space: bool,
    /// Combining marks at the end of `text`.
    marks: usize,
}

impl Line {
    /// Always fits: a space costs nothing before something follows it.
    fn space(&mut self) -> bool {
        self.owes_space = self.length > 0;
        true
    }

    fn escape(&mut self, c: char) -> bool {
        self.append(&format!("<U+{:04X}>", u32::from(c)))
    }

    /// Whether a combining mark would sit on something of this line's own.
    fn takes_mark(&self) -> bool {
        self.length > 0 && !self.owes_space && self.marks < MAX_MARKS && !self.text.ends_with(['>', ' '])
    }

    fn character(&mut self, c: char) -> bool {
        if !self.owes_space && self.would_link(c) {
            self.owes_space = true;
        }
        let marks = match c.general_category() {
            Category::NonspacingMark | Category::SpacingMark => self.marks + 1,
            _ => 0,
        };
        let fits = self.append(c.encode_utf8(&mut [0; 4]));
        self.marks = marks;
        fits
    }

    /// Writes all of `piece` and the owed space, or nothing.
    fn append(&mut self, piece: &str) -> bool {
        let length = self.length + usize::from(self.owes_space) + piece.chars().count();
        if length > LIMIT {
            return false;
        }
        if core::mem::take(&mut self.owes_space) {
            self.text.push(' ');
        }
        self.text.push_str(piece);
        (self.length, self.marks) = (length, 0);
        true
    }

    /// Whether a terminal could begin to see a link if `next` came right here: `://`, `www.`,
    /// `ftp.`, `mailto:x` and `host.example/path` are broken with a space.
    fn would_link(&self, next: char) -> bool {
        let token = self.text.rsplit(' ').next().unwrap_or_default();
        // Terminals look at ASCII alone: whatever else stands before the word does not hide it.
        let word_before = |end: &str| {
            let before = token.strip_suffix(end)?;
            before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().map(str::to_ascii_lowercase)
        };
        match next {
            '/' => token.ends_with(':') || token.contains('.'),
            '.' => word_before("").is_some_and(|word| word.ends_with("www") || word.ends_with("ftp")),
            _ => word_before(":").is_some_and(|word| SCHEMES.contains(&word.as_str())),
        }
    }
}

/// Text of any length, with nothing in it that a terminal would obey: whatever is neither visible,
/// nor a space, nor a line end is written as `<U+XXXX>`. The last gate before a terminal; what
/// comes from a server is a [`Printable`] long before.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == '\n' || is_plain(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c == '\n' || is_plain(c) {
            shown.push(c);
        } else {
            shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
        }
    }
    Cow::Owned(shown)
}

/// Whether it is one line that [`harmless`] leaves as it is.
pub fn is_one_line(text: &str) -> bool {
    text.chars().all(is_plain)
}

/// Whether a terminal shows it and does nothing else.
pub fn is_plain(c: char) -> bool {
    c == ' ' || is_visible(c)
}

/// Whether a character has a shape of its own and no power over others. The space is not one of
/// them.
pub fn is_visible(c: char) -> bool {
    let category = match c.general_category() {
        Category::UppercaseLetter
        | Category::LowercaseLetter
        | Category::TitlecaseLetter
        | Category::ModifierLetter
        | Category::OtherLetter
        | Category::NonspacingMark
        | Category::SpacingMark
        | Category::DecimalNumber
        | Category::LetterNumber
        | Category::OtherNumber
        | Category::ConnectorPunctuation
        | Category::DashPunctuation
        | Category::OpenPunctuation
        | Category::ClosePunctuation
        | Category::InitialPunctuation
        | Category::FinalPunctuation
        | Category::OtherPunctuation
        | Category::MathSymbol
        | Category::CurrencySymbol
        | Category::ModifierSymbol
        | Category::OtherSymbol => true,
        // Controls, bidi and other format characters, tags, line and paragraph separators,
        // enclosing marks, private use and unassigned code points.
        _ => false,
    };
    category && !is_blank(c)
}

/// Letters, marks and symbols that show nothing by themselves.
fn is_blank(c: char) -> bool {
    matches!(c,
        '\u{34f}'                        // combining grapheme joiner
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'        // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}'        // Mongolian variation selectors
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' // variation selectors
        | '\u{2800}'                     // empty Braille cell
        | '\u{fffc}' | '\u{fffd}'        // stand-ins for an object and for what could not be decoded
        | '\u{16fe4}'                    // Khitan filler
        | '\u{1d159}'                    // null note head
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

/// The script of a letter, of those whose letters look alike.
fn script(c: char) -> Option<Script> {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' => {
            c.is_alphabetic().then_some(Script::Latin)
        }
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => {
            Some(Script::Cyrillic)
        }
        _ => None,
    }
}
