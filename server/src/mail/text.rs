//! Every sentence that is sent by mail.
//!
//! The two things that a person needs stand alone on their lines: the command, then the link,
//! unwrapped.

use super::invitation::{self, Invitation};
use super::news;
use super::whom::Whom;
use crate::calendar::for_people;
use crate::install::Install;
use crate::names::shown;
use crate::origin::Origin;
use crate::store::{Bundle, Letter, Letters};
use crate::token::Token;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, OrgId, RealmId};
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::realm_key::RealmKey;
use firstkey_core::crypto::recovery::KitNumber;

/// Width of prose.
const WIDTH: usize = 76;

/// A letter in words; both forms of it are made from the same pieces.
pub(super) struct Text {
    pub(super) sender: String,
    pub(super) subject: String,
    pub(super) pieces: Vec<Piece>,
}

/// One paragraph.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Prose, broken where it is too wide.
    Prose(String),
    /// What stands alone and is taken as it is: a command, a fingerprint.
    Alone(String),
    /// A link, alone, whole, and shown as what it is.
    Link(String),
    /// What the following is.
    Head(String),
    /// Names and values, one below the other.
    Facts(Vec<(String, String)>),
}

impl Text {
    /// As plain text.
    pub(super) fn plain(&self) -> String {
        let paragraph = |piece: &Piece| match piece {
            Piece::Prose(text) => wrap(text, WIDTH),
            Piece::Head(text) => format!("{}\n", text.to_uppercase()),
            Piece::Facts(facts) => table(facts),
            Piece::Alone(text) | Piece::Link(text) => format!("{text}\n"),
        };
        self.pieces.iter().map(paragraph).collect::<Vec<_>>().join("\n")
    }
}

/// Puts a letter into words; `token` goes into an invitation's link and nowhere else.
pub(super) fn write(letter: &Letter, token: &Token, server: &Deployment<'_>) -> Text {
    use Piece::{Alone, Prose};
    let org = shown(&letter.org_name);
    let ask = letter.contact.as_deref().map_or_else(
        || format!("Questions? Ask the administrator at {org}."),
        |contact| format!("Questions? Ask {contact}."),
    );
    let fingerprint = |bundle: &Bundle| Alone(fingerprint(bundle, server.realm, letter.account_id).to_string());
    let account = AccountId::heard(letter.account_id).to_string();
    let whom = Whom {
        org: &org,
        name: letter.display_name.as_deref(),
        user_name: letter.user_name.as_deref(),
        email: letter.email.as_deref(),
        account: &account,
        server: server.flags,
    };
    let (subject, pieces) = match &letter.what {
        Letters::Invite { invite_id, expires_at, reset: Some(reset), .. } => {
            let (link, until) = (server.link(invite_id, token), for_people(*expires_at));
            super::reset::offer(&org, *reset, link, &until, letter.contact.as_deref())
        }
        Letters::Invite { invite_id, mode, expires_at, reset: None, is_reminder } => {
            // What is stored was read when it was set.
            let said = &letter.install;
            let install = Install::read(said.url.as_deref(), said.text.as_deref(), said.sums.as_deref());
            invitation::write(Invitation {
                org: &org,
                name: letter.display_name.as_deref(),
                to: &letter.to,
                mode: *mode,
                is_reminder: *is_reminder,
                link: server.link(invite_id, token),
                host: server.origin.as_str().rsplit_once("://").map_or("", |(_, host)| host),
                contact: letter.contact.as_deref(),
                install: &install.unwrap_or_default(),
                expires_at: *expires_at,
                now: server.now,
            })
        }
        Letters::Completed(bundle, at) => (
            format!("Your account at {org} is complete"),
            vec![
                Prose(format!("Your account was finished on {}.", for_people(*at))),
                Prose("The fingerprint of its key:".to_owned()),
                fingerprint(bundle),
                Prose(
                    "Your terminal showed the same one. If it differs, or if this was not you, tell your administrator at once: somebody else may have finished the account."
                        .to_owned(),
                ),
                Prose(ask),
            ],
        ),
        Letters::CompletedForAdministrator(bundle, at, earlier) => {
            let mut pieces = vec![
                Prose(format!("This account was finished on {}.", for_people(*at))),
                whom.facts(),
                Prose("The fingerprint of its key:".to_owned()),
                fingerprint(bundle),
            ];
            pieces.extend(whom.confirm());
            if let Some(earlier) = earlier {
                pieces.push(Prose(
                    "An earlier account with this address was removed. It had a different key: this account cannot open what was shared with the earlier one. The earlier fingerprint was:"
                        .to_owned(),
                ));
                pieces.push(Alone(earlier.clone()));
            }
            (format!("An account at {org} is complete"), pieces)
        }
        Letters::BrakeTripped { org_id, since, suspended, deleted, until } => {
            super::brake::tripped(&org, OrgId::heard(*org_id), *since, [*suspended, *deleted], *until, server.flags)
        }
        Letters::News(news, bundle, at) => {
            let fingerprint = self::fingerprint(bundle, server.realm, letter.account_id).to_string();
            let kit = KitNumber::of(&bundle.recovery_public).to_string();
            news::write(*news, *at, news::Subject { org: &org, whom, fingerprint, kit, ask })
        }
    };
    Text { sender: org, subject, pieces }
}

/// Facts in two columns; what is long goes on below itself.
fn table(facts: &[(String, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 2;
    let row = |(name, value): &(String, String)| {
        let value = wrap(value, WIDTH.saturating_sub(width));
        let lines = value.lines().enumerate().map(|(at, line)| match at {
            0 => format!("{name:width$}{line}\n"),
            _ => format!("{:width$}{line}\n", ""),
        });
        lines.collect::<String>()
    };
    facts.iter().map(row).collect()
}

/// Breaks prose at so many characters; what has no blanks in it stays whole.
pub(super) fn wrap(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            let width = word.chars().count();
            if length > 0 && length + 1 + width > columns {
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

/// What a letter says of the server that sends it.
pub(super) struct Deployment<'a> {
    pub(super) realm: RealmId,
    pub(super) origin: &'a Origin,
    /// When the letter is written, in seconds.
    pub(super) now: i64,
    /// Signs the answers to who comes by the link.
    pub(super) key: RealmKey,
    /// The flags with which a command finds it: with a blank before them, or empty.
    pub(super) flags: &'a str,
}

impl Deployment<'_> {
    /// `<origin>/i#fkinv2.<invite_id>.<token>.<binding>` (protocol section 8).
    fn link(&self, invite_id: &[u8; 16], token: &Token) -> String {
        let [invite, binding] =
            [invite_id, self.key.binding().as_bytes()].map(|bytes| Base64UrlUnpadded::encode_string(bytes));
        format!("{}/i#fkinv2.{invite}.{}.{binding}", self.origin, token.reveal().as_str())
    }
}

fn fingerprint(bundle: &Bundle, realm: RealmId, account: [u8; 16]) -> Fingerprint {
    bundle.identity().fingerprint(&AccountContext { realm, account: AccountId::heard(account) })
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, wrap};

    #[test]
    fn prose_is_wrapped_and_links_are_not() {
        let link = format!("https://accounts.example.org/i#{}", "x".repeat(80));
        let text = format!("Hello,\n\n{}\n\n{link}\n\nBye.\n", "word ".repeat(40).trim_end());
        let wrapped = wrap(&text, WIDTH);
        assert!(wrapped.lines().any(|line| line == link));
        assert!(wrapped.lines().all(|line| line.len() <= 76 || line == link));
        assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        assert_eq!(wrapped.matches("\n\n").count(), 3);
    }
}
