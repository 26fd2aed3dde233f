//! Why something that a server sent is not used.

use super::{Story, argon2, memory};
use firstkey_core::crypto::kdf::{KdfRefused, Profile};
use firstkey_core::wire::refusal::Refusal;

/// The words for a refusal by `host`.
pub fn refusal(refusal: &Refusal, host: &str) -> Story {
    let nonsense = |what: &str| Story::of(format!("{host} did not answer like an account server.")).because(what);
    match refusal {
        Refusal::NotJson => nonsense("Its answer is damaged, or of another kind."),
        Refusal::TooLarge => nonsense("Its answer is too large."),
        Refusal::Malformed(member) => nonsense(&format!("\"{member}\" is missing or wrong in it.")),
        Refusal::ContentType => nonsense("Its answer has the wrong content type."),
        Refusal::WebPage => Story::of("A web page answered instead of an account server.")
            .because("The log-in page of a network may be in between (hotel, train, office)."),
        Refusal::Redirect => Story::of(format!("Stopped: {host} tried to redirect this program."))
            .because("It talks only to the server of the invite. The log-in page of a network")
            .because("may be in between, or somebody is interfering."),
        Refusal::Encoded => nonsense("Its answer is compressed, which is not allowed here."),
        Refusal::Status(status) => nonsense(&format!("It answered with error {status}.")),
        Refusal::Problem(name) => nonsense(&format!("It reported a problem that does not fit: {name}.")),
        Refusal::Unexpected { place, name } => Story::of(format!("Stopped: {host} sent something unexpected."))
            .because(format!("Its {place} has an unknown part, called: {name}"))
            .because("Keys are made on your computer, and never come from a server."),
        Refusal::Unspoken => Story::of(format!("Stopped: {host} speaks no protocol that this program trusts."))
            .because("Either this firstkey is too old, or somebody wants a weaker protocol."),
        Refusal::Kdf(refused) => kdf(*refused, host),
        Refusal::WeakPolicy(member) => {
            Story::of(format!("Stopped: {host} asked for weaker rules than this program allows."))
                .because(format!("The rule: {member}"))
                .because("A server that is broken or dishonest could use this against you.")
        }
        Refusal::RealmChanged => Story::of(format!("Stopped: {host} is not the server that this computer remembers."))
            .because("Its identity is not that of the server where you completed your account."),
        Refusal::AlreadyComplete => Story::of(format!("Stopped: {host} wants new keys, but your account has keys."))
            .because("You completed this account on this computer. New keys would replace yours."),
        Refusal::KeyGeneration => Story::of(format!("Stopped: {host} offers a reset that does not follow your keys."))
            .because("A reset always makes the next generation of keys.")
            .because("Somebody may be using an old copy, or trying to take your place."),
        Refusal::OtherAccount => Story::of(format!("Stopped: {host} answered about a different account.")),
        Refusal::Receipt => Story::of("Stopped: the server's receipt does not match what was sent.")
            .because("Something on the way, or the server, changed your data."),
        Refusal::Differs(member) => Story::of("Stopped: the server returned something other than what was sent.")
            .because(format!("It differs in: {member}"))
            .because("Do not use this account until your administrator has looked into it."),
        Refusal::Keys => Story::of("Stopped: the keys that came from the server are not valid.")
            .because("They are damaged, or not the ones that were made here."),
        Refusal::Statement => Story::of("Stopped: the signature over your password and kit is not valid.")
            .because("What the server returned is damaged, or not what your key has signed."),
        Refusal::Opaque => Story::of(format!("Stopped: {host} failed to take part in protecting your password."))
            .because("Its part of the log-in is not valid."),
        Refusal::NotTheRealm => Story::of(format!("Stopped: something between you and {host} changes what it says."))
            .because("The answer does not have the server's own signature. Company networks that")
            .because("look into encrypted connections can do this, and so can somebody who wants")
            .because("to guess your password."),
        Refusal::NotManagedServer => Story::of(format!("Stopped: this computer may not use {host}."))
            .because("Your organisation manages this computer and allows one server only.")
            .because("To see which: firstkey config"),
        Refusal::NotManagedRealm => Story::of(format!("Stopped: this is not the {host} of your organisation."))
            .because("Your organisation manages this computer. The identity that it set for this")
            .because("server is a different one. To see it: firstkey config"),
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
                .because(format!("This program uses at most {most}, whatever a server asks."))
        }
        KdfRefused::NotAProfile(asked) => {
            Story::of(format!("Stopped: {host} asked for settings that this program does not use."))
                .because(format!("It asked for   {}", argon2(asked)))
                .because(minimum)
                .because("Only four settings are used, so that a server cannot pick a bad one.")
        }
        KdfRefused::Malformed => Story::of(format!("Stopped: {host} asked for settings that make no sense."))
            .because(minimum)
            .because("A server that is broken or dishonest could use this to guess your password."),
    }
}
