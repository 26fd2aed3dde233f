//! What is said of an account that exists: opened, changed on the server, not known here.

use super::{Lines, Story, fingerprint_rows, local, problem, refusal, secret_key, sessions, share, stop, usage};
use crate::exit::ExitCode;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason as Why, AccountStop as Stop, Change};
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::account::{Deed, Done};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::asked::SecretKeys;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::refusal::Blame;

const VERIFY: &str = "firstkey verify";
/// Which secret holds.
fn holds(reach: Reach, subject: Locks) -> &'static str {
    match reach {
        Reach::NothingSent | Reach::NothingChanged | Reach::CodeUsed => match subject {
            Locks::Password => "Nothing was changed on the server.",
            Locks::Kit => "Nothing was changed: your present kit holds; a new one opens nothing.",
            Locks::Both => "Nothing was changed: old password and kit hold; a new kit opens nothing.",
            Locks::SecretKey => "Nothing was changed on the server; a new secret key opens nothing.",
            Locks::None => "Nothing was changed: you are a member of nothing new.",
        },
        Reach::Unknown => match subject {
            Locks::SecretKey => "The new lock was sent; whether it is stored is not known.",
            Locks::None => "Your consent was sent; whether it is stored is not known.",
            Locks::Password => "The new password was sent; whether it is stored is not known.",
            Locks::Kit => "The new kit was sent; whether it is stored is not known.",
            Locks::Both => "New password and kit were sent; whether they are stored is not known.",
        },
        Reach::Stored => match subject {
            Locks::SecretKey => "The new lock is stored: it takes the password and the new secret key.",
            Locks::None => "Your consent is stored: you are a member.",
            Locks::Password => "The new password is stored; the old one opens nothing any more.",
            Locks::Kit => "The new kit is stored; the old one opens nothing any more.",
            Locks::Both => "New password and kit are stored; the old ones open nothing any more.",
        },
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

/// Words, stable code and exit code of a stop.
pub fn story(stop: &Stop) -> (Story, &'static str, ExitCode) {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.host());
    let (mut story, code, exit) = match &stop.why {
        Why::Cancelled => {
            let story = match stop.reach {
                Reach::NothingSent | Reach::NothingChanged | Reach::CodeUsed => {
                    Story::of("Stopped. Nothing was changed.")
                }
                Reach::Unknown => told(Story::of("Stopped while sending."), stop).then(try_both(stop.subject)),
                Reach::Stored => told(Story::of("Stopped after it was stored."), stop),
            };
            return (story, "cancelled", ExitCode::Cancelled);
        }
        Why::GaveUp(how) => {
            let (story, code) = stop::gave_up(*how);
            (story, code, ExitCode::GaveUp)
        }
        Why::Missing(missing) => (usage::missing(*missing), usage::missing_code(*missing), ExitCode::Usage),
        Why::Local(trouble) => {
            let (story, code) = local::trouble(trouble);
            (story, code, ExitCode::Local)
        }
        Why::NothingKnown => {
            let story = Story::of("No account is remembered on this computer.")
                .because("Either none was completed here, or its state lies in another folder.")
                .then("Name it, with --server URL --account EMAIL.");
            return (story, "nothing-known", ExitCode::Usage);
        }
        Why::Several(accounts) => {
            let story = Story::of("Several accounts are remembered on this computer:");
            let story = accounts.iter().fold(story, Story::because);
            return (story.then("Name one, with --server URL --account EMAIL."), "missing-account", ExitCode::Usage);
        }
        Why::NoSuchServer => {
            let story = Story::of("--server does not name a server.")
                .then("It looks like https://keys.example.org; the invite's e-mail shows it.");
            return (story, "no-such-server", ExitCode::Usage);
        }
        Why::Unreachable(why) => {
            let (what, step, code) = stop::no_answer(*why);
            let story = Story::of(format!("{host} could not be reached."));
            (story.because(format!("What was seen: {what}.")).then(step), code, ExitCode::TryLater)
        }
        Why::Refused(refused) => {
            let (story, code) = refusal::refusal(refused, host);
            match refused.blame() {
                Blame::Security => (story.then(FORWARD), code, ExitCode::Refused),
                Blame::Nonsense => (story.then(LATER), code, ExitCode::Server),
            }
        }
        Why::Problem(heard) => {
            let (mut story, code) = problem::problem(heard, host, None);
            if heard.name == ProblemName::Invalid && matches!(stop.subject, Locks::Password | Locks::Both | Locks::SecretKey) {
                story = story.because("An organisation of yours may ask for more since just now: run it again.");
            }
            let exit = match heard.name {
                ProblemName::Suspended | ProblemName::Removed => ExitCode::Invite,
                ProblemName::TooMany | ProblemName::Unavailable | ProblemName::SessionEnded => ExitCode::TryLater,
                ProblemName::ChangedMeanwhile => ExitCode::NotOpened,
                ProblemName::PersonUnknown => ExitCode::Usage,
                _ => ExitCode::Server,
            };
            (story, code, exit)
        }
        Why::Changed(change) => {
            let (story, code) = changed(*change, host);
            (story, code, ExitCode::Refused)
        }
        Why::NotOpened => {
            let story = Story::of("That password does not open this account.")
                .because("If you are sure it is right, the stored data may have been changed:")
                .because("tell your administrator, and read them your fingerprint.")
                .then("To try again, run");
            (story.run(VERIFY), "not-opened", ExitCode::NotOpened)
        }
        Why::NotTheInvited { expected, invited } => {
            (stop::not_the_invited(expected, invited), "not-the-invited", ExitCode::Usage)
        }
        Why::NotThere => {
            let story = Story::of("No account is known here whose server has this command.")
                .because("It exists for servers of firstkey's own protocol alone.")
                .then("Name the account, with --server URL --account EMAIL.");
            return (story, "not-there", ExitCode::Usage);
        }
        Why::CodeOpensNothing => {
            let story = Story::of("That recovery code does not open this account.")
                .because("A kit dies when a newer one is made; the newest is the one that counts.")
                .then("Look for a newer kit, or for another account's; then run")
                .run("firstkey recover");
            (story, "code-opens-nothing", ExitCode::NotOpened)
        }
        Why::OtherKit => {
            let story = Story::of("Stopped: the kit is of another account than the one that is meant.")
                .because("Either it is somebody else's kit, or a flag or the server is wrong.")
                .then("Compare the address on the kit; if it is right, tell your administrator.");
            (story, "other-kit", ExitCode::Refused)
        }
        Why::NotOpenedByBoth | Why::NoSecretKey | Why::SecretKeysOff | Why::SecretKeyRequired => {
            return secret_key_story(stop);
        }
        Why::NoSuchSession(session) => (sessions::none_such(*session), "no-such-session", ExitCode::Usage),
        Why::Peer(trouble) => share::peer(trouble),
        Why::OtherFingerprint => {
            let story = Story::of("Stopped: that is not the fingerprint of the account on this computer.")
                .because("Either it was read or typed wrong, or it belongs to other keys.")
                .then("Compare once more, word by word. If it still differs, tell security now.");
            (story, "other-fingerprint", ExitCode::Refused)
        }
    };
    story = told(story, stop);
    if stop.reach == Reach::Unknown {
        story = story.then(try_both(stop.subject));
    }
    (story, code, exit)
}

/// The stops that are about the second secret.
fn secret_key_story(stop: &Stop) -> (Story, &'static str, ExitCode) {
    let (code, exit) = match stop.why {
        Why::NotOpenedByBoth => ("not-opened", ExitCode::NotOpened),
        Why::NoSecretKey => ("no-secret-key", ExitCode::NotOpened),
        Why::SecretKeysOff => ("secret-keys-off", ExitCode::Usage),
        _ => ("secret-key-required", ExitCode::Usage),
    };
    let story = told(secret_key::stopped(&stop.why).unwrap_or_default(), stop);
    let story = if stop.reach == Reach::Unknown { story.then(try_both(stop.subject)) } else { story };
    (story, code, exit)
}

fn told(story: Story, stop: &Stop) -> Story {
    Story { changed: Some(holds(stop.reach, stop.subject).to_owned()), ..story }
}

const FORWARD: &str = "Please forward this text to your administrator before you go on.";
const LATER: &str = "Check your network, or tell your administrator; then run it again.";

fn changed(change: Change, host: &str) -> (Story, &'static str) {
    let (what, code) = match change {
        Change::Account => ("It names another account than the one you completed.", "changed-account"),
        Change::OlderKeys => ("It shows keys older than yours: somebody went back in time.", "changed-older-keys"),
        Change::OtherKeys => ("It shows other keys than the ones you made.", "changed-keys"),
        Change::SecretKeyGone => {
            ("It says that your account has no secret key; it has one.", "changed-secret-key")
        }
        Change::ServerKey => ("Its own log-in key is another one.", "changed-server-key"),
    };
    let story = Story::of(format!("Stopped: {host} is not as this computer remembers it."))
        .because(what)
        .because("Unless your administrator told you of a reset, somebody may be interfering.");
    (story.then(FORWARD), code)
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
    use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer};
    use firstkey_core::wire::inbound::Problem;
    use firstkey_core::wire::origin::Origin;
    use firstkey_core::wire::refusal::Refusal;

    const ALL: [(Reach, Locks); 15] = [
        (Reach::NothingChanged, Locks::SecretKey),
        (Reach::Unknown, Locks::SecretKey),
        (Reach::Stored, Locks::SecretKey),
        (Reach::NothingChanged, Locks::None),
        (Reach::Unknown, Locks::None),
        (Reach::Stored, Locks::None),
        (Reach::NothingChanged, Locks::Password),
        (Reach::NothingChanged, Locks::Kit),
        (Reach::NothingChanged, Locks::Both),
        (Reach::Unknown, Locks::Password),
        (Reach::Unknown, Locks::Kit),
        (Reach::Unknown, Locks::Both),
        (Reach::Stored, Locks::Password),
        (Reach::Stored, Locks::Kit),
        (Reach::Stored, Locks::Both),
    ];

    fn whys() -> Vec<Why> {
        let problem = |name| Problem { name, at: None, contact: None, retry_after: None };
        vec![
            Why::Cancelled,
            Why::GaveUp(GaveUp::Host),
            Why::Missing(Missing::Password),
            Why::Missing(Missing::NewPassword),
            Why::Local(LocalTrouble::Busy),
            Why::NothingKnown,
            Why::Several(vec!["ada@example.org at https://id.example.org".to_owned()]),
            Why::NoSuchServer,
            Why::Unreachable(NoAnswer::Broken),
            Why::Refused(Refusal::Keys),
            Why::Refused(Refusal::NotJson),
            Why::Problem(problem(ProblemName::Suspended)),
            Why::Problem(problem(ProblemName::TooMany)),
            Why::Problem(problem(ProblemName::Invalid)),
            Why::Problem(problem(ProblemName::ChangedMeanwhile)),
            Why::Problem(problem(ProblemName::SessionEnded)),
            Why::Changed(Change::Account),
            Why::Changed(Change::OlderKeys),
            Why::Changed(Change::OtherKeys),
            Why::Changed(Change::ServerKey),
            Why::NotOpened,
            Why::CodeOpensNothing,
            Why::OtherKit,
            Why::NotThere,
            Why::NotTheInvited { expected: "a@example.org".to_owned(), invited: "ada@example.org".to_owned() },
            Why::Missing(Missing::RecoveryCode),
            Why::NotOpenedByBoth,
            Why::NoSecretKey,
            Why::SecretKeysOff,
            Why::SecretKeyRequired,
            Why::Changed(Change::SecretKeyGone),
            Why::GaveUp(GaveUp::ReplaceSecretKey),
            Why::Missing(Missing::SecretKey),
            Why::NoSuchSession(firstkey_core::crypto::context::SessionId([7; 16])),
            Why::OtherFingerprint,
        ]
    }

    #[test]
    fn every_stop_fits_has_a_documented_code_and_says_which_password_holds_and_what_to_do() {
        let document = include_str!("../../../docs/EXIT-CODES.md");
        let origin = Origin::read("https://id.example.org").expect("an origin");
        for why in whys() {
            for (reach, subject) in ALL {
                let stop = Stop { why: why.clone(), reach, subject, origin: Some(origin.clone()) };
                let (story, code, exit) = story(&stop);
                let text = story.for_people();
                assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
                let row = format!("| {}", exit.number());
                let is_documented = |line: &&str| line.starts_with(&row) && line.contains(&format!("`{code}`"));
                assert!(document.lines().any(|line| is_documented(&line)), "{code} is not at {}", exit.number());
                let before = matches!(why, Why::NothingKnown | Why::Several(_) | Why::NoSuchServer | Why::NotThere);
                assert!(before || text.contains("hing was changed") == (reach == Reach::NothingChanged), "{text}");
                assert_eq!(!before && text.contains(try_both(subject)), reach == Reach::Unknown && !before, "{text}");
                let ends = matches!(why, Why::Cancelled) || !story.next.is_empty() || story.command.is_some();
                assert!(ends, "{text}");
            }
        }
    }
}
