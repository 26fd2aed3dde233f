use super::{HUGE_PAGE, LockedBytes, Mapping, NoMemory, WipedPages};

/// The kernel's flags for the memory at `address`. Neighbours with the same flags are listed as
/// one, so that the entry may begin before it.
#[cfg(target_os = "linux")]
fn vm_flags(address: usize) -> Vec<String> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("our own memory map is readable");
    let covers = |line: &&str| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let range = range
            .and_then(|(from, to)| Some(usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?));
        range.is_some_and(|range| range.contains(&address))
    };
    let flags = smaps.lines().skip_while(|line| !covers(line)).find_map(|line| line.strip_prefix("VmFlags:"));
    flags.expect("the mapping is listed with its flags").split_whitespace().map(str::to_owned).collect()
}

/// How many of the pages in the mapping are backed by memory: bit 63 of their entries in
/// `/proc/self/pagemap`.
#[cfg(target_os = "linux")]
fn backed_pages(mapping: &Mapping) -> usize {
    use std::os::unix::fs::FileExt;
    let page = rustix::param::page_size();
    let mut entries = vec![0; mapping.len.get() / page * 8];
    let first = (mapping.base.as_ptr() as usize / page * 8) as u64;
    let pagemap = std::fs::File::open("/proc/self/pagemap").expect("our own page map is readable");
    pagemap.read_exact_at(&mut entries, first).expect("our own page map is readable");
    entries.chunks_exact(8).filter(|entry| entry[7] & 0x80 != 0).count()
}

#[test]
fn pages_begin_on_a_huge_page_and_hold_exactly_what_was_asked_for() {
    for kib in [1, 2047, 2048, 2049, 65_536] {
        let mut pages = WipedPages::reserve(kib).expect("memory for the test");
        assert_eq!(pages.blocks().as_ptr() as usize % HUGE_PAGE, 0);
        assert_eq!(pages.blocks().len(), kib as usize);
    }
}

#[test]
fn pages_are_zero_when_reserved_and_zero_after_a_wipe_in_every_byte() {
    let mut pages = WipedPages::reserve(2049).expect("memory for the test");
    assert!(pages.blocks().iter_mut().all(|block| block.as_mut().iter().all(|word| *word == 0)));
    for block in pages.blocks() {
        block.as_mut().fill(0x5353_5353_5353_5353);
    }
    pages.wipe();
    // The whole mapping, so that the slack behind the last block counts too.
    assert!(pages.mapping.bytes().iter().all(|byte| *byte == 0));
}

#[test]
fn more_than_can_be_mapped_is_an_error_and_no_abort() {
    assert_eq!(Mapping::reserve(usize::MAX, HUGE_PAGE).err(), Some(NoMemory));
    assert_eq!(Mapping::reserve(usize::MAX / 2, HUGE_PAGE).err(), Some(NoMemory));
    assert_eq!(LockedBytes::new(usize::MAX - 8192).err(), Some(NoMemory));
}

#[test]
fn parts_together_cover_everything() {
    for parts in 1..9 {
        let pages = WipedPages::reserve(7 * 1024).expect("memory for the test");
        for part in 0..parts {
            assert_eq!(pages.populate(part, parts), Ok(()));
        }
        #[cfg(target_os = "linux")]
        assert_eq!(backed_pages(&pages.mapping), pages.mapping.len.get() / rustix::param::page_size(), "{parts}");
        // A part that does not exist is empty.
        assert_eq!(pages.populate(parts + 1, parts), Ok(()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_backed_before_it_is_asked_for() {
    let pages = WipedPages::reserve(7 * 1024).expect("memory for the test");
    assert_eq!(backed_pages(&pages.mapping), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_keeps_the_pages_out_of_core_dumps_and_out_of_children() {
    let pages = WipedPages::reserve(4096).expect("memory for the test");
    let typed = LockedBytes::new(1024).expect("memory for the test");
    for address in [pages.mapping.base.as_ptr() as usize, typed.mapping.base.as_ptr() as usize] {
        let flags = vm_flags(address);
        assert!(flags.iter().any(|flag| flag == "dd"), "no core dump: {flags:?}");
        assert!(flags.iter().any(|flag| flag == "dc"), "no fork: {flags:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_for_typed_secrets_is_locked_where_the_limit_allows_one() {
    let allowed =
        rustix::process::getrlimit(rustix::process::Resource::Memlock).current.is_none_or(|most| most >= 65_536);
    let typed = LockedBytes::new(1024).expect("memory for the test");
    assert!(typed.is_locked() || !allowed);
    let flags = vm_flags(typed.mapping.base.as_ptr() as usize);
    assert_eq!(typed.is_locked(), flags.iter().any(|flag| flag == "lo"), "{flags:?}");
    let status = std::fs::read_to_string("/proc/self/status").expect("our own status is readable");
    let total = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("VmLck is listed");
    assert!(!typed.is_locked() || total.trim() != "0 kB", "{total}");
}

#[test]
fn typed_bytes_are_zero_at_first_hold_what_is_written_and_are_zero_after_a_wipe() {
    let mut typed = LockedBytes::new(1024).expect("memory for the test");
    assert_eq!(typed.as_slice(), [0; 1024]);
    typed.as_mut_slice()[..8].copy_from_slice(b"password");
    assert_eq!(&typed.as_slice()[..9], b"password\0");
    typed.wipe();
    assert!(typed.mapping.bytes().iter().all(|byte| *byte == 0));
}

#[test]
fn an_empty_buffer_is_allowed() {
    let mut typed = LockedBytes::new(0).expect("memory for the test");
    assert!(typed.as_slice().is_empty() && typed.as_mut_slice().is_empty());
}
