//! The managed configuration: what the organisation that manages this computer has set for every
//! person who uses it.
//!
//! Promise: pure; a file is read strictly (an unknown option, a value of another kind or a second
//! value is refused with its line), and what it says is typed before anybody uses it. Whether the
//! file counts at all is judged by who could have written it ([`owner`]). Must never: hold a
//! secret, or let anything weaker than a flag decide against a pinned realm.

pub mod held;
mod line;
pub mod owner;

pub use line::BadLine;

use crate::system::System;
use firstkey_core::crypto::context::RealmId;
use firstkey_core::crypto::realm_key::LinkBinding;
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::wire::named::read_server;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::is_one_line;
use line::{Line, read_line};
use owner::Unfit;
use std::path::PathBuf;

/// Where the file is. No flag and no variable moves it, `ProgramData` neither.
pub fn path() -> &'static str {
    match System::here() {
        System::Linux => "/etc/firstkey/config.toml",
        System::Mac => "/Library/Application Support/firstkey/config.toml",
        System::Windows => r"C:\ProgramData\firstkey\config.toml",
    }
}

/// Longest file in bytes.
pub const LONGEST: usize = 16 * 1024;
/// Longest text in bytes that tells people where to get the program.
const LONGEST_TEXT: usize = 400;

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedKey {
    /// The server.
    Server,
    /// A file with certificate authorities.
    CaFile,
    /// The proxy.
    Proxy,
    /// Servers that are reached without it.
    NoProxy,
    /// Where people get the program.
    InstallText,
    /// The id of the one realm that is allowed.
    RealmId,
    /// What its links say of its key.
    RealmKey,
}

impl ManagedKey {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Server, Self::RealmId, Self::RealmKey, Self::CaFile, Self::Proxy, Self::NoProxy, Self::InstallText];

    /// Its name, with that of its table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::CaFile => "ca_file",
            Self::Proxy => "proxy",
            Self::NoProxy => "no_proxy",
            Self::InstallText => "install_text",
            Self::RealmId => "realm.id",
            Self::RealmKey => "realm.key",
        }
    }

    fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// What the file says. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// The default server, or the only one if a realm is pinned.
    pub server: Option<Origin>,
    /// The one realm that is allowed.
    pub realm: Option<ManagedRealm>,
    /// A file with certificate authorities beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// The proxy, without credentials.
    pub proxy: Option<String>,
    /// Servers that are reached without it.
    pub no_proxy: Option<String>,
    /// Where people get the program, in the organisation's words: one line of visible characters.
    pub install_text: Option<String>,
}

/// A managed configuration that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagedTrouble {
    /// Somebody other than root could have written it, or it cannot be read.
    Unfit {
        /// The file, or a folder or link on the way to it.
        path: String,
        /// What is wrong with it.
        why: Unfit,
    },
    /// A line says something that it cannot say.
    Line {
        /// Its number, from 1.
        number: usize,
        /// What is wrong with it.
        why: BadLine,
    },
    /// A realm is pinned without this option.
    Missing(ManagedKey),
}

impl Managed {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that is wrong, or the option that is missing.
    pub fn read(text: &str) -> Result<Self, ManagedTrouble> {
        let mut found: Vec<(ManagedKey, String, usize)> = Vec::new();
        let mut table: Option<String> = None;
        for (number, line) in (1..).zip(text.split('\n')) {
            let bad = |why| ManagedTrouble::Line { number, why };
            match read_line(line).map_err(bad)? {
                Line::Empty => {}
                Line::Table(name) if name == "realm" && table.is_none() => table = Some(name),
                Line::Table(name) if table.as_deref() == Some(name.as_str()) => return Err(bad(BadLine::Twice(name))),
                Line::Table(name) => return Err(bad(BadLine::unknown(&name))),
                Line::Value(name, value) => {
                    let name = table.as_ref().map_or(name.clone(), |table| format!("{table}.{name}"));
                    let key = ManagedKey::read(&name).ok_or_else(|| bad(BadLine::unknown(&name)))?;
                    if found.iter().any(|(earlier, ..)| *earlier == key) {
                        return Err(bad(BadLine::Twice(name)));
                    }
                    found.push((key, value, number));
                }
            }
        }
        Self::of(found)
    }

    fn of(found: Vec<(ManagedKey, String, usize)>) -> Result<Self, ManagedTrouble> {
        let mut managed = Self::default();
        let (mut realm, mut binding) = (None, None);
        for (key, value, number) in found {
            let bad = ManagedTrouble::Line { number, why: BadLine::Value(key) };
            let plain = |value: String| if is_one_line(&value) && !value.is_empty() { Ok(value) } else { Err(()) };
            let read = match key {
                ManagedKey::Server => read_server(&value).map_err(|_| ()).map(|server| managed.server = Some(server)),
                ManagedKey::RealmId => RealmId::read(&value).ok_or(()).map(|id| realm = Some(id)),
                ManagedKey::RealmKey => binding_of(&value).ok_or(()).map(|key| binding = Some(key)),
                ManagedKey::CaFile => Ok(PathBuf::from(value))
                    .and_then(|path: PathBuf| if path.is_absolute() { Ok(path) } else { Err(()) })
                    .map(|path| managed.ca_file = Some(path)),
                ManagedKey::Proxy => plain(value)
                    .and_then(|proxy| if is_proxy(&proxy) { Ok(proxy) } else { Err(()) })
                    .map(|proxy| managed.proxy = Some(proxy)),
                ManagedKey::NoProxy => plain(value).map(|names| managed.no_proxy = Some(names)),
                ManagedKey::InstallText => plain(value)
                    .and_then(|text| if text.len() <= LONGEST_TEXT { Ok(text) } else { Err(()) })
                    .map(|text| managed.install_text = Some(text)),
            };
            read.map_err(|()| bad)?;
        }
        managed.realm = match (realm, binding, &managed.server) {
            (None, None, _) => None,
            (None, Some(_), _) => return Err(ManagedTrouble::Missing(ManagedKey::RealmId)),
            (Some(_), _, None) => return Err(ManagedTrouble::Missing(ManagedKey::Server)),
            (Some(realm), binding, Some(origin)) => Some(ManagedRealm { origin: origin.clone(), realm, binding }),
        };
        Ok(managed)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an option is set.
    pub fn has(&self, key: ManagedKey) -> bool {
        match key {
            ManagedKey::Server => self.server.is_some(),
            ManagedKey::CaFile => self.ca_file.is_some(),
            ManagedKey::Proxy => self.proxy.is_some(),
            ManagedKey::NoProxy => self.no_proxy.is_some(),
            ManagedKey::InstallText => self.install_text.is_some(),
            ManagedKey::RealmId => self.realm.is_some(),
            ManagedKey::RealmKey => self.realm.as_ref().is_some_and(|realm| realm.binding.is_some()),
        }
    }

    /// The person's own defaults, filled up with the organisation's. A pinned server comes before
    /// the person's own.
    pub fn beside(&self, own: &Defaults) -> Defaults {
        let server = match &self.realm {
            Some(realm) => Some(realm.origin.clone()),
            None => own.server.clone().or_else(|| self.server.clone()),
        };
        // An address that was set beside another server is not told to this one.
        let email = server.as_ref().map_or(own.email.as_deref(), |server| own.email_at(server));
        Defaults { email: email.map(str::to_owned), server }
    }
}

fn binding_of(text: &str) -> Option<LinkBinding> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    Some(LinkBinding::from_bytes(bytes.try_into().ok()?))
}

/// A way that can be used, and that has no password in it: everybody on the computer can read it.
fn is_proxy(text: &str) -> bool {
    let known = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with([':', '/']);
    known.is_some_and(|rest| has_host(rest) && !rest.contains(['@', '?', '#', ' ', '\\']))
        && reqwest::Proxy::all(text).is_ok()
}

#[cfg(test)]
#[path = "managed/tests.rs"]
mod tests;
