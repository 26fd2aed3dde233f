//! What a command line lacks, or should not have.

use super::{Story, system};
use crate::exit::Misuse;
use firstkey_core::flow::stop::Missing;

/// Answers that a flag has to give when nobody can be asked.
pub fn missing(missing: Missing) -> Story {
    match missing {
        Missing::Invite => Story::of("no invite link given, and this run cannot ask")
            .then("pass it with --invite-file PATH (or - for standard input)"),
        Missing::Password => Story::of("no password given, and this run cannot ask")
            .then(system::pass_password(""))
            .then("(it is never read from the command line or the environment)"),
        Missing::NewPassword => {
            Story::of("no new password given, and this run cannot ask").then(system::pass_password("new-"))
        }
        Missing::Consent => Story::of("no consent given, and this run cannot ask")
            .then("consent with --yes-for EMAIL; it must be the invited address"),
        Missing::Reset => Story::of("this link would replace your keys, and you have not agreed to that")
            .because("Everything that was encrypted to the old keys stays unreadable for good.")
            .because("If you have the password or the kit, cancel the reset: firstkey verify")
            .then("consent with --accept-reset EMAIL; it must be the invited address"),
        Missing::Kit => Story::of("nowhere to put the recovery kit, and this run cannot ask")
            .then("name a new file for it with --kit-out PATH"),
        Missing::RecoveryCode => Story::of("no recovery code given, and this run cannot ask")
            .then("name the file of the kit with --kit-file PATH"),
        Missing::SecretKey => Story::of("no secret key given, and this run cannot ask")
            .because("This account is opened by a password and a secret key.")
            .then("name its file with --secret-key-file PATH, or in FIRSTKEY_SECRET_KEY_FILE"),
        Missing::SecretKeyOut => Story::of("nowhere to put the new secret key, and this run cannot ask")
            .then("name a new file for it with --secret-key-out PATH"),
        Missing::ReplaceSecretKey => Story::of("this account has a secret key, and you have not agreed to replace it")
            .because("A new one replaces it: the server no longer accepts the present one.")
            .then("consent with --yes-for EMAIL; it must be the account's address"),
        Missing::Host => Story::of("only a person can confirm this server's name: some letters look like others")
            .then("run it once at a terminal, or ask for an invite with a plain server name"),
        Missing::KitSecret => {
            Story::of("no emergency kit given and this run cannot ask").then("name its file with --kit-file PATH")
        }
        Missing::Name => Story::of("no name given and this run cannot ask")
            .then("pass it with --first-name NAME and --last-name NAME"),
        Missing::Digits => Story::of("only a person can read the 6 digits from an e-mail").then("run it at a terminal"),
        Missing::Account => {
            Story::of("no account given and this run cannot ask").then("name it with --server URL and --account NAME")
        }
    }
}

/// The words for a refused command line.
pub fn misuse(misuse: Misuse) -> Story {
    let story = match misuse {
        Misuse::PasswordFlag => Story::of("a password in a flag is refused: others on this computer could read it")
            .because("If that was a real password, do not use it any more."),
        Misuse::PasswordVariable => {
            Story::of("a password in FIRSTKEY_PASSWORD is refused: other programs could read it")
                .then(system::unset("FIRSTKEY_PASSWORD"))
        }
        Misuse::TwoPasswords => Story::of("--password-file and --password-fd were both given; use one of them"),
        Misuse::StdinTwice => Story::of("standard input cannot give both the invite and the password"),
        Misuse::NoSuchProfile => return Story::of("there is no such profile").then("use --profile 1, 2, 3 or 4"),
    };
    let story =
        story.then(format!("pass the password with --password-fd {} or --password-file PATH,", system::descriptor()));
    let story = story.then("or omit these flags and type it when you are asked");
    Story { changed: Some("Nothing was sent.".to_owned()), ..story }
}
