//! Letters to administrators about no account: written into the outbox, and what was told of things
//! that end.
//!
//! Promise: what was told and the letter that tells it are one transaction, so two servers on one
//! database tell it once.

use super::db::{Db, values};
use super::scim_tokens::TokenRow;
use super::{Result, Store};
use crate::address;
use crate::expiry::{Stage, due};
use crate::notice::{Audience, Notice};
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

/// Something that ends.
pub(crate) struct Expiring {
    /// What it is, the same every time that it is asked about.
    pub(crate) subject: String,
    pub(crate) made_at: i64,
    pub(crate) ends_at: i64,
    /// The organisation that it belongs to; the server's if none.
    pub(crate) org: Option<[u8; 16]>,
    /// What is said of it.
    pub(crate) notice: Notice,
}

impl Store {
    /// Writes the letters that are due about what ends; gives how many.
    pub(crate) async fn tell_of_expiring(&self, all: Vec<Expiring>, now: i64) -> Result<usize> {
        // Asked before the lock is taken: on nearly every day there is nothing to tell.
        let known = self.read(|db| {
            let rows = db.rows("SELECT subject, days FROM expiry_told", &[])?;
            rows.iter().map(|row| Ok((row.at::<String>(0)?, row.at::<i64>(1)?))).collect::<Result<Vec<_>>>()
        });
        let known: BTreeMap<String, i64> = known.await?.into_iter().collect();
        let told = |expiring: &Expiring| known.get(&expiring.subject).and_then(|days| Stage::of_days(*days));
        let news: Vec<Expiring> = all
            .into_iter()
            .filter(|expiring| due(expiring.made_at, expiring.ends_at, told(expiring), now).is_some())
            .collect();
        if news.is_empty() {
            return Ok(0);
        }
        self.write(move |db| {
            let mut letters = 0;
            for expiring in &news {
                letters += tell(db, expiring, now)?;
            }
            Ok(letters)
        })
        .await
    }
}

fn tell(db: &Db, expiring: &Expiring, now: i64) -> Result<usize> {
    let row = db.row("SELECT days FROM expiry_told WHERE subject = ?1", &values![&expiring.subject])?;
    let told = row.map(|row| row.at(0)).transpose()?.and_then(Stage::of_days);
    let Some(stage) = due(expiring.made_at, expiring.ends_at, told, now) else { return Ok(0) };
    db.execute(
        "INSERT INTO expiry_told (subject, days, told_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (subject) DO UPDATE SET days = excluded.days, told_at = excluded.told_at",
        &values![&expiring.subject, stage.days(), now],
    )?;
    tell_administrators(db, expiring.org, &expiring.notice.in_days(stage.days()), now)
}

/// Queues a letter to the administrators of the server and to those of the organisation, to each
/// address once; gives how many.
pub(super) fn tell_administrators(db: &Db, org: Option<[u8; 16]>, notice: &Notice, now: i64) -> Result<usize> {
    let text = notice.text();
    let contact = |sql: &str, org: Option<[u8; 16]>| -> Result<Option<String>> {
        let row = match org {
            Some(org) => db.row(sql, &values![org])?,
            None => db.row(sql, &[])?,
        };
        Ok(row.map(|row| row.at::<Option<String>>(0)).transpose()?.flatten())
    };
    let server = contact("SELECT contact FROM realm", None)?;
    let own = match org {
        Some(org) => contact("SELECT contact FROM organisation WHERE org_id = ?1", Some(org))?,
        None => None,
    };
    let key = |address: &Option<String>| address.as_deref().map(address::key);
    let mut audiences = Vec::new();
    if server.is_some() {
        audiences.push(Audience::Server);
    }
    if own.is_some() && key(&own) != key(&server) {
        audiences.push(Audience::Organisation);
    }
    for audience in &audiences {
        db.execute(
            "INSERT INTO outbox (kind, org_id, created_at, not_before, audience, notice) VALUES ('notice', ?1, ?2, ?2, ?3, ?4)",
            &values![org, now, audience.word(), &text],
        )?;
    }
    Ok(audiences.len())
}

/// What is told of the tokens of identity providers. Of one that was replaced only if its provider
/// has not moved on: what ends then is needed.
pub(crate) fn expiring_tokens(tokens: Vec<TokenRow>) -> Vec<Expiring> {
    let used = |id: &[u8; 16]| tokens.iter().find(|token| token.token_id == *id).and_then(|token| token.last_used_at);
    let is_left = |token: &TokenRow| {
        let successor = token.successor.as_ref().and_then(used);
        token.successor.is_some() && successor >= token.last_used_at
    };
    let wanted: Vec<bool> = tokens.iter().map(|token| token.revoked_at.is_none() && !is_left(token)).collect();
    let wanted = tokens.into_iter().zip(wanted).filter_map(|(token, is_wanted)| is_wanted.then_some(token));
    wanted.filter_map(expiring).collect()
}

fn expiring(token: TokenRow) -> Option<Expiring> {
    let ends_at = token.expires_at?;
    let token_id = uuid::Uuid::from_bytes(token.token_id).to_string();
    let has_successor = token.successor.is_some();
    let subject = format!("scim-token {token_id} {ends_at}");
    // Whoever replaced one knows that it ends soon, and hears on the last day if it is still used.
    let made_at = if has_successor { ends_at - 2 * DAY } else { token.created_at };
    let (label, last_used_at) = (token.label, token.last_used_at);
    let notice = Notice::TokenEnds { token_id, label, ends_at, last_used_at, has_successor, days: 0 };
    Some(Expiring { subject, made_at, ends_at, org: Some(token.org_id), notice })
}
