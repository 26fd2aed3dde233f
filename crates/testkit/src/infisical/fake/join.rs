//! Becoming a member, and completing an account.

use super::{Era, Fake, KEY_NAMES, Lie, Reply, Token, error, internal};
use serde_json::{Map, Value, json};

impl Fake {
    pub(super) fn verify_invite(&mut self, email: &str, organisation: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter().position(|user| user.username == email) else {
            return error(400, "Verify user to org", "Invalid request");
        };
        let Some(org) = self.orgs.iter().position(|(id, _)| id == organisation) else {
            return error(400, "Verify user to org", "Failed to find invitation");
        };
        let Some(at) = self.memberships.iter().position(|one| one.user == user && one.org == org && !one.accepted)
        else {
            return error(400, "Verify user to org", "Failed to find invitation");
        };
        match &self.memberships[at].code {
            None => return internal("Failed to find token"),
            Some(wanted) if wanted != code => return internal("Invalid token"),
            Some(_) => self.memberships[at].code = None,
        }
        self.users[user].email_verified = true;
        if self.lies(Lie::UpgradeAfterVerify) {
            self.era = Era::G1;
        }
        if self.lies(Lie::Deprovision) {
            self.deprovision(user);
        }
        if self.users[user].accepted {
            self.memberships[at].accepted = true;
            return Reply::json(200, &json!({"message": "Successfully verified email", "user": self.user(user)}));
        }
        let token = self.issue(Token::Signup(user));
        Reply::json(200, &json!({"message": "Successfully verified email", "token": token, "user": self.user(user)}))
    }

    pub(super) fn complete_signup(&mut self, parsed: &Value) -> Reply {
        let ticket = parsed["providerAuthToken"].as_str().unwrap_or_default();
        if std::mem::take(&mut self.expire_at_upload) {
            self.expire_tokens();
        }
        if self.dead.iter().any(|dead| dead == ticket) {
            return internal("jwt expired");
        }
        let found = self.tokens.iter().find(|(known, _)| known == ticket).map(|(_, token)| token.clone());
        if !self.sign_up {
            return error(400, "BadRequest", "Sign up is disabled");
        }
        let email = parsed["email"].as_str().unwrap_or_default();
        let Some(user) = self.users.iter().position(|user| user.username == email && !user.accepted) else {
            return internal("Failed to complete account for complete user");
        };
        match found {
            Some(Token::Provider { user: of, org }) if of == user => self.complete(user, parsed, Some(org)),
            Some(_) => internal("Invalid auth credentials"),
            None => internal("invalid signature"),
        }
    }

    pub(super) fn complete(&mut self, user: usize, parsed: &Value, org: Option<usize>) -> Reply {
        if self.users[user].accepted {
            return internal("Failed to complete account for complete user");
        }
        if org.is_none() && !self.memberships.iter().any(|one| one.user == user && !one.accepted) {
            return error(400, "complete account invite", "Failed to find invitation for email");
        }
        let mut keys: Map<_, _> = KEY_NAMES.iter().map(|name| ((*name).to_owned(), parsed[*name].clone())).collect();
        if self.lies(Lie::Race)
            && let Some(rival) = &self.rival
        {
            keys.clone_from(rival);
        }
        self.users[user].keys = Some(keys);
        self.users[user].accepted = true;
        for one in self.memberships.iter_mut().filter(|one| one.user == user) {
            one.accepted = true;
        }
        if self.lies(Lie::Rename) {
            self.users[user].username = format!("renamed-{}", self.users[user].email);
        }
        let session = self.users[user].session;
        let token = self.issue(Token::Access { user, org, session });
        let mut answer = json!({"message": "Successfully set up account", "user": self.user(user), "token": token});
        if let Some(org) = org {
            answer["organizationId"] = json!(self.orgs[org].0);
        }
        Reply::json(200, &answer)
    }

    pub(super) fn verify_email(&mut self, username: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter_mut().find(|user| user.username == username) else {
            return error(400, "Failed to find user", "The request is invalid");
        };
        match &user.email_code {
            None => internal("Failed to find token"),
            Some(wanted) if wanted != code => {
                user.email_tries += 1;
                if user.email_tries >= 3 {
                    user.email_code = None;
                }
                internal("Invalid token")
            }
            Some(_) => {
                user.email_code = None;
                user.email_verified = true;
                // Others that merely claim this address would go; the name becomes the address.
                user.username = user.email.clone();
                Reply::json(200, &json!({}))
            }
        }
    }
}
