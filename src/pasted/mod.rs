//! Finds the invite link in a text as mail programs, filters and people leave it: wrapped, quoted,
//! rewritten, decorated, or in the source of a mail.
//!
//! ```text
//! bytes -> text          `charset`  marks, UTF-16
//!       -> parts         `mail`     quoted-printable, base64
//!       -> units         `units`    entities, quotation, invisible characters, line breaks
//!       -> more units    `undo`     addresses inside addresses, as the rewriters document them
//!       -> candidates    `invite`, `page`
//!       -> one link, several, or why none
//! ```
//!
//! Promises: nothing is fetched. What comes out is a text for the strict grammar of
//! [`InviteLink::read`] or of the other dialect, which has the say as before; every link that is
//! given out has passed it. Each layer of encoding is undone once. A host is never put together
//! from encoded pieces: of a link that stands there openly, only what follows the host is decoded.
//! Two links that differ are two links, wherever they stand. Work is bounded by [`MAX_BYTES`] and
//! `MOST_LAYERS`.
//!
//! Never: prints or keeps what it read, guesses a missing character, or decides whether a server is
//! to be trusted: the host is shown and confirmed by whoever asks.

mod charset;
mod invite;
mod mail;
mod opaque;
mod page;
mod undo;
mod units;

use firstkey_core::wire::link::{InviteLink, LinkTrouble, short_id};
use units::{Layout, Units};
use zeroize::Zeroizing;

/// The most bytes that are looked at: a mail with its head and both of its forms.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most links that a person is asked to choose between.
pub const MOST_LINKS: usize = 9;
/// How many wrappers may lie around a link.
const MOST_LAYERS: usize = 4;
/// How many addresses inside addresses are looked into.
const MOST_VIEWS: usize = 200;

/// Links of another protocol that the same prompt takes.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Whether its own reader has the say on this text.
    pub looks_like_one: fn(&[u8]) -> bool,
    /// The host, if it is a good link.
    pub host: fn(&[u8]) -> Option<String>,
    /// Whether a file holds a kit of that protocol.
    pub is_kit: fn(&[u8]) -> bool,
}

/// A link that its grammar accepts.
pub struct FoundLink {
    /// Exactly the link.
    pub text: Zeroizing<Vec<u8>>,
    /// The server's host, as it is shown.
    pub host: String,
    /// The short number of the invite, if it is one of ours.
    pub invite: Option<String>,
    /// Whether it is of the other protocol.
    pub of_dialect: bool,
}

/// What is in a text.
pub enum Found {
    /// One link, perhaps several times.
    One(FoundLink),
    /// Links that differ, at most [`MOST_LINKS`], in the order of the text.
    Several(Vec<FoundLink>),
    /// It looks like a link of the other protocol, whose reader says what is wrong with it.
    Unread(Zeroizing<Vec<u8>>),
    /// No link, and why.
    None(LinkTrouble),
}

/// Finds the link in what was pasted or read from a file.
pub fn find(bytes: &[u8], dialect: Option<Dialect>) -> Found {
    if bytes.len() > MAX_BYTES {
        return Found::None(LinkTrouble::TooLong);
    }
    let text = charset::text(bytes);
    let mut search = Search { dialect, links: Vec::new(), trouble: None, unread: None, replaced: false, views: 0 };
    let parts = mail::parts(&text);
    for part in &parts {
        search.look_into(&Units::of(part, Layout::AsItStands), MOST_LAYERS);
        if part.lines().any(|line| line.trim_end().ends_with('=')) {
            search.look_into(&Units::of(part, Layout::SoftBreaks), MOST_LAYERS);
        }
        if let Some(bare) = mail::without_tags(part) {
            search.look_into(&Units::of(&bare, Layout::AsItStands), MOST_LAYERS);
        }
    }
    // Only where nothing fits as it stands: these readings change more.
    for layout in [Layout::DoubleSpaced, Layout::Hyphenated] {
        if search.links.is_empty() {
            for part in &parts {
                search.look_into(&Units::of(part, layout), MOST_LAYERS);
            }
        }
    }
    if search.links.is_empty() {
        search.take_all(&text);
    }
    search.found(&text)
}

/// What was found so far.
struct Search {
    dialect: Option<Dialect>,
    links: Vec<FoundLink>,
    /// What is wrong with the first link that is almost one.
    trouble: Option<LinkTrouble>,
    /// The first text that looks like a link of the other protocol and is none.
    unread: Option<Zeroizing<Vec<u8>>>,
    /// Whether there is an address that a mail program put in the place of another.
    replaced: bool,
    views: usize,
}

impl Search {
    /// Looks at a text, then at every address inside of an address.
    fn look_into(&mut self, units: &Units, layers: usize) {
        self.views += 1;
        if self.views > MOST_VIEWS {
            return;
        }
        for candidate in invite::candidates(units) {
            self.take_invite(&candidate);
        }
        if let Some(dialect) = self.dialect {
            for spellings in page::candidates(units, dialect) {
                self.take_page(dialect, spellings);
            }
        }
        self.replaced = self.replaced || opaque::is_in(units);
        if layers > 0 {
            for inner in undo::inside(units) {
                self.look_into(&inner, layers - 1);
            }
        }
    }

    fn take_invite(&mut self, candidate: &str) {
        match InviteLink::read(candidate.as_bytes()) {
            Ok(link) => self.add(FoundLink {
                text: canonical(candidate, &link),
                host: link.origin().host().to_owned(),
                invite: Some(short_id(link.invite_id())),
                of_dialect: false,
            }),
            Err(trouble) => {
                self.trouble.get_or_insert(trouble);
            }
        }
    }

    /// Where line breaks became spaces: takes the whole text for one link, if it is one.
    fn take_all(&mut self, text: &str) {
        // The host has none of them: two words would become one.
        let head = text.trim().split(char::is_whitespace).next().unwrap_or_default();
        if head.split_once("://").is_none_or(|(_, rest)| !rest.contains('/')) {
            return;
        }
        let units = Units::of(text, Layout::Spaced);
        let all = units.text(0, units.0.len());
        let all = all.trim_matches(|c: char| "<>()[]\"'.,;".contains(c));
        if InviteLink::read(all.as_bytes()).is_ok() {
            self.take_invite(all);
        } else if let Some(dialect) = self.dialect.filter(|dialect| (dialect.host)(all.as_bytes()).is_some()) {
            self.take_page(dialect, vec![Zeroizing::new(all.as_bytes().to_vec())]);
        }
    }

    /// Of the spellings of one link, the first that is good counts.
    fn take_page(&mut self, dialect: Dialect, spellings: Vec<Zeroizing<Vec<u8>>>) {
        let good = spellings.iter().find_map(|text| Some((text, (dialect.host)(text)?)));
        match good {
            Some((text, host)) => {
                let text = Zeroizing::new(text.to_vec());
                self.add(FoundLink { text, host, invite: None, of_dialect: true });
            }
            None => self.unread = self.unread.take().or_else(|| spellings.into_iter().next()),
        }
    }

    fn add(&mut self, link: FoundLink) {
        if !self.links.iter().any(|known| *known.text == *link.text) {
            self.links.push(link);
        }
    }

    fn found(mut self, text: &str) -> Found {
        match self.links.len() {
            0 => {}
            1 => return self.links.pop().map_or(Found::None(LinkTrouble::Empty), Found::One),
            2..=MOST_LINKS => return Found::Several(self.links),
            _ => return Found::None(LinkTrouble::Several),
        }
        if let Some(trouble) = self.trouble {
            return Found::None(trouble);
        }
        if let Some(unread) = self.unread {
            return Found::Unread(unread);
        }
        if self.dialect.is_some_and(|dialect| (dialect.looks_like_one)(text.as_bytes())) {
            return Found::Unread(Zeroizing::new(text.as_bytes().to_vec()));
        }
        Found::None(if self.replaced { LinkTrouble::Replaced } else { plain_trouble(text) })
    }
}

/// The link with its origin as it is shown, so that two spellings of one link are one.
fn canonical(candidate: &str, link: &InviteLink) -> Zeroizing<Vec<u8>> {
    let end = candidate.find("/i#").unwrap_or(candidate.len());
    Zeroizing::new([link.origin().as_str(), &candidate[end..]].concat().into_bytes())
}

/// What is wrong with a text that has nothing of an invite in it.
///
/// A percent sign or a plain `http` in some other address is no reason to alarm anybody.
fn plain_trouble(text: &str) -> LinkTrouble {
    let text = text.trim_matches(|c: char| c.is_whitespace() || units::is_invisible(c) || "<>\"'".contains(c));
    if text.is_empty() {
        return LinkTrouble::Empty;
    }
    match InviteLink::read(text.as_bytes()) {
        Err(
            trouble @ (LinkTrouble::CutOff { .. }
            | LinkTrouble::WrongPath
            | LinkTrouble::WrongVersion
            | LinkTrouble::UserInfo
            | LinkTrouble::Backslash),
        ) => trouble,
        _ => LinkTrouble::NotAnInvite,
    }
}

#[cfg(test)]
mod tests;
