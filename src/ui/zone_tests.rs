use super::*;
use proptest::prelude::*;

/// 29 November 2026, 12:00 UTC.
const WINTER: u64 = 1_795_953_600;
/// 15 July 2026, 12:00 UTC.
const SUMMER: u64 = 1_784_116_800;

fn rule(text: &str) -> Zone {
    Zone { first: Local::UTC, changes: Vec::new(), rule: Some(Rule::read(text).expect(text)) }
}

/// A TZif file of version 2 with these changes; the block of version 1 is empty.
fn file(changes: &[(i64, i32)], footer: &str) -> Vec<u8> {
    let count = |number: usize| u32::try_from(number).expect("few").to_be_bytes();
    let head = |times: usize, types: usize| {
        let counts = [0, 0, 0, times, types, 4].map(count).concat();
        [b"TZif2".as_slice(), &[0; 15], &counts].concat()
    };
    let types = [0].into_iter().chain(changes.iter().map(|(_, ahead)| *ahead));
    let mut bytes = [head(0, 1), vec![0; 6], b"UTC\0".to_vec(), head(changes.len(), changes.len() + 1)].concat();
    for (at, _) in changes {
        bytes.extend(at.to_be_bytes());
    }
    for kind in 1..=changes.len() {
        bytes.push(u8::try_from(kind).expect("few"));
    }
    for ahead in types {
        bytes.extend([ahead.to_be_bytes().as_slice(), &[0, 0]].concat());
    }
    bytes.extend(b"UTC\0");
    bytes.extend(format!("\n{footer}\n").into_bytes());
    bytes
}

#[test]
fn rules_of_both_halves_of_the_earth() {
    for (text, winter, summer) in [
        ("UTC0", 0, 0),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 3_600, 7_200),
        ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 39_600, 36_000),
        ("<+0530>-5:30", 19_800, 19_800),
        ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10_800, -7_200),
        ("XXX-1YYY-3,J60,J300", 3_600, 10_800),
        ("XXX-1YYY,59/0,299/24", 3_600, 7_200),
    ] {
        let zone = rule(text);
        assert_eq!((zone.at(WINTER).ahead, zone.at(SUMMER).ahead), (winter, summer), "{text}");
    }
}

#[test]
fn a_time_has_the_name_that_people_there_use_or_its_number() {
    for (text, winter, summer) in [
        ("UTC0", "UTC", "UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "CET", "CEST"),
        ("<+0530>-5:30", "UTC+0530", "UTC+0530"),
        ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "UTC-03", "UTC-02"),
        ("<a!b>-1", "UTC+01:00", "UTC+01:00"),
        ("<>3:30", "UTC-03:30", "UTC-03:30"),
        ("Extraordinary-2", "UTC+02:00", "UTC+02:00"),
    ] {
        let zone = rule(text);
        assert_eq!((zone.at(WINTER).name(), zone.at(SUMMER).name()), (winter.to_owned(), summer.to_owned()), "{text}");
    }
    let of_file = Zone::read(&file(&[(1_000, 60), (2_000, 60)], "CET-1CEST,M3.5.0,M10.5.0/3")).expect("a file");
    assert_eq!([1_500, WINTER, SUMMER].map(|at| of_file.at(at).name()), ["UTC", "CET", "CEST"]);
    assert_eq!(Local::UTC.name(), "UTC");
}

#[test]
fn the_clock_changes_at_the_second() {
    // 29 March and 25 October 2026, 01:00 UTC.
    let zone = rule("CET-1CEST,M3.5.0,M10.5.0/3");
    for (at, before, after) in [(1_774_746_000, 3_600, 7_200), (1_792_890_000, 7_200, 3_600)] {
        assert_eq!((zone.at(at - 1).ahead, zone.at(at).ahead), (before, after), "{at}");
    }
    // Without 29 February, J60 is 1 March in every year; 59 is 29 February in a leap year.
    let march = date::days(2_028, 3);
    assert_eq!((Day::Julian(60).in_year(2_028), Day::Plain(59).in_year(2_028)), (march, march - 1));
    assert_eq!(
        (Day::Julian(60).in_year(2_027), Day::Plain(59).in_year(2_027)),
        (date::days(2_027, 3), date::days(2_027, 3))
    );
}

#[test]
fn a_file_lists_changes_and_its_rule_goes_on_after_them() {
    let zone = Zone::read(&file(&[(1_000, 60), (2_000, 120)], "CET-1CEST,M3.5.0,M10.5.0/3")).expect("a file");
    let ahead = [999, 1_000, 1_999].map(|at| zone.at(at).ahead);
    assert_eq!((ahead, zone.at(SUMMER).ahead, zone.at(u64::MAX).ahead), ([0, 60, 60], 7_200, 3_600));
    let without = Zone::read(&file(&[(1_000, 60)], "")).expect("a file");
    assert_eq!(without.at(SUMMER).ahead, 60);
    assert_eq!(Zone::read(&file(&[], "UTC0")).expect("a file").at(WINTER).ahead, 0);
}

#[test]
fn names_that_leave_the_folder_and_names_of_nothing_are_utc() {
    for name in ["", ":", "../../etc/passwd", "Nowhere/Atlantis", "/dev/null/x"] {
        assert!(Zone::named(Some(name)).is_none(), "{name}");
    }
    assert_eq!(Zone::named(Some("EST5EDT,M3.2.0,M11.1.0")).map(|zone| zone.at(WINTER).ahead), Some(-18_000));
}

#[test]
fn what_is_no_rule_is_none() {
    for text in [
        "",
        "CE-1",
        "CET",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,366,1",
        "CET-168",
        "CET-1:0:0:0",
        "CET-1CEST,M3.5.0/x,M10.5.0",
        "<CET-1",
    ] {
        assert_eq!(Rule::read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[A-Z<>0-9+:,./MJ-]{0,40}", unix: u64, at in 0_usize..160, byte: u8) {
        if let Some(zone) = Zone::read(&bytes) {
            zone.at(unix);
        }
        if let Some(rule) = Rule::read(&text) {
            rule.at(i64::try_from(unix.min(date::LAST)).unwrap_or_default());
        }
        let mut whole = file(&[(1_000, 60), (2_000, 120)], "CET-1CEST,M3.5.0,M10.5.0/3");
        let at = at % whole.len();
        whole[at] = byte;
        if let Some(zone) = Zone::read(&whole) {
            zone.at(unix);
        }
    }
}
