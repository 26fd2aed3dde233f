//! Whether an access list of Windows lets anybody in but the owner; and whether anybody but those
//! who manage the computer could have written a file.
//!
//! Promise: a value in, a verdict out; what is not understood lets somebody in. The system itself
//! and the administrators of the computer are let in anywhere (they are what the super-user is on
//! Unix), so that they are no reason to refuse.

use crate::managed::owner::Unfit;
use firstkey_core::flow::stop::StorageTrouble;

/// The system itself, and the administrators of the computer, under their names everywhere.
const ALWAYS_IN: [&str; 2] = ["S-1-5-18", "S-1-5-32-544"];
/// Who installs the system's own files.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/// Rights to remove or replace something, or to take it over: DELETE, WRITE_DAC, WRITE_OWNER,
/// GENERIC_ALL.
const TAKES_OVER: u32 = 0x0001_0000 | 0x0004_0000 | 0x0008_0000 | 0x1000_0000;
/// FILE_DELETE_CHILD: the right to remove what is in a folder, whosever it is.
const EMPTIES: u32 = 0x0040;
/// FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_WRITE_EA, FILE_WRITE_ATTRIBUTES, GENERIC_WRITE.
const WRITES: u32 = 0x0002 | 0x0004 | 0x0010 | 0x0100 | 0x4000_0000;
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

/// Whether the system and the administrators alone can have written a file, or can put another in
/// its place. In a folder others may add files, as Windows lets them in `C:\ProgramData` and below:
/// what they add is theirs, and does not count.
pub(crate) fn judge_managed(owner: &str, list: Option<&[Entry]>, is_folder: bool) -> Result<(), Unfit> {
    let manages = |whom: &str| ALWAYS_IN.contains(&whom) || whom == INSTALLER;
    if !manages(owner) {
        return Err(Unfit::NotRoots);
    }
    let Some(list) = list else { return Err(Unfit::Writable) };
    let too_much = TAKES_OVER | if is_folder { EMPTIES } else { WRITES };
    let lets_change = |entry: &Entry| match entry.kind {
        Kind::Deny => false,
        Kind::Other => true,
        Kind::Allow => {
            let is_expected = manages(&entry.whom) || entry.whom == OWNER_RIGHTS;
            !entry.inherited_only && entry.rights & too_much != 0 && !is_expected
        }
    };
    if list.iter().any(lets_change) { Err(Unfit::Writable) } else { Ok(()) }
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

    const SYSTEM: &str = "S-1-5-18";
    const ADMINISTRATORS: &str = "S-1-5-32-544";
    const USERS: &str = "S-1-5-32-545";

    #[test]
    fn only_what_system_and_administrators_alone_can_change_is_managed() {
        let full = 0x001f_01ff;
        // What a file and a folder below `C:\ProgramData` get by themselves.
        let usual = [allow(SYSTEM, full), allow(ADMINISTRATORS, full), allow(USERS, 0x0012_00a9)];
        let mut folder = usual.to_vec();
        folder.push(allow(USERS, 0x0000_0116));
        let mut later = allow("S-1-3-0", 0x1000_0000);
        later.inherited_only = true;
        folder.push(later);
        for owner in [SYSTEM, ADMINISTRATORS, INSTALLER] {
            assert_eq!(judge_managed(owner, Some(&usual), false), Ok(()), "{owner}");
            assert_eq!(judge_managed(owner, Some(&folder), true), Ok(()), "{owner}");
            assert_eq!(judge_managed(owner, Some(&folder), false), Err(Unfit::Writable), "{owner}");
            assert_eq!(judge_managed(owner, None, false), Err(Unfit::Writable), "no list lets everybody in");
        }
        // Whoever owns it can give it another list.
        for owner in [ME, EVERYBODY, USERS, ""] {
            assert_eq!(judge_managed(owner, Some(&usual), false), Err(Unfit::NotRoots), "{owner}");
            assert_eq!(judge_managed(owner, Some(&[]), true), Err(Unfit::NotRoots), "{owner}");
        }
    }

    #[test]
    fn every_right_to_change_counts_for_anybody_else_and_no_right_to_read_does() {
        for bit in 0..32 {
            let right = 1_u32 << bit;
            let file = matches!(right, 0x2 | 0x4 | 0x10 | 0x100 | 0x1_0000 | 0x4_0000 | 0x8_0000);
            let file = file || matches!(right, 0x1000_0000 | 0x4000_0000);
            let folder = matches!(right, 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000);
            for whom in [ME, EVERYBODY, USERS, "S-1-5-11"] {
                let found = |is_folder| judge_managed(SYSTEM, Some(&[allow(whom, right)]), is_folder).is_err();
                assert_eq!((found(false), found(true)), (file, folder), "{whom} {right:x}");
            }
        }
        let mut other = allow(SYSTEM, 0);
        other.kind = Kind::Other;
        assert_eq!(judge_managed(SYSTEM, Some(&[other]), true), Err(Unfit::Writable));
    }
}
