//! People: listed, searched, shown, and their fingerprints confirmed.

use super::invites::InviteShown;
use super::uuid;
use crate::address;
use crate::realm::{Realm, RealmError, org_options};
use crate::store::{AccountRow, Bundle, Confirmed, MembershipRow, NamedPerson, PeopleQuery, Stored, WantedInvites};
use firstkey_core::crypto::context::{AccountContext, AccountId, OrgId};
use firstkey_core::crypto::identity::Fingerprint;
use serde::Serialize;
use uuid::Uuid;

/// Most organisations or invitations that are shown of one person.
const ALL: usize = 10_000;

/// A person in a list.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct PersonLine {
    pub account_id: String,
    pub email: Option<String>,
    /// `staged`, `invited`, `waiting`, `complete`, `suspended` or `removed`.
    pub state: String,
    /// Why the person waits, or was not invited yet.
    pub reason: Option<&'static str>,
    /// When the invitation ends, the letter that waits is sent, or who is held back is invited.
    pub until: Option<i64>,
    /// Since when.
    pub since: Option<i64>,
    pub org_id: Option<String>,
    pub organisation: Option<String>,
    pub user_id: Option<String>,
    pub user_name: Option<String>,
    pub display_name: Option<String>,
    pub active: Option<bool>,
    /// `scim` or `manual`.
    pub source: Option<&'static str>,
    pub created_at: i64,
    pub completed_at: Option<i64>,
    pub confirmed_at: Option<i64>,
    /// When the last invitation was issued.
    pub invited_at: Option<i64>,
    /// What became of the last letter of the open invitation: `waiting`, `refused`, `gave-up`,
    /// `bounced` or `sent`.
    pub letter: Option<&'static str>,
    /// How often it was opened with the right token, and when last.
    pub claims: Option<i64>,
    pub last_claim_at: Option<i64>,
    /// Reminders of it that were sent, and when the last was.
    pub reminders: Option<i64>,
    pub reminded_at: Option<i64>,
}

/// A person whole.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct PersonShown {
    pub account_id: String,
    pub email: Option<String>,
    pub state: String,
    pub created_at: i64,
    pub completed_at: Option<i64>,
    /// Of the keys that the account has now.
    pub fingerprint: Option<String>,
    pub confirmed_at: Option<i64>,
    /// What was confirmed then.
    pub confirmed_fingerprint: Option<String>,
    /// Whether what was confirmed is what the account has now.
    pub confirmed: bool,
    pub organisations: Vec<MembershipShown>,
    pub invites: Vec<InviteShown>,
}

/// What one organisation says of a person.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/COMMANDS.md explains each member")]
pub struct MembershipShown {
    pub org_id: String,
    pub organisation: String,
    pub user_id: String,
    pub user_name: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub active: bool,
    /// `enrol` or `join`.
    pub mode: String,
    pub invited_at: Option<i64>,
    pub accepted_at: Option<i64>,
    /// `staged`, `invited`, `waiting`, `complete` or `suspended`.
    pub state: &'static str,
    /// Why the person waits, or was not invited yet.
    pub reason: Option<&'static str>,
    /// When the invitation ends, the letter that waits is sent, or who is held back is invited.
    pub until: Option<i64>,
    /// Since when.
    pub since: Option<i64>,
    /// The user name of who has the address, where the person waits for it.
    pub held_by: Option<String>,
    /// `scim`, or `manual` for who was added by hand.
    pub source: &'static str,
    /// Those that were given by hand.
    pub groups: Vec<String>,
    /// The account that the person has, or is asked to join.
    pub account_id: String,
}

/// A fingerprint was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum FingerprintRefused {
    /// The person is unknown, or the store failed.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// There is none yet.
    #[error("{0} has not finished the account, so there is no fingerprint yet.")]
    None(String),
    /// What was given is none.
    #[error("A fingerprint is eight words, as the person's terminal and the letter show them.")]
    Form,
    /// It is another one.
    #[error(
        "This is NOT the fingerprint of {name}. Do not give the account access to anything.\nGiven:  {given}\nStored: {stored}\nRead it to each other again. If it still differs, somebody else may have finished the account: deactivate the person and ask your security team. This was written to the audit log."
    )]
    Differs {
        /// Whose, as the administrator named them.
        name: String,
        /// What was given, as words.
        given: String,
        /// What the account has.
        stored: String,
    },
    /// The account changed in the same moment.
    #[error("The account changed while it was confirmed. Look again with `person show`.")]
    Changed,
}

impl Realm {
    /// People in the order in which they came, at most `limit`; `text` is looked for in addresses
    /// and names.
    pub async fn people(
        &self,
        org: Option<OrgId>,
        state: Option<String>,
        text: Option<&str>,
        limit: usize,
    ) -> Result<Vec<PersonLine>, RealmError> {
        let wanted = PeopleQuery {
            org: org.map(|org| org.0),
            state,
            text: text.map(str::to_lowercase),
            ..PeopleQuery::default()
        };
        Ok(self.store.accounts(wanted, limit, self.clock.now()).await?.into_iter().map(PersonLine::new).collect())
    }

    /// Active people who are not staged and have not finished for so many seconds or longer, in the
    /// order in which they came.
    pub async fn unfinished(
        &self,
        org: Option<OrgId>,
        for_seconds: i64,
        limit: usize,
    ) -> Result<Vec<PersonLine>, RealmError> {
        let now = self.clock.now();
        let since = Some(now.saturating_sub(for_seconds));
        let wanted = PeopleQuery { org: org.map(|org| org.0), unfinished_since: since, ..PeopleQuery::default() };
        Ok(self.store.accounts(wanted, limit, now).await?.into_iter().map(PersonLine::new).collect())
    }

    /// Everything about one person but the ciphertext, which `show` gives.
    pub async fn person(&self, email: &str) -> Result<PersonShown, RealmError> {
        let stored = self.stored_person(email).await?;
        self.shown(stored, email).await
    }

    /// The same of whom an organisation knows by that address, account id, SCIM id or user name;
    /// without an organisation, of the only one.
    pub async fn person_named(&self, name: &str, org: Option<OrgId>) -> Result<PersonShown, RealmError> {
        let stored = self.stored_named(name, org).await?;
        // An address shows all who name it, whoever has the account.
        let email = if address::is_address(name) { Some(name.to_owned()) } else { stored.email.clone() };
        self.shown(stored, email.as_deref().unwrap_or_default()).await
    }

    async fn shown(&self, stored: Stored, email: &str) -> Result<PersonShown, RealmError> {
        let fingerprint = stored.bundle.as_ref().map(|bundle| self.fingerprint(stored.account_id, bundle).to_string());
        let (of, now) = (Some((stored.account_id, address::key(email))), self.clock.now());
        let wanted = PeopleQuery { of: of.clone(), ..PeopleQuery::default() };
        let rows = self.store.accounts(wanted, ALL, now).await?;
        let invites = self.store.invites(WantedInvites { of, ..WantedInvites::default() }, ALL, now).await?;
        let first = rows.first().ok_or_else(|| RealmError::NoSuchPerson(email.to_owned()))?;
        Ok(PersonShown {
            account_id: uuid(first.account_id),
            email: first.email.clone(),
            state: stored.state.clone(),
            created_at: first.created_at,
            completed_at: first.completed_at,
            confirmed: first.confirmed_fingerprint.is_some() && first.confirmed_fingerprint == fingerprint,
            fingerprint,
            confirmed_at: first.confirmed_at,
            confirmed_fingerprint: first.confirmed_fingerprint.clone(),
            organisations: rows.iter().filter_map(MembershipShown::new).collect(),
            invites: invites.into_iter().map(InviteShown::new).collect(),
        })
    }

    /// Writes down that the administrator compared the fingerprint with the person; refuses any
    /// other than the account's. Tells whose it is, too.
    pub async fn confirm(
        &self,
        name: &str,
        org: Option<OrgId>,
        given: &str,
    ) -> Result<(Option<String>, Fingerprint), FingerprintRefused> {
        let given = phrase(given).ok_or(FingerprintRefused::Form)?;
        let stored = self.stored_named(name, org).await?;
        let bundle = stored.bundle.as_ref().ok_or_else(|| FingerprintRefused::None(name.to_owned()))?;
        let fingerprint = self.fingerprint(stored.account_id, bundle);
        let now = self.clock.now();
        if given != fingerprint.to_string() {
            self.store.fingerprint_differed(stored.account_id, now).await.map_err(RealmError::from)?;
            let stored = fingerprint.to_string();
            return Err(FingerprintRefused::Differs { name: name.to_owned(), given, stored });
        }
        let confirmed = self.store.confirm_fingerprint(stored.account_id, bundle.ed25519, given, now).await;
        match confirmed.map_err(RealmError::from)? {
            Confirmed::Done => Ok((stored.email, fingerprint)),
            Confirmed::Changed => Err(FingerprintRefused::Changed),
        }
    }

    /// The account of whom this address, account id, SCIM id or user name means, tried in that
    /// order; in that organisation or in any.
    pub(crate) async fn stored_named(&self, name: &str, org: Option<OrgId>) -> Result<Stored, RealmError> {
        let name = name.trim();
        if let Some(stored) = self.store.stored(address::key(name)).await?
            && self.is_in(&stored, name, org).await?
        {
            return Ok(stored);
        }
        if let Ok(id) = Uuid::try_parse(name)
            && let Some(stored) = self.store.stored_if_there(*id.as_bytes()).await?
            && self.is_in(&stored, name, org).await?
        {
            return Ok(stored);
        }
        let named = self.named(name, org).await?;
        Ok(self.store.stored_of(named.account).await?)
    }

    async fn is_in(&self, stored: &Stored, name: &str, org: Option<OrgId>) -> Result<bool, RealmError> {
        match org {
            None => Ok(true),
            Some(org) => Ok(self.store.is_in(stored.account_id, address::key(name), org.0).await?),
        }
    }

    /// The one whom this account id, SCIM id or user name means, in that organisation or in any.
    pub(super) async fn named(&self, name: &str, org: Option<OrgId>) -> Result<NamedPerson, RealmError> {
        let mut found = self.store.named(name.to_owned(), org.map(|org| org.0)).await?;
        match found.pop() {
            None => Err(RealmError::NoSuchPerson(name.to_owned())),
            Some(one) if found.is_empty() => Ok(one),
            Some(last) => {
                let orgs = found.iter().chain([&last]).map(|one| (one.key.org, one.organisation.as_str()));
                Err(RealmError::SeveralNamed { name: name.to_owned(), orgs: org_options(orgs) })
            }
        }
    }

    async fn stored_person(&self, email: &str) -> Result<Stored, RealmError> {
        let stored = self.store.stored(address::key(email)).await?;
        stored.ok_or_else(|| RealmError::NoSuchPerson(email.to_owned()))
    }

    fn fingerprint(&self, account: [u8; 16], bundle: &Bundle) -> Fingerprint {
        bundle.identity().fingerprint(&AccountContext { realm: self.id, account: AccountId::heard(account) })
    }
}

/// Eight words in lower case with single blanks, whatever stood between them.
fn phrase(text: &str) -> Option<String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let plain = |word: &String| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    (words.len() == 8 && words.iter().all(plain)).then(|| words.join(" "))
}

impl PersonLine {
    fn new(row: AccountRow) -> Self {
        let membership = row.membership.as_ref();
        let open = membership.and_then(|m| m.invitation.as_ref());
        let reminders = open.map(|open| (open.sent - 1).max(0));
        // Who is only asked to join has completed nothing, and nobody compared anything with them.
        let theirs = membership.is_none_or(|m| m.accepted_at.is_some());
        Self {
            account_id: uuid(row.account_id),
            org_id: membership.map(|m| uuid(m.org_id)),
            organisation: membership.map(|m| m.org_name.clone()),
            user_id: membership.map(|m| uuid(m.user_id)),
            user_name: membership.map(|m| m.user_name.clone()),
            display_name: membership.and_then(|m| m.display_name.clone()),
            active: membership.map(|m| m.active),
            source: membership.map(|m| m.source.as_str()),
            reason: membership.and_then(|m| m.shown.reason),
            until: membership.and_then(|m| m.shown.until),
            since: membership.map_or(row.completed_at, |m| m.shown.since),
            state: row.shown_state().to_owned(),
            email: row.email,
            created_at: row.created_at,
            completed_at: row.completed_at.filter(|_| theirs),
            confirmed_at: row.confirmed_at.filter(|_| theirs),
            invited_at: membership.and_then(|m| m.invited_at),
            letter: open.and_then(|open| open.letter),
            claims: open.map(|open| open.claims),
            last_claim_at: open.and_then(|open| open.last_claim_at),
            reminders,
            reminded_at: open.and_then(|open| open.last_sent_at).filter(|_| reminders > Some(0)),
        }
    }
}

impl MembershipShown {
    fn new(account: &AccountRow) -> Option<Self> {
        let row: &MembershipRow = account.membership.as_ref()?;
        Some(Self {
            account_id: uuid(account.account_id),
            org_id: uuid(row.org_id),
            organisation: row.org_name.clone(),
            user_id: uuid(row.user_id),
            user_name: row.user_name.clone(),
            display_name: row.display_name.clone(),
            email: row.email.clone(),
            active: row.active,
            mode: row.mode.clone(),
            invited_at: row.invited_at,
            accepted_at: row.accepted_at,
            state: row.shown.state,
            reason: row.shown.reason,
            until: row.shown.until,
            since: row.shown.since,
            held_by: row.held_by.clone(),
            source: row.source.as_str(),
            groups: row.groups.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::phrase;

    #[test]
    fn a_fingerprint_is_eight_words_however_they_were_typed() {
        let words = "alpha bravo charlie delta echo foxtrot golf yo-yo";
        assert_eq!(phrase(" Alpha bravo\tcharlie delta\n echo  foxtrot GOLF yo-yo\r\n").as_deref(), Some(words));
        for bad in
            ["", "alpha", &format!("{words} hotel"), &words.replace("golf", "g0lf"), &words.replace("golf", "gölf")]
        {
            assert_eq!(phrase(bad), None, "{bad}");
        }
    }
}
