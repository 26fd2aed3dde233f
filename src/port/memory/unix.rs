//! Memory as Linux tells it, under `/proc` and in control groups; other systems of Unix tell what
//! the process may map.

use std::path::{Path, PathBuf};

/// The memory that this process could take now, in KiB; `None` where the system does not tell.
pub fn available_kib() -> Option<u64> {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| machine_kib(&text));
    [machine, container_kib(&read), address_space_kib(&read)].into_iter().flatten().min()
}

/// `MemAvailable` of `/proc/meminfo`: free memory and what can be made free without swapping.
pub(super) fn machine_kib(meminfo: &str) -> Option<u64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// `RLIMIT_AS` minus what is mapped already.
fn address_space_kib(read: &impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let most = rustix::process::getrlimit(rustix::process::Resource::As).current?;
    let page_kib = u64::try_from(rustix::param::page_size()).ok()? / 1024;
    let mapped_kib = read(Path::new("/proc/self/statm")).and_then(|text| mapped_pages(&text)).unwrap_or(0) * page_kib;
    Some((most / 1024).saturating_sub(mapped_kib))
}

/// The first number of `/proc/self/statm`: pages mapped.
pub(super) fn mapped_pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().next()?.parse().ok()
}

/// The tightest control group from ours up to the top of what we can see.
pub(super) fn container_kib(read: &impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let mounts = read(Path::new("/proc/self/mountinfo"))?;
    let hierarchies = [Hierarchy::UNIFIED, Hierarchy::MEMORY];
    hierarchies.iter().filter_map(|hierarchy| hierarchy.left_kib(&groups, &mounts, read)).min()
}

/// One of the two generations of control groups, and what its files are called.
struct Hierarchy {
    /// File-system type in `mountinfo`.
    fs_type: &'static str,
    /// The controller that has to be among the mount options and in `/proc/self/cgroup`; empty for
    /// the unified hierarchy.
    controller: &'static str,
    /// Files that hold a limit in bytes or `max`.
    limits: &'static [&'static str],
    /// File that holds the bytes in use.
    usage: &'static str,
    /// Line of `memory.stat` with the file cache that would be dropped first.
    droppable: &'static str,
}

impl Hierarchy {
    const UNIFIED: Self = Self {
        fs_type: "cgroup2",
        controller: "",
        limits: &["memory.max", "memory.high"],
        usage: "memory.current",
        droppable: "inactive_file",
    };
    const MEMORY: Self = Self {
        fs_type: "cgroup",
        controller: "memory",
        limits: &["memory.limit_in_bytes"],
        usage: "memory.usage_in_bytes",
        droppable: "total_inactive_file",
    };

    fn left_kib(&self, groups: &str, mounts: &str, read: &impl Fn(&Path) -> Option<String>) -> Option<u64> {
        let group = self.own_group(groups)?;
        let (root, mount) = self.mount(mounts)?;
        // In a container the mount shows only our part of the tree; a group that is not below it is
        // the top of what we see.
        let below = group.strip_prefix(root.as_str()).unwrap_or("").trim_start_matches('/');
        let below = if below.split('/').any(|part| part == "..") { "" } else { below };
        let lowest = mount.join(below);
        let within = lowest.ancestors().take_while(|folder| folder.starts_with(&mount));
        within.filter_map(|folder| self.left_in_kib(folder, read)).min()
    }

    /// Limit minus use in one group; `None` without a limit.
    fn left_in_kib(&self, folder: &Path, read: &impl Fn(&Path) -> Option<String>) -> Option<u64> {
        let number = |name: &str| read(&folder.join(name)).and_then(|text| text.trim().parse::<u64>().ok());
        let limit = self.limits.iter().filter_map(|name| number(name)).min()?;
        let used = number(self.usage).unwrap_or(0);
        let stat = read(&folder.join("memory.stat")).unwrap_or_default();
        let cache = stat.lines().find_map(|line| line.strip_prefix(self.droppable)?.trim().parse::<u64>().ok());
        let pinned = used.saturating_sub(cache.unwrap_or(0));
        Some(limit.saturating_sub(pinned) / 1024)
    }

    /// Our group: a line `id:controllers:path` of `/proc/self/cgroup`.
    fn own_group(&self, groups: &str) -> Option<String> {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            controllers.split(',').any(|name| name == self.controller).then(|| path.to_owned())
        })
    }

    /// The root (without a closing slash) and the mount point: a line `id parent major:minor root
    /// point options... - type source super-options`.
    fn mount(&self, mounts: &str) -> Option<(String, PathBuf)> {
        mounts.lines().find_map(|line| {
            let (place, kind) = line.split_once(" - ")?;
            let mut kind = kind.split(' ');
            let (fs_type, options) = (kind.next()?, kind.nth(1)?);
            let ours = fs_type == self.fs_type
                && (self.controller.is_empty() || options.split(',').any(|name| name == self.controller));
            let mut place = place.split(' ').skip(3);
            let (root, point) = (place.next()?, place.next()?);
            ours.then(|| (unescape(root).trim_end_matches('/').to_owned(), PathBuf::from(unescape(point))))
        })
    }
}

/// `mountinfo` writes a space as `\040`; nothing else matters in these paths.
fn unescape(path: &str) -> String {
    path.replace("\\040", " ")
}
