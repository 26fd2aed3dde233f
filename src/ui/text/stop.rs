//! Why the program stopped: headline, reasons, what was sent or changed, what to do next.

use super::{Story, host, link, local, problem, refusal, usage};
use crate::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer, Reach, Stop, Why};
use crate::wire::inbound::ProblemName;
use crate::wire::link::short_id;
use crate::wire::refusal::Blame;

/// What to run to find out what became of an upload.
const RESUME: &str = "firstkey accept --resume";
/// What to run to begin again.
const AGAIN: &str = "firstkey accept";

/// What is said about a stop.
pub fn story(stop: &Stop) -> Story {
    let host = host(stop);
    let mut story = match &stop.why {
        // Whoever pressed Ctrl-C wants a short answer, and it holds the state already.
        Why::Cancelled => return cancelled(stop.reach),
        Why::GaveUp(how) => gave_up(*how),
        Why::Missing(missing) => usage::missing(*missing),
        Why::NotTheInvited { expected, invited } => not_the_invited(expected, invited),
        Why::Link(trouble) => {
            let said = link::trouble(*trouble);
            Story::of(said.what).then(said.next)
        }
        Why::Invite(heard) | Why::ServerProblem(heard) => {
            let invite = stop.invite.map(short_id);
            problem::problem(heard, host, invite.as_deref())
        }
        Why::Refused(refused) => {
            let next = match (refused.blame(), stop.reach) {
                (Blame::Security, _) => "Please forward this text to your administrator before you go on.",
                (Blame::Nonsense, _) => "Check your network, or tell your administrator; then run it again.",
            };
            refusal::refusal(refused, host).then(next)
        }
        Why::Local(trouble) => {
            let story = local::trouble(trouble);
            match trouble {
                LocalTrouble::NotEnoughMemory { .. } if stop.reach >= Reach::Unknown => story.run(RESUME),
                _ => story,
            }
        }
        Why::Unreachable(why) => {
            let (what, step) = no_answer(*why);
            Story::of(format!("{host} could not be reached.")).because(format!("What was seen: {what}.")).then(step)
        }
        Why::Paused(why) => {
            let (what, _) = no_answer(*why);
            let story = Story::of("Paused: the server could not be reached, so it is not certain what arrived.")
                .because(format!("{host}: {what}."))
                .because("Your keys and recovery kit are safe: the exact request is saved in the")
                .because("state folder. It holds locked data and a signature, nothing else.")
                .because("Your recovery kit stays valid.");
            story.then("When you are back online, run").run(RESUME)
        }
        Why::NotOpened => {
            let story = Story::of("The password that you typed does not open the new account.")
                .because("If you are sure it is right, the stored data may have been changed:")
                .because("tell your administrator. Your recovery kit stays valid.");
            story.then("To try again, run").run(RESUME)
        }
        Why::JoinsOnly => {
            Story::of("This invite adds an account you have to another organisation.")
                .because("No keys are made for it, so there is nothing that a rehearsal could show.")
                .then("Your invite stays valid. Run it without --dry-run.")
        }
        Why::OtherInvite => {
            let story = Story::of("That link belongs to another invite than the one that is half done.")
                .because("The saved request needs the same link again.");
            story.then("Find the e-mail with the same invite, then run").run(RESUME)
        }
        Why::NothingSaved => {
            let story = Story::of("There is nothing to resume on this computer.")
                .because("Either everything was finished, or it began elsewhere.");
            story.then("To begin with your invite link, run").run(AGAIN)
        }
        Why::OutOfStep => {
            Story::of("Something unexpected happened in this program. This is a bug, not your fault.")
                .then("Please report what you did last; then run the same command again.")
        }
    };
    story.changed = Some(changed(stop.reach).to_owned());
    if stop.reach >= Reach::Unknown && story.command.is_none() && !is_final(&stop.why) {
        story = story.then("To finish what was begun, run").run(RESUME);
    }
    story
}

/// Whether the server will never take what was saved: a newer letter helps, and sending the same again does not.
pub(super) fn is_final(why: &Why) -> bool {
    let Why::Invite(problem) = why else { return false };
    problem.name.ends_the_invite() || problem.name == ProblemName::InviteUnknown
}

/// When a script consents for another address than the invited one.
pub(super) fn not_the_invited(expected: &str, invited: &str) -> Story {
    Story::of(format!("--yes-for names {expected}, but this invite is for {invited}."))
        .then("Use the invite of that person, or consent for the right one.")
}

/// Whether anything was sent or changed.
fn changed(reach: Reach) -> &'static str {
    match reach {
        Reach::NothingSent => "Nothing was sent and nothing was made.",
        Reach::NothingChanged => "No account was made, and nothing was changed on the server.",
        Reach::Unknown => "Your locked keys were sent; whether they arrived is not known.",
        Reach::Stored => "The server has stored your account; it was not checked to the end.",
    }
}

fn cancelled(reach: Reach) -> Story {
    match reach {
        Reach::NothingSent => Story::of("Stopped. Nothing was sent; no account was made. The invite still works.")
            .then("To begin again, run")
            .run(AGAIN),
        Reach::NothingChanged => Story::of("Stopped. No key was sent; no account was made. The invite still works.")
            .then("If you have written down a recovery kit, tear it up; a new one will be made.")
            .then("To begin again, run")
            .run(AGAIN),
        Reach::Unknown => Story::of("Stopped while sending; it may have arrived. To find out, run").run(RESUME),
        Reach::Stored => Story::of("Stopped. The account is stored, but not checked yet. To check it, run").run(RESUME),
    }
}

pub(crate) fn gave_up(how: GaveUp) -> Story {
    let (what, next) = match how {
        GaveUp::NotYou => (
            "Stopped: this invite is for somebody else.",
            "Tell whoever sent it to you; do not forward the link.",
        ),
        GaveUp::Host => (
            "Stopped: you did not confirm the server's name.",
            "Ask your administrator for the right name.",
        ),
        GaveUp::Reset => (
            "Stopped: your keys were not replaced.",
            "With your password, log in once: firstkey verify. Else ask by telephone.",
        ),
        GaveUp::TypingsDiffer => (
            "Stopped: the two typings differed 5 times.",
            "Run the same command again when you are ready.",
        ),
        GaveUp::WeakPasswords => (
            "Stopped: no password was strong enough.",
            "Try five unrelated words, or leave it empty to get one made for you.",
        ),
        GaveUp::Kit => (
            "Stopped: the recovery kit was not kept.",
            "Have pen and paper ready, then run the same command again.",
        ),
        GaveUp::KitProof => (
            "Stopped: what you typed was not on the recovery kit.",
            "Tear that kit up and run the same command again; a new one will be made.",
        ),
        GaveUp::SecretKey => (
            "Stopped: the secret key was not kept.",
            "Have pen and paper ready, then run the same command again.",
        ),
        GaveUp::SecretKeyProof => (
            "Stopped: what you typed was not in the secret key.",
            "Tear it up and run the same command again; a new one will be made.",
        ),
        GaveUp::ReplaceSecretKey => (
            "Stopped: your present secret key stays.",
            "Run the same command again if you want a new one.",
        ),
    };
    Story::of(what).then(next)
}

/// What was seen of the network, and what to do.
pub(super) fn no_answer(why: NoAnswer) -> (&'static str, &'static str) {
    const LATER: &str = "Check your network, then run the same command again.";
    match why {
        NoAnswer::NoSuchHost => {
            ("there is no computer of that name", "Check the link and your network, then run it again.")
        }
        NoAnswer::NoConnection => ("nobody listens there, or the network is down", LATER),
        NoAnswer::Certificate => (
            "it could not prove who it is (its certificate)",
            "Nothing was shown to it. If your company inspects traffic, use --ca-file PATH.",
        ),
        NoAnswer::CertificateDates => (
            "its certificate is not valid on this computer's date",
            "Nothing was shown to it. Check this computer's clock: firstkey doctor",
        ),
        NoAnswer::Broken => ("the connection broke", LATER),
        NoAnswer::TimedOut => ("no answer came in time", LATER),
        NoAnswer::Busy => ("it says that it is busy", "Run the same command again in a few minutes."),
    }
}

/// What a script without a person misses first.
pub fn missing(missing: Missing) -> Story {
    usage::missing(missing)
}
