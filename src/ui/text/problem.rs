//! Problems that a server reports.

use super::{Story, login};
use crate::ui::date;
use firstkey_core::wire::inbound::{Problem, ProblemName};

/// The words for a problem with invite `invite` (its short name).
pub fn problem(problem: &Problem, host: &str, invite: Option<&str>) -> Story {
    let since = |word: &str| problem.at.map_or_else(String::new, |at| format!(" {word} {}", date::plain(at)));
    let dated = |story: Story| match problem.at {
        Some(at) => story.because(format!("That was on {}.", date::plain(at))),
        None => story,
    };
    let ask = |story: Story, what: &str| {
        let story = story.then(format!("Ask your administrator {what}:"));
        let name = invite.map_or_else(String::new, |invite| format!("(invite {invite})"));
        match &problem.contact {
            Some(contact) => story.then(format!("  {contact}   {name}").trim_end().to_owned()),
            None => story.then(format!("  the person who invited you   {name}").trim_end().to_owned()),
        }
    };
    match &problem.name {
        ProblemName::InviteUnknown => {
            let story = Story::of(format!("{host} does not know this invite."))
                .because("The link may be damaged, for another server, or replaced by a newer one.");
            ask(story, "for a new one")
        }
        ProblemName::InviteExpired => {
            let story = Story::of(format!("This invite expired{}.", since("on")));
            ask(story, "for a new one")
        }
        ProblemName::InviteUsed => {
            let story = Story::of(format!("This invite was already used{}.", since("on")))
                .because("If that was you, your account is complete; you no longer need the link.")
                .because("If it was not you, somebody else has your link: tell security now.");
            ask(story, "if you are not sure").then("To open your account on this computer, run").run(login::COMMAND)
        }
        ProblemName::InviteWithdrawn => {
            let story = Story::of(format!("This invite was withdrawn{}.", since("on")))
                .because("It was revoked, or replaced by a newer one. Look for a newer e-mail.");
            ask(story, "for a new one")
        }
        ProblemName::Suspended => {
            let story = Story::of(format!("Your organisation has suspended you on {host}."));
            let story = dated(story)
                .because("Nothing of yours was deleted or opened.")
                .because("Until that ends, you cannot set up or open your account.");
            ask(story, "why, and for how long")
        }
        ProblemName::Removed => {
            let story = Story::of(format!("Your organisation has removed you from {host}."));
            let story = dated(story)
                .because("This account cannot be used any more.")
                .because("If you are invited again, you get a new account.");
            ask(story, "if you did not expect this")
        }
        ProblemName::ClaimStale => {
            let story = Story::of("This invite was opened again in the meantime, perhaps on another computer.")
                .because("If that was you, continue there. If not, tell your administrator now.");
            story.then("To continue here, run this and paste the link again:").run("firstkey accept")
        }
        ProblemName::Conflict => odd(host, "says that it already has other data for this account."),
        ProblemName::ChangedMeanwhile => {
            let story = Story::of("This account was changed from somewhere else in the meantime.")
                .because("If that was you, the password and the kit of there are the ones to use.")
                .because("If it was not you, tell security now.");
            story.then("To see whether a password opens it, run").run("firstkey verify")
        }
        ProblemName::SessionEnded => {
            let story = Story::of(format!("{host} says that this log-in has ended."))
                .because("A log-in lasts ten minutes, and ends when the password is changed elsewhere.");
            story.then("Run the same command again.")
        }
        ProblemName::Invalid => odd(host, "rejected as invalid what it was sent."),
        ProblemName::RecoveryFailed => odd(host, "rejected a recovery code, but was not shown one."),
        ProblemName::LoginFailed => odd(host, "rejected a log-in, but there was none."),
        ProblemName::PersonUnknown => {
            let story = Story::of(format!("{host} shows you nobody with that address."))
                .because("It shows people who share an organisation with you and have finished")
                .because("their account. It does not say which of these is missing.");
            story.then("Check the spelling, or ask them whether their account is finished.")
        }
        ProblemName::TooMany => {
            Story::of(format!("{host} has seen too many attempts and asks you to wait.")).then(later(problem))
        }
        ProblemName::Unavailable => Story::of(format!("{host} cannot answer now.")).then(later(problem)),
        ProblemName::Other(name) => {
            let story = Story::of(format!("{host} reported a problem that this version does not know."));
            let story = story.because(format!("It is called: {name}"));
            story.then("Tell your administrator, or install the newest firstkey.")
        }
    }
}

/// How an invite has ended, in a few words.
pub(super) fn ended(name: &ProblemName) -> &'static str {
    match name {
        ProblemName::InviteExpired => "its invite expired",
        ProblemName::InviteUsed => "its invite was used",
        ProblemName::InviteWithdrawn => "its invite was withdrawn",
        ProblemName::Removed => "you were removed there",
        _ => "it was refused",
    }
}

fn odd(host: &str, what: &str) -> Story {
    Story::of(format!("{host} {what}"))
        .because("Either it is broken, or something changed your data on the way.")
        .then("Tell your administrator, then run the same command again.")
}

fn later(problem: &Problem) -> String {
    match problem.retry_after {
        Some(seconds) if seconds > 120 => format!("Run the same command again in {} minutes.", seconds.div_ceil(60)),
        Some(seconds) => format!("Run the same command again in {seconds} seconds."),
        None => "Run the same command again in a few minutes.".to_owned(),
    }
}
