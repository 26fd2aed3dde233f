//! A scenario file as values that know their line, with the placeholders of one case filled in.
//!
//! Promises: a member is taken once, by name and type; what nobody asked for is refused, and so is
//! a placeholder that nothing fills. Each complaint names a line.

use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) line: usize,
    pub(super) what: String,
}

/// A value and its line, from 1.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    inner: Inner,
}

#[derive(Clone, Debug)]
enum Inner {
    Text(String),
    Whole(i128),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

/// What the placeholders of one case stand for.
#[derive(Clone, Copy, Default)]
pub(super) struct Filling<'a> {
    pub(super) value: Option<&'a Node>,
    pub(super) place: Option<&'a Node>,
}

impl Node {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        let line_at = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        let table = DeTable::parse(text).map_err(|error| Trouble {
            line: error.span().map_or(1, |span| line_at(span.start)),
            what: error.message().to_owned(),
        })?;
        Self::table(table.get_ref(), 1, &line_at)
    }

    fn table(table: &DeTable<'_>, line: usize, line_at: &impl Fn(usize) -> usize) -> Result<Self, Trouble> {
        let members = table.iter().map(|(key, value)| {
            let line = line_at(key.span().start);
            Ok((key.get_ref().to_string(), Self::of(value.get_ref(), line, line_at)?))
        });
        Ok(Self { line, inner: Inner::Table(members.collect::<Result<_, Trouble>>()?) })
    }

    fn of(value: &DeValue<'_>, line: usize, line_at: &impl Fn(usize) -> usize) -> Result<Self, Trouble> {
        let inner = match value {
            DeValue::String(text) => Inner::Text(text.to_string()),
            DeValue::Integer(whole) => Inner::Whole(
                i128::from_str_radix(whole.as_str(), whole.radix())
                    .map_err(|_| Trouble { line, what: "that number is too large".into() })?,
            ),
            DeValue::Boolean(flag) => Inner::Flag(*flag),
            DeValue::Array(list) => Inner::List(
                list.iter()
                    .map(|item| Self::of(item.get_ref(), line_at(item.span().start), line_at))
                    .collect::<Result<_, _>>()?,
            ),
            DeValue::Table(table) => return Self::table(table, line, line_at),
            DeValue::Float(_) | DeValue::Datetime(_) => {
                let what = "neither fractions nor dates are used here; `literal` writes any text into an answer";
                return Err(Trouble { line, what: what.into() });
            }
        };
        Ok(Self { line, inner })
    }

    /// The same with `{value}`, `{value.member}` and `{place}` filled in.
    pub(super) fn fill(&self, filling: Filling<'_>) -> Result<Self, Trouble> {
        let inner = match &self.inner {
            Inner::Text(text) => return self.fill_text(text, filling),
            Inner::List(list) => {
                Inner::List(list.iter().map(|item| item.fill(filling)).collect::<Result<_, Trouble>>()?)
            }
            Inner::Table(members) => Inner::Table(
                members
                    .iter()
                    .map(|(name, node)| Ok((name.clone(), node.fill(filling)?)))
                    .collect::<Result<_, Trouble>>()?,
            ),
            other => other.clone(),
        };
        Ok(Self { line: self.line, inner })
    }

    fn fill_text(&self, text: &str, filling: Filling<'_>) -> Result<Self, Trouble> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = first_of(rest) {
            let Some(length) = rest[at..].find('}') else { return self.wrong("a placeholder has no end") };
            let name = &rest[at + 1..at + length];
            let node = self.look_up(name, filling)?;
            if at == 0 && length + 1 == text.len() {
                return Ok(Self { line: self.line, inner: node.inner.clone() });
            }
            filled.push_str(&rest[..at]);
            match &node.inner {
                Inner::Text(text) => filled.push_str(text),
                Inner::Whole(whole) => filled.push_str(&whole.to_string()),
                _ => return self.wrong(format!("{{{name}}} inside a longer text has to be a text or a number")),
            }
            rest = &rest[at + length + 1..];
        }
        filled.push_str(rest);
        Ok(Self { line: self.line, inner: Inner::Text(filled) })
    }

    fn look_up<'a>(&self, name: &str, filling: Filling<'a>) -> Result<&'a Self, Trouble> {
        let (root, member) = name.split_once('.').map_or((name, None), |(root, member)| (root, Some(member)));
        let (found, list) = match root {
            "value" => (filling.value, "values"),
            "place" => (filling.place, "places"),
            _ => return self.wrong(format!("there is no placeholder {{{name}}}")),
        };
        let Some(node) = found else { return self.wrong(format!("{{{name}}} is used, and there is no `{list}`")) };
        let Some(member) = member else { return Ok(node) };
        let found = match &node.inner {
            Inner::Table(members) => members.iter().find(|(known, _)| known == member).map(|(_, node)| node),
            Inner::List(list) => member.parse().ok().and_then(|at: usize| list.get(at)),
            _ => None,
        };
        match found {
            Some(node) => Ok(node),
            None => node.wrong(format!("this one has no member `{member}`, which {{{name}}} stands for")),
        }
    }

    /// A complaint about this value.
    pub(super) fn wrong<T>(&self, what: impl Into<String>) -> Result<T, Trouble> {
        Err(Trouble { line: self.line, what: what.into() })
    }

    pub(super) fn text(&self) -> Result<String, Trouble> {
        if let Inner::Text(text) = &self.inner { Ok(text.clone()) } else { self.wrong("a text belongs here") }
    }

    /// A number of that type.
    pub(super) fn whole<N: TryFrom<i128>>(&self) -> Result<N, Trouble> {
        match &self.inner {
            Inner::Whole(whole) => N::try_from(*whole).or_else(|_| self.wrong("that number does not fit here")),
            _ => self.wrong("a number belongs here"),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Trouble> {
        if let Inner::Flag(flag) = self.inner { Ok(flag) } else { self.wrong("true or false belongs here") }
    }

    pub(super) fn list(&self) -> Result<&[Self], Trouble> {
        if let Inner::List(list) = &self.inner { Ok(list) } else { self.wrong("a list belongs here") }
    }

    /// One of them alone, or a list.
    pub(super) fn one_or_more<T>(&self, read: impl Fn(&Self) -> Result<T, Trouble>) -> Result<Vec<T>, Trouble> {
        if let Inner::List(list) = &self.inner { list.iter().map(read).collect() } else { Ok(vec![read(self)?]) }
    }

    /// Bytes, as text or, where that says nothing, as hexadecimal behind `hex:`.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Trouble> {
        let text = self.text()?;
        let Some(digits) = text.strip_prefix("hex:") else { return Ok(text.into_bytes()) };
        let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => u8::from_str_radix(&format!("{high}{low}"), 16).ok(),
            _ => None,
        });
        pairs.collect::<Option<_>>().map_or_else(|| self.wrong("that is no hexadecimal"), Ok)
    }

    /// The value as JSON has it.
    pub(super) fn json(&self) -> Result<Value, Trouble> {
        Ok(match &self.inner {
            Inner::Text(text) => Value::String(text.clone()),
            Inner::Flag(flag) => Value::Bool(*flag),
            Inner::Whole(whole) => Value::Number(
                Number::from_i128(*whole).map_or_else(|| self.wrong("that number is none of JSON's here"), Ok)?,
            ),
            Inner::List(list) => Value::Array(list.iter().map(Self::json).collect::<Result<_, _>>()?),
            Inner::Table(members) => {
                Value::Object(members.iter().map(|(name, node)| Ok((name.clone(), node.json()?))).collect::<Result<
                    Map<_, _>,
                    Trouble,
                >>(
                )?)
            }
        })
    }
}

/// Where the first placeholder of either kind begins.
fn first_of(text: &str) -> Option<usize> {
    [text.find("{value"), text.find("{place")].into_iter().flatten().min()
}

/// The members of a table that are not taken yet.
pub(super) struct Members {
    pub(super) line: usize,
    place: &'static str,
    left: Vec<(String, Node)>,
}

impl Members {
    /// Opens a table; `place` names it in a complaint.
    pub(super) fn open(place: &'static str, node: Node) -> Result<Self, Trouble> {
        match node.inner {
            Inner::Table(left) => Ok(Self { line: node.line, place, left }),
            _ => node.wrong(format!("{place} is a table with members")),
        }
    }

    pub(super) fn optional(&mut self, name: &str) -> Option<Node> {
        let at = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.remove(at).1)
    }

    pub(super) fn take(&mut self, name: &str) -> Result<Node, Trouble> {
        let (line, what) = (self.line, format!("{} lacks the member `{name}`", self.place));
        self.optional(name).ok_or(Trouble { line, what })
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Trouble> {
        self.take(name)?.text()
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Trouble> {
        self.optional(name).map(|node| node.text()).transpose()
    }

    pub(super) fn whole<N: TryFrom<i128>>(&mut self, name: &str) -> Result<N, Trouble> {
        self.take(name)?.whole()
    }

    pub(super) fn optional_whole<N: TryFrom<i128>>(&mut self, name: &str) -> Result<Option<N>, Trouble> {
        self.optional(name).map(|node| node.whole()).transpose()
    }

    pub(super) fn optional_flag(&mut self, name: &str) -> Result<bool, Trouble> {
        self.optional(name).map_or(Ok(false), |node| node.flag())
    }

    /// The one member that is left; there has to be exactly one.
    pub(super) fn only(mut self) -> Result<(String, Node), Trouble> {
        match (self.left.pop(), self.left.first()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Trouble { line: self.line, what: format!("{} says nothing that is done", self.place) }),
            (Some((other, node)), Some((one, _))) => {
                node.wrong(format!("{} does one thing only, and here are `{one}` and `{other}`", self.place))
            }
        }
    }

    /// Refuses what is left.
    pub(super) fn finish(self) -> Result<(), Trouble> {
        match self.left.first() {
            None => Ok(()),
            Some((name, node)) => node.wrong(format!("{} has no member `{name}`", self.place)),
        }
    }
}
