//! The honest server's sessions: listed, and ended.

use super::change::What;
use super::{Answer, HonestServer, Members, Problem, b64};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::hazmat;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use serde_json::json;

/// The id of a session is no part of its bearer that anybody could use.
fn id(session: &[u8; 32]) -> [u8; 16] {
    let digest = hazmat::sha256(session);
    let (id, _) = digest.split_at(16);
    id.try_into().unwrap_or_default()
}

impl HonestServer {
    /// The id of a session, as it is listed.
    pub fn session_id(session: &[u8; 32]) -> [u8; 16] {
        id(session)
    }

    pub(super) fn on_sessions(&mut self, session: Option<[u8; 32]>, request: &Outbound) -> Answer {
        let this = self.in_session(session, What::Password)?;
        let before = self.sessions.len();
        match request.endpoint() {
            Endpoint::Sessions if request.body().is_empty() => {
                let lines = self.sessions.iter().rev().map(|one| {
                    json!({"session_id": b64(&id(one)), "created_at": 1_763_900_000, "expires_at": 1_763_900_600,
                        "purpose": "full", "client": "firstkey/0.1.0", "source": "192.0.2.7", "this": *one == this})
                });
                return Ok(json!({"sessions": lines.collect::<Vec<_>>()}));
            }
            Endpoint::EndOtherSessions if request.body().is_empty() => self.sessions.retain(|one| *one == this),
            Endpoint::EndSession if request.body().is_empty() => {
                let named = request.target().strip_prefix("/v1/sessions/").unwrap_or_default();
                let named = Base64UrlUnpadded::decode_vec(named).unwrap_or_default();
                self.sessions.retain(|one| id(one)[..] != named[..]);
                if self.sessions.len() == before {
                    return Err(Problem(404, "not-found", ""));
                }
            }
            Endpoint::Logout => {
                Members::read(request.body())?.end()?;
                self.sessions.retain(|one| *one != this);
            }
            _ => return Err(super::INVALID("a body where none belongs")),
        }
        Ok(json!({"ended": before - self.sessions.len()}))
    }
}
