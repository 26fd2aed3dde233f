//! What a command line lacks, or should not have.

use super::Story;
use firstkey_core::flow::stop::Missing;

/// A command line that is refused before anything begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// `--password`, which would put the password in the process list and the shell history.
    PasswordFlag,
    /// `FIRSTKEY_PASSWORD`, which every child process would inherit.
    PasswordVariable,
    /// Two sources for the password.
    TwoPasswords,
    /// Standard input is to give two things.
    StdinTwice,
    /// `--profile` with another number than 1 to 4.
    NoSuchProfile,
}

/// Answers that a flag has to give when nobody can be asked.
pub fn missing(missing: Missing) -> Story {
    match missing {
        Missing::Invite => Story::of("no invite link given and nobody can be asked")
            .then("pass it with --invite-file PATH (or - for standard input)"),
        Missing::Password => Story::of("no password given and nobody can be asked")
            .then("pass it with --password-fd N or --password-file PATH")
            .then("(it is never read from the command line or the environment)"),
        Missing::NewPassword => Story::of("no new password given and nobody can be asked")
            .then("pass it with --new-password-fd N or --new-password-file PATH"),
        Missing::Consent => Story::of("no consent given and nobody can be asked")
            .then("consent with --yes-for EMAIL; it must be the invited address"),
        Missing::Reset => Story::of("this link would replace your keys, and no consent to that was given")
            .because("Whatever was encrypted to the old keys stays unreadable for good.")
            .because("With the password or the kit: firstkey verify calls the reset off.")
            .then("consent with --accept-reset EMAIL; it must be the invited address"),
        Missing::Kit => Story::of("nowhere to put the recovery kit and nobody can be asked")
            .then("name a new file for it with --kit-out PATH"),
        Missing::RecoveryCode => Story::of("no recovery code given and nobody can be asked")
            .then("name the file of the kit with --kit-file PATH"),
        Missing::SecretKey => Story::of("no secret key given and nobody can be asked")
            .because("This account is opened by a password and a secret key.")
            .then("name its file with --secret-key-file PATH, or in FIRSTKEY_SECRET_KEY_FILE"),
        Missing::SecretKeyOut => Story::of("nowhere to put the new secret key and nobody can be asked")
            .then("name a new file for it with --secret-key-out PATH"),
        Missing::ReplaceSecretKey => Story::of("this account has a secret key, and nobody agreed to a new one")
            .because("A new one takes its place: every copy of the present one is worthless then.")
            .then("consent with --yes-for EMAIL; it must be the account's address"),
        Missing::Host => Story::of("only a person can confirm this server's name: its letters may look like others")
            .then("run it once at a terminal, or ask for an invite with a plain server name"),
        Missing::KitSecret => Story::of("no emergency kit given and nobody can be asked")
            .then("name its file with --kit-file PATH"),
        Missing::Name => Story::of("no name given and nobody can be asked")
            .then("pass it with --first-name NAME and --last-name NAME"),
        Missing::Digits => {
            Story::of("only a person can read the 6 digits from an e-mail").then("run it at a terminal")
        }
        Missing::Account => Story::of("no account given and nobody can be asked")
            .then("name it with --server URL and --account NAME"),
    }
}

/// The stable code of something missing.
pub fn missing_code(missing: Missing) -> &'static str {
    match missing {
        Missing::Invite => "missing-invite",
        Missing::Password => "missing-password",
        Missing::NewPassword => "missing-new-password",
        Missing::Consent => "missing-consent",
        Missing::Reset => "missing-reset-consent",
        Missing::Kit => "missing-kit",
        Missing::RecoveryCode => "missing-recovery-code",
        Missing::SecretKey => "missing-secret-key",
        Missing::SecretKeyOut => "missing-secret-key-out",
        Missing::ReplaceSecretKey => "missing-secret-key-consent",
        Missing::Host => "missing-host",
        Missing::KitSecret => "missing-kit-secret",
        Missing::Name => "missing-name",
        Missing::Digits => "missing-digits",
        Missing::Account => "missing-account",
    }
}

/// The words for a refused command line.
pub fn misuse(misuse: Misuse) -> Story {
    let story = match misuse {
        Misuse::PasswordFlag => Story::of("no password is taken from a flag: everybody on this computer could read it")
            .because("If you just typed a real password there, do not use it any more."),
        Misuse::PasswordVariable => {
            Story::of("no password is taken from FIRSTKEY_PASSWORD: other programs could read it")
                .then("remove it with: unset FIRSTKEY_PASSWORD")
        }
        Misuse::TwoPasswords => Story::of("--password-file and --password-fd both name a password"),
        Misuse::StdinTwice => Story::of("standard input cannot give both the invite and the password"),
        Misuse::NoSuchProfile => return Story::of("there is no such profile").then("use --profile 1, 2, 3 or 4"),
    };
    let story = story.then("pass the password with --password-fd N or --password-file PATH,");
    let story = story.then("or leave these away and type it when you are asked");
    Story { changed: Some("Nothing was sent.".to_owned()), ..story }
}

/// The stable code of a refused command line.
pub fn misuse_code(misuse: Misuse) -> &'static str {
    match misuse {
        Misuse::PasswordFlag => "password-flag",
        Misuse::PasswordVariable => "password-variable",
        Misuse::TwoPasswords => "two-passwords",
        Misuse::StdinTwice => "stdin-twice",
        Misuse::NoSuchProfile => "no-such-profile",
    }
}

/// What a link on the command line costs.
pub const LINK_IN_HISTORY: &str = "The link is now in your shell's history. Better paste it when asked.";
