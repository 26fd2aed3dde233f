//! Who could have written the managed configuration.
//!
//! Promise: pure; a file counts only if it, every folder and every link on the way to it belong to
//! root, and nobody else can write to them. Must never: take the word of a name or a variable.

/// What something on the way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A plain file.
    File,
    /// Anything else.
    Other,
}

/// The facts about something on the way, as the system has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub what: What,
    /// Its owner's number.
    pub owner: u32,
    /// Its group's number.
    pub group: u32,
    /// Its mode, as `chmod` takes it.
    pub mode: u32,
}

/// Why a file does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It does not belong to root.
    NotRoots,
    /// Others than root can write to it.
    Writable,
    /// It is no plain file, or no folder where one has to be.
    NotPlain,
    /// It leads round in a circle, or too far.
    Circle,
    /// This person may not read it.
    NotReadable,
    /// It is longer than such a file can be, or no text.
    NotText,
    /// The system reported an error.
    Failed,
}

const STICKY: u32 = 0o1000;
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;
/// The group of administrators, who may write to the folder that macOS has for this. They can
/// become root.
const ADMINISTRATORS: Option<u32> = if cfg!(target_vendor = "apple") { Some(80) } else { None };

/// Judges one thing on the way; `root` is the number of root.
///
/// # Errors
/// Somebody else could have put it there, or changed it.
pub fn judge(found: &Facts, root: u32) -> Result<(), Unfit> {
    if found.owner != root {
        return Err(Unfit::NotRoots);
    }
    let is_writable = match found.what {
        // Nobody writes into a link; it is made anew, which its folder forbids.
        What::Link => false,
        What::Other => return Err(Unfit::NotPlain),
        // In a folder where everybody may write, the sticky bit keeps what is root's from others.
        What::Folder if found.mode & STICKY != 0 => false,
        What::Folder if ADMINISTRATORS == Some(found.group) => found.mode & OTHERS != 0,
        What::Folder | What::File => found.mode & (GROUP | OTHERS) != 0,
    };
    if is_writable { Err(Unfit::Writable) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every mode, kind and owner: what counts is exactly what root alone can have written.
    #[test]
    fn only_what_root_alone_can_write_to_counts() {
        for what in [What::Folder, What::Link, What::File, What::Other] {
            for mode in 0..0o2000 {
                let found = |owner| judge(&Facts { what, owner, group: 7, mode }, 0);
                assert_eq!(found(1000), Err(Unfit::NotRoots), "{what:?} {mode:o}");
                let others_write = mode & 0o022 != 0;
                let expected = match what {
                    What::Other => Err(Unfit::NotPlain),
                    What::Folder if mode & 0o1000 != 0 => Ok(()),
                    What::Folder | What::File if others_write => Err(Unfit::Writable),
                    What::Link | What::Folder | What::File => Ok(()),
                };
                assert_eq!(found(0), expected, "{what:?} {mode:o}");
            }
        }
    }
}
