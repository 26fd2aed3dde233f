//! A text as one row of characters, each of which knows whether a line break stood before it.
//!
//! Promises: what mail programs put at the start of lines, between characters and into entities is
//! gone; what is left stands in its order, and nothing was added. Never: drops a visible ASCII
//! character but `>`, `|` and white space around lines, and, where a layout says so, the one `=` or
//! `-` at a line's end.

use zeroize::Zeroize;

/// The most characters of one address; wrappers in wrappers have about 2,000.
const LONGEST_ADDRESS: usize = 8192;

/// What stood before a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Break {
    /// Nothing.
    None,
    /// The end of a line; how many characters the line has that ended.
    Line(u16),
    /// The end of a line with a hyphen that was dropped.
    Hyphen(u16),
    /// Empty lines.
    Paragraph,
}

/// One character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) c: char,
    pub(super) before: Break,
}

/// How the ends of lines are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Characters are what they are.
    AsItStands,
    /// A `=` at the end of a line continues it (RFC 2045 section 6.7).
    SoftBreaks,
    /// Every other line is empty and means nothing.
    DoubleSpaced,
    /// A `-` at the end of a line was put there to break it.
    Hyphenated,
    /// Line breaks became spaces: there are none inside of the link, which is all there is.
    Spaced,
}

/// A row of characters. Wiped on drop.
pub(super) struct Units(pub(super) Vec<Unit>);

impl Drop for Units {
    fn drop(&mut self) {
        for unit in &mut self.0 {
            unit.c.zeroize();
        }
    }
}

impl Units {
    /// Reads a text.
    pub(super) fn of(text: &str, layout: Layout) -> Self {
        let text = without_entities(text);
        let text = text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'], "\n");
        let lines: Vec<&str> = text.split('\n').collect();
        let is_empty = |line: &&str| unquoted(&clean(line)).trim().is_empty();
        let doubled =
            layout == Layout::DoubleSpaced && lines.len() > 2 && lines.iter().skip(1).step_by(2).all(is_empty);
        let mut units = Vec::with_capacity(text.len());
        let mut before = Break::None;
        for (at, raw) in lines.iter().enumerate() {
            if doubled && at % 2 == 1 {
                continue;
            }
            let clean = clean(raw);
            let mut line = unquoted(&clean).trim_end();
            let mut hyphen = false;
            match layout {
                Layout::SoftBreaks => line = line.strip_suffix('=').unwrap_or(line),
                Layout::Hyphenated => {
                    hyphen = line.ends_with('-') && at + 1 < lines.len();
                    line = if hyphen { &line[..line.len() - 1] } else { line };
                }
                _ => {}
            }
            if line.is_empty() {
                if !units.is_empty() {
                    before = Break::Paragraph;
                }
                continue;
            }
            for c in line.chars().filter(|c| layout != Layout::Spaced || *c != ' ') {
                units.push(Unit { c, before });
                before = Break::None;
            }
            // As it was broken: with what was cleaned away.
            let length = u16::try_from(raw.trim_end().chars().count()).unwrap_or(u16::MAX);
            before = if hyphen { Break::Hyphen(length) } else { Break::Line(length) };
        }
        Self(units)
    }

    /// Characters that were decoded, without line breaks.
    pub(super) fn of_decoded(text: &str) -> Self {
        Self(text.chars().map(|c| Unit { c, before: Break::None }).collect())
    }

    /// The character there.
    pub(super) fn at(&self, place: usize) -> Option<char> {
        self.0.get(place).map(|unit| unit.c)
    }

    /// Whether this ASCII text stands at `place`; case matters in neither.
    pub(super) fn has(&self, place: usize, text: &str) -> bool {
        let mut expected = text.chars();
        let Some(there) = self.0.get(place..place + text.len()) else { return false };
        there.iter().all(|unit| expected.next().is_some_and(|c| c.eq_ignore_ascii_case(&unit.c)))
    }

    /// Where this ASCII text stands, from `from` on.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<usize> {
        (from..=self.0.len().checked_sub(text.len())?).find(|place| self.has(*place, text))
    }

    /// Every place at which an address begins openly: `https://` or `http://`.
    pub(super) fn addresses(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len()).filter(|place| self.is_address(*place))
    }

    /// Whether an address begins there.
    pub(super) fn is_address(&self, place: usize) -> bool {
        self.has(place, "https://") || self.has(place, "http://")
    }

    /// The characters from `from` to `to`.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        self.0.get(from..to.min(self.0.len())).unwrap_or_default().iter().map(|unit| unit.c).collect()
    }

    /// The same with its line breaks, for the grammar to refuse.
    pub(super) fn text_with_breaks(&self, from: usize, to: usize) -> String {
        let mut text = String::new();
        for (at, unit) in self.0.get(from..to).unwrap_or_default().iter().enumerate() {
            if at > 0 && unit.before != Break::None {
                text.push('\n');
            }
            text.push(unit.c);
        }
        text
    }

    /// Where an address that begins at `from` ends at the latest: white space, quotation marks,
    /// brackets, an empty line.
    pub(super) fn end_of_address(&self, from: usize) -> usize {
        self.end_within(from, LONGEST_ADDRESS)
    }

    /// An address from its beginning, at most so many characters.
    pub(super) fn address(&self, from: usize, most: usize) -> String {
        self.text(from, self.end_within(from, most))
    }

    fn end_within(&self, from: usize, most: usize) -> usize {
        let ends = |unit: &Unit| !unit.c.is_ascii_graphic() || "\"<>'`{}^|\\".contains(unit.c);
        let rest = self.0.get(from..(from + most).min(self.0.len())).unwrap_or_default();
        let end =
            rest.iter().enumerate().position(|(at, unit)| ends(unit) || (at > 0 && unit.before == Break::Paragraph));
        from + end.unwrap_or(rest.len())
    }
}

/// Whether a character is there without being seen: hyphens and joiners without width, marks of
/// direction, variation selectors, tags, byte order marks.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A line without invisible characters, with plain spaces. Overrides of direction stay: they
/// change what a person reads.
fn clean(line: &str) -> String {
    let plain = |c: char| if c.is_whitespace() || ('\u{2066}'..='\u{2069}').contains(&c) { ' ' } else { c };
    line.chars().filter(|c| !is_invisible(*c)).map(plain).collect()
}

/// A line without marks of quotation in front: `> > `, `|`, `Ada> `.
fn unquoted(line: &str) -> &str {
    let bare = line.trim_start_matches([' ', '>', '|', '\u{2502}', '\u{2503}', '\u{203a}', '\u{ff1e}']);
    match bare.split_once("> ") {
        Some((name, rest)) if (1..=4).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphabetic()) => {
            rest.trim_start_matches([' ', '>'])
        }
        _ => bare,
    }
}

/// Names of character references that could stand in an address or around one.
const ENTITIES: [(&str, char); 40] = [
    ("amp", '&'),
    ("num", '#'),
    ("sol", '/'),
    ("colon", ':'),
    ("period", '.'),
    ("lowbar", '_'),
    ("hyphen", '\u{2010}'),
    ("dash", '\u{2010}'),
    ("quest", '?'),
    ("equals", '='),
    ("percnt", '%'),
    ("commat", '@'),
    ("plus", '+'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("ast", '*'),
    ("semi", ';'),
    ("comma", ','),
    ("excl", '!'),
    ("dollar", '$'),
    ("nbsp", '\u{a0}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("NoBreak", '\u{2060}'),
    ("NewLine", '\n'),
    ("Tab", '\t'),
    ("laquo", '\u{ab}'),
];

/// A text with character references (HTML) read once.
fn without_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let read = rest
            .char_indices()
            .take(16)
            .find(|(_, c)| *c == ';')
            .and_then(|(end, _)| Some((entity(&rest[1..end])?, end + 1)));
        let (c, length) = read.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    };
    let hexadecimal = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
    hexadecimal.unwrap_or_else(|| number.parse()).ok().and_then(char::from_u32)
}
