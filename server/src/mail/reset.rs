//! The letters of a reset of keys. The first one has the link, because it is an invitation; it says first of all what must not be done by mistake.

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
            "The administrator of the account server of {org} started a reset of your keys on {when}. That is for when your password and your recovery kit are both lost."
        )),
        Prose(format!(
            "Did you not ask for it? Then do not use the link below. Somebody may want to take your place: call {whom} at once, by telephone or face to face."
        )),
        Prose("Do you still have your password or your recovery kit? Then do not use the link either. Log in once, with".to_owned()),
        Alone("firstkey verify".to_owned()),
        Prose("and the reset is called off by itself.".to_owned()),
        Prose(
            "A reset makes new keys for you. Whatever was encrypted to your old keys stays closed for good, for you and for everybody. Until you have finished, your account works as before."
                .to_owned(),
        ),
        Prose("To go on, run".to_owned()),
        Alone("firstkey accept".to_owned()),
        Prose("and when it asks, paste this link:".to_owned()),
        Link(link),
        Prose(format!("The link is for you alone and works until {until}.")),
        Prose(format!("Questions? Ask {whom}.")),
    ];
    (format!("{org} wants to reset your keys"), pieces)
}

/// What happened to a reset.
pub(super) fn news(news: News, at: i64, about: Subject<'_>) -> (String, Vec<Piece>) {
    let Subject { org, account, fingerprint, ask } = about;
    let when = for_people(at);
    match news {
        News::ResetStartedForAdministrator => (
            format!("A reset of keys was started at {org}"),
            vec![
                Prose(format!("A reset of the keys of account {account} was started on {when} on the account server.")),
                Prose("The account works as before until the person has finished. The fingerprint that is about to be replaced:".to_owned()),
                Alone(fingerprint),
                Prose("Did none of you start it? Then withdraw the invitation, and find out who was on the server: the audit log says which user.".to_owned()),
            ],
        ),
        News::ResetCalledOff => (
            "The reset of your keys was called off".to_owned(),
            vec![
                Prose(format!("On {when} somebody opened your account at {org} with its password or its recovery kit. So a reset is not needed, and the one that was open is void.")),
                Prose("Your keys stay as they were. If it was not you who opened the account, say so at once.".to_owned()),
                Prose(ask),
            ],
        ),
        News::ResetCalledOffForAdministrator => (
            format!("A reset of keys was called off at {org}"),
            vec![
                Prose(format!("Account {account} was opened on {when} with its password or its recovery kit. The reset that was open for it is void.")),
                Prose("If the person says that it was not them, suspend the account.".to_owned()),
            ],
        ),
        News::Reset => (
            "Your keys were reset".to_owned(),
            vec![
                Prose(format!("On {when} new keys were made for your account at {org}. The old password and the old kit open nothing any more, and whatever was encrypted to the old keys stays closed.")),
                Prose("The fingerprint of the new keys:".to_owned()),
                Alone(fingerprint),
                Prose("It must be the one that your terminal showed. If it is not, or if this was not you, say so at once: somebody else has taken your place.".to_owned()),
                Prose(ask),
            ],
        ),
        _ => (
            format!("The keys of an account at {org} were reset"),
            vec![
                Prose(format!("Account {account} got new keys on {when}, by a reset. The fingerprint is now:")),
                Alone(fingerprint),
                Prose("Compare it with the person, by telephone or face to face, before you give the account access to shared data. Whatever was shared with the old keys has to be shared again.".to_owned()),
            ],
        ),
    }
}
