use super::*;

const NOW: [u8; 32] = [99; 32];

fn own(numbers: &[u8]) -> Vec<Try> {
    numbers.iter().map(|number| Try { digest: [*number; 32], at: 1_000 + u64::from(*number) }).collect()
}

fn judged(count: u64, seen: &[u8], mine: &[u8]) -> (Option<u64>, u64, Option<u64>) {
    let seen: Vec<_> =
        seen.iter().map(|number| SeenClaim { digest: [*number; 32], at: 2_000 + u64::from(*number) }).collect();
    let reported = Reported { count, last_at: Some(5_000), claims: Some(&seen) };
    let earlier = Earlier::judge(reported, &own(mine), &NOW);
    assert!(earlier.told_apart);
    (earlier.here, earlier.elsewhere, earlier.last_elsewhere)
}

#[test]
fn a_try_is_this_computers_own_by_its_key_alone() {
    assert_eq!(judged(0, &[], &[]), (None, 0, None));
    assert_eq!(judged(2, &[2, 1], &[1, 2]), (Some(1_002), 0, None), "begun here twice");
    assert_eq!(judged(1, &[7], &[]), (None, 1, Some(2_007)));
    assert_eq!(judged(3, &[3, 7, 1], &[1, 3]), (Some(1_003), 1, Some(2_007)), "somebody was in between");
    // As many as were begun here, and yet not these.
    assert_eq!(judged(2, &[8, 7], &[1, 2]), (None, 2, Some(2_008)));
    // One that never reached the server was no try there.
    assert_eq!(judged(1, &[1], &[1, 2]), (Some(1_001), 0, None));
    // What a server counts and does not list is nobody's.
    assert_eq!(judged(5, &[1], &[1]), (Some(1_001), 4, None));
    // A server that lists more than it counts says nothing of others by that.
    assert_eq!(judged(0, &[1], &[1]), (Some(1_001), 0, None));
}

#[test]
fn the_same_bytes_sent_again_after_a_lost_answer_are_no_earlier_try() {
    assert_eq!(judged(1, &[99], &[99]), (None, 0, None));
    assert_eq!(judged(3, &[99, 7, 1], &[1, 99]), (Some(1_001), 1, Some(2_007)));
}

#[test]
fn a_server_that_lists_nothing_is_asked_for_no_difference() {
    let reported = |count| Reported { count, last_at: Some(5_000), claims: None };
    let earlier = Earlier::judge(reported(2), &own(&[1]), &NOW);
    let expected = Earlier { here: Some(1_001), elsewhere: 2, last_elsewhere: Some(5_000), told_apart: false };
    assert_eq!(earlier, expected);
    assert_eq!(Earlier::judge(reported(0), &own(&[1]), &NOW).here, None, "it never came there");
}

#[test]
fn what_was_kept_is_read_back_with_the_newest_tries_and_nothing_else_is_read() {
    let origin = Origin::read("https://accounts.example.org").expect("an origin");
    let mut tried = Tried::new(origin, InviteId::heard([3; 16]));
    for number in 0..40 {
        let one = Try { digest: [number; 32], at: u64::from(number) };
        tried.add(one);
        tried.add(one);
    }
    assert_eq!((tried.tries.len(), tried.tries[0].at, tried.tries[31].at), (32, 8, 39));
    assert_eq!(Tried::read(&tried.encode()), Ok(tried.clone()));
    let text = String::from_utf8(tried.encode()).expect("JSON");
    for (old, new) in [("\"version\": 1", "\"version\": 2"), ("https://", "http://"), ("\"at\": 8", "\"at\": -8")] {
        assert!(text.contains(old));
        assert_eq!(Tried::read(text.replace(old, new).as_bytes()), Err(Unreadable), "{new}");
    }
    assert_eq!(Tried::read(text.replacen('{', "{\"x\": 1,", 1).as_bytes()), Err(Unreadable));
}
