//! Completed accounts: found, with how they stand and what their organisations ask.

use super::db::{Db, Value, values};
use super::error::Result;
use super::rows::{Bundle, Policy};
use crate::life::Admission;

/// An account that was completed once, and how it stands.
pub(crate) struct LoginRow {
    pub(crate) account_id: [u8; 16],
    pub(crate) bundle: Bundle,
    pub(crate) standing: Admission,
}

/// The one account of which `which` is true, if it was ever completed.
pub(super) fn account(db: &Db, which: &str, value: Value<'_>) -> Result<Option<LoginRow>> {
    let sql = format!(
        "SELECT a.account_id, {}, a.state = 'removed',
                EXISTS (SELECT 1 FROM membership m WHERE m.account_id = a.account_id AND {IS_MEMBER}),
                coalesce((SELECT coalesce(o.contact, r.contact) FROM membership m JOIN organisation o USING (org_id) CROSS JOIN realm r
                          WHERE m.account_id = a.account_id AND m.accepted_at IS NOT NULL ORDER BY m.created_at LIMIT 1),
                         (SELECT contact FROM realm))
         FROM account a JOIN bundle b USING (account_id)
         WHERE {which} ORDER BY a.state = 'removed', a.removed_at DESC LIMIT 1",
        Bundle::COLUMNS
    );
    let row = db.row(&sql, &[value])?;
    row.map(|row| {
        let behind = 1 + Bundle::WIDTH;
        let (removed, active): (bool, bool) = (row.at(behind)?, row.at(behind + 1)?);
        let contact: Option<String> = row.at(behind + 2)?;
        let standing = Admission::of(removed, active, contact);
        Ok(LoginRow { account_id: row.at(0)?, bundle: Bundle::from_row(&row, 1)?, standing })
    })
    .transpose()
}

/// A membership that keeps an account usable: active, and accepted by the person. An invitation by
/// somebody else must not outlive a suspension.
pub(super) const IS_MEMBER: &str = "m.active = 1 AND m.accepted_at IS NOT NULL";

/// The most that any of an account's organisations asks; `None` without one.
pub(super) fn strictest(db: &Db, account: [u8; 16]) -> Result<Option<Policy>> {
    let sql = format!(
        "SELECT max(o.min_profile), max(CASE o.recovery WHEN 'required' THEN 1 ELSE 0 END),
                max(CASE o.secret_key WHEN 'required' THEN 2 WHEN 'allowed' THEN 1 ELSE 0 END), max(o.min_length)
         FROM membership m JOIN organisation o USING (org_id) WHERE m.account_id = ?1 AND {IS_MEMBER}"
    );
    let row = db.one(&sql, &values![account])?;
    let (Some(min_profile), Some(min_length)) = (row.at::<Option<u8>>(0)?, row.at::<Option<u32>>(3)?) else {
        return Ok(None);
    };
    let (recovery, secret): (Option<i64>, Option<i64>) = (row.at(1)?, row.at(2)?);
    let secret_key = match secret {
        Some(2) => "required",
        Some(1) => "allowed",
        _ => "off",
    };
    Ok(Some(Policy {
        min_profile,
        recovery: if recovery == Some(1) { "required" } else { "recommended" }.to_owned(),
        secret_key: secret_key.to_owned(),
        min_length,
    }))
}
