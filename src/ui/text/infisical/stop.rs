//! How a run with such a server stopped: what happened, whether anything was changed, what to do.

use super::super::{Story, local, stop as ours, usage};
use firstkey_core::flow::stop::{NoAnswer, Reach};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectReason, DialectStop, Doing, Left, Refused, SoFar};
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;

const ADMIN: &str = "Tell your administrator.";
const VERIFY: &str = "firstkey verify";
const RECOVER: &str = "firstkey recover";
const ACCEPT: &str = "firstkey accept";

/// The words for a stop.
pub fn story(stop: &DialectStop) -> Story {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.place());
    let story = match (&stop.why, stop.reach) {
        // Once the code is gone, coming back later does not help.
        (DialectReason::Era(NotThisEra::Later(_)) | DialectReason::Unreachable(_), Reach::CodeUsed) => {
            let story = match &stop.why {
                DialectReason::Unreachable(silence) => silent(host, *silence),
                _ => Story::of(format!("{host} cannot answer now: too many requests, or maintenance.")),
            };
            another_code(story, stop.subject.doing)
        }
        // What was begun is brought to its end by the same command.
        (DialectReason::Era(NotThisEra::Later(_)) | DialectReason::Unreachable(_), Reach::Unknown | Reach::Stored) => {
            let story = match &stop.why {
                DialectReason::Unreachable(silence) => silent(host, *silence),
                _ => Story::of(format!("{host} cannot answer now: too many requests, or maintenance.")),
            };
            finish_later(story, stop.subject.doing)
        }
        _ => why(&stop.why, host, stop.subject),
    };
    let story = match (stop.reach, stop.subject.left) {
        (Reach::NothingChanged | Reach::CodeUsed, Left::Keys) => story.because(HAD),
        _ => story,
    };
    Story { changed: Some(reach(stop.reach, stop.subject.left)), ..story }
}

/// What a server that refused keys has had all the same.
const HAD: &str = "With them went a value that lets its holder test guesses at the password.";

/// A code is used up, and nothing was stored with it.
fn another_code(story: Story, doing: Doing) -> Story {
    match doing {
        Doing::Recover => story.then("For a new e-mail, run").run(RECOVER),
        _ => story.then("Ask your administrator for a new invite. Your account is not lost."),
    }
}

/// Keys may be stored. The next run finds out.
fn finish_later(story: Story, doing: Doing) -> Story {
    match doing {
        Doing::Accept => story
            .because("Keep your password and your kit.")
            .then("To finish later, run this with the same link or sign-in:")
            .run(ACCEPT),
        _ => story.then("To see later which password opens the account, run").run(VERIFY),
    }
}

/// How far it got, and what of what is made from secrets has left: what a server refused it has had
/// all the same.
fn reach(reach: Reach, left: Left) -> String {
    match (reach, left) {
        (Reach::NothingSent, _) => "Nothing was sent.".to_owned(),
        (Reach::NothingChanged, Left::Nothing) => {
            "Nothing was changed. No password, key or anything made from them was sent.".to_owned()
        }
        (Reach::NothingChanged, Left::Proof) => {
            "Nothing was changed. Neither the password nor a key was sent.".to_owned()
        }
        (Reach::NothingChanged, Left::Keys) => "Your encrypted keys were sent, and refused.".to_owned(),
        (Reach::CodeUsed, Left::Keys) => {
            "The e-mail's code is used up. Your encrypted keys were sent, and refused.".to_owned()
        }
        (Reach::CodeUsed, _) => "The code from the e-mail is used up. No keys were sent.".to_owned(),
        // Nothing is saved in this dialect.
        (Reach::Saved | Reach::SavedBefore, _) => "Nothing was changed.".to_owned(),
        (Reach::Unknown, _) => "Encrypted keys were sent. Whether they are stored is not known.".to_owned(),
        (Reach::Stored, _) => "Encrypted keys are stored on the server.".to_owned(),
    }
}

fn why(why: &DialectReason, host: &str, so_far: SoFar) -> Story {
    let doing = so_far.doing;
    match why {
        DialectReason::Cancelled => Story::of("Stopped."),
        DialectReason::GaveUp(how) => ours::gave_up(*how),
        DialectReason::Missing(missing) => usage::missing(*missing),
        DialectReason::NotTheInvited { expected, invited } => {
            let invited = firstkey_core::wire::text::Printable::from_untrusted(invited);
            Story::of(format!("--yes-for names {expected}, but this is for {invited}."))
                .then("Name the right person with --yes-for, or use the right link.")
        }
        DialectReason::Link(trouble) => {
            let (what, next) = super::link(*trouble);
            Story::of(what).then(next)
        }
        DialectReason::SignInFirst if doing == Doing::Accept => {
            Story::of("Sign in at your company first: open the e-mail's link in a browser.")
                .then("Then run this again, and paste the address of the page that you come to.")
                .run(ACCEPT)
        }
        DialectReason::SignInFirst => Story::of("This account needs a sign-in at your company first.")
            .because("Sign in with a browser, and copy the address of the page that you come to.")
            .then(match doing {
                Doing::Recover => "Run this again and paste it, or put it in a file: --sign-in-file PATH",
                _ => "Run this again and paste it, or put it in a file: --link-file PATH",
            }),
        DialectReason::CodeSpentHere => Story::of("The code of this link is used up.")
            .because("An earlier run on this computer had begun to use it and was stopped.")
            .then("Ask your administrator for a new invite. Your account is not lost."),
        DialectReason::NotSeenOpen => Story::of("Your new password is set, says the server.")
            .because("It could not be tried: that takes a new sign-in at your company.")
            .then("Sign in with a browser, then run this and paste the address of the page:")
            .run(VERIFY),
        DialectReason::NoOrganisation => {
            Story::of("This sign-in is not a company's. It would create a new organisation.")
                .then("Use the link from your administrator's e-mail.")
        }
        DialectReason::AlreadyComplete => Story::of("This account is already complete.")
            .because("If that was not you, somebody else has it. Tell security now.")
            .then("To see whether it opens with your password, run")
            .run(VERIFY),
        DialectReason::OtherAccount => Story::of("This link is for a different account or server than the one before.")
            .then("Start again with the right link."),
        DialectReason::OtherKind => Story::of("This link is for something else.")
            .then("For an invite: firstkey accept. For a forgotten password: firstkey recover."),
        DialectReason::Era(era) => self::era(era, host, so_far.left),
        DialectReason::Refused(refused) => self::refused(refused, host),
        DialectReason::Says(call, says) => self::says(*call, says, host, so_far),
        DialectReason::Unreachable(silence) => silent(host, *silence).then("Run the same command again later."),
        DialectReason::Lost(Call::VerifyInvite | Call::VerifyReset, silence) => silent(host, *silence)
            .because("That may have used up the code.")
            .then("Run the same command again. If the code is gone, ask for a new e-mail."),
        DialectReason::Lost(_, silence) => {
            let story = silent(host, *silence).because("It is not sent again blindly: it may be stored.");
            finish_later(story, doing)
        }
        DialectReason::SomebodyElse => Story::of("The keys stored for this account are NOT the ones made here.")
            .because("Somebody else completed it, at the same time or before, or the server lies.")
            .because("Your new password and kit open nothing. Destroy the kit.")
            .then("Do not use the account. Tell security and your administrator now."),
        DialectReason::NotOpened => Story::of("The account was not opened.")
            .because("The password, digits or secret that you typed were wrong.")
            .then("Run the same command again. A forgotten password: firstkey recover."),
        DialectReason::NothingKnown => Story::of("This computer does not know such an account.")
            .then("Name the account with --server URL and --account NAME."),
        DialectReason::Local(trouble) => local::trouble(trouble),
    }
}

fn silent(host: &str, why: NoAnswer) -> Story {
    Story::of(match why {
        NoAnswer::NoSuchHost => format!("There is no server called {host}, or no network."),
        NoAnswer::NoConnection | NoAnswer::NotConnected => format!("{host} cannot be reached."),
        NoAnswer::Certificate => format!("{host}: its certificate does not prove who it is."),
        NoAnswer::CertificateDates => {
            format!("{host}: its certificate is not valid on this computer's date.")
        }
        NoAnswer::Broken => format!("The connection to {host} broke."),
        NoAnswer::TimedOut => format!("{host} did not answer in time."),
        NoAnswer::Busy => format!("{host} cannot answer now."),
    })
}

fn era(era: &NotThisEra, host: &str, left: Left) -> Story {
    const CANNOT_NOW: &str = "It was replaced while this ran. Never use the password you chose here again.";
    // Of a server that already has what guesses can be tested with, it is not said that it gets
    // nothing.
    let cannot = match left {
        Left::Keys => CANNOT_NOW,
        Left::Nothing | Left::Proof => "You cannot have keys of your own there. This program sends it nothing more.",
    };
    let ask = |story: Story| story.then("Ask your administrator for a server that never sees passwords.");
    match era {
        NotThisEra::WantsPassword => {
            let story = Story::of(format!("{host} wants your password itself. It does not get it."))
                .because("A server of its kind keeps a hash of your password and your private key,")
                .because("so it could decrypt everything that you can.");
            ask(story.because(cannot))
        }
        NotThisEra::NoSuchRoute => {
            let story = Story::of(format!("{host} cannot complete an account with keys of your own."))
                .because("Newer servers of its kind take your password and keep your private key.");
            ask(story.because(cannot))
        }
        NotThisEra::OtherMembers => {
            let story = Story::of(format!("{host} asks for data that a server of this kind does not need."))
                .because("It is not known what it would do with your password.");
            ask(story.because(cannot))
        }
        NotThisEra::Redirect => Story::of(format!("{host} redirects this program, which does not follow."))
            .then("Ask your administrator for a link with the right address."),
        NotThisEra::NoSuchServer => Story::of(format!("{host} does not answer like a server of this kind."))
            .because("It may be a web page, a gateway, or something in between.")
            .then("Check the address with your administrator."),
        NotThisEra::Later(after) => {
            let story = Story::of(format!("{host} cannot answer now: too many requests, or maintenance."));
            let when = after.map_or("in a few minutes".to_owned(), |seconds| format!("in {seconds} seconds"));
            story.then(format!("Run the same command again {when}."))
        }
    }
}

fn refused(refused: &Refused, host: &str) -> Story {
    let danger = |story: Story| story.then("Do not use the account. Tell security and your administrator now.");
    match refused {
        Refused::Nonsense(Nonsense::Redirect) => {
            let story = Story::of(format!("{host} redirects this program, which does not follow."));
            story.then(ADMIN)
        }
        Refused::Nonsense(Nonsense::Malformed(what)) => {
            let story = Story::of(format!("{host} sent a wrong \"{what}\"."))
                .because("Old or weak forms of it are not accepted.");
            story.then(ADMIN)
        }
        Refused::Nonsense(Nonsense::Encoded | Nonsense::TooLarge | Nonsense::NotJson) => {
            let story = Story::of(format!("{host} sent an answer that this program cannot read."));
            story.then("Run the same command again. If that does not help, tell your administrator.")
        }
        Refused::Differs(what) => danger(Story::of(format!("{host} returns different {what} than it was sent."))),
        Refused::Keys => danger(Story::of(format!("The keys that {host} returned do not open, or do not match."))),
        Refused::OtherSalt => Story::of("The account is locked with another password than this computer knows.")
            .because("What you typed does not open it.")
            .because("If you changed it elsewhere, run this again with the new password.")
            .then("If you did not, do not use the account. Tell security now."),
        Refused::OtherKey => danger(Story::of("The account's public key is not the one that was made for it.")),
        Refused::OtherVault => {
            danger(Story::of(format!("{host} returned older keys: ones that this computer had replaced.")))
        }
        Refused::ShowsVerifier => {
            danger(Story::of(format!("{host} gives away data that password guesses can be tested with.")))
        }
        Refused::Forgotten => {
            let story = Story::of(format!("{host} wants new keys for an account that you completed here."))
                .because("If your administrator deleted it and invited you again, remove this")
                .because("computer's record of it (firstkey forget) and begin again.");
            danger(story)
        }
    }
}

fn says(call: Call, says: &Says, host: &str, so_far: SoFar) -> Story {
    let coded = matches!(call, Call::VerifyEmail | Call::VerifyMfa);
    let invite = |story: Story| story.then("Ask your administrator for a new invite.");
    match says {
        Says::NoSuchUser => invite(Story::of(format!("{host} does not know the person of this invite."))),
        Says::NoInvitation => {
            let story = Story::of(format!("{host} no longer has an open invitation for this person."))
                .because("It was withdrawn, or already answered.");
            invite(story)
        }
        // The server deletes its digits after three wrong ones.
        Says::CodeWrong | Says::CodeGone | Says::CodeExpired if coded => {
            let story = Story::of("Those were not the 6 digits, or they do not count any more.")
                .because("After three wrong ones the server deletes them.");
            if call == Call::VerifyMfa {
                story.then("Run the same command again: the server then e-mails you new ones.")
            } else {
                story.then("Sign in at your company again: the server e-mails new ones. Then run").run(ACCEPT)
            }
        }
        Says::CodeGone if call == Call::VerifyReset => {
            Story::of("The code of this link was already used, or replaced by a newer e-mail.")
                .because("A stopped run may have used it. If you asked for no e-mail, tell security.")
                .then("For a new e-mail, run")
                .run(RECOVER)
        }
        Says::CodeGone => {
            let story = Story::of("The code of this link was already used, or replaced by a newer one.")
                .because("If it was not you, somebody else has your link. Tell security now.");
            story.then("Ask your administrator to withdraw the invite and send a new one.")
        }
        Says::CodeWrong => {
            let story = Story::of(format!("{host} rejects the code of this link."))
                .because("There may be a newer e-mail. Only the newest code works.");
            story.then("Look for the newest e-mail, and paste its link.")
        }
        Says::CodeExpired if call == Call::VerifyReset => {
            Story::of("The code of this link has expired.").then("For a new e-mail, run").run(RECOVER)
        }
        Says::CodeExpired => invite(Story::of("The code of this link has expired.")),
        Says::CompletedOrUnknown => Story::of(format!("{host} says that this account is complete, or does not exist."))
            .because("If you completed it, all is well. If not, somebody else did: tell security.")
            .then("To see whether it opens with your password, run")
            .run(VERIFY),
        Says::TwoInvitations => {
            Story::of("Your organisation invited this address twice. The server cannot handle that.")
                .then("Ask your administrator to remove one of the two.")
        }
        Says::TokenExpired => Story::of("The server's 15 minutes for this are over.")
            .then("Sign in or open the link again, then run the same command again."),
        Says::TokenRefused if so_far.doing != Doing::Accept => {
            Story::of(format!("{host} does not accept this sign-in or link for this account."))
                .then("Sign in or open the link again, then run the same command again.")
        }
        Says::TokenRefused => invite(Story::of(format!("{host} does not accept this link for this account."))),
        Says::SignUpDisabled => Story::of(format!("{host} takes no new accounts, not even invited ones."))
            .then("Ask its administrator to allow sign-up, then run the same command again."),
        Says::WrongProof => Story::of("The password does not open this account.").then("Run the same command again."),
        Says::NoAccount => Story::of(format!("{host} has no complete account with that name."))
            .because("Capital letters count.")
            .then("Finish the invite first, or use the name that the server knows."),
        Says::SignInFirst => Story::of("This account needs a sign-in at your company first.")
            .then("Sign in in a browser, run this again and paste the address of the last page."),
        Says::Puzzle => Story::of(format!("Too many failures: {host} wants you to solve a puzzle."))
            .then("Sign in there with a browser, or wait; then run the same command again."),
        Says::Locked => Story::of(format!("{host} has locked the account after too many failures."))
            .then("Look for its e-mail, or wait an hour, then run the same command again."),
        Says::NoKit => Story::of(format!("{host} has no emergency kit for this account."))
            .because("A kit in a file has its own copy of the key: name it with --kit-file PATH.")
            .then("Without one, ask your administrator for a new account."),
        Says::NotAMember => Story::of("The account is in no organisation, so the server changes nothing.")
            .then("Ask your administrator to invite you again."),
        Says::Form(_) if says.wants_the_password() => era(&NotThisEra::WantsPassword, host, so_far.left),
        Says::Form(names) => {
            let names: Vec<_> = names.iter().map(firstkey_core::wire::text::Printable::as_str).take(5).collect();
            let story = Story::of(format!("{host} rejects the form of what it was sent."))
                .because(format!("It names: {}", names.join(", ")));
            story.then(ADMIN)
        }
        Says::TooMany(_) | Says::Away => era(&NotThisEra::Later(None), host, so_far.left),
        Says::Other { status, message } => {
            let story = Story::of(format!("{host} reported an error that this program does not know."))
                .because(format!("It says: {message} (status {status})"));
            story.then("Tell your administrator, or run the same command again later.")
        }
    }
}
