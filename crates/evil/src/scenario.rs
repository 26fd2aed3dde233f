//! A scenario file: what is lied, and what has to come of it.
//!
//! Promises: parsed once, whole, before anything runs; an unknown member is refused; a complaint
//! names file and line. `values` and `places` make several cases of one file, each with a name of
//! its own. Must never: guess what a file may have meant.

use super::change::Change;
use super::lie::{Kind, Lie};
use super::node::{Filling, Members, Node, Trouble};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a client may take unless the scenario says otherwise: it is for clients that never end,
/// not for slow machines.
const USUAL: Duration = Duration::from_secs(180);

/// Why a file is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It cannot be read.
    #[error("{path}: {error}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{path}:{line}: {what}", path = path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What.
        what: String,
    },
}

/// What the client is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Accept an invite.
    Accept,
    /// See whether an account opens that was completed on this computer.
    Verify,
    /// The same on a computer that remembers nothing.
    VerifyElsewhere,
    /// A new password.
    Password,
    /// A new kit.
    Kit,
    /// A new password with the kit.
    Recover,
    /// Look up a colleague.
    People,
}

impl Command {
    const ALL: [(&'static str, Self); 7] = [
        ("accept", Self::Accept),
        ("verify", Self::Verify),
        ("verify-elsewhere", Self::VerifyElsewhere),
        ("password", Self::Password),
        ("kit", Self::Kit),
        ("recover", Self::Recover),
        ("people", Self::People),
    ];

    fn read(node: &Node) -> Result<Self, Trouble> {
        let text = node.text()?;
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, command)| command);
        let names = Self::ALL.map(|(name, _)| name).join(", ");
        found.map_or_else(|| node.wrong(format!("a command is one of {names}")), Ok)
    }

    /// Whether it changes an account where nobody lies.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Accept | Self::Password | Self::Kit | Self::Recover)
    }
}

/// Who lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Liar {
    /// The server: it signs its lies with the key of its realm.
    Server,
    /// Somebody between client and server who reads and alters what passes, and has no key.
    Proxy,
}

impl Liar {
    fn read(node: &Node) -> Result<Self, Trouble> {
        match node.text()?.as_str() {
            "server" => Ok(Self::Server),
            "proxy" => Ok(Self::Proxy),
            _ => node.wrong("a liar is the server or a proxy"),
        }
    }
}

/// What the honest server holds afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// No keys.
    Nothing,
    /// One set of keys, which the person's kit opens.
    One,
    /// What it held before.
    Unchanged,
    /// Something else than before.
    Changed,
}

/// What has to come of it.
#[derive(Clone, Debug)]
pub(super) struct Expect {
    /// One of these exit codes.
    pub(super) exit: Vec<i32>,
    /// One of these stable codes of the JSON stop; any, if there are none.
    pub(super) code: Vec<String>,
    /// The last request of the run.
    pub(super) last_path: Option<String>,
    /// How often the first lie's path was asked for.
    pub(super) times: Option<usize>,
    pub(super) stored: Stored,
    /// Texts that the last message holds.
    pub(super) says: Vec<String>,
    /// The most memory that the client may have had.
    pub(super) memory_mib: Option<u64>,
    pub(super) limit: Duration,
}

/// One run of a client against one server.
#[derive(Clone, Debug)]
pub struct Case {
    /// `id`, or `id/3` where a file makes several.
    pub name: String,
    /// The attack's id in docs/ATTACKS.md.
    pub attack: String,
    /// What it is about, for people.
    pub title: String,
    /// The scenario's folder: its group.
    pub group: String,
    pub(super) command: Command,
    /// Whether the client speaks to people instead of programs.
    pub(super) words: bool,
    /// What is done before, with nobody lying.
    pub(super) before: Vec<Command>,
    pub(super) lies: Vec<Lie>,
    pub(super) liar: Liar,
    pub(super) expect: Expect,
}

impl Case {
    /// Whether a lie needs what somebody else was answered.
    pub(super) fn needs_others(&self) -> bool {
        self.lies
            .iter()
            .any(|lie| matches!(&lie.kind, Kind::Change(Change::Copy { source, .. }) if source.is_of_others()))
    }
}

/// Reads a scenario; gives its cases.
pub fn read(path: &Path) -> Result<Vec<Case>, ScenarioError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ScenarioError::Unreadable { path: path.to_owned(), error })?;
    let group = path.parent().and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into());
    cases(&text, &group).map_err(|Trouble { line, what }| ScenarioError::Wrong { path: path.to_owned(), line, what })
}

/// Reads every `.toml` below a folder, in the order of their names.
pub fn read_all(folder: &Path) -> Result<Vec<Case>, ScenarioError> {
    let mut files = Vec::new();
    find(folder, &mut files).map_err(|error| ScenarioError::Unreadable { path: folder.to_owned(), error })?;
    files.sort();
    let mut all: Vec<Case> = Vec::new();
    for file in files {
        for case in read(&file)? {
            if all.iter().any(|other| other.name == case.name) {
                let what = format!("`{}` is the name of a case in another file too", case.name);
                return Err(ScenarioError::Wrong { path: file, line: 1, what });
            }
            all.push(case);
        }
    }
    Ok(all)
}

fn find(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, into)?;
        } else if path.extension().is_some_and(|end| end == "toml") {
            into.push(path);
        }
    }
    Ok(())
}

fn cases(text: &str, group: &str) -> Result<Vec<Case>, Trouble> {
    let mut members = Members::open("a scenario", Node::parse(text)?)?;
    let id = members.take("id")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.text()?.is_empty() || id.text()?.len() > 32 || !id.text()?.chars().all(plain) {
        return id.wrong("an id is of at most 32 small letters, digits and hyphens");
    }
    let attack = members.take("attack")?;
    if !is_attack(&attack.text()?) {
        return attack.wrong("an attack has an id of docs/ATTACKS.md, such as K01");
    }
    let (values, places) = (many(&mut members, "values")?, many(&mut members, "places")?);
    let frame = Frame {
        id: id.text()?,
        attack: attack.text()?,
        title: members.text("title")?,
        group: group.to_owned(),
        command: Command::read(&members.take("command")?)?,
        words: members.optional_flag("words")?,
        before: members.optional("before").map_or(Ok(Vec::new()), |node| node.one_or_more(Command::read))?,
        lies: members.optional("lie"),
        liar: members.optional("liar").map_or(Ok(Liar::Server), |node| Liar::read(&node))?,
        expect: members.take("expect")?,
    };
    members.finish()?;
    let several = values.len() * places.len() > 1;
    let mut cases = Vec::new();
    for place in &places {
        for value in &values {
            let name = if several { format!("{}/{}", frame.id, cases.len() + 1) } else { frame.id.clone() };
            cases.push(frame.case(name, Filling { value: value.as_ref(), place: place.as_ref() })?);
        }
    }
    Ok(cases)
}

/// A letter and two digits.
fn is_attack(id: &str) -> bool {
    let mut symbols = id.chars();
    id.len() == 3
        && symbols.next().is_some_and(|kind| "KCISNTLRX".contains(kind))
        && symbols.all(|digit| digit.is_ascii_digit())
}

/// What a list is filled in with: each of its items, or nothing where there is none.
fn many(members: &mut Members, name: &str) -> Result<Vec<Option<Node>>, Trouble> {
    let Some(node) = members.optional(name) else { return Ok(vec![None]) };
    if node.list()?.is_empty() {
        return node.wrong(format!("`{name}` is empty, so this would be no case at all"));
    }
    Ok(node.list()?.iter().cloned().map(Some).collect())
}

/// What the cases of a file have in common.
struct Frame {
    id: String,
    attack: String,
    title: String,
    group: String,
    command: Command,
    words: bool,
    before: Vec<Command>,
    /// None where the server is honest.
    lies: Option<Node>,
    liar: Liar,
    expect: Node,
}

impl Frame {
    fn case(&self, name: String, filling: Filling<'_>) -> Result<Case, Trouble> {
        let lies: Vec<Lie> = match &self.lies {
            Some(lies) => lies.fill(filling)?.one_or_more(|node| Lie::read(node.clone()))?,
            None => Vec::new(),
        };
        let expect = Expect::read(self.expect.fill(filling)?, self, &lies)?;
        Ok(Case {
            name,
            attack: self.attack.clone(),
            title: self.title.clone(),
            group: self.group.clone(),
            command: self.command,
            words: self.words,
            before: self.before.clone(),
            lies,
            liar: self.liar,
            expect,
        })
    }
}

impl Expect {
    fn read(node: Node, frame: &Frame, lies: &[Lie]) -> Result<Self, Trouble> {
        let mut members = Members::open("[expect]", node)?;
        let exit: Vec<i32> = members.take("exit")?.one_or_more(Node::whole)?;
        let ends_well = exit.contains(&0);
        let code = match members.optional("code") {
            Some(node) if frame.words => {
                return node.wrong("with `words` the client prints no code: expect what it `says`");
            }
            Some(node) => node.one_or_more(Node::text)?,
            None => Vec::new(),
        };
        // A refusal is the end, at the answer that was lied about, unless the file says otherwise.
        let refused = exit.iter().all(|exit| matches!(exit, 4 | 6 | 7));
        let lied = lies.last().map(|lie| lie.path.clone());
        let last_path = match members.optional("last_path") {
            Some(node) => Some(node.text()?).filter(|path| path != "any"),
            None => lied.filter(|_| refused),
        };
        let times = members.optional_whole("times")?.or((refused && lies.len() == 1).then_some(1));
        let stored = match (members.optional("stored"), frame.command) {
            (Some(node), _) => Stored::read(&node)?,
            (None, Command::Accept) if ends_well => Stored::One,
            (None, Command::Accept) => Stored::Nothing,
            (None, command) if ends_well && command.changes() => Stored::Changed,
            (None, _) => Stored::Unchanged,
        };
        let says = members.optional("says").map_or(Ok(Vec::new()), |node| node.one_or_more(Node::text))?;
        let expect = Self {
            exit,
            code,
            last_path,
            times,
            stored,
            says,
            memory_mib: members.optional_whole("memory_mib")?,
            limit: members.optional_whole("seconds")?.map_or(USUAL, Duration::from_secs),
        };
        members.finish()?;
        Ok(expect)
    }
}

impl Stored {
    fn read(node: &Node) -> Result<Self, Trouble> {
        Ok(match node.text()?.as_str() {
            "nothing" => Self::Nothing,
            "one" => Self::One,
            "unchanged" => Self::Unchanged,
            "changed" => Self::Changed,
            _ => return node.wrong("what is stored is nothing, one, unchanged or changed"),
        })
    }
}
