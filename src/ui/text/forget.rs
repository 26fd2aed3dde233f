//! What is said before, and after, this computer forgets an account.

use super::{Lines, Story, local};
use firstkey_core::flow::forget::{ForgetReason, Plan, Whose};

/// The prompt; what has to be typed stands in the lines before it.
pub const AGREE: &str = "To remove it, type that (Enter alone stops): ";
/// After something else was typed.
pub const OTHERWISE: &str = "  That does not match.";

/// What will go, what that means, what has to be typed.
pub fn question(plan: &Plan, paths: &[String]) -> Lines {
    let mut lines = vec![match &plan.whose {
        Whose::One(origin, email) => format!("This computer remembers {email} at {}:", origin.place()),
        Whose::All => "This computer remembers:".to_owned(),
    }];
    lines.extend(paths.iter().map(|path| format!("  {path}")));
    lines.push("Without it, it cannot notice if a server shows different keys than yours.".to_owned());
    if !plan.unfinished.is_empty() {
        lines.extend(unfinished_means(&plan.unfinished));
    }
    lines.push("Your account on the server stays. Your recovery kit stays valid.".to_owned());
    lines.push(match &plan.whose {
        Whose::One(_, email) => format!("The address of the account: {email}"),
        Whose::All => "The word for everything: all".to_owned(),
    });
    lines
}

fn unfinished_means(emails: &[String]) -> Lines {
    vec![
        format!("For {}, an upload is saved that got no answer.", emails.join(", ")),
        "  If it arrived, the account is complete and opens with its password.".to_owned(),
        "  If not, the invite still works. Without the saved upload, this".to_owned(),
        "  computer cannot find out and cannot send it again.".to_owned(),
        "  Better finish it first: firstkey accept --resume".to_owned(),
    ]
}

/// What was removed, and what was not touched.
pub fn done(plan: &Plan, paths: &[String]) -> Lines {
    let mut lines = vec!["Removed from this computer:".to_owned()];
    lines.extend(paths.iter().map(|path| format!("  {path}")));
    let account = match &plan.whose {
        Whose::One(origin, email) => format!("  the account {email} at {}, which opens as before;", origin.place()),
        Whose::All => "  the accounts on their servers, which open as before;".to_owned(),
    };
    lines.extend([
        "Not touched:".to_owned(),
        account,
        "  your recovery kit, on paper or in a file (keep it);".to_owned(),
        "  what other computers remember, and their sessions.".to_owned(),
    ]);
    if plan.unreadable > 0 {
        lines.push(format!("{}; firstkey forget --all removes them.", stays(plan.unreadable)));
    }
    lines
}

fn stays(unreadable: usize) -> String {
    let files = if unreadable == 1 { "1 file" } else { return format!("{unreadable} files cannot be read and stay") };
    format!("{files} cannot be read and stays")
}

/// The words for a stop.
pub fn story(why: &ForgetReason) -> Story {
    let story = match why {
        ForgetReason::Cancelled => Story::of("Stopped."),
        ForgetReason::NotAgreed => {
            Story::of("Stopped: you did not agree.").then("To remove it after all, run the same command again.")
        }
        ForgetReason::Missing => Story::of("no consent given, and this run cannot ask")
            .then("consent with --yes-for EMAIL, or with --all --yes-for all"),
        ForgetReason::OtherWord { given, needed } => {
            Story::of(format!("--yes-for names {given}, but this would remove {needed}."))
                .then("Name the account with --account EMAIL, or correct --yes-for.")
        }
        ForgetReason::Unfinished(email) => {
            let story = Story::of("Stopped: this would remove an upload whose outcome is not known.");
            let story = unfinished_means(std::slice::from_ref(email)).into_iter().fold(story, Story::because);
            story.then("To remove it anyway, run").run("firstkey forget --unfinished")
        }
        ForgetReason::NothingKnown { unreadable } => {
            let story = Story::of("This computer does not remember such an account.");
            match unreadable {
                0 => story.then("firstkey status lists what it remembers. --state-dir names another folder."),
                some => story.then(format!("{}; firstkey forget --all removes them.", stays(*some))),
            }
        }
        ForgetReason::Several(accounts) => {
            let story = Story::of("This computer remembers several accounts:");
            let story = accounts.iter().fold(story, Story::because);
            story.then("Name one with --server URL --account EMAIL, or use --all.")
        }
        ForgetReason::NoSuchServer => {
            Story::of("--server is not the address of a server.").then("It looks like https://keys.example.org.")
        }
        ForgetReason::Local { trouble, removed } => {
            let story = local::trouble(trouble);
            if *removed > 0 {
                let changed = Some("Some files were removed. To remove the rest, run it again.".to_owned());
                return Story { changed, ..story };
            }
            story
        }
    };
    Story { changed: Some("Nothing was removed.".to_owned()), ..story }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::exit::every_stop;
    use firstkey_core::wire::origin::Origin;

    fn plan(whose: Whose) -> Plan {
        Plan { whose, goes: vec![0], unfinished: vec!["ada@example.org".to_owned()], unreadable: 2 }
    }

    #[test]
    fn every_stop_fits_and_says_whether_something_is_gone() {
        for (why, ..) in every_stop::forgets() {
            let story = story(&why);
            let text = story.for_people();
            assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
            let some = matches!(why, ForgetReason::Local { removed: 1, .. });
            assert_eq!(text.contains("Nothing was removed."), !some, "{text}");
        }
    }

    #[test]
    fn before_and_after_the_words_fit_and_name_every_path_and_what_stays() {
        let paths = ["/home/ada/.local/state/firstkey/last.audit".to_owned()];
        let origin = Origin::read("https://keys.example.org").expect("an origin");
        for whose in [Whose::All, Whose::One(origin, "ada@example.org".to_owned())] {
            let plan = plan(whose);
            for lines in [question(&plan, &paths), done(&plan, &paths)] {
                let text = lines.join("\n");
                assert!(lines.iter().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
                assert!(text.contains(&paths[0]) && text.contains("recovery kit"), "{text}");
            }
            assert!(question(&plan, &paths).join("\n").contains(plan.whose.word()));
            assert!(question(&plan, &paths).join("\n").contains("that got no answer"));
        }
    }
}
