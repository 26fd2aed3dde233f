//! Logging in.

use super::numbers::{NUMBER, client_proof, group, hash, hex, server_public};
use super::{Fake, Lie, Reply, Token, internal, unauthorised};
use serde_json::{Value, json};

impl Fake {
    pub(super) fn may_log_in(&self, email: &str, ticket: Option<&str>) -> Result<usize, Reply> {
        let user = self.users.iter().position(|user| user.username == email && user.accepted);
        let Some(user) = user else { return Err(internal("Failed to find user")) };
        match ticket {
            None if self.users[user].logs_in_by_email => Ok(user),
            None => Err(unauthorised()),
            Some(ticket) if self.dead.iter().any(|dead| dead == ticket) => Err(internal("jwt expired")),
            Some(ticket) => match self.tokens.iter().find(|(known, _)| known == ticket) {
                Some((_, Token::Provider { user: of, .. })) if *of == user => Ok(user),
                _ => Err(internal("Invalid auth credentials")),
            },
        }
    }

    pub(super) fn key(&self, user: usize, name: &str) -> String {
        self.users[user].keys.as_ref().and_then(|keys| keys[name].as_str()).unwrap_or_default().to_owned()
    }

    pub(super) fn login1(&mut self, email: &str, client: &str, ticket: Option<&str>) -> Reply {
        match self.may_log_in(email, ticket) {
            Ok(user) => self.handshake(user, client),
            Err(refusal) => refusal,
        }
    }

    pub(super) fn handshake(&mut self, user: usize, client: &str) -> Reply {
        self.counter += 1;
        let b = hash(&[b"b", &self.counter.to_be_bytes()]);
        let Some(mut public) = server_public(&self.key(user, "verifier"), &b) else {
            return internal("Something went wrong");
        };
        self.users[user].pending = Some((client.to_owned(), b));
        let mut salt = self.key(user, "salt");
        if self.lies(Lie::OtherSalt) {
            salt = "00".repeat(32);
        }
        if self.lies(Lie::ZeroB) {
            public.fill(0);
        }
        if self.lies(Lie::ModulusB) {
            public = group().modulus().to_be_bytes().as_ref().to_vec();
        }
        let mut public = hex(&public);
        if self.lies(Lie::ShortB) {
            public.pop();
        }
        let disturbed =
            self.lies.iter().find_map(|lie| if let Lie::Disturbed(times) = lie { Some(*times) } else { None });
        if let Some(times) = disturbed {
            self.lies.retain(|lie| !matches!(lie, Lie::Disturbed(_)));
            if times > 0 {
                self.users[user].pending = Some(("00".repeat(NUMBER), [7; 32]));
                self.lies.push(Lie::Disturbed(times - 1));
            }
        }
        Reply::json(200, &json!({"serverPublicKey": public, "salt": salt}))
    }

    pub(super) fn proves(&self, user: usize, proof: &str) -> bool {
        let verifier = self.key(user, "verifier");
        let pending = self.users[user].pending.as_ref();
        pending.is_some_and(|(client, b)| client_proof(client, &verifier, b).as_deref() == Some(proof))
    }

    pub(super) fn login2(&mut self, email: &str, proof: &str, ticket: Option<&str>) -> Reply {
        let user = match self.may_log_in(email, ticket) {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        if !self.proves(user, proof) {
            return internal("Failed to authenticate. Try again?");
        }
        self.users[user].pending = None;
        if self.users[user].mfa {
            self.users[user].mfa_tries = 0;
            let token = self.issue(Token::Mfa(user));
            return Reply::json(200, &json!({"mfaEnabled": true, "token": token}));
        }
        self.keys_and_token(user, ticket.map(|_| 0))
    }

    pub(super) fn keys_and_token(&mut self, user: usize, org: Option<usize>) -> Reply {
        let session = self.users[user].session;
        let token = self.issue(Token::Access { user, org, session });
        let mut answer = self.vault(user, self.lies(Lie::SwapPublicKey) || self.lies(Lie::SwapPublicKeyAtLogin));
        answer["mfaEnabled"] = json!(false);
        answer["token"] = json!(token);
        Reply::json(200, &answer)
    }

    pub(super) fn vault(&self, user: usize, swapped: bool) -> Value {
        let key = |name: &str| json!(self.key(user, name));
        let mut vault = json!({
            "encryptionVersion": 2, "protectedKey": key("protectedKey"), "protectedKeyIV": key("protectedKeyIV"),
            "protectedKeyTag": key("protectedKeyTag"), "publicKey": key("publicKey"),
            "encryptedPrivateKey": key("encryptedPrivateKey"), "iv": key("encryptedPrivateKeyIV"), "tag": key("encryptedPrivateKeyTag"),
        });
        if swapped {
            vault["publicKey"] = json!("0Ozlcb20psYUbW7OHY180RTMNELOf1eVp/jJzzMCni8=");
        }
        if self.lies(Lie::VersionOne) {
            vault["encryptionVersion"] = json!(1);
        }
        if self.lies(Lie::NullProtectedKey) {
            vault["protectedKey"] = Value::Null;
        }
        if self.lies(Lie::ShortIv) {
            vault["iv"] = json!("AAAAAAAAAAA=");
        }
        vault
    }

    pub(super) fn user(&self, user: usize) -> Value {
        let found = &self.users[user];
        let name = if self.lies(Lie::Escapes) { "\u{1b}[2J\u{202e}Sam" } else { "Sam" };
        json!({
            "id": format!("user-{user}"), "email": found.email, "authMethods": if found.logs_in_by_email { json!(["email"]) } else { json!([]) },
            "superAdmin": false, "firstName": name, "lastName": null, "isAccepted": found.accepted, "isMfaEnabled": found.mfa,
            "mfaMethods": null, "devices": null, "isGhost": false, "username": found.username, "isEmailVerified": found.email_verified,
        })
    }
}
