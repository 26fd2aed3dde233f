//! How a run with such a server stopped: what happened, whether anything was changed, what to do.

use super::super::{Story, local, stop as ours, usage};
use firstkey_core::flow::stop::{NoAnswer, Reach};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectReason, DialectStop, Refused};
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;

const ADMIN: &str = "Tell your administrator.";
const VERIFY: &str = "firstkey verify";
const ACCEPT: &str = "firstkey accept";

/// The words for a stop.
pub fn story(stop: &DialectStop) -> Story {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.host());
    let story = why(&stop.why, host, stop.reach);
    Story { changed: Some(reach(stop.reach).to_owned()), ..story }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::NothingSent => "Nothing was sent.",
        Reach::NothingChanged => "Nothing was changed. No password, key or anything made from them was sent.",
        Reach::CodeUsed => "The code from the e-mail is used up. No keys were stored.",
        Reach::Unknown => "Encrypted keys were sent. Whether they are stored is not known.",
        Reach::Stored => "Encrypted keys are stored on the server.",
    }
}

fn why(why: &DialectReason, host: &str, reach: Reach) -> Story {
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
        DialectReason::SignInFirst => Story::of("Sign in at your company first: open the e-mail's link in a browser.")
            .then("Then run this again, and paste the address of the page that you come to.")
            .run(ACCEPT),
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
        DialectReason::Era(era) => self::era(era, host),
        DialectReason::Refused(refused) => self::refused(refused, host),
        DialectReason::Says(call, says) => self::says(*call, says, host),
        DialectReason::Unreachable(silence) => {
            let story = silent(host, *silence);
            let again = if reach >= Reach::Stored { VERIFY } else { "" };
            if again.is_empty() {
                story.then("Run the same command again later.")
            } else {
                story.then("To check later, run").run(again)
            }
        }
        DialectReason::Lost(Call::VerifyInvite | Call::VerifyReset, silence) => silent(host, *silence)
            .because("That may have used up the code.")
            .then("Run the same command again. If the code is gone, ask for a new e-mail."),
        DialectReason::Lost(_, silence) => silent(host, *silence)
            .because("It is not sent again blindly. If it was stored, your password opens it.")
            .then("Keep your password and your kit. To check later, run")
            .run(VERIFY),
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
        NoAnswer::NoConnection => format!("{host} cannot be reached."),
        NoAnswer::Certificate => format!("{host}: its certificate does not prove who it is."),
        NoAnswer::CertificateDates => {
            format!("{host}: its certificate is not valid on this computer's date.")
        }
        NoAnswer::Broken => format!("The connection to {host} broke."),
        NoAnswer::TimedOut => format!("{host} did not answer in time."),
        NoAnswer::Busy => format!("{host} cannot answer now."),
    })
}

fn era(era: &NotThisEra, host: &str) -> Story {
    const CANNOT: &str = "You cannot have keys of your own there. This program sends it nothing.";
    let ask = |story: Story| story.then("Ask your administrator for a server that never sees passwords.");
    match era {
        NotThisEra::WantsPassword => {
            let story = Story::of(format!("{host} wants your password itself. It does not get it."))
                .because("A server of its kind keeps a hash of your password and your private key,")
                .because("so it could decrypt everything that you can.");
            ask(story.because(CANNOT))
        }
        NotThisEra::NoSuchRoute => {
            let story = Story::of(format!("{host} cannot complete an account with keys of your own."))
                .because("Newer servers of its kind take your password and keep your private key.");
            ask(story.because(CANNOT))
        }
        NotThisEra::OtherMembers => {
            let story = Story::of(format!("{host} asks for data that a server of this kind does not need."))
                .because("It is not known what it would do with your password.");
            ask(story.because(CANNOT))
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
        Refused::OtherSalt => danger(Story::of(format!("{host} names a different salt than your account has."))),
        Refused::OtherKey => danger(Story::of("The account's public key is not the one that was made for it.")),
        Refused::OtherVault => Story::of("The stored keys are not the ones that this computer stored, or are older.")
            .because("If you changed your password elsewhere, that is why: remove this computer's")
            .because("record of the account (firstkey forget) and verify again.")
            .because("If you did not, tell security now."),
        Refused::ShowsVerifier => {
            danger(Story::of(format!("{host} gives away data that password guesses can be tested with.")))
        }
        Refused::Forgotten => {
            danger(Story::of(format!("{host} wants new keys for an account that you completed here.")))
        }
    }
}

fn says(call: Call, says: &Says, host: &str) -> Story {
    let invite = |story: Story| story.then("Ask your administrator for a new invite.");
    match says {
        Says::NoSuchUser => invite(Story::of(format!("{host} does not know the person of this invite."))),
        Says::NoInvitation => {
            let story = Story::of(format!("{host} no longer has an open invitation for this person."))
                .because("It was withdrawn, or already answered.");
            invite(story)
        }
        Says::CodeGone => {
            let story = Story::of("The code of this link was already used, or replaced by a newer one.")
                .because("If it was not you, somebody else has your link. Tell security now.");
            if call == Call::VerifyInvite {
                story.then("Ask your administrator to withdraw the invite and send a new one.")
            } else {
                story.then("Run the command again for a new e-mail.")
            }
        }
        Says::CodeWrong => {
            let story = Story::of(format!("{host} rejects the code of this link."))
                .because("There may be a newer e-mail. Only the newest code works.");
            story.then("Look for the newest e-mail, and paste its link.")
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
        Says::Form(_) if says.wants_the_password() => era(&NotThisEra::WantsPassword, host),
        Says::Form(names) => {
            let names: Vec<_> = names.iter().map(firstkey_core::wire::text::Printable::as_str).take(5).collect();
            let story = Story::of(format!("{host} rejects the form of what it was sent."))
                .because(format!("It names: {}", names.join(", ")));
            story.then(ADMIN)
        }
        Says::TooMany(_) | Says::Away => era(&NotThisEra::Later(None), host),
        Says::Other { status, message } => {
            let story = Story::of(format!("{host} reported an error that this program does not know."))
                .because(format!("It says: {message} (status {status})"));
            story.then("Tell your administrator, or run the same command again later.")
        }
    }
}
