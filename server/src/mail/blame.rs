//! Whom a mail server's "no" is about: this letter's recipient, or us.
//!
//! Promise: a letter is given up only where the answer names its recipient. What it says of the
//! sender, the login, the relay's limits or our reputation, and what says nothing that is known
//! here, is never held against one letter: it says the same to everybody who is provisioned that
//! day, and is mended in one place. Pure. Must never: take a refusal of us for one of the letter;
//! where the two cannot be told apart it waits, which costs some answers and loses nobody.
//!
//! The codes are those of RFC 3463 as the IANA registry lists them; the words are those of Postfix,
//! Exim, sendmail, Exchange Online, Gmail and others.

/// Whether a refusal is about the recipient alone; `text` is what the mail server said, `from` our
/// own address, which an answer about us may repeat.
pub(super) fn is_about_the_recipient(text: &str, from: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let names_us = text.contains(&from.to_ascii_lowercase()) || has(&text, OURS);
    let named = matches!(enhanced(&text), Some((1, 1..=4 | 6 | 10) | (2, 2))) || has(&text, THEIRS);
    named && !names_us
}

/// What is said of a sender, a relay or a limit, whatever else is said.
const OURS: &[&str] = &[
    "sender address",
    "sender verify",
    "verification failed for",
    "sending",
    "sender identity",
    "send as",
    "helo",
    "relaying",
    "relay access",
    "authenticate",
    "reputation",
];

/// What is said of a mailbox that is not there, or does not take letters.
const THEIRS: &[&str] = &[
    "user unknown",
    "unknown user",
    "addressee unknown",
    "recipient unknown",
    "unknown recipient",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no mailbox here",
    "user does not exist",
    "account does not exist",
    "mailbox does not exist",
    "recipient does not exist",
    "account that you tried to reach",
    "user not found",
    "recipient not found",
    "recipientnotfound",
    "mailbox not found",
    "invalid recipient",
    "invalid mailbox",
    "recipient address rejected",
    "mailbox unavailable",
    "mailbox disabled",
    "mailbox full",
    "mailbox is full",
    "mailbox for user is full",
    "over its storage quota",
    "over quota",
    "not a known user",
];

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Subject and detail of the first `5.SUBJECT.DETAIL`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let mut parts = word.trim_end_matches('.').split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |part: &str| part.parse().ok().filter(|_| part.len() <= 3);
        (class == "5" && parts.next().is_none()).then_some((number(subject)?, number(detail)?))
    })
}

#[cfg(test)]
mod tests {
    use super::is_about_the_recipient;

    const FROM: &str = "invites@example.org";

    #[test]
    fn what_is_said_of_us_or_of_nobody_that_is_known_gives_no_letter_up() {
        for answer in [
            "5.2.252 SendAsDenied; a@example.org not allowed to send as b@example.org",
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
            "5.7.1 <ada@example.org>: Relay access denied",
            "5.4.5 Daily user sending quota exceeded.",
            "5.1.8 Access denied, bad outbound sender",
            "5.1.0 <invites@example.org>: Sender address rejected: User unknown in local recipient table",
            "5.1.1 <invites@example.org>: User unknown",
            "Sender verify failed",
            "Verification failed for <x@example.org>: no such user",
            "Domain example.org has exceeded the max emails per hour (100/100) allowed",
            "5.3.4 message size exceeds the fixed limit of this system",
            "Authentication required",
            "relaying prohibited; client host not listed",
            "Message rejected: Email address is not verified",
            "5.2.1 The sending user account is disabled",
            "SC-001 Unfortunately, messages from 192.0.2.1 were on our block list (S3140)",
            "blocked, see the list",
            "5.5.0 <host>: Helo command rejected",
            "5.7.26 unauthenticated mail is prohibited",
            "rejected",
            "user 5.7 at 10.5.1.1",
            "",
        ] {
            assert!(!is_about_the_recipient(answer, FROM), "{answer}");
        }
    }

    #[test]
    fn what_names_a_mailbox_that_takes_no_letters_gives_it_up() {
        for answer in [
            "5.1.1 no such user",
            "5.1.1 <ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
            "5.7.1 <ada@example.org>: Recipient address rejected: Access denied",
            "5.3.0 <ada@example.org>... User unknown",
            "5.1.10 RESOLVER.ADR.RecipientNotFound; recipient not found",
            "5.2.2 mailbox full, quota exceeded",
            "5.1.2 bad destination system address",
            "No such user here",
            "5.7.1 No such user!",
            "5.5.0 Requested action not taken: mailbox unavailable",
            "Recipient address rejected: User unknown in relay recipient table",
            "The mailbox of this corporate user is over its storage quota limit",
            "The email account that you tried to reach does not exist",
        ] {
            assert!(is_about_the_recipient(answer, FROM), "{answer}");
        }
    }
}
