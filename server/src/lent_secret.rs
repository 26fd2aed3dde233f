//! Secrets that the system lends: a file of root that this process may read by its group.
//!
//! Kubernetes makes secret volumes so (`fsGroup`, `defaultMode: 0440`), and no mode that a program
//! could ask for is possible there. Promise: such a file is taken only if the group has nobody in
//! it but this process's own user, and nobody else can read or change the file.

use rustix::process::{getegid, geteuid, getgroups};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Whether the file is lent to this process and to nobody else.
pub(crate) fn is_lent(about: &Metadata) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let mut groups: Vec<u32> = getgroups().unwrap_or_default().into_iter().map(rustix::process::Gid::as_raw).collect();
    groups.push(getegid().as_raw());
    let file = Lent { owner: about.uid(), group: about.gid(), mode: about.mode() & 0o7777 };
    let us = Us { user: geteuid().as_raw(), groups: &groups };
    about.is_file() && may_be_read(file, us, &read("/etc/passwd"), &read("/etc/group"))
}

#[derive(Clone, Copy)]
struct Lent {
    owner: u32,
    group: u32,
    mode: u32,
}

#[derive(Clone, Copy)]
struct Us<'a> {
    user: u32,
    groups: &'a [u32],
}

fn may_be_read(file: Lent, us: Us<'_>, users: &str, groups: &str) -> bool {
    let by_group_alone = file.owner == 0 && file.mode & 0o137 == 0 && file.group != 0;
    by_group_alone && us.groups.contains(&file.group) && !has_others(file.group, us.user, users, groups)
}

/// Whether somebody else is in the group, as its first one or as a member; passwd(5), group(5).
fn has_others(group: u32, user: u32, users: &str, groups: &str) -> bool {
    let fields = |line: &'_ str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let number = |fields: &[String], at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok());
    let users: Vec<_> = users.lines().map(fields).collect();
    let own: Vec<&str> = users
        .iter()
        .filter(|entry| number(entry, 2) == Some(user))
        .filter_map(|entry| Some(entry.first()?.as_str()))
        .collect();
    let first_of_others = users.iter().any(|entry| number(entry, 3) == Some(group) && number(entry, 2) != Some(user));
    let members = groups.lines().map(fields).filter(|entry| number(entry, 2) == Some(group));
    let is_other = |name: &str| !name.is_empty() && !own.contains(&name);
    first_of_others || members.into_iter().any(|entry| entry.get(3).is_some_and(|names| names.split(',').any(is_other)))
}

#[cfg(test)]
mod tests {
    use super::{Lent, Us, may_be_read};

    const USERS: &str = "root:x:0:0::/root:/bin/sh\nfirstkey:x:1000:1000::/:/bin/false\nada:x:1001:1001::/:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nfirstkey:x:1000:firstkey\nada:x:1001:\nadmins:x:2000:ada,firstkey\nlent:x:3000:\n";

    #[test]
    fn what_root_lends_to_this_process_alone_is_read() {
        let us = Us { user: 1000, groups: &[1000, 2000, 3000, 1001, 0] };
        let may = |owner, group, mode| may_be_read(Lent { owner, group, mode }, us, USERS, GROUPS);
        assert!(may(0, 3000, 0o440), "the group of the volume");
        assert!(may(0, 1000, 0o440) && may(0, 1000, 0o640), "the group of the user alone");
        for (owner, group, mode, why) in [
            (0, 2000, 0o440, "others are members"),
            (0, 1001, 0o440, "it is the first group of somebody else"),
            (0, 4000, 0o440, "this process is not in the group"),
            (0, 0, 0o440, "the group of root is no group of ours alone"),
            (1001, 3000, 0o440, "somebody else's file"),
            (0, 3000, 0o444, "everybody can read it"),
            (0, 3000, 0o460, "the group can change it"),
            (0, 3000, 0o450, "a secret is no program"),
        ] {
            assert!(!may(owner, group, mode), "{why}");
        }
        // An image without these files: nobody else is known.
        assert!(may_be_read(Lent { owner: 0, group: 3000, mode: 0o440 }, us, "", ""));
    }
}
