//! How a run with such a server stopped: what happened, whether anything was changed, what to do.

use super::super::{Story, local, stop as ours, usage};
use crate::exit::ExitCode;
use firstkey_core::flow::stop::{NoAnswer, Reach};
use firstkey_infisical::answer::Nonsense;
use firstkey_infisical::door::Call;
use firstkey_infisical::flow::{DialectReason as Why, DialectStop as Stop, Refused};
use firstkey_infisical::probe::NotThisEra;
use firstkey_infisical::says::Says;

const ADMIN: &str = "Tell your administrator.";
const VERIFY: &str = "firstkey verify";
const ACCEPT: &str = "firstkey accept";

/// The words, the stable code, and the number.
pub fn story(stop: &Stop) -> (Story, &'static str, ExitCode) {
    let host = stop.origin.as_ref().map_or("the server", |origin| origin.host());
    let (mut story, code, exit) = why(&stop.why, host, stop.reach);
    story.changed = Some(reach(stop.reach).to_owned());
    (story, code, exit)
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

fn why(why: &Why, host: &str, reach: Reach) -> (Story, &'static str, ExitCode) {
    match why {
        Why::Cancelled => (Story::of("Stopped."), "cancelled", ExitCode::Cancelled),
        Why::GaveUp(how) => {
            let (story, code) = ours::gave_up(*how);
            (story, code, ExitCode::GaveUp)
        }
        Why::Missing(missing) => (usage::missing(*missing), usage::missing_code(*missing), ExitCode::Usage),
        Why::NotTheInvited { expected, invited } => {
            let invited = firstkey_core::wire::text::Printable::from_untrusted(invited);
            let story = Story::of(format!("--yes-for names {expected}, but this is for {invited}."))
                .then("Name the right address, or get the right link.");
            (story, "not-the-invited", ExitCode::Usage)
        }
        Why::Link(trouble) => {
            let (what, next) = super::link(*trouble);
            (Story::of(what).then(next), "link", ExitCode::Invite)
        }
        Why::SignInFirst => {
            let story = Story::of("Sign in at your company first: open the e-mail's link in a browser.")
                .then("Then run this again and paste the address that you come back to.")
                .run(ACCEPT);
            (story, "sign-in-first", ExitCode::Invite)
        }
        Why::NoOrganisation => {
            let story = Story::of("This sign-in is not by a company: it would found a new organisation.")
                .then("Use the link from your administrator's e-mail.");
            (story, "no-organisation", ExitCode::Invite)
        }
        Why::AlreadyComplete => {
            let story = Story::of("This account is complete already.")
                .because("If that was not you, somebody else has it: tell security now.")
                .then("To see whether it opens with your password:")
                .run(VERIFY);
            (story, "already-complete", ExitCode::Invite)
        }
        Why::OtherAccount => (
            Story::of("This link is for another account or server than the one before.").then("Begin again with the right link."),
            "other-account",
            ExitCode::Invite,
        ),
        Why::OtherKind => {
            let story = Story::of("This link is for something else.")
                .then("An invite: firstkey accept. A forgotten password: firstkey recover.");
            (story, "other-kind", ExitCode::Invite)
        }
        Why::Era(era) => self::era(era, host),
        Why::Refused(refused) => self::refused(refused, host),
        Why::Says(call, says) => self::says(*call, says, host),
        Why::Unreachable(silence) => {
            let story = silent(host, *silence);
            let again = if reach >= Reach::Stored { VERIFY } else { "" };
            let story = if again.is_empty() { story.then("Run the same command again later.") } else { story.then("Later, check with:").run(again) };
            (story, "unreachable", ExitCode::TryLater)
        }
        Why::Lost(Call::VerifyInvite | Call::VerifyReset, silence) => {
            let story = silent(host, *silence)
                .because("The code may be used up by that.")
                .then("Run the same command again. If the code is gone, ask for a new e-mail.");
            (story, "answer-lost", ExitCode::TryLater)
        }
        Why::Lost(_, silence) => {
            let story = silent(host, *silence)
                .because("It is not sent again blindly. If it is stored, your password opens it.")
                .then("Keep your password and your kit. Later, look with:")
                .run(VERIFY);
            (story, "answer-lost", ExitCode::TryLater)
        }
        Why::SomebodyElse => {
            let story = Story::of("The keys that are stored for this account are NOT the ones made here.")
                .because("Somebody else completed it, at the same time or before, or the server lies.")
                .because("Your password and kit of just now open nothing; destroy the kit.")
                .then("Do not use the account. Tell security and your administrator now.");
            (story, "somebody-else", ExitCode::Refused)
        }
        Why::NotOpened => {
            let story = Story::of("The account was not opened.")
                .because("The password, digits or secret typed were not the right ones.")
                .then("Run the same command again. A forgotten password: firstkey recover.");
            (story, "not-opened", ExitCode::NotOpened)
        }
        Why::NothingKnown => {
            let story = Story::of("No such account is known on this computer.")
                .then("Name it with --server URL and --account NAME.");
            (story, "nothing-known", ExitCode::Usage)
        }
        Why::Local(trouble) => {
            let (story, code) = local::trouble(trouble);
            (story, code, ExitCode::Local)
        }
    }
}

fn silent(host: &str, why: NoAnswer) -> Story {
    Story::of(match why {
        NoAnswer::NoSuchHost => format!("There is no server called {host}, or no network."),
        NoAnswer::NoConnection => format!("{host} cannot be reached."),
        NoAnswer::Certificate => format!("{host} did not prove its name with a good certificate."),
        NoAnswer::CertificateDates => {
            format!("The certificate of {host} is not valid on this computer's date. Is its clock right?")
        }
        NoAnswer::Broken => format!("The connection to {host} broke."),
        NoAnswer::TimedOut => format!("{host} did not answer in time."),
        NoAnswer::Busy => format!("{host} cannot answer now."),
    })
}

fn era(era: &NotThisEra, host: &str) -> (Story, &'static str, ExitCode) {
    const CANNOT: &str = "Nobody's keys can be their own there. This program sends it nothing.";
    let ask = |story: Story| story.then("Ask your administrator for a server that never sees passwords.");
    match era {
        NotThisEra::WantsPassword => {
            let story = Story::of(format!("{host} wants your password itself. It does not get it."))
                .because("A server of its kind keeps a hash of the password and your private key,")
                .because("so it could decrypt everything that you can.");
            (ask(story.because(CANNOT)), "wants-password", ExitCode::Refused)
        }
        NotThisEra::NoSuchRoute => {
            let story = Story::of(format!("{host} has no way to complete an account with keys of your own."))
                .because("Newer servers of its kind take your password and keep your private key.");
            (ask(story.because(CANNOT)), "no-such-route", ExitCode::Refused)
        }
        NotThisEra::OtherMembers => {
            let story = Story::of(format!("{host} asks for other data than servers that never see passwords do."))
                .because("What it would do with your password is not known.");
            (ask(story.because(CANNOT)), "other-members", ExitCode::Refused)
        }
        NotThisEra::Redirect => {
            let story = Story::of(format!("{host} sends this program elsewhere. It does not go there."))
                .then("Ask your administrator for a link with the right address.");
            (story, "redirect", ExitCode::Refused)
        }
        NotThisEra::NoSuchServer => {
            let story = Story::of(format!("{host} does not answer as a server of this kind does."))
                .because("It may be a web page, a gateway, or something in between.")
                .then("Check the address with your administrator.");
            (story, "no-such-server", ExitCode::Refused)
        }
        NotThisEra::Later(after) => {
            let story = Story::of(format!("{host} cannot answer now: too many requests, or maintenance."));
            let when = after.map_or("in a few minutes".to_owned(), |seconds| format!("in {seconds} seconds"));
            (story.then(format!("Run the same command again {when}.")), "later", ExitCode::TryLater)
        }
    }
}

fn refused(refused: &Refused, host: &str) -> (Story, &'static str, ExitCode) {
    let danger = |story: Story, code| (story.then("Do not use the account. Tell security and your administrator now."), code, ExitCode::Refused);
    match refused {
        Refused::Nonsense(Nonsense::Redirect) => {
            let story = Story::of(format!("{host} sends this program elsewhere. It does not go there."));
            (story.then(ADMIN), "redirect", ExitCode::Refused)
        }
        Refused::Nonsense(Nonsense::Malformed(what)) => {
            let story = Story::of(format!("{host} sent a \"{what}\" that is not as it must be."))
                .because("Old or weak forms of it are not accepted.");
            (story.then(ADMIN), "malformed", ExitCode::Refused)
        }
        Refused::Nonsense(Nonsense::Encoded | Nonsense::TooLarge | Nonsense::NotJson) => {
            let story = Story::of(format!("{host} answered something that this program cannot read."));
            (story.then("Run the same command again; if it stays so, tell your administrator."), "nonsense", ExitCode::Server)
        }
        Refused::Differs(what) => {
            danger(Story::of(format!("What {host} returns as your {what} is not what it was sent.")), "differs")
        }
        Refused::Keys => danger(Story::of(format!("The keys that {host} returned do not open or do not belong together.")), "keys"),
        Refused::OtherSalt => danger(Story::of(format!("{host} names another salt than your account has.")), "other-salt"),
        Refused::OtherKey => {
            danger(Story::of("The account's public key is not the one that was made for it."), "other-key")
        }
        Refused::OtherVault => {
            let story = Story::of("The stored keys are other or older ones than were stored from this computer.")
                .because("If you changed your password elsewhere, that is why: remove this computer's")
                .because("record of the account and verify again. If not, tell security now.");
            (story, "other-vault", ExitCode::Refused)
        }
        Refused::ShowsVerifier => danger(
            Story::of(format!("{host} hands out what guesses at your password are tested with.")),
            "shows-verifier",
        ),
        Refused::Forgotten => {
            danger(Story::of(format!("{host} wants new keys for an account that was completed here.")), "forgotten")
        }
    }
}

fn says(call: Call, says: &Says, host: &str) -> (Story, &'static str, ExitCode) {
    let invite = |story: Story, code| (story.then("Ask your administrator for a new invite."), code, ExitCode::Invite);
    match says {
        Says::NoSuchUser => invite(Story::of(format!("{host} does not know this invite: no such person.")), "no-such-user"),
        Says::NoInvitation => {
            let story = Story::of(format!("{host} has no open invitation for this person any more."))
                .because("It was withdrawn, or answered already.");
            invite(story, "no-invitation")
        }
        Says::CodeGone => {
            let story = Story::of("The code of this link was used already, or replaced by a newer one.")
                .because("If it was not you, somebody else has your link: tell security now.");
            if call == Call::VerifyInvite {
                let story = story.then("Ask your administrator to withdraw the invite and send a new one.");
                (story, "code-gone", ExitCode::Invite)
            } else {
                (story.then("Run the command again for a new e-mail."), "code-gone", ExitCode::Invite)
            }
        }
        Says::CodeWrong => {
            let story = Story::of(format!("{host} refuses the code of this link."))
                .because("Perhaps there is a newer e-mail: only its code counts.");
            (story.then("Look for the newest e-mail, and paste its link."), "code-wrong", ExitCode::Invite)
        }
        Says::CodeExpired => invite(Story::of("The code of this link is too old."), "code-expired"),
        Says::CompletedOrUnknown => {
            let story = Story::of(format!("{host} says that this account is complete already, or not there."))
                .because("If you did that, nothing is lost. If not, somebody else did: tell security.")
                .then("To see whether it opens with your password:")
                .run(VERIFY);
            (story, "completed-or-unknown", ExitCode::Invite)
        }
        Says::TwoInvitations => {
            let story = Story::of("Your organisation invited this address twice; the server stumbles over it.")
                .then("Ask your administrator to remove one of the two.");
            (story, "two-invitations", ExitCode::Invite)
        }
        Says::TokenExpired => {
            let story = Story::of("The 15 minutes that the server gives for this are over.")
                .then("Sign in or open the link again, then run the same command again.");
            (story, "token-expired", ExitCode::TryLater)
        }
        Says::TokenRefused => invite(Story::of(format!("{host} does not accept this link for this account.")), "token-refused"),
        Says::SignUpDisabled => {
            let story = Story::of(format!("{host} is set to take no new accounts, not even invited ones."))
                .then("Ask its administrator to allow sign-up, then run the same command again.");
            (story, "sign-up-disabled", ExitCode::Invite)
        }
        Says::WrongProof => {
            let story = Story::of("The password does not open this account.").then("Run the same command again.");
            (story, "wrong-proof", ExitCode::NotOpened)
        }
        Says::NoAccount => {
            let story = Story::of(format!("{host} has no complete account of that name. Capital letters count."))
                .then("Finish the invite first, or name the account as the server knows it.");
            (story, "no-account", ExitCode::Invite)
        }
        Says::SignInFirst => {
            let story = Story::of("This account signs in at your company first.")
                .then("Sign in in a browser, run this again and paste the address you come back to.");
            (story, "sign-in-first", ExitCode::Invite)
        }
        Says::Puzzle => {
            let story = Story::of(format!("After too many failures {host} wants a puzzle solved in a browser."))
                .then("Sign in there once, or wait, then run the same command again.");
            (story, "puzzle", ExitCode::TryLater)
        }
        Says::Locked => {
            let story = Story::of(format!("{host} has locked the account after too many failures."))
                .then("Look for its e-mail, or wait an hour, then run the same command again.");
            (story, "locked", ExitCode::TryLater)
        }
        Says::NoKit => {
            let story = Story::of(format!("{host} has no emergency kit of this account."))
                .because("A kit in a file has a copy of the key: name it with --kit-file PATH.")
                .then("Without one: ask your administrator for a new account.");
            (story, "no-kit", ExitCode::Invite)
        }
        Says::NotAMember => {
            let story = Story::of("The account is in no organisation, and without one the server changes nothing.")
                .then("Ask your administrator to invite you again.");
            (story, "not-a-member", ExitCode::Invite)
        }
        Says::Form(names) if names.iter().any(|name| name.as_str().eq_ignore_ascii_case("password")) => {
            era(&NotThisEra::WantsPassword, host)
        }
        Says::Form(names) => {
            let names: Vec<_> = names.iter().map(firstkey_core::wire::text::Printable::as_str).take(5).collect();
            let story = Story::of(format!("{host} does not like the form of what it was sent."))
                .because(format!("It names: {}", names.join(", ")));
            (story.then(ADMIN), "form", ExitCode::Server)
        }
        Says::TooMany(_) | Says::Away => era(&NotThisEra::Later(None), host),
        Says::Other { status, message } => {
            let story = Story::of(format!("{host} reported an error that this program does not know."))
                .because(format!("It says: {message} (status {status})"));
            (story.then("Tell your administrator, or run the same command again later."), "server-error", ExitCode::Server)
        }
    }
}
