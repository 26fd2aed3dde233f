//! Letters to administrators about no account: what ends, and what to do about it.
//!
//! Must never: hold a link or a secret.

use super::text::Piece::{Alone, Facts, Prose};
use super::text::{Deployment, Text};
use crate::calendar::for_people;
use crate::names::shown;
use crate::notice::Notice;
use crate::store::NoticeLetter;
use firstkey_core::crypto::context::OrgId;

/// People who are named in a list; more are counted.
const LISTED: usize = 100;

/// Puts a notice into words.
pub(super) fn write(letter: &NoticeLetter, server: &Deployment<'_>) -> Text {
    let host = server.origin.host();
    let org = letter.org_name.as_deref().map_or_else(|| host.to_owned(), shown);
    let id = letter.org.map(|org| OrgId::heard(org).to_string()).unwrap_or_default();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let (subject, pieces) = match &letter.notice {
        Notice::TokenEnds { token_id, label, ends_at, last_used_at, has_successor, days } => {
            let is_over = *days == 0;
            let mut facts = vec![fact("Organisation", org.clone()), fact("Server", host.to_owned())];
            facts.extend(label.as_deref().map(|label| fact("Token", shown(label))));
            facts.extend([
                fact("Token id", token_id.clone()),
                fact(if is_over { "Ended" } else { "Ends" }, for_people(*ends_at)),
                fact("Last used", last_used_at.map_or_else(|| "never".to_owned(), for_people)),
            ]);
            let what = match (is_over, has_successor) {
                (false, false) => {
                    "The token with which the identity provider reaches this server ends soon. From then on nothing that changes in the directory arrives: nobody new is invited, and whoever leaves keep access."
                }
                (true, false) => {
                    "The token with which the identity provider reaches this server has ended. Nothing that changes in the directory arrives any more: nobody new is invited, and whoever leaves keep access."
                }
                (false, true) => {
                    "This token was replaced, but the identity provider still uses it and not the new one. It ends soon; from then on nothing that changes in the directory arrives."
                }
                (true, true) => {
                    "This token was replaced and has ended, and the identity provider never used the new one. Nothing that changes in the directory arrives."
                }
            };
            let mut pieces = vec![Prose(what.to_owned()), Facts(facts)];
            pieces.extend(match (is_over, has_successor) {
                (_, true) => vec![
                    Prose("Give the identity provider the new token. If nobody has it any more, make another:".to_owned()),
                    Alone(format!("firstkey-server scim-token add --org {}{}", id, server.flags)),
                ],
                (false, false) => vec![
                    Prose("Make a new one, and give it to the identity provider. The old one goes on for a week:".to_owned()),
                    Alone(format!("firstkey-server scim-token rotate {token_id}{}", server.flags)),
                    Prose("If nothing uses the token any more, end it, and this is the last letter about it:".to_owned()),
                    Alone(format!("firstkey-server scim-token revoke {token_id}{}", server.flags)),
                ],
                (true, false) => vec![
                    Prose("Make a new one, and give it to the identity provider:".to_owned()),
                    Alone(format!("firstkey-server scim-token add --org {}{}", id, server.flags)),
                    Prose("Then start a full synchronisation at the identity provider: what changed meanwhile was not heard.".to_owned()),
                ],
            });
            (format!("The token of {org}'s identity provider {}", when(*days)), pieces)
        }
        Notice::CertificateEnds { ends_at, days } => {
            let is_over = *days == 0;
            let what = if is_over {
                "The TLS certificate of this server has ended. Clients and identity providers refuse the connection."
            } else {
                "The TLS certificate of this server ends soon. From then on clients and identity providers refuse the connection."
            };
            let pieces = vec![
                Prose(what.to_owned()),
                Facts(vec![
                    fact("Server", host.to_owned()),
                    fact(if is_over { "Ended" } else { "Ends" }, for_people(*ends_at)),
                ]),
                Prose("Renew it and put it in the place of the old one. The server takes it by itself; this tells whether it is right:".to_owned()),
                Alone(format!("firstkey-server check{}", server.flags)),
            ];
            (format!("The certificate of {host} {}", when(*days)), pieces)
        }
        Notice::Stragglers { .. } => stragglers(letter, &org, host, &id, server.flags),
    };
    Text { sender: org, subject, pieces }
}

/// Those who had every reminder; the first of them by name.
fn stragglers(
    letter: &NoticeLetter,
    org: &str,
    host: &str,
    id: &str,
    flags: &str,
) -> (String, Vec<super::text::Piece>) {
    let count = letter.people.len();
    let people = if count == 1 { "1 person has".to_owned() } else { format!("{count} people have") };
    let mut facts = vec![("Organisation".to_owned(), org.to_owned()), ("Server".to_owned(), host.to_owned())];
    let line =
        |(name, email): &(String, Option<String>)| (email.clone().unwrap_or_else(|| "-".to_owned()), shown(name));
    let listed = letter.people.iter().take(LISTED).map(line);
    let names: Vec<String> = listed.map(|(email, name)| format!("{email}  {name}")).collect();
    facts.push(("Not finished".to_owned(), count.to_string()));
    let mut pieces = vec![
        Prose(format!(
            "{people} had every reminder of their invitation and did not finish the account. They get no further letter by themselves."
        )),
        Facts(facts),
        Alone(names.join("\n")),
    ];
    if count > LISTED {
        pieces.push(Prose(format!("And {} more.", count - LISTED)));
    }
    pieces.extend([
        Prose("All of them, with what became of their letters:".to_owned()),
        Alone(format!("firstkey-server person list --unfinished --org {id}{flags}")),
        Prose("Ask them what is in the way. Somebody who lost the letter gets a new invitation with an address in the place of PERSON:".to_owned()),
        Alone(format!("firstkey-server invite resend PERSON --org {id}{flags}")),
    ]);
    (format!("{people} not finished the account at {org}"), pieces)
}

fn when(days: i64) -> String {
    match days {
        0 => "has ended".to_owned(),
        1 => "ends within a day".to_owned(),
        days => format!("ends within {days} days"),
    }
}
