//! Whether an access list of Windows lets anybody in but the owner.
//!
//! Promise: a value in, a verdict out; what is not understood lets somebody in. The system itself
//! and the administrators of the computer are let in anywhere (they are what the super-user is on
//! Unix), so that they are no reason to refuse.

use firstkey_core::flow::stop::StorageTrouble;

/// The system itself, and the administrators of the computer, under their names everywhere.
const ALWAYS_IN: [&str; 2] = ["S-1-5-18", "S-1-5-32-544"];
/// Stands for whoever owns the file.
const OWNER_RIGHTS: &str = "S-1-3-4";

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it does.
    pub(crate) kind: Kind,
    /// It is for what is made in the folder later, and not for the folder.
    pub(crate) inherited_only: bool,
    /// For whom, as `S-1-...`.
    pub(crate) whom: String,
    /// What it lets or forbids; 0 is nothing.
    pub(crate) rights: u32,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Lets somebody in.
    Allow,
    /// Keeps somebody out.
    Deny,
    /// Something else, which may let somebody in.
    Other,
}

/// Owner and list of a file, as `me` sees them. No list lets everybody in.
pub(crate) fn judge(owner: &str, list: Option<&[Entry]>, me: &str) -> Result<(), StorageTrouble> {
    // What an administrator makes with all rights belongs to the administrators.
    if owner != me && !ALWAYS_IN.contains(&owner) {
        return Err(StorageTrouble::NotOurs);
    }
    let Some(list) = list else { return Err(StorageTrouble::TooOpen) };
    let is_expected = |whom: &str| whom == me || whom == OWNER_RIGHTS || ALWAYS_IN.contains(&whom);
    let lets_in = |entry: &Entry| match entry.kind {
        Kind::Deny => false,
        Kind::Other => true,
        Kind::Allow => !entry.inherited_only && entry.rights != 0 && !is_expected(&entry.whom),
    };
    if list.iter().any(lets_in) { Err(StorageTrouble::TooOpen) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "S-1-5-21-1-2-3-1001";
    const EVERYBODY: &str = "S-1-1-0";

    fn allow(whom: &str, rights: u32) -> Entry {
        Entry { kind: Kind::Allow, inherited_only: false, whom: whom.to_owned(), rights }
    }

    #[test]
    fn owner_system_and_administrators_are_no_reason_to_refuse() {
        let list = [ME, "S-1-5-18", "S-1-5-32-544", OWNER_RIGHTS].map(|whom| allow(whom, 0x1f_01ff));
        assert_eq!(judge(ME, Some(&list), ME), Ok(()));
        assert_eq!(judge("S-1-5-32-544", Some(&list), ME), Ok(()));
        // An empty list lets nobody in.
        assert_eq!(judge(ME, Some(&[]), ME), Ok(()));
    }

    #[test]
    fn anybody_else_with_any_right_is_too_many() {
        let others = [EVERYBODY, "S-1-5-11", "S-1-5-32-545", "S-1-15-2-1", "S-1-5-21-1-2-3-1002", "S-1-5-21-9-9-9-500"];
        for whom in others {
            for rights in [1, 0x12_00a9, 0x8000_0000] {
                let list = [allow(ME, 0x1f_01ff), allow(whom, rights)];
                assert_eq!(judge(ME, Some(&list), ME), Err(StorageTrouble::TooOpen), "{whom} {rights:x}");
            }
        }
        // Right of nothing, or of what is made later, or taken away.
        let mut later = allow(EVERYBODY, 1);
        later.inherited_only = true;
        let mut taken = allow(EVERYBODY, 1);
        taken.kind = Kind::Deny;
        assert_eq!(judge(ME, Some(&[allow(EVERYBODY, 0), later, taken]), ME), Ok(()));
    }

    #[test]
    fn what_is_not_understood_and_no_list_at_all_let_everybody_in() {
        let mut other = allow(ME, 1);
        other.kind = Kind::Other;
        assert_eq!(judge(ME, Some(&[other]), ME), Err(StorageTrouble::TooOpen));
        assert_eq!(judge(ME, None, ME), Err(StorageTrouble::TooOpen));
    }

    #[test]
    fn a_file_of_somebody_else_is_theirs_however_closed_it_is() {
        for owner in [EVERYBODY, "S-1-5-21-1-2-3-1002", ""] {
            assert_eq!(judge(owner, Some(&[]), ME), Err(StorageTrouble::NotOurs), "{owner}");
        }
    }
}
