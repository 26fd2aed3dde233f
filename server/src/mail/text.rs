//! Every sentence that is sent by mail.
//!
//! The two things that a person needs stand alone on their lines: the command, then the link, unwrapped.

use crate::calendar::for_people;
use crate::names::shown;
use crate::origin::Origin;
use crate::store::{Bundle, Letter, Letters, Mode};
use crate::token::Token;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey::crypto::identity::{Fingerprint, PublicIdentity};

/// Width of prose.
const WIDTH: usize = 76;

/// A letter in words.
pub(super) struct Text {
    pub(super) sender: String,
    pub(super) subject: String,
    pub(super) body: String,
}

/// Puts a letter into words; `token` goes into an invitation's link and nowhere else.
pub(super) fn write(letter: &Letter, token: &Token, realm: RealmId, origin: &Origin) -> Text {
    let org = shown(&letter.org_name);
    let ask = letter.contact.as_deref().map_or_else(
        || format!("Questions? Ask the administrator at {org}."),
        |contact| format!("Questions? Ask {contact}."),
    );
    let fingerprint = |bundle: &Bundle| fingerprint(bundle, realm, letter.account_id);
    let (subject, body) = match &letter.what {
        Letters::Invite { invite_id, mode, expires_at } => {
            let link = link(origin, invite_id, token);
            let greeting =
                letter.display_name.as_deref().map(shown).map_or("Hello,".to_owned(), |name| format!("Hello {name},"));
            let until = for_people(*expires_at);
            let (subject, what) = match mode {
                Mode::Enrol => (
                    format!("{org} invites you to finish your account"),
                    format!(
                        "{org} has made an account for you. To finish it you make your own keys, on your own machine; nobody else ever has them, not {org} either."
                    ),
                ),
                Mode::Join => (
                    format!("{org} invites you to join"),
                    format!(
                        "{org} invites you to join with the account that you have already. Your keys stay as they are."
                    ),
                ),
            };
            let body = format!(
                "{greeting}\n\n{what}\n\nIn a terminal, run\n\nfirstkey accept\n\nand when it asks, paste this link:\n\n{link}\n\n\
                 The link is for you alone and works until {until}. Opening it in a browser does no harm and does not use it up.\n\n\
                 {ask}\nDid not expect this? Ignore it; nothing follows.\n"
            );
            (subject, body)
        }
        Letters::Completed(bundle, at) => (
            format!("Your account at {org} is complete"),
            format!(
                "Your account was finished on {}.\n\nThe fingerprint of its key:\n\n{}\n\nIt must be the one that your terminal showed. \
                 If it is not, or if this was not you, say so at once: somebody else may have finished the account.\n\n{ask}\n",
                for_people(*at),
                fingerprint(bundle)
            ),
        ),
        Letters::CompletedForAdministrator(bundle, at) => (
            format!("An account at {org} is complete"),
            format!(
                "Account {} was finished on {}.\n\nThe fingerprint of its key:\n\n{}\n\n\
                 Compare it with the person, by telephone or face to face, before you give the account access to shared data.\n",
                AccountId(letter.account_id),
                for_people(*at),
                fingerprint(bundle)
            ),
        ),
    };
    Text { sender: org, subject, body: wrap(&body) }
}

/// Breaks prose at 76 characters; a line without blanks, such as a link, stays whole.
fn wrap(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            let width = word.chars().count();
            if length > 0 && length + 1 + width > WIDTH {
                out.push('\n');
                length = 0;
            } else if length > 0 {
                out.push(' ');
                length += 1;
            }
            out.push_str(word);
            length += width;
        }
        out.push('\n');
    }
    out
}

/// `<origin>/i#fkinv1.<invite_id>.<token>` (protocol section 8).
fn link(origin: &Origin, invite_id: &[u8; 16], token: &Token) -> String {
    format!("{origin}/i#fkinv1.{}.{}", Base64UrlUnpadded::encode_string(invite_id), token.reveal().as_str())
}

fn fingerprint(bundle: &Bundle, realm: RealmId, account: [u8; 16]) -> Fingerprint {
    PublicIdentity { key_gen: KeyGen(bundle.key_gen), ed25519: bundle.ed25519, x25519: bundle.x25519 }
        .fingerprint(&AccountContext { realm, account: AccountId(account) })
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn prose_is_wrapped_and_links_are_not() {
        let link = format!("https://accounts.example.org/i#{}", "x".repeat(80));
        let text = format!("Hello,\n\n{}\n\n{link}\n\nBye.\n", "word ".repeat(40).trim_end());
        let wrapped = wrap(&text);
        assert!(wrapped.lines().any(|line| line == link));
        assert!(wrapped.lines().all(|line| line.len() <= 76 || line == link));
        assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        assert_eq!(wrapped.matches("\n\n").count(), 3);
    }
}
