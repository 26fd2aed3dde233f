//! What is said of an account that exists: opened, changed on the server, not known here.

use super::{
    Lines, Story, fingerprint_rows, local, login, problem, refusal, rolled_back, secret_key, sessions, share, stop,
    usage,
};
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop, Change};
use firstkey_core::flow::account::{Deed, Done};
use firstkey_core::flow::checkpoint::{NotTaken, Pin};
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::asked::SecretKeys;
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::refusal::Blame;

const SEVERAL: &str = "This computer remembers several accounts:";

/// Which secret works.
fn holds(stop: &AccountStop) -> &'static str {
    let AccountStop { reach, subject, .. } = *stop;
    match reach {
        // Whatever was changed elsewhere may have been the kit or the password.
        Reach::NothingSent | Reach::NothingChanged if is_changed_elsewhere(&stop.why) => "Nothing was changed by this.",
        Reach::NothingSent | Reach::NothingChanged | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => {
            match subject {
                Locks::Password => "Nothing was changed on the server.",
                Locks::Kit => "Nothing was changed. Your present kit stays valid.",
                Locks::Both => "Nothing was changed. The password and the kit of before stay valid.",
                Locks::SecretKey => "Nothing was changed on the server. A new secret key is not valid.",
                Locks::None => "Nothing was changed. You did not join.",
            }
        }
        Reach::Unknown => match subject {
            Locks::Password | Locks::Kit | Locks::Both | Locks::SecretKey => {
                "The change was sent. It is not known whether the server stored it."
            }
            Locks::None => "Your consent was sent. It is not known whether the server stored it.",
        },
        Reach::Stored => match subject {
            Locks::SecretKey => "The change is stored: you now need your password and the new secret key.",
            Locks::None => "Your consent is stored: you are a member.",
            Locks::Password => "The change is stored. The server no longer accepts the old password.",
            Locks::Kit => "The change is stored. The server no longer accepts the old kit.",
            Locks::Both => "The change is stored. The server no longer accepts the old ones.",
        },
    }
}

/// Whether another computer was first.
fn is_changed_elsewhere(why: &AccountReason) -> bool {
    matches!(why, AccountReason::Problem(heard) if heard.name == ProblemName::ChangedMeanwhile)
}

/// What to do where that is not known.
fn try_both(subject: Locks) -> &'static str {
    match subject {
        Locks::Password => "Try the new password first. If it does not work, the old one does.",
        Locks::Kit => "Keep both kits until you know which one works: firstkey verify --kit",
        Locks::SecretKey => "Keep the new secret key. firstkey verify shows whether you need it.",
        Locks::None => "Run the same command again. Doing it twice does no harm.",
        Locks::Both => "Try the new password first. If it does not work, recover with the old kit.",
    }
}

/// The words for a stop.
pub fn story(stop: &AccountStop) -> Story {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.place());
    let mut story = match &stop.why {
        AccountReason::Cancelled => {
            return match stop.reach {
                Reach::NothingSent | Reach::NothingChanged | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => {
                    Story::of("Stopped. Nothing was changed.")
                }
                Reach::Unknown => told(Story::of("Stopped while sending."), stop).then(try_both(stop.subject)),
                Reach::Stored => told(Story::of("Stopped after the change was stored."), stop),
            };
        }
        AccountReason::GaveUp(how) => stop::gave_up(*how),
        AccountReason::Missing(missing) => usage::missing(*missing),
        AccountReason::Local(trouble) => local::trouble(trouble),
        AccountReason::NothingKnown => {
            let story = Story::of("This computer does not remember such an account.");
            return login::advise(story.because("It was not used here yet, or its state is in another folder."));
        }
        AccountReason::Several(accounts) => {
            let story = Story::of(SEVERAL);
            let story = accounts.iter().fold(story, Story::because);
            return story.then("Name one with --server URL --account EMAIL.");
        }
        AccountReason::NoSuchServer => {
            return Story::of("--server is not the address of a server.")
                .then("It looks like https://keys.example.org; the invitation and the kit name it.");
        }
        AccountReason::Unreachable(why) => {
            let (what, step) = stop::no_answer(*why);
            let story = Story::of(format!("{host} could not be reached."));
            story.because(format!("The reason: {what}.")).then(step)
        }
        AccountReason::Refused(refused) => {
            let story = refusal::refusal(refused, host);
            match refused.blame() {
                Blame::Security => story.then(FORWARD),
                Blame::Nonsense => story.then(LATER),
            }
        }
        AccountReason::Problem(heard) => {
            let mut story = problem::problem(heard, host, None);
            if heard.name == ProblemName::Invalid
                && matches!(stop.subject, Locks::Password | Locks::Both | Locks::SecretKey)
            {
                story = story.because("One of your organisations may have changed its rules just now. Run it again.");
            }
            story
        }
        AccountReason::Changed(change) => changed(*change, host),
        AccountReason::NotOpened => Story::of("That password does not open this account.")
            .then("If you forgot it, your recovery kit gets you back in:")
            .then("  firstkey recover")
            .then("If you mistyped it, run this again. Is the address the right one?")
            .then("If you are sure of both, the stored data may have been changed: tell your")
            .then("administrator, and compare your fingerprint:")
            .run("firstkey status"),
        AccountReason::NotTheInvited { expected, invited } => stop::not_the_invited(expected, invited),
        AccountReason::NotThere => {
            return Story::of("No server of an account that is known here has this command.")
                .because("Only servers that speak firstkey's own protocol have it.")
                .then("Name the account with --server URL --account EMAIL.");
        }
        AccountReason::CodeOpensNothing => Story::of("That recovery code does not open this account.")
            .because("The server accepts only the newest kit.")
            .then("Look for a newer kit, or for one of another account, then run")
            .run("firstkey recover"),
        AccountReason::NotTheNewestKit { this, newest } => {
            Story::of("That is not the recovery kit that the account has now.")
                .because(format!("This one has the number {this}, the newest has {newest}."))
                .because("The server accepts only the newest.")
                .then(format!("Look for the kit with the number {newest}. If it is lost, make a new one:"))
                .run("firstkey kit")
        }
        AccountReason::OtherKit => Story::of("Stopped: this kit belongs to a different account.")
            .because("Either it is somebody else's kit, or a flag or the server is wrong.")
            .then("Compare the address on the kit. If it is right, tell your administrator."),
        AccountReason::NotOpenedByBoth
        | AccountReason::NoSecretKey
        | AccountReason::SecretKeysOff
        | AccountReason::SecretKeyRequired => {
            return secret_key_story(stop);
        }
        AccountReason::NoSuchSession(session) => sessions::none_such(*session),
        AccountReason::Peer(trouble) => share::peer(trouble),
        AccountReason::OtherFingerprint => {
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
fn secret_key_story(stop: &AccountStop) -> Story {
    let story = told(secret_key::stopped(&stop.why).unwrap_or_default(), stop);
    if stop.reach == Reach::Unknown { story.then(try_both(stop.subject)) } else { story }
}

fn told(story: Story, stop: &AccountStop) -> Story {
    Story { changed: Some(holds(stop).to_owned()), ..story }
}

const FORWARD: &str = "Please forward this text to your administrator before you continue.";
const LATER: &str = "Check your network or tell your administrator, then run it again.";

fn changed(change: Change, host: &str) -> Story {
    let what = match change {
        Change::Account => "It names a different account than the one you completed.",
        Change::OlderKeys => "It shows older keys than yours, as an old copy would.",
        Change::OtherKeys => "It shows different keys than the ones you made.",
        Change::SecretKeyGone => "It says that your account has no secret key, but it has one.",
        Change::RolledBack(how) => return rolled_back::by_a_server(how, host),
        Change::ServerKey => "Its own log-in key has changed.",
    };
    let story = Story::of(format!("Stopped: {host} does not match what this computer remembers."))
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
        Deed::LoggedIn => login::done(done),
        Deed::KitVerified => {
            let mut lines = verified(done);
            lines.push("That kit opens it too. Keep it where it is.".to_owned());
            lines
        }
        Deed::PasswordChanged => vec![
            format!("Done. {} at {} has a new password.", done.pin.email, done.pin.origin.place()),
            "It opened the account just now. The server no longer accepts the old one.".to_owned(),
            "Your keys, their fingerprint and your recovery kit are the same as before.".to_owned(),
            "So with an old copy of the server's data, the old password still opens them.".to_owned(),
            "Other computers that were logged in have to log in again.".to_owned(),
        ],
        Deed::Joined => joined(done),
        Deed::KitChanged => vec![
            format!("Done. {} at {} has a new recovery kit,", done.pin.email, done.pin.origin.place()),
            format!("with the number {}.", done.kit),
            "The server no longer accepts the old kit. Destroy it all the same.".to_owned(),
            "Your password, your keys and their fingerprint are the same as before.".to_owned(),
            "So with an old copy of the server's data, the old kit still opens your keys.".to_owned(),
        ],
        Deed::SecretKeyMade => secret_key::made(&done.pin),
        Deed::Recovered => recovered(done),
        Deed::SessionsSeen => Lines::new(),
    }
}

fn verified(done: &Done) -> Lines {
    let pin = &done.pin;
    let mut lines = vec![format!("Your account opens: {} at {}", pin.email, pin.origin.place())];
    if done.first_seen {
        lines.push("This computer did not know the account, so it had nothing to compare with.".to_owned());
        lines.push("It remembers the keys from now on. Compare the fingerprint with your kit:".to_owned());
    } else {
        lines.push("Its server and its keys are the ones that this computer remembers:".to_owned());
    }
    lines.extend(fingerprint_rows(&pin.fingerprint()).map(|row| format!("    {row}")));
    lines.push(format!("It is {}. Its recovery kit has the number {}.", secret_key::fact(pin), done.kit));
    lines
}

fn joined(done: &Done) -> Lines {
    let pin = &done.pin;
    let name = pin.memberships.last().map_or("the organisation", |joined| joined.organisation.as_str());
    vec![
        format!("Done. {} at {} is a member of", pin.email, pin.origin.place()),
        format!("  {name}"),
        "Your password, your keys and their fingerprint are the same as before.".to_owned(),
        "Its members can look up your public key. They cannot open your data.".to_owned(),
    ]
}

fn recovered(done: &Done) -> Lines {
    let pin = &done.pin;
    let mut lines = vec![
        format!("Done. {} at {} has a new password and a new kit.", pin.email, pin.origin.place()),
        "The new password opened the account just now. The server no longer accepts".to_owned(),
        "the old password and the old kit. Destroy the old kit all the same: with an".to_owned(),
        "old copy of the server's data, it still opens your keys.".to_owned(),
        "Your administrators are told that you recovered.".to_owned(),
    ];
    if done.first_seen {
        lines.push("Your keys are the same. This computer did not know them before: compare the".to_owned());
        lines.push("fingerprint with your old kit:".to_owned());
    } else {
        lines.push("Your keys are the ones that this computer remembers. Their fingerprint:".to_owned());
    }
    lines.extend(fingerprint_rows(&pin.fingerprint()).map(|row| format!("    {row}")));
    lines
}

/// The accounts that are remembered, with numbers to choose by.
pub fn several(accounts: &[String]) -> Lines {
    let numbered = accounts.iter().enumerate().map(|(at, shown)| format!("  {}  {shown}", at + 1));
    [SEVERAL.to_owned()].into_iter().chain(numbered).collect()
}

/// The fingerprint that was given is the remembered one.
pub fn same_fingerprint(pin: &Pin) -> Lines {
    vec![
        format!("That is the fingerprint of {} at {},", pin.email, pin.origin.place()),
        "as remembered on this computer.".to_owned(),
    ]
}

/// Why a saved upload was not taken, and what that means.
fn not_taken(why: NotTaken) -> Lines {
    let why = match why {
        NotTaken::ClaimStale => {
            return vec![
                "  The link was opened again after that, here or on another computer.".to_owned(),
                "  If that was not you, tell your administrator.".to_owned(),
                "  To finish here, run firstkey accept and paste the link again.".to_owned(),
            ];
        }
        NotTaken::Used => {
            return vec![
                "  The invite was used, on another computer perhaps. If that was not you, tell".to_owned(),
                "  your administrator. To use that account here, run firstkey login.".to_owned(),
            ];
        }
        NotTaken::Expired => "  The invite expired. Ask your administrator for a new one.",
        NotTaken::Withdrawn => "  The invite was withdrawn. Look for a newer e-mail.",
        NotTaken::Removed => "  Your organisation has removed you there.",
    };
    vec![why.to_owned()]
}

/// What is known on this computer.
pub fn status(pins: &[Pin], unfinished: &[(String, Option<NotTaken>)]) -> Lines {
    let mut lines = Lines::new();
    for pin in pins {
        let [upper, lower] = fingerprint_rows(&pin.fingerprint());
        lines.extend([
            format!("{} at {}", pin.email, pin.origin.place()),
            format!("  keys of generation {}, fingerprint:", pin.identity.key_gen.0),
            format!("    {upper}"),
            format!("    {lower}"),
            format!("  {}", secret_key::fact(pin)),
        ]);
    }
    for (email, refused) in unfinished {
        let Some(refused) = refused else {
            lines.push(format!("{email}: saved, but not finished. To finish, run"));
            lines.push("  firstkey accept --resume".to_owned());
            continue;
        };
        lines.push(format!("{email}: the server did not take what is saved here."));
        lines.extend(not_taken(*refused));
        lines.push("  To remove it from this computer, run".to_owned());
        lines.push("  firstkey forget".to_owned());
    }
    if lines.is_empty() {
        lines.push("This computer does not remember any account.".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::exit::every_stop;

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

    #[test]
    fn what_the_server_did_not_take_is_not_to_be_sent_again_for_ever() {
        use NotTaken::{ClaimStale, Expired, Removed, Used, Withdrawn};
        let said = |refused| status(&[], &[("ada@example.org".to_owned(), refused)]);
        assert!(said(None).contains(&"  firstkey accept --resume".to_owned()));
        for refused in [ClaimStale, Expired, Used, Withdrawn, Removed] {
            let lines = said(Some(refused));
            assert!(lines.iter().all(|line| line.is_ascii() && line.chars().count() <= 78), "{lines:?}");
            assert!(!lines.join(" ").contains("--resume") && lines.contains(&"  firstkey forget".to_owned()));
        }
    }

    #[test]
    fn every_stop_fits_and_says_which_password_holds_and_what_to_do() {
        for (why, ..) in every_stop::accounts() {
            for (reach, subject) in ALL {
                let stop = every_stop::account_stop(why.clone(), reach, subject);
                let story = story(&stop);
                let text = story.for_people();
                assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
                let before = matches!(
                    why,
                    AccountReason::NothingKnown
                        | AccountReason::Several(_)
                        | AccountReason::NoSuchServer
                        | AccountReason::NotThere
                );
                assert!(before || text.contains("hing was changed") == (reach == Reach::NothingChanged), "{text}");
                assert_eq!(!before && text.contains(try_both(subject)), reach == Reach::Unknown && !before, "{text}");
                let ends = matches!(why, AccountReason::Cancelled) || !story.next.is_empty() || story.command.is_some();
                assert!(ends, "{text}");
            }
        }
    }
}
