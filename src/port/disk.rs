//! What kind of disk a file lies on.
//!
//! Promise: says whether the file system keeps who owns a file and who may read it. Where that
//! cannot be told, it does.

use std::fs::File;

/// Kinds that give every file the same owner and the same rights, or take them from the settings of
/// the mount (`statfs(2)`): FAT, exFAT, NTFS (three drivers, the third by FUSE), Windows disks
/// under WSL 1 and 2, Windows shares.
#[cfg(target_os = "linux")]
const KEEPS_NONE: [u32; 9] =
    [0x4d44, 0x2011_bab0, 0x5346_544e, 0x7366_746e, 0x6573_5546, 0x5346_4846, 0x0102_1997, 0xff53_4d42, 0xfe53_4d42];

/// Whether `chmod` means something for this file.
#[cfg(target_os = "linux")]
pub fn keeps_owners(file: &File) -> bool {
    // The number has 32 bits; the type of the field differs between machines.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let kind = |disk: rustix::fs::StatFs| disk.f_type as u32;
    rustix::fs::fstatfs(file).map_or(true, |disk| !is_without_owners(kind(disk)))
}

/// Whether an access list means something for this file.
#[cfg(windows)]
pub fn keeps_owners(file: &File) -> bool {
    super::process::keeps_lists(file)
}

/// Kinds of macOS of which the same is true.
#[cfg(any(target_vendor = "apple", all(test, target_os = "linux")))]
const NAMED_WITHOUT: [&[u8]; 5] = [b"msdos", b"exfat", b"ntfs", b"smbfs", b"webdav"];

/// Whether `chmod` means something for this file.
#[cfg(target_vendor = "apple")]
pub fn keeps_owners(file: &File) -> bool {
    rustix::fs::fstatfs(file).map_or(true, |disk| !is_named_without(disk.f_fstypename.map(i8::cast_unsigned)))
}

/// Whether the name of a kind, with zeros behind it, is one of those.
#[cfg(any(target_vendor = "apple", all(test, target_os = "linux")))]
fn is_named_without(kind: [u8; 16]) -> bool {
    let name = kind.split(|byte| *byte == 0).next().unwrap_or_default();
    NAMED_WITHOUT.contains(&name)
}

/// Whether `chmod` means something for this file.
#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
pub fn keeps_owners(_: &File) -> bool {
    true
}

#[cfg(target_os = "linux")]
fn is_without_owners(kind: u32) -> bool {
    KEEPS_NONE.contains(&kind)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_same_kinds_have_names_on_macos() {
        let kind = |name: &str| {
            let mut field = [0; 16];
            field[..name.len()].copy_from_slice(name.as_bytes());
            is_named_without(field)
        };
        assert!(["msdos", "exfat", "smbfs"].into_iter().all(kind));
        assert!(["apfs", "hfs", "nfs", "exfat2", ""].into_iter().all(|name| !kind(name)));
    }

    #[test]
    fn sticks_and_windows_disks_keep_no_owners_and_linux_disks_do() {
        for kind in [0x4d44, 0x2011_bab0, 0x7366_746e, 0x6573_5546, 0x0102_1997] {
            assert!(is_without_owners(kind), "{kind:x}");
        }
        // ext4, btrfs, xfs, tmpfs, overlay, NFS.
        for kind in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x6969] {
            assert!(!is_without_owners(kind), "{kind:x}");
        }
        let file = std::fs::File::open("/proc/self/exe").expect("this test");
        assert!(keeps_owners(&file));
    }
}
