//! The one realm that is allowed on a managed computer.
//!
//! An organisation that manages a computer can pin its realm there: by the server's origin, by the
//! realm's id, and by what its invite links say of its key. Promise: with a pinned realm nothing is
//! sent to another server, and no other realm is accepted in its place, whatever a link, a flag or
//! the disk says. Must never: loosen another check; what a link, a pin or a statement demands holds
//! beside it.

use crate::crypto::context::RealmId;
use crate::crypto::realm_key::LinkBinding;
use crate::wire::link::InviteLink;
use crate::wire::origin::Origin;
use crate::wire::refusal::Refusal;

/// A pinned realm. Public facts; who wrote them is the edge's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedRealm {
    /// Its server.
    pub origin: Origin,
    /// Its id.
    pub realm: RealmId,
    /// What a link of version 2 says of its key, if that is pinned too.
    pub binding: Option<LinkBinding>,
}

impl ManagedRealm {
    /// Whether something may be sent there.
    ///
    /// # Errors
    /// [`Refusal::NotManagedServer`]
    pub fn admits(&self, origin: &Origin) -> Result<(), Refusal> {
        if self.origin == *origin { Ok(()) } else { Err(Refusal::NotManagedServer) }
    }

    /// Whether a realm that a server names is this one.
    ///
    /// # Errors
    /// [`Refusal::NotManagedRealm`]
    pub fn is(&self, realm: &RealmId) -> Result<(), Refusal> {
        if self.realm == *realm { Ok(()) } else { Err(Refusal::NotManagedRealm) }
    }

    /// Whether an invite link can be one of its server. A link that says nothing of a key can.
    ///
    /// # Errors
    /// It is of another server, or names another key.
    pub fn may_have_sent(&self, link: &InviteLink) -> Result<(), Refusal> {
        self.admits(link.origin())?;
        match (self.binding, link.binding()) {
            (Some(pinned), Some(named)) if pinned != named => Err(Refusal::NotManagedRealm),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn managed(binding: Option<u8>) -> ManagedRealm {
        ManagedRealm {
            origin: Origin::read("https://a.example.org").expect("an origin"),
            realm: RealmId::heard([7; 16]),
            binding: binding.map(|byte| LinkBinding::from_bytes([byte; LinkBinding::LEN])),
        }
    }

    fn link(text: &str) -> InviteLink {
        InviteLink::read(text.as_bytes()).unwrap_or_else(|trouble| panic!("{text}: {trouble}"))
    }

    #[test]
    fn a_link_of_another_server_or_key_is_refused_and_one_without_a_key_is_not() {
        let one = link(&format!("https://a.example.org/i#fkinv1.{BODY}"));
        let zero = link(&format!("https://a.example.org/i#fkinv2.{BODY}.AAAAAAAAAAAAAAAAAAAAAA"));
        for other in ["https://b.example.org", "https://a.example.org:8443", "https://x.a.example.org"] {
            let other = link(&format!("{other}/i#fkinv2.{BODY}.AAAAAAAAAAAAAAAAAAAAAA"));
            assert_eq!(managed(Some(0)).may_have_sent(&other), Err(Refusal::NotManagedServer));
        }
        assert_eq!(managed(Some(0)).may_have_sent(&zero), Ok(()));
        assert_eq!(managed(Some(1)).may_have_sent(&zero), Err(Refusal::NotManagedRealm));
        assert_eq!(managed(None).may_have_sent(&zero), Ok(()));
        assert_eq!(managed(Some(1)).may_have_sent(&one), Ok(()), "its answers have to be signed all the same");
        assert_eq!(managed(None).is(&RealmId::heard([7; 16])), Ok(()));
        assert_eq!(managed(None).is(&RealmId::heard([8; 16])), Err(Refusal::NotManagedRealm));
    }
}
