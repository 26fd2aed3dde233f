//! What may be set as a password (attack K12): weak and contextual samples with their reasons, good
//! ones, generated ones.

mod strength_samples;

use firstkey_core::crypto::strength::{Context, Part, Tail, Verdict, Weakness, judge};
use firstkey_core::crypto::words::{PASSPHRASE_WORDS, make_passphrase};
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::chance::Seeded;
use proptest::prelude::*;
use strength_samples::{COMMON, CONTEXT, GOOD, GUESSABLE, SHORT};

const ADA: Context<'_> = Context {
    name: "Ada Lovelace",
    email: "ada.lovelace@example.org",
    organisation: "Example Corp",
    host: "accounts.example.org",
};

/// The reasons of a refusal; none for a good password.
fn reasons(password: &str) -> Vec<Weakness> {
    match judge(password, &ADA, 15, &Zxcvbn) {
        Verdict::Good(_) => Vec::new(),
        Verdict::Weak { reasons, .. } => reasons,
    }
}

/// Every sample without the reason that it should have.
fn without(samples: &[&str], wanted: fn(&Weakness) -> bool) -> Vec<String> {
    let lacks = |sample: &&&str| !reasons(sample).iter().any(wanted);
    samples.iter().filter(lacks).map(|sample| format!("{sample:?}: {:?}", reasons(sample))).collect()
}

#[test]
fn the_samples_are_many() {
    assert!(COMMON.len() + CONTEXT.len() + GUESSABLE.len() + SHORT.len() >= 200);
    assert!(GOOD.len() >= 30);
}

#[test]
fn common_passwords_are_refused_as_common() {
    assert_eq!(without(COMMON, |r| *r == Weakness::Common), [""; 0]);
}

#[test]
fn names_from_the_invite_are_refused_as_such() {
    assert_eq!(without(CONTEXT, |r| matches!(r, Weakness::Context { .. })), [""; 0]);
}

#[test]
fn guessable_passwords_are_refused_as_such() {
    let guessable = |r: &Weakness| matches!(r, Weakness::Guessable { score: 0..3 } | Weakness::Keyboard);
    assert_eq!(without(GUESSABLE, guessable), [""; 0]);
}

#[test]
fn short_passwords_are_refused_with_both_lengths() {
    assert_eq!(without(SHORT, |r| matches!(r, Weakness::TooShort { need: 15, .. })), [""; 0]);
    assert!(reasons("").contains(&Weakness::TooShort { have: 0, need: 15 }));
    assert!(reasons("only fourteen.").contains(&Weakness::TooShort { have: 14, need: 15 }));
}

#[test]
fn good_passwords_are_accepted() {
    for good in GOOD {
        assert_eq!(reasons(good), [], "{good:?}");
    }
}

#[test]
fn the_same_password_is_good_for_one_person_and_a_name_for_another() {
    let password = "Brandywine Orchards 1987";
    assert_eq!(reasons(password), []);
    let organisation = Context { organisation: "Brandywine Orchards Ltd", ..ADA };
    let Verdict::Weak { reasons, strength } = judge(password, &organisation, 15, &Zxcvbn) else {
        panic!("accepted");
    };
    assert_eq!(reasons[0], Weakness::Context { part: Part::Organisation, tail: Tail::Year });
    assert!(strength.guesses_log10 <= 6.0);
}

#[test]
fn one_word_of_the_dictionary_is_common_and_nothing_else_is_said_of_it() {
    assert_eq!(reasons("responsibilities"), [Weakness::Common, Weakness::Guessable { score: 1 }]);
    // Where it is somebody's name, that is the reason.
    let organisation = Context { organisation: "Responsibilities Ltd", ..ADA };
    let Verdict::Weak { reasons, .. } = judge("responsibilities", &organisation, 15, &Zxcvbn) else {
        panic!("accepted")
    };
    let name = Weakness::Context { part: Part::Organisation, tail: Tail::Nothing };
    assert_eq!(reasons, [name, Weakness::Guessable { score: 0 }]);
}

#[test]
fn the_least_that_is_accepted_takes_a_hundred_million_guesses() {
    let Verdict::Good(strength) = judge("kitchen lanterns", &ADA, 15, &Zxcvbn) else { panic!("refused") };
    assert!((8.0..10.0).contains(&strength.guesses_log10), "{}", strength.guesses_log10);
}

#[test]
fn the_reason_says_whose_name_it_is_and_what_follows() {
    for (password, part, tail) in [
        ("ExampleCorp2026!", Part::Organisation, Tail::Year),
        ("Example-Corp-Password", Part::Organisation, Tail::Nothing),
        ("Lovelace lovelace 4711", Part::Name, Tail::Digits),
        ("ecalevol ada 1815", Part::Name, Tail::Digits),
        ("firstkeyfirstkey12", Part::Product, Tail::Digits),
        ("accounts-accounts-1999", Part::Host, Tail::Year),
        ("my ada.lovelace mail", Part::Name, Tail::Nothing),
        // The longest name of several.
        ("ExampleCorp Lovelace", Part::Organisation, Tail::Nothing),
        // As much beside it as makes no other password of it.
        ("ExampleCorp xq 40302010", Part::Organisation, Tail::Digits),
    ] {
        assert_eq!(reasons(password).first(), Some(&Weakness::Context { part, tail }), "{password:?}");
    }
    let context = |r: &Weakness| matches!(r, Weakness::Context { .. });
    for more in ["ExampleCorp xqz 40302010", "ExampleCorp xq 403020105"] {
        assert!(!reasons(more).iter().any(context), "{more}");
    }
}

#[test]
fn a_name_is_guessed_first_whatever_stands_beside_it() {
    let password = "vuqhomtizrabcde";
    assert_eq!(reasons(password), []);
    let organisation = Context { organisation: "Vuqhomtizr", ..ADA };
    let Verdict::Weak { reasons, .. } = judge(password, &organisation, 15, &Zxcvbn) else { panic!("accepted") };
    assert!(matches!(reasons.last(), Some(Weakness::Guessable { .. })), "{reasons:?}");
}

#[test]
fn what_cannot_be_typed_everywhere_is_refused_first() {
    assert_eq!(reasons("velvet tundra\tmisprint cobra"), [Weakness::Control]);
    assert_eq!(reasons("velvet tundra\0misprint cobra"), [Weakness::Control]);
    assert_eq!(reasons("velvet tundra misprint cobra\u{378}"), [Weakness::Unassigned]);
}

#[test]
fn patterns_are_named() {
    for (password, pattern) in [
        ("aaaaaaaaaaaaaaaaaaaa", Weakness::Repeats),
        ("x9x9x9x9x9x9x9x9x9x9", Weakness::Repeats),
        ("bcdefghijklmnopq", Weakness::Sequence),
        ("qawsedrftgyhujikolp", Weakness::Keyboard),
        ("12.03.1984 12.03.1984", Weakness::Date),
    ] {
        assert!(reasons(password).contains(&pattern), "{password:?}: {:?}", reasons(password));
    }
}

#[test]
fn a_policy_raises_the_length_and_never_lowers_it() {
    let twenty_two = "velvet tundra misprint";
    let need = |asked| match judge(twenty_two, &ADA, asked, &Zxcvbn) {
        Verdict::Good(_) => None,
        Verdict::Weak { reasons, .. } => Some(reasons),
    };
    assert_eq!(need(0), None);
    assert_eq!(need(22), None);
    assert_eq!(need(23), Some(vec![Weakness::TooShort { have: 22, need: 23 }]));
    assert!(matches!(judge("fourteen chars", &ADA, 4, &Zxcvbn), Verdict::Weak { .. }));
}

#[test]
fn long_passwords_are_judged_whole_enough_and_in_time() {
    assert_eq!(reasons(&"velvet tundra misprint cobra lunar eggplant ".repeat(23)), []);
    assert_eq!(reasons(&"x".repeat(1024)).last(), Some(&Weakness::Guessable { score: 0 }));
    assert!(!reasons(&"password".repeat(128)).is_empty());
    // Every sign that may stand for a letter at once: the estimator's slowest input.
    let _ = judge(&"4@8({[<3691!|17|0$5+7%2 ".repeat(4), &ADA, 15, &Zxcvbn);
}

#[test]
fn time_to_guess_is_half_of_all_guesses() {
    let Verdict::Good(strength) = judge("velvet tundra misprint cobra", &ADA, 15, &Zxcvbn) else {
        panic!("refused");
    };
    assert!(strength.guesses_log10 > 14.0);
    let century = 100.0 * 365.0 * 86_400.0;
    assert!(strength.seconds(1.0) > century);
    assert!((strength.seconds(2.0) / strength.seconds(1.0) - 2.0).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn generated_passphrases_always_pass(seed in any::<u64>()) {
        let phrase = make_passphrase(&mut Seeded::new(seed), PASSPHRASE_WORDS);
        prop_assert_eq!(reasons(&phrase), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_gets_a_verdict(password in "\\PC{0,120}", name in "\\PC{0,60}", host in "[a-zA-Z0-9.]{0,80}") {
        let context = Context { name: &name, email: &name, organisation: &name, host: &host };
        let _ = judge(&password, &context, 15, &Zxcvbn);
    }

    #[test]
    fn keyboard_and_sign_soup_gets_a_verdict(password in "[qwaszx@4!1|7$+QWASZX]{15,100}") {
        let _ = judge(&password, &ADA, 15, &Zxcvbn);
    }

    #[test]
    fn zigzags_that_overflow_the_estimator_are_refused_in_peace(turns in prop::collection::vec(0..3_usize, 34..100)) {
        // From each of four keys that touch one another to another of them.
        let next = |key| match key { 'q' => ['w', 'a', 'w'], 'w' => ['q', 'a', 's'], 'a' => ['q', 'w', 's'], _ => ['w', 'a', 'a'] };
        let mut key = 'q';
        let walk: String = turns.iter().map(|turn| { key = next(key)[*turn]; key }).collect();
        prop_assert!(reasons(&walk).contains(&Weakness::Keyboard), "{}", walk);
    }
}
