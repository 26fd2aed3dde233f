//! Mail that came back: what a delivery report says (RFC 3464), read from a whole mail.
//!
//! Promise: anybody can write such a mail, so all that is taken from it is which letter it names
//! and a status of digits; what comes of it is a mark beside the letter, nothing else. Must never:
//! keep a word of the mail.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// Most recipients and names that one report is read for.
const MOST: usize = 16;

/// What a mail reports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// These did not get it and will not.
    Failed(Failed),
    /// Nothing final: it is late, or it was delivered or passed on.
    Pending,
    /// It is no delivery report.
    None,
}

/// Which letter failed for whom.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Message-IDs that the letter may have, with their brackets.
    pub(crate) message_ids: Vec<String>,
    /// The addresses that failed.
    pub(crate) recipients: Vec<String>,
    /// The status of the first of them, such as `5.1.1`.
    pub(crate) status: Option<String>,
}

/// Reads a mail.
pub(crate) fn read(mail: &[u8]) -> Report {
    let Some(message) = MessageParser::default().parse(mail) else { return Report::None };
    let Some(report) = message.parts.iter().find(|part| is(*part, "message", "delivery-status")) else {
        return Report::None;
    };
    let fields = match &report.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()).into_owned(),
        PartType::Multipart(_) => return Report::None,
    };
    let mut failed = Failed::default();
    let mut anybody = false;
    for group in groups(&fields) {
        let Some(action) = field(&group, "action") else { continue };
        anybody = true;
        if !action.eq_ignore_ascii_case("failed") || failed.recipients.len() >= MOST {
            continue;
        }
        for name in ["original-recipient", "final-recipient"] {
            // "rfc822; ada@example.org"
            let address =
                field(&group, name).and_then(|value| value.split_once(';')).map(|(_, address)| address.trim());
            failed.recipients.extend(address.map(|address| address.trim_matches(['<', '>']).to_owned()));
        }
        failed.status = failed.status.or_else(|| field(&group, "status").and_then(status));
    }
    match (anybody, failed.recipients.is_empty()) {
        (false, _) => Report::None,
        (true, true) => Report::Pending,
        (true, false) => {
            failed.message_ids = names(&message);
            Report::Failed(failed)
        }
    }
}

/// The Message-IDs that the report names: of the mail that it returns, whole or its headers.
fn names(report: &Message<'_>) -> Vec<String> {
    let returned = report.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        PartType::Text(headers) if is(part, "text", "rfc822-headers") => {
            let parsed = MessageParser::default().parse(headers.as_bytes());
            parsed.and_then(|inner| inner.message_id().map(str::to_owned))
        }
        PartType::Binary(headers) | PartType::InlineBinary(headers) if is(part, "text", "rfc822-headers") => {
            let parsed = MessageParser::default().parse(headers.as_ref());
            parsed.and_then(|inner| inner.message_id().map(str::to_owned))
        }
        _ => None,
    });
    returned.map(|name| format!("<{}>", name.trim_matches(['<', '>']))).take(MOST).collect()
}

fn is<'x>(part: &impl MimeHeaders<'x>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|found| {
        found.c_type.eq_ignore_ascii_case(kind)
            && found.c_subtype.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
    })
}

/// The groups of fields, divided by empty lines, each field on one line.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        let group = groups.last_mut().expect("invariant: it starts with one and only grows");
        if line.trim().is_empty() {
            groups.push(Vec::new());
        } else if line.starts_with([' ', '\t'])
            && let Some((_, value)) = group.last_mut()
        {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

fn field<'a>(group: &'a [(String, String)], name: &str) -> Option<&'a str> {
    group.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// `5.1.1` and no more, whatever stands behind it.
fn status(value: &str) -> Option<String> {
    let word = value.split_whitespace().next()?;
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (word.split('.').count() == 3 && word.split('.').all(digits)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Failed, Report, read};

    fn report(fields: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mail.example.org\r\nTo: firstkey@accounts.example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
             --b1\r\nContent-Type: message/delivery-status\r\n\r\n{fields}\r\n--b1\r\n{returned}\r\n--b1--\r\n"
        )
    }

    const FAILED: &str = "Reporting-MTA: dns; mail.example.org\r\n\r\nOriginal-Recipient: rfc822;ada@example.org\r\nFinal-Recipient: rfc822; a.l@example.net\r\n\
                          Action: failed\r\nStatus: 5.1.1 (no such\r\n  user)\r\nDiagnostic-Code: smtp; 550 no\r\n";
    const RETURNED: &str =
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <abc@accounts.example.org>\r\nSubject: x\r\n\r\nHello\r\n";

    #[test]
    fn a_failure_names_the_letter_the_addresses_and_the_status() {
        let want = Failed {
            message_ids: vec!["<abc@accounts.example.org>".into()],
            recipients: vec!["ada@example.org".into(), "a.l@example.net".into()],
            status: Some("5.1.1".into()),
        };
        assert_eq!(read(report(FAILED, RETURNED).as_bytes()), Report::Failed(want));
        let headers =
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <abc@accounts.example.org>\r\n";
        match read(report(FAILED, headers).as_bytes()) {
            Report::Failed(failed) => assert_eq!(failed.message_ids, ["<abc@accounts.example.org>"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_late_or_delivered_is_no_failure() {
        for action in ["delayed", "delivered", "relayed", "expanded"] {
            let fields = FAILED.replace("failed", action);
            assert_eq!(read(report(&fields, RETURNED).as_bytes()), Report::Pending, "{action}");
        }
    }

    #[test]
    fn other_mail_is_no_report() {
        for mail in ["", "hello", "Subject: out of office\r\n\r\nI am away until Monday.\r\n", "\u{0}\u{0}\r\n\r\n"] {
            assert_eq!(read(mail.as_bytes()), Report::None);
        }
        assert_eq!(read(report("", RETURNED).as_bytes()), Report::None);
        assert_eq!(read(report("Action", RETURNED).as_bytes()), Report::None);
    }

    #[test]
    fn a_status_is_digits_or_nothing() {
        let fields = FAILED.replace("5.1.1", "<b>5.1.1</b>");
        match read(report(&fields, RETURNED).as_bytes()) {
            Report::Failed(failed) => assert_eq!(failed.status, None),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm() {
        let whole = report(FAILED, RETURNED).into_bytes();
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
        }
        for place in 0..whole.len() {
            let mut bent = whole.clone();
            bent[place] ^= 0x5a;
            let _ = read(&bent);
        }
    }
}
