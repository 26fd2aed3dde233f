//! What is said of an account that exists: opened, changed on the server, not known here.

use super::{Lines, Story, fingerprint_rows, local, problem, refusal, secret_key, sessions, share, stop, usage};
use crate::flow::Locks;
use crate::flow::account::stop::{Change, Reach, Stop, Why};
use crate::flow::account::{Deed, Done};
use crate::flow::checkpoint::Pin;
use crate::wire::asked::SecretKeys;
use crate::wire::inbound::ProblemName;
use crate::wire::refusal::Blame;

const VERIFY: &str = "firstkey verify";
/// Which secret holds.
fn holds(reach: Reach, subject: Locks) -> &'static str {
    match (reach, subject) {
        (Reach::Unchanged, Locks::Password) => "Nothing was changed on the server.",
        (Reach::Unchanged, Locks::Kit) => "Nothing was changed: your present kit holds; a new one opens nothing.",
        (Reach::Unchanged, Locks::Both) => "Nothing was changed: old password and kit hold; a new kit opens nothing.",
        (Reach::Unchanged, Locks::SecretKey) => "Nothing was changed on the server; a new secret key opens nothing.",
        (Reach::Unknown, Locks::SecretKey) => "The new lock was sent; whether it is stored is not known.",
        (Reach::Stored, Locks::SecretKey) => "The new lock is stored: it takes the password and the new secret key.",
        (Reach::Unchanged, Locks::None) => "Nothing was changed: you are a member of nothing new.",
        (Reach::Unknown, Locks::None) => "Your consent was sent; whether it is stored is not known.",
        (Reach::Stored, Locks::None) => "Your consent is stored: you are a member.",
        (Reach::Unknown, Locks::Password) => "The new password was sent; whether it is stored is not known.",
        (Reach::Unknown, Locks::Kit) => "The new kit was sent; whether it is stored is not known.",
        (Reach::Unknown, Locks::Both) => "New password and kit were sent; whether they are stored is not known.",
        (Reach::Stored, Locks::Password) => "The new password is stored; the old one opens nothing any more.",
        (Reach::Stored, Locks::Kit) => "The new kit is stored; the old one opens nothing any more.",
        (Reach::Stored, Locks::Both) => "New password and kit are stored; the old ones open nothing any more.",
    }
}

/// What to do where that is not known.
fn try_both(subject: Locks) -> &'static str {
    match subject {
        Locks::Password => "Try the new one first; if it opens nothing, the old one does.",
        Locks::Kit => "Keep both kits until you know which one holds: firstkey verify --kit",
        Locks::SecretKey => "Keep the new secret key; firstkey verify tells whether it is asked for.",
        Locks::None => "Run the same command again: doing it twice is harmless.",
        Locks::Both => "Try the new password first; if it opens nothing, recover with the old kit.",
    }
}

/// The words for a stop.
pub fn story(stop: &Stop) -> Story {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.host());
    let mut story = match &stop.why {
        Why::Cancelled => {
            return match stop.reach {
                Reach::Unchanged => Story::of("Stopped. Nothing was changed."),
                Reach::Unknown => told(Story::of("Stopped while sending."), stop).then(try_both(stop.subject)),
                Reach::Stored => told(Story::of("Stopped after it was stored."), stop),
            };
        }
        Why::GaveUp(how) => {
            stop::gave_up(*how)
        }
        Why::Missing(missing) => usage::missing(*missing),
        Why::Local(trouble) => {
            local::trouble(trouble)
        }
        Why::NothingKnown => {
            return Story::of("No account is remembered on this computer.")
                .because("Either none was completed here, or its state lies in another folder.")
                .then("Name it, with --server URL --account EMAIL.");
        }
        Why::Several(accounts) => {
            let story = Story::of("Several accounts are remembered on this computer:");
            let story = accounts.iter().fold(story, Story::because);
            return story.then("Name one, with --server URL --account EMAIL.");
        }
        Why::NoSuchServer => {
            return Story::of("--server does not name a server.")
                .then("It looks like https://keys.example.org; the invite's e-mail shows it.");
        }
        Why::Unreachable(why) => {
            let (what, step) = stop::no_answer(*why);
            let story = Story::of(format!("{host} could not be reached."));
            story.because(format!("What was seen: {what}.")).then(step)
        }
        Why::Refused(refused) => {
            let story = refusal::refusal(refused, host);
            match refused.blame() {
                Blame::Security => story.then(FORWARD),
                Blame::Nonsense => story.then(LATER),
            }
        }
        Why::Problem(heard) => {
            let mut story = problem::problem(heard, host, None);
            if heard.name == ProblemName::Invalid && matches!(stop.subject, Locks::Password | Locks::Both | Locks::SecretKey) {
                story = story.because("An organisation of yours may ask for more since just now: run it again.");
            }
            story
        }
        Why::Changed(change) => {
            changed(*change, host)
        }
        Why::NotOpened => {
            let story = Story::of("That password does not open this account.")
                .because("If you are sure it is right, the stored data may have been changed:")
                .because("tell your administrator, and read them your fingerprint.")
                .then("To try again, run");
            story.run(VERIFY)
        }
        Why::NotTheInvited { expected, invited } => {
            stop::not_the_invited(expected, invited)
        }
        Why::NotThere => {
            return Story::of("No account is known here whose server has this command.")
                .because("It exists for servers of firstkey's own protocol alone.")
                .then("Name the account, with --server URL --account EMAIL.");
        }
        Why::CodeOpensNothing => {
            Story::of("That recovery code does not open this account.")
                .because("A kit dies when a newer one is made; the newest is the one that counts.")
                .then("Look for a newer kit, or for another account's; then run")
                .run("firstkey recover")
        }
        Why::OtherKit => {
            Story::of("Stopped: the kit is of another account than the one that is meant.")
                .because("Either it is somebody else's kit, or a flag or the server is wrong.")
                .then("Compare the address on the kit; if it is right, tell your administrator.")
        }
        Why::NotOpenedByBoth | Why::NoSecretKey | Why::SecretKeysOff | Why::SecretKeyRequired => {
            return secret_key_story(stop);
        }
        Why::NoSuchSession(session) => sessions::none_such(*session),
        Why::Peer(trouble) => share::peer(trouble),
        Why::OtherFingerprint => {
            Story::of("Stopped: that is not the fingerprint of the account on this computer.")
                .because("Either it was read or typed wrong, or it belongs to other keys.")
                .then("Compare once more, word by word. If it still differs, tell security now.")
        }
    };
    story = told(story, stop);
    if stop.reach == Reach::Unknown {
        story = story.then(try_both(stop.subject));
    }
    story
}

/// The stops that are about the second secret.
fn secret_key_story(stop: &Stop) -> Story {
    let story = told(secret_key::stopped(&stop.why).unwrap_or_default(), stop);
    if stop.reach == Reach::Unknown { story.then(try_both(stop.subject)) } else { story }
}

fn told(story: Story, stop: &Stop) -> Story {
    Story { changed: Some(holds(stop.reach, stop.subject).to_owned()), ..story }
}

const FORWARD: &str = "Please forward this text to your administrator before you go on.";
const LATER: &str = "Check your network, or tell your administrator; then run it again.";

fn changed(change: Change, host: &str) -> Story {
    let what = match change {
        Change::Account => "It names another account than the one you completed.",
        Change::OlderKeys => "It shows keys older than yours: somebody went back in time.",
        Change::OtherKeys => "It shows other keys than the ones you made.",
        Change::SecretKeyGone => {
            "It says that your account has no secret key; it has one."
        }
        Change::ServerKey => "Its own log-in key is another one.",
    };
    let story = Story::of(format!("Stopped: {host} is not as this computer remembers it."))
        .because(what)
        .because("Unless your administrator told you of a reset, somebody may be interfering.");
    story.then(FORWARD)
}

/// The good end.
pub fn done(done: &Done) -> Lines {
    let mut lines = deed(done);
    if matches!(done.deed, Deed::Joined | Deed::Recovered) || done.secret_keys == SecretKeys::Required {
        lines.extend(secret_key::advice(done.secret_keys, &done.pin));
    }
    lines
}

fn deed(done: &Done) -> Lines {
    match done.deed {
        Deed::Verified => verified(done),
        Deed::KitVerified => {
            let mut lines = verified(done);
            lines.push("The kit opens it too: keep it where it is.".to_owned());
            lines
        }
        Deed::PasswordChanged => vec![
            format!("Done. {} at {} has a new password.", done.pin.email, done.pin.origin.host()),
            "It opened the account just now; the old one opens nothing any more.".to_owned(),
            "Your keys, their fingerprint and your recovery kit are the same as before.".to_owned(),
            "Other computers that were logged in have to log in again.".to_owned(),
        ],
        Deed::Joined => joined(done),
        Deed::KitChanged => vec![
            format!("Done. {} at {} has a new recovery kit.", done.pin.email, done.pin.origin.host()),
            "The old kit opens nothing any more: destroy it, so that nobody mixes them up.".to_owned(),
            "Your password, your keys and their fingerprint are the same as before.".to_owned(),
        ],
        Deed::SecretKeyMade => secret_key::made(&done.pin),
        Deed::Recovered => recovered(done),
        Deed::SessionsSeen => Lines::new(),
    }
}

fn verified(done: &Done) -> Lines {
    let pin = &done.pin;
    let mut lines = vec![format!("Your account opens: {} at {}", pin.email, pin.origin.host())];
    if done.first_seen {
        lines.push("This computer sees it for the first time, so it had nothing to compare with.".to_owned());
        lines.push("It remembers the keys from now on. Compare the fingerprint with your kit:".to_owned());
    } else {
        lines.push("Keys, server and fingerprint are the ones that this computer remembers:".to_owned());
    }
    lines.extend(fingerprint_rows(&pin.fingerprint()).map(|row| format!("    {row}")));
    lines.push(format!("It is {}.", secret_key::fact(pin)));
    lines
}

fn joined(done: &Done) -> Lines {
    let pin = &done.pin;
    let name = pin.memberships.last().map_or("the organisation", |joined| joined.organisation.as_str());
    vec![
        format!("Done. {} at {} is a member of", pin.email, pin.origin.host()),
        format!("  {name}"),
        "Your password, your keys and their fingerprint are the same as before.".to_owned(),
        "Its people can look up your public key; they can open nothing of yours.".to_owned(),
    ]
}

fn recovered(done: &Done) -> Lines {
    let pin = &done.pin;
    let mut lines = vec![
        format!("Done. {} at {} has a new password and a new kit.", pin.email, pin.origin.host()),
        "The new password opened the account just now. The old password and the old".to_owned(),
        "kit open nothing any more; your administrators are told that you recovered.".to_owned(),
    ];
    if done.first_seen {
        lines.push("Your keys are the same. This computer saw them for the first time; compare the".to_owned());
        lines.push("fingerprint with your old kit:".to_owned());
    } else {
        lines.push("Your keys are the ones that this computer remembers, with the fingerprint:".to_owned());
    }
    lines.extend(fingerprint_rows(&pin.fingerprint()).map(|row| format!("    {row}")));
    lines
}

/// The fingerprint that was given is the remembered one.
pub fn same_fingerprint(pin: &Pin) -> Lines {
    vec![format!("That is the fingerprint of {} at {},", pin.email, pin.origin.host()), "as remembered on this computer.".to_owned()]
}

/// What is known on this computer.
pub fn status(pins: &[Pin], unfinished: &[String]) -> Lines {
    let mut lines = Lines::new();
    for pin in pins {
        let [upper, lower] = fingerprint_rows(&pin.fingerprint());
        lines.extend([
            format!("{} at {}", pin.email, pin.origin.host()),
            format!("  keys of generation {}, fingerprint:", pin.identity.key_gen.0),
            format!("    {upper}"),
            format!("    {lower}"),
            format!("  {}", secret_key::fact(pin)),
        ]);
    }
    for email in unfinished {
        lines.push(format!("{email}: sent, but not checked to the end. To finish, run"));
        lines.push("  firstkey accept --resume".to_owned());
    }
    if lines.is_empty() {
        lines.push("No account is remembered on this computer.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::every_stop;

    const ALL: [(Reach, Locks); 15] = [
        (Reach::Unchanged, Locks::SecretKey),
        (Reach::Unknown, Locks::SecretKey),
        (Reach::Stored, Locks::SecretKey),
        (Reach::Unchanged, Locks::None),
        (Reach::Unknown, Locks::None),
        (Reach::Stored, Locks::None),
        (Reach::Unchanged, Locks::Password),
        (Reach::Unchanged, Locks::Kit),
        (Reach::Unchanged, Locks::Both),
        (Reach::Unknown, Locks::Password),
        (Reach::Unknown, Locks::Kit),
        (Reach::Unknown, Locks::Both),
        (Reach::Stored, Locks::Password),
        (Reach::Stored, Locks::Kit),
        (Reach::Stored, Locks::Both),
    ];

    #[test]
    fn every_stop_fits_and_says_which_password_holds_and_what_to_do() {
        for (why, ..) in every_stop::accounts() {
            for (reach, subject) in ALL {
                let stop = every_stop::account_stop(why.clone(), reach, subject);
                let story = story(&stop);
                let text = story.for_people();
                assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
                let before = matches!(why, Why::NothingKnown | Why::Several(_) | Why::NoSuchServer | Why::NotThere);
                assert!(before || text.contains("hing was changed") == (reach == Reach::Unchanged), "{text}");
                assert_eq!(!before && text.contains(try_both(subject)), reach == Reach::Unknown && !before, "{text}");
                let ends = matches!(why, Why::Cancelled) || !story.next.is_empty() || story.command.is_some();
                assert!(ends, "{text}");
            }
        }
    }
}
