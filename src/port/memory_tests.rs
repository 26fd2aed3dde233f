use super::unix::{container_kib, machine_kib, mapped_pages};
use super::{NotEnough, available_kib, check, judge};
use std::collections::HashMap;
use std::path::Path;

const GIB: u64 = 1 << 30;

/// A file system of a few small files.
fn files(list: &[(&str, &str)]) -> impl Fn(&Path) -> Option<String> + use<> {
    let files: HashMap<_, _> = list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    move |path| files.get(path.to_str().expect("test paths are text")).cloned()
}

const UNIFIED_MOUNT: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
    30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

#[test]
fn the_machine_counts_what_is_available_and_not_what_is_free() {
    let meminfo = "MemTotal:       24683520 kB\nMemFree:          102400 kB\nMemAvailable:    8388608 kB\nSwapFree: 99999999 kB\n";
    assert_eq!(machine_kib(meminfo), Some(8_388_608));
    for broken in ["", "MemAvailable:", "MemAvailable: many kB", "MemAvailable: 5 MB", "XMemAvailable: 5 kB"] {
        assert_eq!(machine_kib(broken), None, "{broken}");
    }
}

#[test]
fn a_group_without_a_limit_says_nothing() {
    let read = files(&[
        ("/proc/self/cgroup", "0::/user.slice/session-1.scope\n"),
        ("/proc/self/mountinfo", UNIFIED_MOUNT),
        ("/sys/fs/cgroup/user.slice/memory.max", "max\n"),
        ("/sys/fs/cgroup/user.slice/memory.high", "max\n"),
    ]);
    assert_eq!(container_kib(&read), None);
}

#[test]
fn the_limit_of_a_group_counts_without_what_is_used_but_with_the_cache_that_can_be_dropped() {
    let read = files(&[
        ("/proc/self/cgroup", "0::/job\n"),
        ("/proc/self/mountinfo", UNIFIED_MOUNT),
        ("/sys/fs/cgroup/job/memory.max", &format!("{GIB}\n")),
        ("/sys/fs/cgroup/job/memory.current", &format!("{}\n", GIB / 2)),
        ("/sys/fs/cgroup/job/memory.stat", &format!("anon 5\ninactive_file {}\nactive_file 7\n", GIB / 4)),
    ]);
    assert_eq!(container_kib(&read), Some(3 * GIB / 4 / 1024));
}

#[test]
fn the_tightest_group_up_the_tree_wins_wherever_it_is() {
    for tight in ["/sys/fs/cgroup", "/sys/fs/cgroup/a", "/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a/b/c"] {
        let limit = |folder: &str| format!("{}", if folder == tight { GIB / 8 } else { GIB });
        let folders = ["/sys/fs/cgroup", "/sys/fs/cgroup/a", "/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a/b/c"];
        let mut list = vec![
            ("/proc/self/cgroup".to_owned(), "0::/a/b/c\n".to_owned()),
            ("/proc/self/mountinfo".to_owned(), UNIFIED_MOUNT.to_owned()),
        ];
        list.extend(folders.iter().map(|folder| (format!("{folder}/memory.max"), limit(folder))));
        let list: Vec<_> = list.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(container_kib(&files(&list)), Some(GIB / 8 / 1024), "{tight}");
    }
}

#[test]
fn the_soft_limit_of_the_unified_hierarchy_counts_too() {
    let read = files(&[
        ("/proc/self/cgroup", "0::/job\n"),
        ("/proc/self/mountinfo", UNIFIED_MOUNT),
        ("/sys/fs/cgroup/job/memory.max", "max"),
        ("/sys/fs/cgroup/job/memory.high", &format!("{GIB}")),
    ]);
    assert_eq!(container_kib(&read), Some(GIB / 1024));
}

#[test]
fn the_old_hierarchy_in_a_container_is_found_below_its_own_root() {
    let read = files(&[
        ("/proc/self/cgroup", "12:cpu,cpuacct:/docker/0123\n5:memory:/docker/0123/inner\n0::/\n"),
        (
            "/proc/self/mountinfo",
            "31 30 0:28 /docker/0123 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
             32 30 0:29 /docker/0123 /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,memory\n",
        ),
        ("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "9223372036854771712\n"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", &format!("{GIB}\n")),
        ("/sys/fs/cgroup/memory/memory.usage_in_bytes", &format!("{}\n", GIB / 2)),
        ("/sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 1048576\n"),
    ]);
    assert_eq!(container_kib(&read), Some((GIB / 2 + 1_048_576) / 1024));
}

#[test]
fn a_group_outside_of_what_is_mounted_falls_back_to_the_top() {
    for group in ["0::/../../elsewhere\n", "0::/somebody/else\n"] {
        let mounts = UNIFIED_MOUNT.replace("0:26 / /sys", "0:26 /us /sys");
        let read = files(&[
            ("/proc/self/cgroup", group),
            ("/proc/self/mountinfo", &mounts),
            ("/sys/fs/cgroup/memory.max", &format!("{GIB}")),
        ]);
        assert_eq!(container_kib(&read), Some(GIB / 1024), "{group}");
    }
}

#[test]
fn a_group_that_uses_more_than_its_limit_has_nothing_left() {
    let read = files(&[
        ("/proc/self/cgroup", "0::/job\n"),
        ("/proc/self/mountinfo", UNIFIED_MOUNT),
        ("/sys/fs/cgroup/job/memory.max", "4096"),
        ("/sys/fs/cgroup/job/memory.current", "8192"),
    ]);
    assert_eq!(container_kib(&read), Some(0));
}

#[test]
fn damaged_tables_are_no_opinion_and_no_panic() {
    for (groups, mounts) in
        [("", ""), ("0", "x"), ("0::", " - "), ("::::", "1 2 3 - cgroup2"), ("0::/", "a b c d e - cgroup2 x y")]
    {
        let read = files(&[("/proc/self/cgroup", groups), ("/proc/self/mountinfo", mounts)]);
        assert_eq!(container_kib(&read), None);
    }
}

#[test]
fn the_first_number_of_statm_is_what_is_mapped() {
    assert_eq!(mapped_pages("1234 56 78 9 0 10 0\n"), Some(1234));
    assert_eq!(mapped_pages(""), None);
}

#[test]
fn a_profile_needs_its_memory_and_sixteen_mebibytes_for_the_rest() {
    let needed_kib = 262_144 + 16_384;
    assert_eq!(judge(262_144, Some(needed_kib)), Ok(()));
    let available_kib = needed_kib - 1;
    assert_eq!(judge(262_144, Some(available_kib)), Err(NotEnough { needed_kib, available_kib }));
    assert_eq!(judge(262_144, None), Ok(()));
}

#[cfg(target_os = "linux")]
#[test]
fn this_machine_says_how_much_it_has_and_has_no_four_tebibytes() {
    assert!(available_kib().is_some_and(|kib| kib > 0));
    assert!(check(u32::MAX).is_err());
}

/// Runs in a process of its own, because the limit cannot be taken back.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_the_address_space_is_an_error_with_numbers_and_no_abort() {
    use crate::port::stretch::{StretchError, stretch};
    use rustix::process::{Resource, Rlimit, setrlimit};
    const CHILD: &str = "FIRSTKEY_TEST_LIMITED_CHILD";
    let name = "port::memory::tests::a_limit_on_the_address_space_is_an_error_with_numbers_and_no_abort";
    if std::env::var_os(CHILD).is_some() {
        let most = 700 << 20;
        setrlimit(Resource::As, Rlimit { current: Some(most), maximum: Some(most) }).expect("lowering is allowed");
        let error = stretch(b"a", &[0; 32], 1 << 20, 1, 4).err();
        let Some(StretchError::NotEnoughMemory { needed_kib, available_kib }) = error else { panic!("{error:?}") };
        assert!(needed_kib == (1 << 20) + 16_384 && available_kib < 700 << 10, "{needed_kib} {available_kib}");
        // Enough to map, and not enough to leave the rest of the program its share: only asking
        // first can tell.
        let left = (64 + 8) << 10;
        let most = most - ((available_kib - left) << 10);
        setrlimit(Resource::As, Rlimit { current: Some(most), maximum: Some(most) }).expect("lowering is allowed");
        let error = stretch(b"a", &[0; 32], 64 << 10, 1, 4).err();
        assert!(matches!(error, Some(StretchError::NotEnoughMemory { .. })), "{error:?}");
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().expect("the test knows itself"))
        .args(["--exact", name, "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("the test starts again");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}
