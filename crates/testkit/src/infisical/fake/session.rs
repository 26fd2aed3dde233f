//! What takes a session, or what a mail brought.

use super::{Fake, KEY_NAMES, Lie, Reply, Token, error, internal};
use serde_json::{Value, json};

impl Fake {
    pub(super) fn in_session(
        &mut self,
        method: &str,
        path: &str,
        user: usize,
        org: Option<usize>,
        parsed: &Value,
    ) -> Reply {
        let text = |name: &str| parsed[name].as_str().unwrap_or_default().to_owned();
        let no_org = || {
            error(
                403,
                &format!("{path} Unauthorized Access, no organization found in request"),
                "You are not allowed to access this resource",
            )
        };
        match (method, path) {
            ("GET", "/api/v1/user") => {
                let mut account = self.user(user);
                let vault = self.vault(user, self.lies(Lie::SwapPublicKey));
                for (name, value) in vault.as_object().into_iter().flatten() {
                    account[name.as_str()] = value.clone();
                }
                account["salt"] = json!(self.key(user, "salt"));
                account["clientPublicKey"] = Value::Null;
                account["serverPrivateKey"] = Value::Null;
                if self.lies(Lie::OtherCiphertext) {
                    account["tag"] = json!("AAAAAAAAAAAAAAAAAAAAAA==");
                }
                if self.lies(Lie::ShowsVerifier) {
                    account["verifier"] = json!(self.key(user, "verifier"));
                }
                Reply::json(200, &json!({"user": account}))
            }
            ("GET", "/api/v1/organization") => {
                let escapes = self.lies(Lie::Escapes);
                let name =
                    |name: &str| if escapes { format!("\u{1b}]0;x\u{7}{name}\u{202e}") } else { name.to_owned() };
                let mine = self.memberships.iter().filter(|one| one.user == user);
                let list: Vec<_> = mine.map(|one| json!({"id": self.orgs[one.org].0, "name": name(&self.orgs[one.org].1), "slug": "x", "customerId": null, "authEnforced": false, "scimEnabled": true})).collect();
                Reply::json(200, &json!({"organizations": list}))
            }
            ("POST", "/api/v3/auth/select-organization") => {
                let wanted = text("organizationId");
                let found = self.memberships.iter().find(|one| one.user == user && self.orgs[one.org].0 == wanted);
                let Some(org) = found.map(|one| one.org) else {
                    return error(403, "UnauthorizedError", "User does not have access to the organization");
                };
                self.users[user].session += 1;
                let session = self.users[user].session;
                let token = self.issue(Token::Access { user, org: Some(org), session });
                Reply::json(200, &json!({"token": token}))
            }
            ("POST", "/api/v1/auth/logout") => {
                self.users[user].session += 1;
                Reply::json(200, &json!({"message": "Successfully logged out."}))
            }
            _ if org.is_none() => no_org(),
            ("POST", "/api/v1/password/srp1") => self.handshake(user, &text("clientPublicKey")),
            ("POST", "/api/v1/password/backup-private-key") => {
                if !self.proves(user, &text("clientProof")) {
                    return internal("failed to create backup key");
                }
                if self.lies(Lie::NoKit) {
                    return error(500, "Insert backup key", "Something went wrong");
                }
                self.users[user].kit = Some(
                    json!({"id": "kit", "encryptedPrivateKey": text("encryptedPrivateKey"), "iv": text("iv"), "tag": text("tag"), "salt": text("salt"), "algorithm": "aes-256-gcm", "keyEncoding": "utf8"}),
                );
                self.fetch_kit(user)
            }
            ("POST", "/api/v1/password/change-password") => {
                let proven = self.proves(user, &text("clientProof"));
                self.users[user].pending = None;
                if !proven {
                    return internal("Failed to authenticate. Try again?");
                }
                self.new_lock(user, parsed);
                let body = json!({"message": "Successfully changed password"});
                Reply::json(200, &body)
            }
            ("DELETE", "/api/v2/users/me/sessions") => {
                self.users[user].session += 1;
                self.sessions_ended += 1;
                Reply::json(200, &json!({"message": "Successfully revoked all sessions."}))
            }
            _ => error(404, "Not Found", &format!("Route {method}:{path} not found")),
        }
    }

    pub(super) fn new_lock(&mut self, user: usize, parsed: &Value) {
        if let Some(keys) = &mut self.users[user].keys {
            for name in KEY_NAMES.iter().filter(|name| **name != "publicKey") {
                keys.insert((*name).to_owned(), parsed[*name].clone());
            }
        }
    }

    pub(super) fn fetch_kit(&self, user: usize) -> Reply {
        match &self.users[user].kit {
            None => internal("Failed to find user backup key"),
            Some(kit) => {
                let mut kit = kit.clone();
                if self.lies(Lie::OtherKit) {
                    kit["tag"] = json!("AAAAAAAAAAAAAAAAAAAAAA==");
                }
                Reply::json(
                    200,
                    &json!({"message": "Successfully updated backup private key", "backupPrivateKey": kit}),
                )
            }
        }
    }

    pub(super) fn verify_reset(&mut self, email: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter().position(|user| user.username == email && user.accepted) else {
            return internal("Failed email verification for pass reset");
        };
        match &self.users[user].reset_code {
            None => internal("Failed to find token"),
            Some(wanted) if wanted != code => internal("Invalid token"),
            Some(_) => {
                self.users[user].reset_code = None;
                let token = self.issue(Token::Signup(user));
                Reply::json(
                    200,
                    &json!({"message": "Successfully verified email", "user": self.user(user), "token": token}),
                )
            }
        }
    }
}
