//! What holds for a person on this computer, and where it comes from: for `firstkey config`.
//!
//! Promise: pure, and by the same rule as the commands ([`Managed::beside`]). Must never: show what
//! does not hold.

use super::{Managed, ManagedKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::wire::origin::Origin;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The person set it with `firstkey config set`.
    Own,
    /// The organisation set it as a default.
    Managed,
    /// The organisation pinned it: the person cannot choose another.
    Pinned,
}

impl Source {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Managed => "managed",
            Self::Pinned => "pinned",
        }
    }
}

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Each name with its value, and where it comes from. Those that only an organisation sets are
    /// there if it has.
    pub values: Vec<(&'static str, Option<(String, Source)>)>,
}

impl Held {
    /// What holds of both.
    pub fn of(own: &Defaults, managed: &Managed) -> Self {
        let both = managed.beside(own);
        let server = both.server.as_ref().map(|server| {
            let source = match (&managed.realm, &own.server) {
                (Some(_), _) => Source::Pinned,
                (None, Some(_)) => Source::Own,
                (None, None) => Source::Managed,
            };
            (Origin::as_str(server).to_owned(), source)
        });
        let mut values = vec![("server", server), ("email", both.email.map(|email| (email, Source::Own)))];
        for key in ManagedKey::ALL {
            let value = match key {
                ManagedKey::Server => None,
                ManagedKey::RealmId => managed.realm.as_ref().map(|realm| (realm.realm.to_string(), Source::Pinned)),
                ManagedKey::RealmKey => managed
                    .realm
                    .as_ref()
                    .and_then(|realm| realm.binding)
                    .map(|binding| (Base64UrlUnpadded::encode_string(binding.as_bytes()), Source::Pinned)),
                ManagedKey::CaFile => {
                    managed.ca_file.as_ref().map(|path| (path.display().to_string(), Source::Managed))
                }
                ManagedKey::Proxy => managed.proxy.clone().map(|proxy| (proxy, Source::Managed)),
                ManagedKey::NoProxy => managed.no_proxy.clone().map(|names| (names, Source::Managed)),
                ManagedKey::InstallText => managed.install_text.clone().map(|text| (text, Source::Managed)),
            };
            if value.is_some() {
                values.push((key.name(), value));
            }
        }
        Self { values }
    }

    /// One of them.
    pub fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.values.iter().find(|(known, _)| *known == name)?;
        value.as_ref().map(|(value, _)| value.as_str())
    }
}
