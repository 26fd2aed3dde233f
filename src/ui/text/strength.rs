//! How good a password is, in sentences and in time.
//!
//! The estimate assumes the worst attacker that is plausible: a server, or somebody who has all of
//! its data and keys, with 1,000 graphics cards. Argon2id is bound by memory traffic: a guess moves
//! its memory about three times a pass, and a card moves about 2 TB a second (twice what a consumer
//! card of 2022 does). Profile 2: 800 guesses a second and card.

use super::Lines;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::prepare::PrepareError;
use firstkey_core::crypto::strength::{Part, Strength, Tail, Weakness};

/// Cards of the assumed attacker.
const CARDS: f64 = 1_000.0;
/// Bytes that a card moves in a second.
const CARD_TRAFFIC: f64 = 2e12;
/// How often a guess moves its memory in a pass: one block written, one read, and one read to be
/// overwritten.
const MOVES: f64 = 3.0;

/// Seconds a guess takes the assumed attacker.
fn seconds_per_guess(profile: Profile) -> f64 {
    let params = profile.params();
    let bytes = f64::from(params.m_kib) * 1024.0 * f64::from(params.t) * MOVES;
    bytes / (CARD_TRAFFIC * CARDS)
}

/// `about 4 minutes`, `centuries`.
fn time(strength: Strength, profile: Profile) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    const YEAR: f64 = 365.0 * DAY;
    let seconds = strength.seconds(seconds_per_guess(profile));
    let about = |size: f64, unit: &str| {
        let count = (seconds / size).round().max(1.0);
        // One significant digit more than that would claim a precision that nobody has.
        let plural = if count < 1.5 { "" } else { "s" };
        format!("about {count:.0} {unit}{plural}")
    };
    match seconds {
        s if s < 1.5 => "less than 2 seconds".to_owned(),
        s if s < 1.5 * MINUTE => about(1.0, "second"),
        s if s < 1.5 * HOUR => about(MINUTE, "minute"),
        s if s < 1.5 * DAY => about(HOUR, "hour"),
        s if s < 1.5 * YEAR => about(DAY, "day"),
        s if s < 200.0 * YEAR => about(YEAR, "year"),
        _ => "centuries".to_owned(),
    }
}

/// What is said of a good password.
pub fn strong(strength: Strength, profile: Profile) -> Lines {
    const YEAR: f64 = 365.0 * 86_400.0;
    let seconds = strength.seconds(seconds_per_guess(profile));
    let word = if seconds < YEAR { "fair" } else { "good" };
    vec![
        format!("Strength: {word}. Guessing it would take {},", time(strength, profile)),
        "even with a copy of everything that the server has.".to_owned(),
    ]
}

/// How the time of [`strong`] and [`weak`] is computed, for `-v`.
pub fn basis(strength: Strength, profile: Profile) -> Lines {
    let params = profile.params();
    vec![
        format!(
            "(zxcvbn: about 10^{:.1} guesses. Argon2id, {} MiB, {} passes,",
            strength.guesses_log10.max(0.0),
            params.m_kib / 1024,
            params.t
        ),
        " on 1,000 graphics cards, with the server's data and keys.)".to_owned(),
    ]
}

/// Why it cannot be a password, in the words of the standards, for `-v`.
pub fn unusable_because(error: PrepareError) -> Lines {
    let what = match error {
        PrepareError::TooLong => "(RFC 8265, OpaqueString: longer than 1,024 bytes.)",
        PrepareError::NotUtf8 => "(RFC 8265, OpaqueString: not UTF-8.)",
    };
    vec![what.to_owned()]
}

/// What is said of a weak password: reasons, the estimate, a way out.
pub fn weak(reasons: &[Weakness], strength: Strength, profile: Profile) -> Lines {
    let mut lines: Lines = Vec::new();
    for (at, reason) in reasons.iter().take(3).enumerate() {
        let lead = if at == 0 { "Not strong enough: " } else { "Also: " };
        lines.push(format!("{lead}{}.", weakness(*reason)));
    }
    let untypable = matches!(reasons.first(), Some(Weakness::Control | Weakness::Unassigned | Weakness::Invisible));
    if !untypable {
        lines.push(format!("Someone with the server's data could guess it in {}.", time(strength, profile)));
    }
    lines.push("Try four or five unrelated words, or press Enter to have one made for you.".to_owned());
    lines
}

/// The reasons alone, where another estimate than ours stands beside them.
pub fn reasons(reasons: &[Weakness]) -> Lines {
    let lead = |at: usize| if at == 0 { "Not strong enough: " } else { "Also: " };
    let mut lines: Lines =
        reasons.iter().take(3).enumerate().map(|(at, why)| format!("{}{}.", lead(at), weakness(*why))).collect();
    lines.push("Try six or more unrelated words, or press Enter to have one made for you.".to_owned());
    lines
}

fn weakness(weakness: Weakness) -> String {
    match weakness {
        Weakness::Control => "it has a character that few keyboards can type".to_owned(),
        Weakness::Unassigned => "it has a character that other computers may not know".to_owned(),
        Weakness::Invisible => "it has a character that cannot be seen".to_owned(),
        Weakness::TooShort { have, need } => {
            let have = if have == 1 { "1 character".to_owned() } else { format!("{have} characters") };
            format!("it has {have} and needs at least {need}")
        }
        Weakness::Common => "it is a well-known phrase, perhaps with small changes".to_owned(),
        Weakness::Context { part, tail } => format!("it is {}{}", whose(part), followed(tail)),
        Weakness::Keyboard => "its keys are next to each other on the keyboard".to_owned(),
        Weakness::Repeats => "it repeats itself".to_owned(),
        Weakness::Sequence => "it has letters or digits in order, like abcd or 1234".to_owned(),
        Weakness::Date => "it has a date in it".to_owned(),
        Weakness::Guessable { score: _ } => "it is made of parts that are easy to guess".to_owned(),
    }
}

fn whose(part: Part) -> &'static str {
    match part {
        Part::Organisation => "your company's name",
        Part::Name => "your name",
        Part::Product => "this program's name",
        Part::Email => "your e-mail address",
        Part::Host => "the server's name",
    }
}

fn followed(tail: Tail) -> &'static str {
    match tail {
        Tail::Nothing => "",
        Tail::Year => " followed by a year",
        Tail::Digits => " followed by digits",
    }
}

/// What cannot be a password at all.
pub fn unusable(error: PrepareError) -> Lines {
    let what = match error {
        PrepareError::TooLong => "That is too long for a password.",
        PrepareError::NotUtf8 => "Some of that did not arrive as letters. Use plain letters and digits.",
    };
    vec![what.to_owned(), "Please type another one.".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_that_of_the_module() {
        let rate = 1.0 / (seconds_per_guess(Profile::Two) * CARDS);
        assert!((700.0..900.0).contains(&rate), "{rate}");
        assert!(seconds_per_guess(Profile::Two) > seconds_per_guess(Profile::One));
    }

    #[test]
    fn times_are_in_units_that_people_use() {
        let said = |guesses_log10| time(Strength { guesses_log10 }, Profile::Two);
        assert_eq!(said(4.0), "less than 2 seconds");
        assert_eq!(said(8.0), "about 60 seconds");
        assert_eq!(said(10.0), "about 2 hours");
        assert_eq!(said(12.0), "about 7 days");
        assert_eq!(said(19.3), "centuries");
    }

    #[test]
    fn an_estimate_names_its_basis_in_plain_words_and_with_v_in_numbers() {
        let strength = Strength { guesses_log10: 19.0 };
        let good = strong(strength, Profile::Two).join(" ");
        assert!(good.contains("good") && good.contains("everything that the server has"), "{good}");
        let basis = basis(strength, Profile::Two).join(" ");
        assert!(["10^19.0", "256 MiB", "3 passes", "1,000"].iter().all(|part| basis.contains(part)), "{basis}");
    }
}
