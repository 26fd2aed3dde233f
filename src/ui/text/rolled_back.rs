//! What is said where an account's locks are not the ones that this computer remembers: changed
//! since, by whom, or gone back.

use super::{Lines, Story};
use firstkey_core::crypto::statement::BundlePart;
use firstkey_core::flow::held::RolledBack;

const FORWARD: &str = "Please forward this text to your administrator before you continue.";

fn how(how: RolledBack) -> &'static str {
    match how {
        RolledBack::Older => "It shows an older password or kit than the one that was last seen here.",
        RolledBack::Other => "It shows another password or kit in the place of the one seen here.",
        RolledBack::Withheld => "It does not show the signature over your password and kit any more.",
    }
}

/// The end, where a server went back.
pub(super) fn by_a_server(what: RolledBack, host: &str) -> Story {
    Story::of(format!("Stopped: {host} went back to an older state of your account."))
        .because(how(what))
        .because("A password or kit that you replaced may open it again.")
        .because("A server restored from a backup does that too. Only its administrator knows.")
        .then(FORWARD)
        .then("If it was restored, let this computer start over, and then make a new kit:")
        .run("firstkey forget")
}

/// The end, where a file shows it.
pub(super) fn by_a_file(what: RolledBack) -> Story {
    Story::of("Stopped: the file shows an older state of the account than this computer.")
        .because(how(what))
        .because("The file may simply be from before your last change.")
        .then("Have it made again. If the new one is as old, tell your administrator.")
}

/// Another state than the remembered one, with a signature or without.
pub(super) fn changed_since(parts: &[BundlePart], signed: bool) -> Lines {
    let has = |part: BundlePart| parts.contains(&part);
    let kit = has(BundlePart::ByRecovery) || has(BundlePart::RecoveryKey);
    let what = match (has(BundlePart::ByPassword), kit) {
        (true, true) => "the password and the recovery kit were changed",
        (true, false) => "the password was changed",
        (false, true) => "the recovery kit was replaced",
        (false, false) => "the account was changed",
    };
    let mut lines = vec!["Since this computer last opened the account,".to_owned(), format!("{what}.")];
    if signed {
        lines.push("Your own key signed that: you did it on another computer, or here in a run".to_owned());
        lines.push("that was cut off. If neither is true, tell your administrator at once.".to_owned());
    } else {
        lines.push("Nothing proves that it was you: this server keeps no signature over it.".to_owned());
        lines.push("If you did not do it, tell your administrator at once.".to_owned());
    }
    lines
}
