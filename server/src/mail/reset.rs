//! The letters of a reset of keys. The first one has the link, because it is an invitation; it says
//! first of all what must not be done by mistake.

use super::news::Subject;
use super::text::Piece::{self, Alone, Link, Prose};
use crate::calendar::for_people;
use crate::store::{News, Reset};

/// To the person: what was started, what it costs, whom to call, and the link.
pub(super) fn offer(org: &str, reset: Reset, link: String, until: &str, contact: Option<&str>) -> (String, Vec<Piece>) {
    let whom = contact.map_or_else(|| format!("the administrator at {org}"), str::to_owned);
    let when = for_people(reset.started_at);
    let pieces = vec![
        Prose(format!(
            "The administrator of the account server of {org} started a reset of your keys on {when}. A reset is for people who have lost both their password and their recovery kit."
        )),
        Prose(format!(
            "If you did not ask for it, do not use the link below. Somebody may be trying to take your place. Contact {whom} at once, by telephone or in person."
        )),
        Prose("If you still have your password or your recovery kit, do not use the link either. Log in once, which cancels the reset:".to_owned()),
        Alone("firstkey verify".to_owned()),
        Prose(
            "A reset makes new keys for you. Everything that was encrypted to your old keys stays unreadable for good, for you and for everyone else. Until you finish, your account works as before."
                .to_owned(),
        ),
        Prose("To continue, run".to_owned()),
        Alone("firstkey accept".to_owned()),
        Prose("and when it asks, paste this link:".to_owned()),
        Link(link),
        Prose(format!("The link is only for you and works until {until}.")),
        Prose(format!("Questions? Ask {whom}.")),
    ];
    (format!("{org} wants to reset your keys"), pieces)
}

/// What happened to a reset.
pub(super) fn news(news: News, at: i64, about: Subject<'_>) -> (String, Vec<Piece>) {
    let Subject { org, whom, fingerprint, ask, .. } = about;
    let when = for_people(at);
    match news {
        News::ResetStartedForAdministrator => (
            format!("A reset of keys was started at {org}"),
            vec![
                Prose(format!("A reset of this person's keys was started on {when}, on the account server.")),
                whom.facts(),
                Prose("The account works as before until the person finishes. This fingerprint would be replaced:".to_owned()),
                Alone(fingerprint),
                Prose("If none of you started it, find out who was on the server: the audit log says which user it was. This withdraws the reset:".to_owned()),
                Alone(whom.command("invite withdraw")),
            ],
        ),
        News::ResetCalledOff => (
            "The reset of your keys was cancelled".to_owned(),
            vec![
                Prose(format!("On {when} your account at {org} was opened with its password or its recovery kit. So the reset is not needed, and was cancelled.")),
                Prose("Your keys stay the same. If it was not you who opened the account, tell your administrator at once.".to_owned()),
                Prose(ask),
            ],
        ),
        News::ResetCalledOffForAdministrator => (
            format!("A reset of keys was cancelled at {org}"),
            vec![
                Prose(format!("This account was opened on {when} with its password or its recovery kit. So its reset was cancelled.")),
                whom.facts(),
                Prose("If the person says that it was not them, suspend the account.".to_owned()),
            ],
        ),
        News::Reset => (
            "Your keys were reset".to_owned(),
            vec![
                Prose(format!("On {when} new keys were made for your account at {org}. The server no longer accepts the old password and the old kit. Data that was encrypted to the old keys stays unreadable. Only the old kit or password, with an old copy of the server's data, could still open it: destroy the old kit.")),
                Prose("The fingerprint of the new keys:".to_owned()),
                Alone(fingerprint),
                Prose("Your terminal showed the same one. If it differs, or if this was not you, tell your administrator at once: somebody else has taken your place.".to_owned()),
                Prose(ask),
            ],
        ),
        _ => {
            let mut pieces = vec![
                Prose(format!("A reset gave this person new keys on {when}.")),
                whom.facts(),
                Prose("The fingerprint is now:".to_owned()),
                Alone(fingerprint),
            ];
            pieces.extend(whom.confirm());
            pieces.push(Prose("Data that was shared with the old keys has to be shared again.".to_owned()));
            (format!("The keys of an account at {org} were reset"), pieces)
        }
    }
}
