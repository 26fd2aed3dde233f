//! Steps of an administrator: commands over the deployment. None may fail by the database, and none
//! may show a token that was handed out.

use super::draw::Draw;
use super::known::ScimToken;
use super::play::Play;
use super::provider::ADDRESSES;
use crate::admin::{ChangedOrganisation, FingerprintRefused, FreshToken, ResetRefused};
use crate::realm::{NewOrganisation, Realm, RealmError};
use firstkey_core::crypto::context::OrgId;
use serde::Serialize;
use uuid::Uuid;

/// Seconds that the clock is moved by; it may be set back.
const STEPS: [i64; 12] = [1, 61, 119, 121, 599, 601, 3_601, 86_401, 8 * 86_400, 400 * 86_400, -5, -3_600];

impl Play<'_> {
    /// Moves the clock.
    pub(super) fn wait(&mut self, draw: &mut Draw<'_>) {
        self.now += STEPS[draw.below(STEPS.len())];
        self.known.latest = self.known.latest.max(self.now);
    }

    /// One command.
    pub(super) fn operator(&mut self, draw: &mut Draw<'_>) {
        let server = self.server;
        let (realm, runtime) = (&server.in_process.realm, &server.in_process.runtime);
        server.in_process.set_clock(self.now);
        let at = draw.below(self.known.orgs.len());
        let Some(org) = self.known.orgs.get(at).copied().map(OrgId::heard) else { return };
        let email = draw.word(&ADDRESSES);
        match draw.below(11) {
            0 => {
                let label = Some(draw.text()).filter(|label| !label.is_empty());
                let days = [365, 1, 0, 3650, u32::MAX][draw.below(5)];
                if let Some(token) = kept(runtime.block_on(realm.mint_scim_token(org, label, days))) {
                    self.add(at, &token);
                }
            }
            1 => {
                let Some(old) = draw.one(&self.known.scim).map(|token| token.id) else { return };
                let overlap = [0, 1, 3650][draw.below(3)];
                if let Some(rotated) = kept(runtime.block_on(realm.rotate_scim_token(old, 30, overlap))) {
                    let owner = self.known.scim.iter_mut().find(|token| token.id == old);
                    let owner = owner.map(|old| {
                        old.expires_at = old.expires_at.min(rotated.old_expires_at);
                        old.org
                    });
                    self.add(owner.unwrap_or_default(), &rotated.fresh);
                }
            }
            2 => {
                let Some(old) = draw.newest(&self.known.scim).map(|token| token.id) else { return };
                if kept(runtime.block_on(realm.revoke_scim_token(old))).is_some() {
                    self.known.scim.iter_mut().filter(|token| token.id == old).for_each(|token| token.revoked = true);
                }
            }
            3 => drop(kept(runtime.block_on(realm.resend_invite(email, None, None)))),
            4 => match runtime.block_on(realm.reset_person(email, "admin", None)) {
                Ok(started) => self.begin_reset(email, started.key_gen),
                Err(ResetRefused::Realm(error)) => {
                    let _ = kept(Err::<(), _>(error));
                }
                Err(_) => {}
            },
            5 => {
                let change = ChangedOrganisation {
                    min_profile: Some([2, 1, 4, 5][draw.below(4)]),
                    secret_key: Some(draw.word(&["off", "allowed", "required", "on"]).to_owned()),
                    ..ChangedOrganisation::default()
                };
                let changed = kept(runtime.block_on(realm.change_organisation(org, change)));
                if let Some(changed) = &changed {
                    self.is_clean(changed);
                }
            }
            6 => {
                let fingerprint = kept(runtime.block_on(realm.person(email))).and_then(|person| person.fingerprint);
                let given = fingerprint.filter(|_| draw.below(2) == 0).unwrap_or_else(|| draw.text());
                if let Err(FingerprintRefused::Realm(error)) = runtime.block_on(realm.confirm(email, None, &given)) {
                    let _ = kept(Err::<(), _>(error));
                }
            }
            7 => self.look(realm, org, email),
            8 => drop(kept(runtime.block_on(realm.withdraw_invites(email, None)))),
            9 => {
                let new = NewOrganisation { name: draw.text(), ..NewOrganisation::default() };
                if let Some(org) = kept(runtime.block_on(realm.add_organisation(new))) {
                    self.known.orgs.push(org.0);
                }
            }
            _ => self.deliver(),
        }
        self.end_barred();
    }

    /// Every list and page.
    fn look(&self, realm: &Realm, org: OrgId, email: &str) {
        let runtime = &self.server.in_process.runtime;
        runtime.block_on(async {
            if let Some(shown) = &kept(realm.show(email).await) {
                self.is_clean(shown);
            }
            if let Some(person) = &kept(realm.person(email).await) {
                self.is_clean(person);
            }
            self.is_clean(&kept(realm.people(Some(org), None, Some("a"), 100).await));
            self.is_clean(&kept(realm.scim_tokens(None).await));
            self.is_clean(&kept(realm.organisations().await));
            self.is_clean(&kept(realm.invites(Some(org), None, 100).await));
            self.is_clean(&kept(realm.letters(Vec::new(), 100).await));
            self.is_clean(&kept(realm.audit_tail(1000).await));
        });
    }

    fn is_clean(&self, shown: &impl Serialize) {
        let text = serde_json::to_string(shown).expect("invariant: what is shown is JSON");
        assert!(!self.known.secrets().any(|secret| text.contains(secret)), "a command shows a token: {text}");
    }

    fn begin_reset(&mut self, email: &str, key_gen: u32) {
        let rows = self.server.rows().rows_of("account").expect("rows");
        let key = crate::names::key(email);
        let row = rows.iter().find(|row| {
            row.at::<Option<String>>(2).expect("account.email_key").as_ref() == Some(&key)
                && row.at::<String>(3).expect("account.state") == "complete"
        });
        let account = row.expect("a reset of an account").at(0).expect("account.account_id");
        self.known.resets.push((account, key_gen));
    }

    /// Remembers a token that was minted.
    pub(super) fn add(&mut self, org: usize, token: &FreshToken) {
        let text = token.token.as_str().to_owned();
        let id = Uuid::try_parse(&token.token_id).expect("a UUID").into_bytes();
        self.known.scim.push(ScimToken { text, id, org, expires_at: token.expires_at, revoked: false });
    }
}

/// What a command gave; a refusal is an answer, the database's failure is not.
fn kept<T>(answer: Result<T, RealmError>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(RealmError::Store(error)) => panic!("the database failed under a command: {error}"),
        Err(_) => None,
    }
}
