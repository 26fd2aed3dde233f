//! Whom a mail server's "no" is about: this letter's recipient, or us.
//!
//! Promise: what it says of the sender, the login, the relay's limits or our reputation is never
//! held against one letter: it says the same to everybody who is provisioned that day, and is
//! mended in one place. Where it names the recipient, nothing else in its text counts. Pure.
//! Must never: take a refusal for ours that waiting cannot mend, where the answer says so.
//!
//! The codes are those of RFC 3463 as the IANA registry lists them, and what Exchange Online and
//! Gmail write beside them.

/// Whether a refusal speaks of us; `code` is the reply's own, `text` what follows it.
pub(super) fn is_about_us(code: u16, text: &str) -> bool {
    match enhanced(text) {
        // The mailbox, its domain, or whether it takes mail from outside.
        Some((1, 0..=6 | 9 | 10) | (2, 0..=4) | (4, 1 | 4)) => false,
        // Bad sender; a quota, a loop or a limit of the relay; policy and security of every kind.
        Some((1, 7 | 8) | (2, 252) | (3 | 7, _) | (4, 5 | 6 | 14)) => true,
        _ => matches!(code, 530 | 534 | 535 | 538) || names_us(text),
    }
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

/// What servers without such codes say of their senders.
fn names_us(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let refuses = has(&["denied", "rejected", "not allowed", "not permitted", "unauthorized", "refused", "prohibited"]);
    has(&["sendasdenied", "authentication required", "blocklist", "blacklist", "spamhaus", "poor reputation"])
        || has(&["spf ", "dkim", "dmarc"])
        || (has(&["relay", "sender", "send as", "client host"]) && refuses)
        || (has(&["sending", "daily", "hourly", "rate"]) && has(&["quota", "limit"]))
}

#[cfg(test)]
mod tests {
    use super::is_about_us;

    #[test]
    fn what_is_said_of_the_sender_the_relay_or_a_limit_is_about_us() {
        for answer in [
            "554 5.2.252 SendAsDenied; a@example.org not allowed to send as b@example.org",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "554 5.7.1 <ada@example.org>: Relay access denied",
            "550 5.4.5 Daily user sending quota exceeded.",
            "550 5.1.8 Access denied, bad outbound sender",
            "553 5.1.7 the sender's address is not valid",
            "552 5.3.4 message size exceeds the fixed limit of this system",
            "554 5.4.14 Hop count exceeded - possible mail loop",
            "530 Authentication required",
            "535 bad credentials",
            "554 Relay access denied",
            "550 relaying prohibited; client host not listed",
            "550 sender address rejected: not owned by user",
            "550 Daily sending limit exceeded",
            "550 blocked, see Spamhaus",
            "550 permanent error (554): 5.7.26 unauthenticated mail is prohibited by DMARC",
        ] {
            let (code, text) = answer.split_once(' ').expect("a code");
            assert!(is_about_us(code.parse().expect("a number"), text), "{answer}");
        }
    }

    #[test]
    fn what_is_said_of_the_recipient_is_about_the_letter_whatever_else_is_said() {
        for answer in [
            "550 5.1.1 no such user",
            "550 5.1.1 unknown user; your sender reputation is not denied",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; recipient not found",
            "552 5.2.2 mailbox full, quota exceeded",
            "550 5.2.1 mailbox disabled",
            "550 5.4.1 Recipient address rejected: Access denied",
            "550 No such user here",
            "554 rejected",
            "550 5.5.0 mailbox unavailable at 10.7.1.1",
            "550 user 5.7 is unknown",
        ] {
            let (code, text) = answer.split_once(' ').expect("a code");
            assert!(!is_about_us(code.parse().expect("a number"), text), "{answer}");
        }
    }
}
