//! The link in a text: any two decorations of any link, and what the fuzz target begins with.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "seeds are files")]
#![allow(unreachable_pub, reason = "the fuzz target uses the same module")]

#[path = "support/pasted_link.rs"]
mod pasted_link;

use pasted_link::{DECORATIONS, check, run};
use proptest::prelude::*;

#[test]
fn a_link_in_any_two_decorations_is_found_as_it_was_mailed() {
    let link =
        "https://accounts.example.org/i#fkinv1.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let odd = "https://id.a-b.example:8443/i#fkinv1.--__--__--__--__--__-w.--___AEC-wQF_gcICQoLDA0ODxAREhMUFRYX-kaGxw8";
    for first in 0..DECORATIONS.len() {
        for second in 0..DECORATIONS.len() {
            for width in [0, 1, 36] {
                check(link, first, second, width);
                check(odd, first, second, width);
            }
        }
    }
}

#[test]
fn every_seed_of_the_fuzz_target_is_played() {
    let seeds = std::fs::read_dir("fuzz/seeds/pasted_link").expect("seeds");
    let mut count = 0;
    for seed in seeds {
        run(&std::fs::read(seed.expect("a seed").path()).expect("readable"));
        count += 1;
    }
    assert!(count >= 60, "{count} seeds");
}

proptest! {
    #[test]
    fn any_link_in_any_two_decorations_is_found(choices in prop::collection::vec(any::<u8>(), 64)) {
        run(&[&[0], choices.as_slice()].concat());
    }

    #[test]
    fn any_text_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        run(&[&[1], bytes.as_slice()].concat());
    }
}
