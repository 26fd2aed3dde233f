//! Why something that a server sent is not used.

use super::{Story, argon2, memory};
use crate::crypto::kdf::{KdfRefused, Profile};
use crate::wire::refusal::Refusal;

/// The words for a refusal by `host`.
pub fn refusal(refusal: &Refusal, host: &str) -> Story {
    let nonsense = |what: &str| Story::of(format!("{host} did not answer as an account server does.")).because(what);
    match refusal {
        Refusal::NotJson => nonsense("Its answer is damaged or is not of our protocol."),
        Refusal::TooLarge => nonsense("Its answer is larger than any real one."),
        Refusal::Malformed(member) => {
            nonsense(&format!("\"{member}\" is missing or wrong in it."))
        }
        Refusal::ContentType => nonsense("Its answer is of a wrong type."),
        Refusal::WebPage => {
            Story::of("This page is not an account server: a web page answered.")
                .because("A log-in page of your network may be in between (hotel, train, office).")
        }
        Refusal::Redirect => {
            Story::of(format!("Stopped: {host} tried to send this program elsewhere."))
                .because("It goes nowhere but where the invite says. A log-in page of your")
                .because("network may be in between, or somebody is interfering.")
        }
        Refusal::Encoded => nonsense("Its answer is compressed, which our protocol never is."),
        Refusal::Status(status) => nonsense(&format!("It answered with error {status}.")),
        Refusal::Problem(name) => {
            nonsense(&format!("It reported a problem that does not fit: {name}."))
        }
        Refusal::Unexpected { place, name } => {
            Story::of(format!("Stopped: {host} sent something that has no place here."))
                .because(format!("In its {place} is an unknown part called: {name}"))
                .because("Salts and keys are made on your computer and are never taken from it.")
        }
        Refusal::Unspoken => {
            Story::of(format!("Stopped: {host} speaks no protocol that this program trusts."))
                .because("Either firstkey is too old, or somebody wants a weaker protocol.")
        }
        Refusal::Kdf(refused) => kdf(*refused, host),
        Refusal::WeakPolicy(member) => {
            Story::of(format!("Stopped: {host} asked for weaker rules than this program allows."))
                .because(format!("The rule: {member}"))
                .because("A server that is broken or dishonest could use this against you.")
        }
        Refusal::RealmChanged => {
            Story::of(format!("Stopped: {host} is not the server that this computer remembers."))
                .because("Its identity differs from that of the account you completed here.")
        }
        Refusal::AlreadyComplete => {
            Story::of(format!("Stopped: {host} wants new keys for an account that has some."))
                .because("You completed this account on this computer. New keys would replace yours.")
        }
        Refusal::KeyGeneration => {
            Story::of(format!("Stopped: {host} offers a reset that does not follow on your keys."))
                .because("A reset makes the next generation of keys, and no other.")
                .because("Somebody may want to go back in time, or to take your place.")
        }
        Refusal::OtherAccount => {
            Story::of(format!("Stopped: {host} answered about another account than yours."))
        }
        Refusal::Receipt => {
            Story::of("Stopped: the server's receipt does not match what was sent.")
                .because("Something on the way, or the server, changed your data.")
        }
        Refusal::Differs(member) => {
            Story::of("Stopped: the server returns something else than was sent.")
                .because(format!("It differs in: {member}"))
                .because("Do not use this account until your administrator has looked into it.")
        }
        Refusal::Keys => {
            Story::of("Stopped: keys that came from the server do not hold.")
                .because("They are damaged, or not the ones that were made here.")
        }
        Refusal::Opaque => {
            Story::of(format!("Stopped: {host} failed to take part in protecting your password."))
                .because("Its part of the log-in protocol is not valid.")
        }
    }
}

fn kdf(refused: KdfRefused, host: &str) -> Story {
    let floor = Profile::One.params();
    let minimum = format!("Minimum here   {}", argon2(floor));
    match refused {
        KdfRefused::TooWeak(asked) => {
            Story::of(format!("Stopped: {host} asked this program to protect your key too weakly."))
                .because(format!("It asked for   {}", argon2(asked)))
                .because(minimum)
                .because("A server that is broken or dishonest could use this to guess your password.")
        }
        KdfRefused::TooCostly(asked) => {
            let most = memory(u64::from(Profile::Four.params().m_kib));
            Story::of(format!("Stopped: {host} asked this program for far too much work."))
                .because(format!("It asked for   {}", argon2(asked)))
                .because(format!("This program spends at most {most} on a server's word."))
        }
        KdfRefused::NotAProfile(asked) => {
            Story::of(format!("Stopped: {host} asked for settings that this program does not use."))
                .because(format!("It asked for   {}", argon2(asked)))
                .because(minimum)
                .because("Only four settings are used, so that nobody can pick a bad one.")
        }
        KdfRefused::Malformed => {
            Story::of(format!("Stopped: {host} asked for settings that make no sense."))
                .because(minimum)
                .because("A server that is broken or dishonest could use this to guess your password.")
        }
    }
}
