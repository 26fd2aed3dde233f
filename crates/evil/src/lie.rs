//! What can be done to an answer: one deed for each lie.
//!
//! Promises: a lie that cannot be told is an error, never an honest answer in its place. Must
//! never: touch a request.

use super::change::{Change, Edit, pointer};
use super::message::{Reply, Seen};
use super::node::{Members, Node, Trouble};
use serde_json::{Value, json};

/// One lie of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Lie {
    /// The requests that it answers, by their path.
    pub(super) path: String,
    /// Only this one of them, from 1; else all.
    pub(super) nth: Option<usize>,
    /// What is done, in a word, for whoever reads the log.
    pub(super) deed: String,
    pub(super) kind: Kind,
}

/// Whether the honest answer is needed.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It is changed.
    Change(Change),
    /// Something else happens.
    Act(Act),
}

/// What happens in place of an honest answer.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Another answer; `after` says whether the honest server has done first what it was asked to.
    Answer { reply: Reply, after: bool },
    /// Bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// The connection is closed; before or after the honest server has done it.
    Cut { after: bool },
    /// Only the beginning of the honest answer.
    Truncate(usize),
    /// A body, or a head, that never ends.
    Endless { head: bool },
    /// Nothing, for as long as the client waits.
    Silence,
}

/// What a lie may refer to when it is told.
pub(super) struct Moment<'a> {
    pub(super) seen: &'a Seen,
    /// Honest answers so far, by path.
    pub(super) honest: &'a [(String, Reply)],
    /// Those that somebody else got.
    pub(super) others: &'a [(String, Reply)],
    pub(super) names: &'a Names,
}

/// What the placeholders stand for that only a run knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The address that the client asks.
    pub(super) origin: String,
    /// Another one, where nobody should ever ask.
    pub(super) rogue: String,
    /// The person's address.
    pub(super) email: String,
}

impl Names {
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{origin}", &self.origin).replace("{rogue}", &self.rogue).replace("{email}", &self.email)
    }

    pub(super) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(list) => Value::Array(list.iter().map(|item| self.fill_value(item)).collect()),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), self.fill_value(value))).collect())
            }
            other => other.clone(),
        }
    }
}

impl Lie {
    /// Reads one `[[lie]]`.
    pub(super) fn read(node: Node) -> Result<Self, Trouble> {
        let mut members = Members::open("a lie", node)?;
        let path = members.text("path")?;
        if !path.starts_with('/') {
            return Err(Trouble { line: members.line, what: "a path begins with a slash".into() });
        }
        let nth = members.optional_whole("nth")?;
        let (deed, node) = members.only()?;
        let kind = Kind::read(&deed, &path, node)?;
        Ok(Self { path, nth, deed, kind })
    }
}

impl Kind {
    fn read(deed: &str, path: &str, node: Node) -> Result<Self, Trouble> {
        let change = match deed {
            "set" | "literal" | "duplicate" | "flip" | "shorten" | "lengthen" | "fill" | "respell" | "copy"
            | "nest" => {
                return Change::read_at(deed, path, node).map(Self::Change);
            }
            "remove" => Change::Remove { at: pointer(&node)? },
            "reverse" => Change::Bytes { at: pointer(&node)?, edit: Edit::Reverse },
            "swap" => match node.list()? {
                [one, other] => Change::Swap { one: pointer(one)?, other: pointer(other)? },
                _ => return node.wrong("`swap` takes two pointers"),
            },
            "status" => Change::Status(node.whole()?),
            "type" => Change::Type(node.text()?),
            "header" => match node.list()? {
                [name, value] => Change::Header(name.text()?, value.text()?),
                _ => return node.wrong("`header` takes a name and a value"),
            },
            "prefix" => Change::Prefix(node.bytes()?),
            "suffix" => Change::Suffix(node.bytes()?),
            "body" => Change::Body(node.bytes()?),
            "replace" => {
                let mut members = Members::open("`replace`", node)?;
                let change = Change::Replace { find: members.text("find")?, with: members.text("with")? };
                members.finish()?;
                change
            }
            _ => return Act::read(deed, path, node).map(Self::Act),
        };
        Ok(Self::Change(change))
    }
}

impl Act {
    fn read(deed: &str, path: &str, node: Node) -> Result<Self, Trouble> {
        Ok(match deed {
            "answer" => Self::read_answer(node)?,
            "problem" => Self::read_problem(node)?,
            "redirect" => {
                let headers = vec![("Location".to_owned(), format!("{{rogue}}{path}"))];
                let reply = Reply { status: node.whole()?, content_type: String::new(), headers, body: Vec::new() };
                Self::Answer { reply, after: false }
            }
            "raw" => {
                let mut members = Members::open("`raw`", node)?;
                let mut bytes = members.take("begin")?.bytes()?;
                let again = members.optional("again").map(|node| node.bytes()).transpose()?.unwrap_or_default();
                bytes.extend(again.repeat(members.optional_whole("times")?.unwrap_or(1)));
                bytes.extend(members.optional("end").map(|node| node.bytes()).transpose()?.unwrap_or_default());
                members.finish()?;
                Self::Raw(bytes)
            }
            "cut" => match node.text()?.as_str() {
                "before" => Self::Cut { after: false },
                "after" => Self::Cut { after: true },
                _ => return node.wrong("a connection is cut before or after the server has done it"),
            },
            "truncate" => Self::Truncate(node.whole()?),
            "endless" => match node.text()?.as_str() {
                "body" => Self::Endless { head: false },
                "head" => Self::Endless { head: true },
                _ => return node.wrong("a body or a head is endless"),
            },
            "silence" if node.flag()? => Self::Silence,
            "silence" => return node.wrong("silence is true, or not there"),
            _ => return node.wrong(format!("a lie has no member `{deed}`")),
        })
    }

    fn read_answer(node: Node) -> Result<Self, Trouble> {
        let mut members = Members::open("`answer`", node)?;
        let mut body = members.optional("body").map(|node| node.bytes()).transpose()?.unwrap_or_default();
        if let Some(times) = members.optional_whole("times")? {
            body = body.repeat(times);
        }
        let headers = members.optional("headers").map(|node| {
            node.list()?
                .iter()
                .map(|pair| match pair.list()? {
                    [name, value] => Ok((name.text()?, value.text()?)),
                    _ => pair.wrong("a header is a name and a value"),
                })
                .collect()
        });
        let reply = Reply {
            status: members.optional_whole("status")?.unwrap_or(200),
            content_type: members.optional_text("type")?.unwrap_or_else(|| "application/json".to_owned()),
            headers: headers.transpose()?.unwrap_or_default(),
            body,
        };
        let after = members.optional_flag("after")?;
        members.finish()?;
        Ok(Self::Answer { reply, after })
    }

    fn read_problem(node: Node) -> Result<Self, Trouble> {
        let mut members = Members::open("`problem`", node)?;
        let status: u16 = members.whole("status")?;
        let name = members.text("name")?;
        let mut body = json!({"type": format!("urn:firstkey:problem:{name}"), "title": name, "status": status});
        for optional in ["title", "detail", "contact", "at"] {
            if let Some(node) = members.optional(optional) {
                body[optional] = node.json()?;
            }
        }
        let retry_after = members.optional_text("retry_after")?;
        let headers = retry_after.map(|value| ("Retry-After".to_owned(), value)).into_iter().collect();
        let content_type = "application/problem+json".to_owned();
        let reply = Reply { status, content_type, headers, body: body.to_string().into_bytes() };
        let after = members.optional_flag("after")?;
        members.finish()?;
        Ok(Self::Answer { reply, after })
    }

    /// The answer with its placeholders filled in.
    pub(super) fn filled(reply: &Reply, names: &Names) -> Reply {
        let headers = reply.headers.iter().map(|(name, value)| (name.clone(), names.fill(value))).collect();
        let body = match std::str::from_utf8(&reply.body) {
            Ok(text) => names.fill(text).into_bytes(),
            Err(_) => reply.body.clone(),
        };
        Reply { headers, body, ..reply.clone() }
    }
}
