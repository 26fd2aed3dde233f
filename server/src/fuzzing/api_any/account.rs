//! Steps of a person's client: from the link to a completed account, in again, its changes, and
//! out.

use super::draw::Draw;
use super::known::{Claim, Holder};
use super::person::{auth, fresh, new_kit, new_password, recovery_seed, some};
use super::play::Play;
use super::provider::ADDRESSES;
use super::sent::{Sent, b64};
use firstkey_core::crypto::context::{AccountContext, AccountId};
use firstkey_core::crypto::hazmat::{ed25519_public, ed25519_sign};
use firstkey_core::crypto::kek::recovery_proof_message;
use firstkey_core::crypto::opaque::{Login, login_context};
use serde_json::json;

/// Clients that claim; each has one key for the whole run.
const CLIENTS: usize = 3;

/// The claim key of a client.
fn claim_seed(client: usize) -> [u8; 32] {
    [0x40 + u8::try_from(client % CLIENTS).expect("invariant: a handful"); 32]
}

impl Play<'_> {
    /// Claims the invitation of a link, or of one half of one.
    pub(super) fn claim(&mut self, draw: &mut Draw<'_>) {
        let Some(link) = draw.newest(&self.known.links).cloned() else { return };
        let seed = claim_seed(draw.below(CLIENTS));
        let token = match draw.below(8) {
            6 => draw.newest(&self.known.links).map_or(link.token, |other| other.token),
            7 => some(&mut self.rng),
            _ => link.token,
        };
        let claim =
            json!({"invite_id": b64(&link.invite), "token": b64(&token), "claim_key": b64(&ed25519_public(&seed))});
        self.send(Sent::new("POST", "/v1/invites/claim").json(claim.to_string()), draw);
    }

    /// Makes an account, or keys anew, for a claim; it may no longer be the newest.
    pub(super) fn enrol(&mut self, draw: &mut Draw<'_>) {
        let Some(claim) = draw.newest(&self.known.claims).cloned() else { return };
        let client = (0..CLIENTS).find(|client| ed25519_public(&claim_seed(*client)) == claim.public);
        let seed = claim_seed(client.unwrap_or_default() + draw.below(CLIENTS));
        let context =
            AccountContext { realm: self.server.in_process.realm.id, account: AccountId::heard(claim.account) };
        let fresh = fresh(context, claim.min_profile, claim.secret_key, &mut self.rng);
        let start = json!({"opaque_request": b64(&fresh.request)}).to_string();
        let start = Sent::new("POST", "/v1/enrol/start").json(start);
        let Some(response) =
            self.send_signed(start, &claim.invite, &seed, draw).and_then(|answer| answer.bytes("opaque_response"))
        else {
            return;
        };
        // Another's invitation or the wrong generation, now and then.
        let claim = Claim { key_gen: claim.key_gen + u32::from(draw.byte() == 255), ..claim };
        let Some((upload, holder)) = fresh.complete(&response, &claim, &self.server.origin, &mut self.rng) else {
            return;
        };
        self.known.drafts.push((firstkey_core::crypto::hazmat::sha256(&upload.body), holder));
        let invite = match draw.byte() {
            255 => draw.newest(&self.known.claims).map_or(claim.invite, |other| other.invite),
            _ => claim.invite,
        };
        self.send_signed(upload, &invite, &seed, draw);
    }

    /// Logs in with the password that somebody has, which may be an old one.
    pub(super) fn log_in(&mut self, draw: &mut Draw<'_>) {
        let Some(holder) = draw.newest(&self.known.holders).cloned() else { return };
        let email = match draw.byte() {
            250.. => draw.word(&ADDRESSES).to_owned(),
            _ => holder.email.clone(),
        };
        let params = Sent::new("POST", "/v1/login/params").json(json!({"email": email}).to_string());
        self.send(params, draw);
        let Ok((login, ke1)) = Login::start(auth(&holder), &mut self.rng) else { return };
        let account = holder.context.account.0;
        let start = json!({"account_id": b64(&account), "ke1": b64(&ke1.0)}).to_string();
        let Some(answer) = self.send(Sent::new("POST", "/v1/login/start").json(start), draw) else { return };
        let (Some(id), Some(ke2)) = (answer.bytes::<16>("login_id"), answer.bytes("ke2")) else { return };
        let agreed = login_context(
            &holder.context,
            self.server.origin.as_str(),
            &holder.block.encode(),
            firstkey_core::crypto::context::KeyGen(holder.key_gen),
        );
        let proof = login.finish(&ke2, &agreed, &holder.context, &mut self.rng).ok().map(|done| done.ke3.0);
        self.known.proofs.extend(proof.map(|proof| (id, proof)));
        let ke3 = proof.filter(|_| draw.byte() < 240).unwrap_or_else(|| some(&mut self.rng));
        let finish = json!({"login_id": b64(&id), "ke3": b64(&ke3)}).to_string();
        let finish = Sent::new("POST", "/v1/login/finish").json(finish).with("user-agent", "firstkey/0.1.0");
        self.send(finish, draw);
    }

    /// Looks at sessions, or ends them.
    pub(super) fn sessions(&mut self, draw: &mut Draw<'_>) {
        let bearer = self.bearer(draw);
        let sent = match draw.below(5) {
            0 => Sent::new("GET", "/v1/sessions"),
            1 => Sent::new("DELETE", "/v1/sessions"),
            2 => {
                let id = draw.newest(&self.known.sessions).map(|session| b64(&session.id)).unwrap_or_default();
                Sent::new("DELETE", format!("/v1/sessions/{id}"))
            }
            3 => Sent::new("POST", "/v1/logout").json("{}"),
            _ => Sent::new("HEAD", "/v1/sessions"),
        };
        self.send(sent.bearer(bearer.as_deref()), draw);
    }

    /// Asks for a colleague's keys.
    pub(super) fn directory(&mut self, draw: &mut Draw<'_>) {
        let bearer = self.bearer(draw);
        let ask = json!({"email": draw.word(&ADDRESSES)}).to_string();
        self.send(Sent::new("POST", "/v1/directory").json(ask).bearer(bearer.as_deref()), draw);
    }

    /// Joins another organisation.
    pub(super) fn join(&mut self, draw: &mut Draw<'_>) {
        let bearer = self.bearer(draw);
        let Some(claim) = draw.newest(&self.known.claims).cloned() else { return };
        let client = (0..CLIENTS).find(|client| ed25519_public(&claim_seed(*client)) == claim.public);
        let seed = claim_seed(client.unwrap_or_default() + draw.below(CLIENTS));
        let sent = Sent::new("POST", "/v1/invites/join").json("{}").bearer(bearer.as_deref());
        self.send_signed(sent, &claim.invite, &seed, draw);
    }

    /// A new password or a new kit in a session.
    pub(super) fn change(&mut self, draw: &mut Draw<'_>) {
        let Some(session) = draw.newest(&self.known.sessions).cloned() else { return };
        let Some(holder) = self.known.holder(&session.account).cloned() else { return };
        let upload = if draw.below(2) == 0 {
            self.password_upload(&holder, &session.text, false, draw)
        } else {
            Some(new_kit(&holder, &self.server.origin, &mut self.rng))
        };
        self.upload(upload, &session.text, draw);
    }

    /// Back in by the recovery code; the change itself may be left out.
    pub(super) fn recover(&mut self, draw: &mut Draw<'_>) {
        let Some(holder) = draw.newest(&self.known.holders).cloned() else { return };
        let start = Sent::new("POST", "/v1/recovery/start").json(json!({"email": holder.email}).to_string());
        let Some(answer) = self.send(start, draw) else { return };
        let (Some(id), Some(challenge)) = (answer.bytes::<16>("challenge_id"), answer.bytes("challenge")) else {
            return;
        };
        let message = recovery_proof_message(&holder.context, self.server.origin.as_str(), &challenge);
        let signature = match draw.byte() {
            240.. => some(&mut self.rng),
            _ => ed25519_sign(&recovery_seed(&holder), &message),
        };
        let finish = json!({"challenge_id": b64(&id), "signature": b64(&signature)}).to_string();
        let Some(answer) = self.send(Sent::new("POST", "/v1/recovery/finish").json(finish), draw) else { return };
        let Some(bearer) = answer.member("session").as_str().map(str::to_owned) else { return };
        if draw.byte() >= 200 {
            return;
        }
        let Some(holder) = self.known.holder(&holder.context.account.0).cloned() else { return };
        let upload = self.password_upload(&holder, &bearer, true, draw);
        self.upload(upload, &bearer, draw);
    }

    /// Begins a new password and makes what is uploaded.
    fn password_upload(
        &mut self,
        holder: &Holder,
        bearer: &str,
        with_kit: bool,
        draw: &mut Draw<'_>,
    ) -> Option<(Sent, Holder)> {
        let least = holder.block.profile.id() + u8::from(draw.byte() == 255);
        let fresh = fresh(holder.context, least, holder.block.two_secret, &mut self.rng);
        let start = json!({"opaque_request": b64(&fresh.request)}).to_string();
        let start = Sent::new("POST", "/v1/account/password/start").json(start).bearer(Some(bearer));
        let response = self.send(start, draw)?.bytes("opaque_response")?;
        new_password(fresh, &response, holder, with_kit, &self.server.origin, &mut self.rng)
    }

    /// Sends it, in this session or another.
    fn upload(&mut self, upload: Option<(Sent, Holder)>, bearer: &str, draw: &mut Draw<'_>) {
        let Some((sent, holder)) = upload else { return };
        self.known.drafts.push((firstkey_core::crypto::hazmat::sha256(&sent.body), holder));
        let bearer = if draw.byte() < 230 { Some(bearer.to_owned()) } else { self.bearer(draw) };
        self.send(sent.bearer(bearer.as_deref()), draw);
    }

    /// Sends a request of this run again: as it was, or with another token.
    pub(super) fn again(&mut self, draw: &mut Draw<'_>) {
        if let Some(sent) = draw.newest(&self.known.history).cloned() {
            self.send(sent, draw);
        }
    }

    /// The newest session, an older one, or none.
    fn bearer(&self, draw: &mut Draw<'_>) -> Option<String> {
        draw.newest(&self.known.sessions).map(|session| session.text.clone())
    }
}
