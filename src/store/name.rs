//! Names of files in the state folder: parsed once, so that no name can lead out of it.

/// Longest stem in bytes.
const LONGEST: usize = 64;

/// What a file is for, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An upload whose fate is open.
    Pending,
    /// What is remembered of a completed account.
    Pin,
    /// The same of an account on a server of the dialect of `infisical`.
    DialectPin,
    /// What is remembered of a colleague.
    Peer,
    /// What was sent in the last run.
    Audit,
    /// What the person set as defaults.
    Defaults,
    /// This computer's own tries at an invite.
    Tried,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Pin, Self::DialectPin, Self::Peer, Self::Audit, Self::Defaults, Self::Tried];

    /// Whether a file of that name is of any kind.
    pub(super) fn is_any_of(name: &str) -> bool {
        Self::ALL.into_iter().any(|kind| Stem::of_file(name, kind).is_some())
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Pending => ".pending",
            Self::Pin => ".pin",
            Self::DialectPin => ".e2ee-pin",
            Self::Peer => ".peer",
            Self::Audit => ".audit",
            Self::Defaults => ".defaults",
            Self::Tried => ".tried",
        }
    }
}

/// A file name without its ending: 1 to 64 letters, digits, `-` and `_`, such as a public id in
/// base64url. The alphabet has no dot and no slash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stem(String);

impl Stem {
    /// Reads a stem; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    /// The stem of a file of that kind; `None` for every other file.
    pub(super) fn of_file(name: &str, kind: Kind) -> Option<Self> {
        Self::read(name.strip_suffix(kind.suffix())?)
    }
}

/// The name of a file in the state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The name of that kind of file.
    pub fn new(stem: &Stem, kind: Kind) -> Self {
        Self(format!("{}{}", stem.0, kind.suffix()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{FileName, Kind, Stem};

    #[test]
    fn a_stem_cannot_lead_out_of_the_folder() {
        let long = "a".repeat(65);
        for text in ["", ".", "..", "../x", "a/b", "/etc/passwd", "a.b", "a b", "a\0", "a\n", "ä", &long] {
            assert_eq!(Stem::read(text), None, "{text:?}");
        }
        assert!(Stem::read(&long[1..]).is_some());
    }

    #[test]
    fn a_name_is_read_back_for_its_own_kind_only() {
        let stem = Stem::read("AAECAwQFBgcICQoLDA0ODw").expect("22 characters of base64url");
        let name = FileName::new(&stem, Kind::Pending);
        assert_eq!(name.as_str(), "AAECAwQFBgcICQoLDA0ODw.pending");
        assert_eq!(Stem::of_file(name.as_str(), Kind::Pending), Some(stem));
        assert_eq!(Stem::of_file(name.as_str(), Kind::Pin), None);
        assert_eq!(Stem::of_file(".pending", Kind::Pending), None);
        assert_eq!(Stem::of_file(".tmp-1-0.pending", Kind::Pending), None);
    }
}
