//! Who may have what: no right without a token that was handed out for it, no change of a bundle
//! but one that proves itself, nothing of one organisation for another, no token in clear where it
//! is kept. Decided from what the harness handed out and sent, not from what the server thinks of
//! it.

use super::form::is_scim;
use super::known::{Claim, Session};
use super::play::{CANARIES, Play};
use super::sent::{Answer, Sent, b64, holds, unb64};
use crate::store::in_memory::{Cell, Row};
use firstkey_core::crypto::context::{AccountContext, AccountId, InviteId};
use firstkey_core::crypto::hazmat::{ed25519_verify, sha256};
use firstkey_core::crypto::kek::recovery_proof_message;
use firstkey_core::wire::outbound::RequestSignature;
use serde_json::Value;

/// What nothing may change but what is asked for.
const WATCHED: [&str; 5] = ["bundle", "account", "membership", "scim_group", "group_member"];
/// Columns of `bundle` that its account's owner may change.
const LOCKS: [usize; 5] = [5, 6, 7, 8, RECOVERY_PUBLIC];
const RECOVERY_PUBLIC: usize = 14;
/// How long a login may take, and a recovery.
const LIVES: [i64; 2] = [120, 600];

/// The database before a request.
pub(super) struct Before {
    tables: [Vec<Row>; 5],
}

fn same(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.cells() == other.cells())
}

fn account_of(bundle: &Row) -> [u8; 16] {
    bundle.at(0).expect("bundle.account_id")
}

impl Before {
    pub(super) fn of(play: &Play<'_>) -> Self {
        Self { tables: WATCHED.map(|table| play.server.rows().rows_of(table).expect("rows")) }
    }

    /// The account whose bundle is not as it was.
    pub(super) fn changed(&self, play: &Play<'_>) -> Option<[u8; 16]> {
        let now = play.server.rows().rows_of("bundle").expect("rows");
        let is_new = |row: &&Row| !self.tables[0].iter().any(|before| before.cells() == row.cells());
        now.iter().find(is_new).map(account_of)
    }

    fn bundle(&self, account: &[u8; 16]) -> Option<&Row> {
        self.tables[0].iter().find(|row| account_of(row) == *account)
    }
}

/// Panics where an answer, or what it left behind, was not right.
pub(super) fn judge(play: &Play<'_>, sent: &Sent, answer: &Answer, before: &Before) {
    let place =
        || format!("{} {} -> {} {}", sent.method, sent.target, answer.status, String::from_utf8_lossy(&answer.body));
    let now = Before::of(play);
    let read_only = matches!(sent.method.as_str(), "GET" | "HEAD");
    if read_only || answer.status >= 400 {
        for (at, table) in WATCHED.iter().enumerate() {
            assert!(
                same(&before.tables[at], &now.tables[at]),
                "{table} was changed by what changes nothing: {}",
                place()
            );
        }
    }
    if is_scim(sent.path()) {
        provider(play, sent, answer, &place);
        assert!(same(&before.tables[0], &now.tables[0]) || answer.is_good(), "{}", place());
        bundles_only_go(before, &now, &place);
        return;
    }
    canary(play, sent, answer, &place);
    if answer.is_good() {
        person(play, sent, before, &place);
        if sent.path() == "/v1/directory" {
            colleague(play, sent, answer, &place);
        }
    }
    changes(play, sent, answer, before, &now, &place);
}

/// A provider's request.
fn provider(play: &Play<'_>, sent: &Sent, answer: &Answer, place: &dyn Fn() -> String) {
    let shown = sent.shown().map(str::trim);
    let good = |token: &&super::known::ScimToken| !token.revoked && play.now < token.expires_at;
    let token = play.known.scim.iter().find(|token| Some(&*token.text) == shown).filter(good);
    if token.is_some() {
        assert_ne!(answer.status, 401, "a good token is refused: {}", place());
    } else {
        let nothing = answer.status == 404 && answer.member("detail") == "There is nothing here.";
        let says_nothing = nothing || matches!(answer.status, 401 | 405 | 501);
        assert!(says_nothing || sent.method == "HEAD" && answer.status == 404, "without a good token: {}", place());
    }
    let own = token.map(|token| token.org);
    for (at, canary) in CANARIES.iter().enumerate().filter(|(at, _)| own != Some(*at)) {
        let seen = holds(&answer.body, canary.as_bytes());
        assert!(!seen || play.known.tainted[at], "something of another organisation: {}", place());
    }
}

/// Only who belongs to an organisation, or is invited by it, sees its name.
fn canary(play: &Play<'_>, sent: &Sent, answer: &Answer, place: &dyn Fn() -> String) {
    for (at, canary) in CANARIES.iter().enumerate() {
        if !holds(&answer.body, canary.as_bytes()) || play.known.tainted[at] {
            continue;
        }
        let org = play.known.orgs[at];
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let invite = body["invite_id"].as_str().and_then(unb64::<16>);
        let invites = play.server.rows().rows_of("invite").expect("rows");
        let invited = sent.path() == "/v1/invites/claim"
            && invites.iter().any(|row| row.at(0).ok() == invite && row.at::<[u8; 16]>(2).ok() == Some(org));
        assert!(invited, "the name of an organisation: {}", place());
    }
}

/// A person's request that was answered well: by what right?
fn person(play: &Play<'_>, sent: &Sent, before: &Before, place: &dyn Fn() -> String) {
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let asked = |name: &str| body[name].as_str().unwrap_or_default();
    let session = play.known.sessions.iter().find(|session| Some(&*session.text) == sent.shown());
    let good = |session: &&Session| !session.ended && play.now < session.expires_at && play.is_active(&session.account);
    let full = session.filter(good).filter(|session| session.full);
    let again = |by: &[u8]| {
        let body = sha256(&sent.body);
        play.known.stored.iter().any(|stored| stored.by == by && stored.body == body)
    };
    let bearer = sent.shown().unwrap_or_default().as_bytes();
    expired_invitation(
        play,
        sent,
        asked("invite_id"),
        again(sent.values("firstkey-invite").concat().as_slice()),
        place,
    );
    let may = match (sent.method.as_str(), sent.path()) {
        ("GET" | "HEAD", "/i" | "/healthz" | "/readyz")
        | ("POST", "/v1/login/params" | "/v1/login/start" | "/v1/recovery/start") => true,
        ("POST", "/v1/invites/claim") => play
            .known
            .links
            .iter()
            .any(|link| asked("invite_id") == b64(&link.invite) && asked("token") == b64(&link.token)),
        ("POST", "/v1/enrol/start") => signer(play, sent).is_some_and(|claim| is_newest(play, claim)),
        ("POST", "/v1/enrol/complete") => signer(play, sent).is_some_and(|claim| {
            before.changed(play).is_some() && is_newest(play, claim) || again(b64(&claim.invite).as_bytes())
        }),
        ("POST", "/v1/login/finish") => play.known.begun.iter().any(|begun| {
            let proof = unb64::<64>(asked("ke3"));
            let fresh = !begun.over && play.now <= begun.at + LIVES[0];
            let proven = proof.is_some_and(|proof| play.known.proofs.contains(&(begun.id, proof)));
            asked("login_id") == b64(&begun.id) && begun.challenge.is_none() && fresh && proven
        }),
        ("POST", "/v1/recovery/finish") => play.known.begun.iter().any(|begun| {
            let fresh = !begun.over && play.now <= begun.at + LIVES[1];
            let own = asked("challenge_id") == b64(&begun.id);
            own && fresh
                && begun
                    .challenge
                    .is_some_and(|challenge| proves(play, &begun.account, &challenge, asked("signature"), before))
        }),
        ("POST", "/v1/invites/join") => {
            let claim = signer(play, sent);
            full.is_some_and(|session| claim.is_some_and(|claim| claim.account == session.account))
        }
        ("GET" | "HEAD" | "DELETE", "/v1/sessions")
        | ("POST", "/v1/logout" | "/v1/directory" | "/v1/account/statement") => full.is_some(),
        ("DELETE", path) if path.starts_with("/v1/sessions/") => full.is_some(),
        ("POST", "/v1/account/password/start") => session.as_ref().is_some_and(good),
        ("POST", "/v1/account/password" | "/v1/account/kit") => {
            full.is_some() || session.is_some_and(|session| play.is_active(&session.account)) && again(bearer)
        }
        ("POST", "/v1/recovery/complete") => {
            // It ends with the change itself; whether it was good is asked before that is learnt.
            let recovery = session.filter(good).is_some_and(|session| !session.full);
            recovery || session.is_some_and(|session| play.is_active(&session.account)) && again(bearer)
        }
        _ => false,
    };
    assert!(may, "by no right: {}", place());
}

/// What is done by an invitation is done while it may be used; only an upload that was stored
/// before is answered again.
fn expired_invitation(play: &Play<'_>, sent: &Sent, claimed: &str, again: bool, place: &dyn Fn() -> String) {
    let signed = |sent: &Sent| String::from_utf8(sent.values("firstkey-invite").concat()).ok();
    let invite = match sent.path() {
        "/v1/invites/claim" => unb64(claimed),
        "/v1/enrol/start" | "/v1/invites/join" => signed(sent).and_then(|invite| unb64(&invite)),
        "/v1/enrol/complete" if !again => signed(sent).and_then(|invite| unb64(&invite)),
        _ => return,
    };
    if let Some(invite) = invite {
        assert!(play.known.may_be_used(&invite, play.now), "an expired invitation was taken: {}", place());
    }
}

/// Whose keys are shown shares an organisation with the asker.
fn colleague(play: &Play<'_>, sent: &Sent, answer: &Answer, place: &dyn Fn() -> String) {
    let asker = play.known.sessions.iter().find(|session| Some(&*session.text) == sent.shown());
    let shown: [u8; 16] = answer.bytes("account_id").expect("an id");
    let theirs = play.organisations(&shown);
    let shared = asker.is_some_and(|asker| play.organisations(&asker.account).iter().any(|org| theirs.contains(org)));
    assert!(shared, "the keys of a stranger: {}", place());
}

/// The claim whose key signed this very request.
fn signer<'p>(play: &'p Play<'_>, sent: &Sent) -> Option<&'p Claim> {
    let one = |name: &str| match sent.values(name)[..] {
        [value] => std::str::from_utf8(value).ok(),
        _ => None,
    };
    let invite: [u8; 16] = one("firstkey-invite").and_then(unb64)?;
    let signature: [u8; 64] = one("firstkey-signature").and_then(unb64)?;
    let (realm, origin) = (&play.server.in_process.realm.id, play.server.origin.as_str());
    let message = RequestSignature::message(realm, origin, sent.path(), &sent.body, &InviteId::heard(invite));
    let claims = play.known.claims.iter().rev().filter(|claim| claim.invite == invite);
    claims.into_iter().find(|claim| ed25519_verify(&claim.public, &message, &signature))
}

fn is_newest(play: &Play<'_>, claim: &Claim) -> bool {
    let newest = play.known.claims.iter().rev().find(|other| other.invite == claim.invite);
    newest.is_some_and(|newest| newest.public == claim.public)
}

/// Whether the signature is one by the account's recovery code over that challenge.
fn proves(play: &Play<'_>, account: &[u8; 16], challenge: &[u8; 32], signature: &str, before: &Before) -> bool {
    let Some(bundle) = before.bundle(account) else { return false };
    let public: [u8; 32] = bundle.at(RECOVERY_PUBLIC).expect("bundle.recovery_public");
    let context = AccountContext { realm: play.server.in_process.realm.id, account: AccountId::heard(*account) };
    let message = recovery_proof_message(&context, play.server.origin.as_str(), challenge);
    unb64::<64>(signature).is_some_and(|signature| ed25519_verify(&public, &message, &signature))
}

/// A provider can remove a person, and so a bundle; it can never make or change one.
fn bundles_only_go(before: &Before, now: &Before, place: &dyn Fn() -> String) {
    for bundle in &now.tables[0] {
        let known = before.bundle(&account_of(bundle)).is_some_and(|known| known.cells() == bundle.cells());
        assert!(known, "a provider changed a bundle: {}", place());
    }
}

/// What became of the bundles.
fn changes(play: &Play<'_>, sent: &Sent, answer: &Answer, before: &Before, now: &Before, place: &dyn Fn() -> String) {
    let uploads = ["/v1/enrol/complete", "/v1/account/password", "/v1/account/kit", "/v1/recovery/complete"];
    if same(&before.tables[0], &now.tables[0]) {
        return;
    }
    assert!(answer.is_good() && uploads.contains(&sent.path()), "a bundle changed by itself: {}", place());
    let differs = |row: &&Row| before.bundle(&account_of(row)).is_none_or(|known| known.cells() != row.cells());
    let different: Vec<&Row> = now.tables[0].iter().filter(differs).collect();
    let [new] = different[..] else { panic!("{} bundles changed at once: {}", different.len(), place()) };
    let others = before.tables[0].iter().filter(|row| account_of(row) != account_of(new)).count();
    assert_eq!(others + 1, now.tables[0].len(), "another bundle is gone: {}", place());
    holds_what_was_sent(sent, new, place);
    let owner = match sent.path() {
        "/v1/enrol/complete" => signer(play, sent).map(|claim| claim.account),
        _ => play
            .known
            .sessions
            .iter()
            .find(|session| Some(&*session.text) == sent.shown())
            .map(|session| session.account),
    };
    assert_eq!(owner, Some(account_of(new)), "somebody else's bundle changed: {}", place());
    let Some(old) = before.bundle(&account_of(new)) else {
        assert_eq!(sent.path(), "/v1/enrol/complete", "a bundle out of nothing: {}", place());
        assert_eq!(new.at::<u32>(4).expect("bundle.key_gen"), 1, "{}", place());
        return;
    };
    if sent.path() == "/v1/enrol/complete" {
        let key_gen: u32 = new.at(4).expect("bundle.key_gen");
        assert!(play.known.resets.contains(&(account_of(new), key_gen)), "a second bundle, and no reset: {}", place());
        assert_eq!(key_gen, old.at::<u32>(4).expect("bundle.key_gen") + 1, "{}", place());
        return;
    }
    let made_from = [&old.cells()[7], &old.cells()[8]].map(|cell| match cell {
        Cell::Blob(envelope) => &envelope[..],
        _ => &[],
    });
    let expected = serde_json::from_slice::<Value>(&sent.body).unwrap_or_default()["expected"].take();
    assert_eq!(expected, b64(&sha256(&made_from.concat())), "made from something else: {}", place());
    for (at, (old, new)) in old.cells().iter().zip(new.cells()).enumerate() {
        assert!(old == new || LOCKS.contains(&at), "column {at} of a bundle is no lock: {}", place());
    }
}

/// What is stored came in this body.
fn holds_what_was_sent(sent: &Sent, new: &Row, place: &dyn Fn() -> String) {
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let kept = |at: usize| match &new.cells()[at] {
        Cell::Blob(bytes) => b64(bytes),
        _ => String::new(),
    };
    let (locks, identity) = (&body["envelopes"], &body["identity"]);
    let pairs = [
        (&body["kdf_block"], 5),
        (&body["opaque_upload"], 6),
        (&locks["1"], 7),
        (&locks["2"], 8),
        (&locks["3"], 9),
        (&locks["4"], 10),
        (&identity["ed25519"], 11),
        (&identity["x25519"], 12),
        (&body["signature"], 13),
        (&body["recovery_public"], RECOVERY_PUBLIC),
    ];
    for (value, at) in pairs {
        assert!(value.is_null() || *value == kept(at), "column {at} is not what was sent: {}", place());
    }
}

/// No token lies in a cell, neither its text nor its bytes.
pub(super) fn is_clean(table: &str, cell: &Cell, texts: &[String], raw: &[[u8; 32]]) {
    match cell {
        Cell::Text(kept) => assert!(!texts.iter().any(|text| kept.contains(text)), "{table} holds a token as text"),
        Cell::Blob(kept) => {
            assert!(!raw.iter().any(|token| holds(kept, token)), "{table} holds a token as bytes");
            assert!(!texts.iter().any(|text| holds(kept, text.as_bytes())), "{table} holds a token as text");
        }
        Cell::Null | Cell::Int(_) => {}
    }
}
