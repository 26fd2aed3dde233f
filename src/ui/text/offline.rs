//! What is said of an account that was opened from a file.

use super::{Lines, Story, argon2, fingerprint_rows, local, rolled_back, usage};
use firstkey_core::flow::account::stop::Change;
use firstkey_core::flow::offline::{Findings, Fit, Part, Trouble};
use firstkey_core::wire::refusal::{Blame, Refusal};
use firstkey_core::wire::text::Printable;

const NOTHING: &str = "Nothing was sent, and nothing was written.";
const FORWARD: &str = "Please forward this text to your administrator before you continue.";

/// What was found, a part a line; the answer stands at the end of each, where it is heard last.
pub fn findings(found: &Findings) -> Lines {
    let whose = found.email.as_ref().map_or("an account without an address", Printable::as_str);
    let mut lines = vec![
        format!("The account of {whose}, which the server calls {}:", found.state),
        format!("  realm    {}", found.context.realm),
        format!("  account  {}", found.context.account),
        format!("  {}", argon2(found.settings.profile.params())),
        format!("  keys of generation {}, fingerprint:", found.identity.key_gen.0),
    ];
    lines.extend(fingerprint_rows(&found.identity.fingerprint(&found.context)).map(|row| format!("    {row}")));
    for (part, fit) in &found.parts {
        let answer = match fit {
            Fit::Yes => "yes",
            Fit::No => "NO",
            Fit::Untried => "not tried",
        };
        lines.push(format!("{}: {answer}", what(*part)));
        if *fit == Fit::Untried {
            lines.push(format!("  {}", why_not(*part)));
        }
    }
    lines
}

/// The question that is answered with yes or no.
fn what(part: Part) -> &'static str {
    match part {
        Part::RecoveryKey => "The recovery key matches the code",
        Part::Envelope2 => "Envelope 2, the account key, opens with the code",
        Part::Envelope3 => "Envelope 3, the X25519 key, opens with the account key",
        Part::Envelope4 => "Envelope 4, the Ed25519 key, opens with the account key",
        Part::X25519 => "The X25519 public key matches the private key",
        Part::Ed25519 => "The Ed25519 public key matches the private key",
        Part::Signature => "The signature over the public keys is valid for this account",
        Part::Statement => "The signed statement lists exactly these parts",
        Part::Generation => "All parts have the same generation of keys",
        Part::Settings => "Envelope 1 has the settings that are shown",
        Part::Envelope1 => "Envelope 1, the account key, opens with the password",
        Part::Remembered => "This computer remembers the same account",
    }
}

fn why_not(part: Part) -> &'static str {
    match part {
        Part::Envelope1 => "Half of its key comes from the server; no file can provide that.",
        Part::Statement => "The file has none. The next log-in makes one.",
        Part::Remembered => "It does not know this account. Compare the fingerprint with your kit.",
        _ => "What it needs did not open.",
    }
}

/// The good end.
pub fn fits() -> Lines {
    vec![format!("Everything fits. {NOTHING}")]
}

/// The words for a stop; `file` is what was to be opened.
pub fn story(trouble: &Trouble, file: &str) -> Story {
    let story = match trouble {
        Trouble::Cancelled => Story::of("Stopped."),
        Trouble::Missing(missing) => usage::missing(*missing),
        Trouble::Local(trouble) => local::trouble(trouble),
        Trouble::Password { on_the_command_line } => {
            let story = Story::of("A password alone opens nothing offline.")
                .because("Half of its key comes from the server, by a key that never leaves it (OPRF).")
                .because("That is why a thief of this file cannot try passwords on it.");
            let story = if *on_the_command_line {
                story.because("If that was a real password, do not use it any more.")
            } else {
                story
            };
            let story = story.then("Open the file with the recovery code. To check the password, ask the server:");
            story.run("firstkey verify")
        }
        Trouble::NotShown(refusal) => not_shown(refusal, file),
        Trouble::NoKeys => Story::of(format!("The account in {file} has no keys yet."))
            .because("Its invite had not been accepted when the file was made.")
            .then("Accept it, then have the file made again."),
        Trouble::OtherKit => Story::of("Stopped: the kit is for a different account than the file.")
            .because("Either it is somebody else's kit, or the wrong file.")
            .then("Compare the realm and account ids on the kit with those in the file."),
        Trouble::NoCode => {
            Story::of("No recovery code was given.").then("Look for your kit, then run the same command again.")
        }
        Trouble::CodeOpensNothing => Story::of("That recovery code does not open the account in this file.")
            .because("A file shows what the newest kit of its day opens.")
            .because("If this is the newest, the file was altered or is for another account.")
            .then("Look for a newer kit, or have the file made again."),
        Trouble::DoesNotFit => Story::of("Stopped: a part of the account does not fit. Its line says NO.")
            .because("The code is right. Either the file or the server's data was altered.")
            .then("Have the file made again. If it still does not fit, tell your administrator."),
        Trouble::Changed(change) => changed(*change),
    };
    Story { changed: Some(NOTHING.to_owned()), ..story }
}

fn not_shown(refusal: &Refusal, file: &str) -> Story {
    let again = |story: Story| {
        let story = story.then("Have it made again, in full, on the server's computer:");
        story.run("firstkey-server show EMAIL --data DIR --json > FILE")
    };
    if refusal.blame() == Blame::Security {
        let why = match refusal {
            Refusal::Kdf(_) => "The protocol does not have its settings for the password.",
            Refusal::Unexpected { .. } => "It has a member that the protocol does not know.",
            _ => "One of its envelopes does not have the protocol's form.",
        };
        let story = Story::of(format!("Stopped: this program did not make what {file} holds.")).because(why);
        return again(story);
    }
    let why = match refusal {
        Refusal::Malformed(member) => format!("Its member \"{member}\" is missing or malformed."),
        _ => "It is not one JSON object of at most 64 KiB. It may be cut off.".to_owned(),
    };
    let story = Story::of(format!("{file} is not what firstkey-server show --json prints.")).because(why);
    again(story)
}

fn changed(change: Change) -> Story {
    let what = match change {
        Change::Account => "It shows a different account for this address than the one you completed.",
        Change::OlderKeys => "It shows older keys than yours, as an old copy would.",
        Change::OtherKeys => "It shows different keys than the ones you made.",
        Change::SecretKeyGone => "It says that your account has no secret key, but it has one.",
        Change::RolledBack(how) => return rolled_back::by_a_file(how),
        Change::ServerKey => "The server's own log-in key has changed.",
    };
    let story = Story::of("Stopped: the file does not match what this computer remembers.")
        .because(what)
        .because("Unless your administrator told you of a reset, somebody may be interfering.");
    story.then(FORWARD)
}

#[cfg(test)]
#[path = "offline_tests.rs"]
mod tests;
