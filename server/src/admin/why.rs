//! Why a person waits, in sentences: the reason, and what to do about it.

/// The sentences for a reason of `docs/LIFECYCLE.md`.
pub(crate) fn why(reason: &str) -> &'static str {
    match reason {
        "no-address" => {
            "The organisation names no e-mail address. Set one at the identity provider: the invitation then goes out by itself."
        }
        "address-not-deliverable" => {
            "No mail can be sent to the address that the organisation names. Correct it at the identity provider: the invitation then goes out by itself."
        }
        "address-held" => {
            "Another active person of the organisation has the address. Give one of the two another one at the identity provider, or deactivate whoever left."
        }
        "not-active" => "The organisation has not activated the person yet. The invitation goes out when it does.",
        "not-released" => {
            "The organisation holds invitations back. `invite release` sends this person's letter, and with --all everybody's."
        }
        "taken-back" => "An administrator withdrew the invitation. `invite resend` sends a new one.",
        "invitation-expired" => "Nobody used the invitation in time. `invite resend` sends a new one.",
        "invitation-locked" => {
            "Somebody tried 10 wrong tokens. Ask the person whether the link was cut off, then run `invite resend`."
        }
        "mail-refused" => {
            "A mail server refused the letter, or it came back: `mail list` says why. Correct the address at the identity provider, or repair the mail and run `invite resend`."
        }
        "letters-limited" => {
            "The organisation has invited this address 5 times in an hour. The next letter goes out by itself."
        }
        _ => "There is no invitation, which is a bug. Run `invite resend`, and report it.",
    }
}

#[cfg(test)]
mod tests {
    use super::why;
    use crate::life::Reason;

    #[test]
    fn every_reason_has_sentences_of_its_own() {
        let seen = [
            "not-active",
            "not-released",
            "invitation-expired",
            "invitation-locked",
            "mail-refused",
            "letters-limited",
        ];
        let mut told: Vec<&str> = Reason::ALL.map(Reason::as_str).into_iter().chain(seen).map(why).collect();
        told.push(why("no-invitation"));
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), count);
    }
}
