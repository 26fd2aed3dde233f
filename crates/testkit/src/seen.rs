//! Everything of other people's making that a person gets to see, and whether it is fit to be shown
//! (I9).

use firstkey_core::flow::stop::{AcceptReason, AcceptStop};
use firstkey_core::flow::{Introduction, Notice, Question};
use firstkey_core::wire::inbound::{Problem, ProblemName};
use firstkey_core::wire::refusal::Refusal;

/// The texts of a question.
pub fn in_question(question: &Question) -> Vec<String> {
    match question {
        Question::Invite { .. }
        | Question::InviteAgain
        | Question::Password { .. }
        | Question::Again { .. }
        | Question::KitProof { .. }
        | Question::NewPassword { .. }
        | Question::SecretKeyProof { .. }
        | Question::PasswordOnceMore { .. } => Vec::new(),
        Question::Unlock { email, .. }
        | Question::RecoveryCode { email, .. }
        | Question::SecretKey { email, .. }
        | Question::ReplaceSecretKey { email } => vec![email.clone()],
        Question::KeepSecretKey(sheet) => vec![sheet.origin.to_string(), sheet.email.clone()],
        Question::Host(origin) => vec![origin.to_string()],
        Question::Consent(introduction) => in_introduction(introduction),
        Question::Reset(about) => {
            let contact = about.contact.iter().map(ToString::to_string);
            let texts = [about.origin.to_string(), about.organisation.to_string(), about.email.clone()];
            texts.into_iter().chain(contact).collect()
        }
        Question::Join { about, members_of } => {
            in_introduction(about).into_iter().chain(members_of.iter().map(ToString::to_string)).collect()
        }
        Question::Kit(kit) => vec![
            kit.origin.to_string(),
            kit.email.clone(),
            kit.organisation.as_ref().map_or_else(String::new, ToString::to_string),
        ],
    }
}

fn in_introduction(introduction: &Introduction) -> Vec<String> {
    let Introduction { origin, organisation, email, display_name, contact, .. } = introduction;
    let mut texts = vec![origin.to_string(), organisation.to_string(), email.clone(), display_name.to_string()];
    texts.extend(contact.iter().map(ToString::to_string));
    texts
}

/// The texts of a notice.
pub fn in_notice(notice: &Notice) -> Vec<String> {
    match notice {
        Notice::Contacting(origin) | Notice::Retrying { origin, .. } => vec![origin.to_string()],
        Notice::Looking { origin, email } => vec![origin.to_string(), email.clone()],
        Notice::UnknownPolicy(members) => members.iter().map(ToString::to_string).collect(),
        Notice::Resuming { email, .. } => vec![email.clone()],
        Notice::PassedOver { email, why } => match why {
            ProblemName::Other(name) => vec![email.clone(), name.to_string()],
            _ => vec![email.clone()],
        },
        Notice::Plan
        | Notice::Unusable(_)
        | Notice::Weak { .. }
        | Notice::Strong(..)
        | Notice::TypingsDiffer { .. }
        | Notice::TypingsMatch
        | Notice::AsBefore
        | Notice::KeysMade(_)
        | Notice::KitProven
        | Notice::KitNotProven { .. }
        | Notice::Sending { .. }
        | Notice::Changing { .. }
        | Notice::Stored { .. }
        | Notice::ProvingPassword
        | Notice::Checking
        | Notice::Opened
        | Notice::ChangedSince { .. }
        | Notice::NoStatement
        | Notice::NoCode(_)
        | Notice::NoSecretKey(_)
        | Notice::SecretKeyNotProven { .. }
        | Notice::NotOpenedByBoth { .. }
        | Notice::CodeOpened
        | Notice::CodeOpenedNothing
        | Notice::NotOpened { .. } => Vec::new(),
    }
}

/// The texts of a stop.
pub fn in_stop(stop: &AcceptStop) -> Vec<String> {
    let mut texts: Vec<String> = stop.origin.iter().map(ToString::to_string).collect();
    match &stop.why {
        AcceptReason::NotTheInvited { invited, .. } => texts.push(invited.clone()),
        AcceptReason::Invite(problem) | AcceptReason::ServerProblem(problem) => texts.extend(in_problem(problem)),
        AcceptReason::Refused(Refusal::Problem(text) | Refusal::Unexpected { name: text, .. }) => {
            texts.push(text.to_string())
        }
        _ => {}
    }
    texts
}

fn in_problem(problem: &Problem) -> Vec<String> {
    let mut texts: Vec<String> = problem.contact.iter().map(ToString::to_string).collect();
    if let ProblemName::Other(name) = &problem.name {
        texts.push(name.to_string());
    }
    texts
}

/// The first character of `text` that could do more than be seen. A list of its own, not that of
/// `wire::text`.
pub fn unfit(text: &str) -> Option<char> {
    text.chars().find(|c| {
        c.is_control()
            || matches!(*c,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}'
                | '\u{e0000}'..='\u{10ffff}')
    })
}
