//! Why the program stopped: headline, reasons, what was sent or changed, what to do next.

use super::{Lines, Story, host, link, local, problem, refusal, usage};
use firstkey_core::flow::checkpoint::NotTaken;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, GaveUp, LocalTrouble, Missing, NoAnswer, Reach};
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::link::short_id;
use firstkey_core::wire::refusal::Blame;

/// What to run to find out what became of an upload.
const RESUME: &str = "firstkey accept --resume";
/// What to run to begin again.
const AGAIN: &str = "firstkey accept";

/// What is said about a stop.
pub fn story(stop: &AcceptStop) -> Story {
    let host = host(stop);
    let mut story = match &stop.why {
        // Whoever pressed Ctrl-C wants a short answer, and it holds the state already.
        AcceptReason::Cancelled => return cancelled(stop.reach),
        AcceptReason::GaveUp(how) => gave_up(*how),
        AcceptReason::Missing(missing) => usage::missing(*missing),
        AcceptReason::NotTheInvited { expected, invited } => not_the_invited(expected, invited),
        AcceptReason::Link(trouble) => {
            let said = link::trouble(*trouble);
            Story::of(said.what).then(said.next)
        }
        AcceptReason::Invite(heard) | AcceptReason::ServerProblem(heard) => {
            let invite = stop.subject.map(short_id);
            problem::problem(heard, host, invite.as_deref())
        }
        AcceptReason::Refused(refused) => {
            let next = match (refused.blame(), stop.reach) {
                (Blame::Security, _) => "Please forward this text to your administrator before you continue.",
                (Blame::Nonsense, _) => "Check your network or tell your administrator, then run it again.",
            };
            refusal::refusal(refused, host).then(next)
        }
        AcceptReason::Local(trouble) => {
            let story = local::trouble(trouble);
            match trouble {
                LocalTrouble::NotEnoughMemory { .. } if stop.reach >= Reach::Saved => story.run(RESUME),
                _ => story,
            }
        }
        AcceptReason::Unreachable(why) => {
            let (what, step) = no_answer(*why);
            Story::of(format!("{host} could not be reached.")).because(format!("The reason: {what}.")).then(step)
        }
        AcceptReason::Paused(why) => {
            let (what, _) = no_answer(*why);
            let headline = match stop.reach {
                Reach::Unknown | Reach::Stored => "Paused: the connection was lost, so it is not known what arrived.",
                Reach::SavedBefore => "Paused: the server could not be reached. Nothing was sent this time.",
                _ => "Paused: the server could not be reached. Your keys were not sent.",
            };
            let story = Story::of(headline)
                .because(format!("{host}: {what}."))
                .because("Your keys are safe. The request is saved on this computer; it holds only")
                .because("encrypted data and a signature. Your recovery kit stays valid.");
            story.then("When you are back online, run").run(RESUME)
        }
        AcceptReason::NotOpened => {
            let story = Story::of("The password that you typed does not open the new account.")
                .because("If you are sure it is right, the stored data may have been changed:")
                .because("tell your administrator. Your recovery kit stays valid.");
            story.then("To try again, run").run(RESUME)
        }
        AcceptReason::JoinsOnly => Story::of("This invite adds your existing account to another organisation.")
            .because("It makes no keys, so a rehearsal has nothing to show.")
            .then("Your invite stays valid. Run the command without --dry-run."),
        AcceptReason::OtherInvite => {
            let story = Story::of("That link belongs to a different invite than the unfinished one.")
                .because("The saved request needs its own link.");
            story.then("Find the e-mail with the same invite, then run").run(RESUME)
        }
        AcceptReason::NothingSaved => {
            let story = Story::of("There is nothing to resume on this computer.")
                .because("Either everything is finished, or you started on another computer.");
            story.then("To begin with your invite link, run").run(AGAIN)
        }
        AcceptReason::OutOfStep => {
            Story::of("Something unexpected happened in this program. This is a bug, not your fault.")
                .then("Please report what you did last; then run the same command again.")
        }
    };
    if stop.reach >= Reach::Saved && was_not_taken(&stop.why) {
        story.reasons.push("What this computer saved of it is not needed then: firstkey forget".to_owned());
    }
    story.changed = Some(match stop.reach {
        Reach::Unknown if was_not_taken(&stop.why) => NOT_STORED.to_owned(),
        reach => changed(reach).to_owned(),
    });
    if stop.reach >= Reach::Saved && story.command.is_none() && !is_final(&stop.why) {
        story = story.then("To finish what was begun, run").run(RESUME);
    }
    story
}

/// Whether the server said that it has not stored what was saved.
fn was_not_taken(why: &AcceptReason) -> bool {
    matches!(why, AcceptReason::Invite(problem) if NotTaken::of(&problem.name).is_some())
}

/// Whether the server will never take what was saved: a newer letter helps, and sending the same
/// again does not.
pub(super) fn is_final(why: &AcceptReason) -> bool {
    let AcceptReason::Invite(problem) = why else { return false };
    problem.name.ends_the_invite() || problem.name == ProblemName::InviteUnknown
}

/// When a script consents for another address than the invited one.
pub(super) fn not_the_invited(expected: &str, invited: &str) -> Story {
    Story::of(format!("--yes-for names {expected}, but this invite is for {invited}."))
        .then("Use that person's invite, or name the right person with --yes-for.")
}

/// What is known after a refusal of what was sent.
const NOT_STORED: &str = "Your encrypted keys were sent. The server says that it did not store them.";

/// Whether anything was sent or changed.
fn changed(reach: Reach) -> &'static str {
    match reach {
        Reach::NothingSent => "Nothing was sent, and no account was made.",
        Reach::NothingChanged | Reach::CodeUsed => "No account was made, and nothing changed on the server.",
        Reach::Saved => "Your encrypted keys are saved on this computer. They were not sent yet.",
        Reach::SavedBefore => "Nothing was sent this time. An earlier run may have sent your encrypted keys.",
        Reach::Unknown => "Your encrypted keys were sent. It is not known whether they arrived.",
        Reach::Stored => "The server has stored your account. The last check was not finished.",
    }
}

fn cancelled(reach: Reach) -> Story {
    match reach {
        Reach::NothingSent => Story::of("Stopped. Nothing was sent; no account was made. The invite still works.")
            .then("To begin again, run")
            .run(AGAIN),
        Reach::NothingChanged | Reach::CodeUsed => {
            Story::of("Stopped. No key was sent; no account was made. The invite still works.")
                .then("To begin again, run")
                .run(AGAIN)
        }
        Reach::Saved => Story::of("Stopped before your keys were sent. Your recovery kit stays valid.")
            .then("They are saved on this computer, encrypted. To send them, run")
            .run(RESUME),
        Reach::SavedBefore => {
            Story::of("Stopped. Nothing was sent this time. To see whether it was sent before, run").run(RESUME)
        }
        Reach::Unknown => Story::of("Stopped while sending; it may have arrived. To find out, run").run(RESUME),
        Reach::Stored => Story::of("Stopped. The account is stored, but not checked yet. To check it, run").run(RESUME),
    }
}

pub(crate) fn gave_up(how: GaveUp) -> Story {
    let (what, next) = match how {
        GaveUp::NotYou => ("Stopped: this invite is for somebody else.", "Tell the sender. Do not forward the link."),
        GaveUp::OpenedBefore => {
            return Story::of("Stopped: you said no to an invite that was opened before.")
                .because("If you did not open it, somebody else has your link: tell security now, and")
                .because("ask your administrator for a new invite. Then the old link stops working.")
                .then("If the invite is for somebody else, tell the sender. Do not forward the link.");
        }
        GaveUp::Host => {
            ("Stopped: you did not confirm the server's name.", "Ask your administrator for the right name.")
        }
        GaveUp::Reset => {
            return Story::of("Stopped: your keys were not replaced.")
                .because("Without your password, ask your administrator by telephone.")
                .then("To cancel the reset, log in once with your password:")
                .run("firstkey verify");
        }
        GaveUp::TypingsDiffer => {
            ("Stopped: the two passwords differed 5 times.", "Run the same command again when you are ready.")
        }
        GaveUp::WeakPasswords => (
            "Stopped: no new password was accepted.",
            "Try five unrelated words, or press Enter to have one made for you.",
        ),
        GaveUp::Kit => (
            "Stopped: you did not keep the recovery kit.",
            "Have pen and paper ready, then run the same command again.",
        ),
        GaveUp::KitProof => (
            "Stopped: what you typed was not on the recovery kit.",
            "Destroy that kit and run the same command again. You will get a new one.",
        ),
        GaveUp::SecretKey => {
            ("Stopped: you did not keep the secret key.", "Have pen and paper ready, then run the same command again.")
        }
        GaveUp::SecretKeyProof => (
            "Stopped: what you typed was not in the secret key.",
            "Destroy it and run the same command again. You will get a new one.",
        ),
        GaveUp::ReplaceSecretKey => {
            ("Stopped: your present secret key stays valid.", "Run the same command again if you want a new one.")
        }
    };
    Story::of(what).then(next)
}

/// What becomes of a kit that was made in a run that changed nothing.
pub(crate) fn unused_kit(file: Option<&str>) -> String {
    match file {
        Some(path) => format!("The kit of this run opens nothing. Delete it: {path}"),
        None => "The recovery kit that you were shown opens nothing. Destroy it.".to_owned(),
    }
}

/// What is left of earlier runs.
pub(crate) fn unfinished(emails: &[String]) -> Lines {
    let whose = emails.join(", ");
    vec![format!("An earlier request is not finished: {whose}. To finish it, run"), format!("  {RESUME}")]
}

/// What was seen of the network, and what to do.
pub(super) fn no_answer(why: NoAnswer) -> (&'static str, &'static str) {
    const LATER: &str = "Check your network, then run the same command again.";
    match why {
        NoAnswer::NoSuchHost => ("no server has that name", "Check the link and your network, then run it again."),
        NoAnswer::NoConnection => ("no server answers there, or the network is down", LATER),
        NoAnswer::Certificate => (
            "its certificate does not prove who it is",
            "It learned nothing. If your company inspects traffic, use --ca-file PATH.",
        ),
        NoAnswer::CertificateDates => (
            "its certificate is not valid on this computer's date",
            "It learned nothing. Check this computer's clock: firstkey doctor",
        ),
        NoAnswer::Broken => ("the connection broke", LATER),
        NoAnswer::NotConnected => ("no connection came about in time", LATER),
        NoAnswer::TimedOut => ("no answer came in time", LATER),
        NoAnswer::Busy => ("it says that it is busy", "Run the same command again in a few minutes."),
    }
}

/// What a script without a person misses first.
pub fn missing(missing: Missing) -> Story {
    usage::missing(missing)
}
