//! Attributes of other people's extensions.
//!
//! A whole resource may hold them, and they are left out (RFC 7643 section 3.3 lets anybody extend
//! a resource). Entra puts all changes of a person into one PATCH, so a path into such an extension
//! must not cost the deactivation beside it.

/// URNs that are not other people's: those of the RFCs' schemas and their predecessors. What begins
/// with one and names nothing is a mistake, and what it was to change may be `active`.
const OURS: [&str; 4] = [
    "urn:ietf:params:scim:schemas:core:",
    "urn:ietf:params:scim:schemas:extension:enterprise:",
    "urn:ietf:params:scim:api:",
    "urn:scim:schemas:",
];

/// Whether a path, or the part of one before its brackets, leads into somebody else's extension.
/// Microsoft names one by an address (`http://schemas.microsoft.com/...`).
pub(super) fn is_foreign(path: &str) -> bool {
    let starts = |start: &str| path.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`' | b'['))
    };
    if starts("http://") || starts("https://") {
        return path.split_once("://").is_some_and(|(_, rest)| plain(rest));
    }
    // urn:namespace:rest (RFC 8141)
    let mut parts = path.splitn(3, ':');
    let whole = starts("urn:") && parts.all(plain) && path.matches(':').count() >= 2;
    whole && !OURS.iter().any(|ours| starts(ours) || ours.trim_end_matches(':').eq_ignore_ascii_case(path))
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn an_extension_is_foreign_by_its_urn_and_a_mistake_in_one_of_ours_is_not() {
        for foreign in [
            "urn:ietf:params:scim:schemas:extension:custom:2.0:User:worksiteId",
            "URN:ietf:params:scim:schemas:extension:Custom:2.0:User",
            "urn:okta:custom:1.0:user:a.b",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            "urn:x:y",
        ] {
            assert!(is_foreign(foreign), "{foreign}");
        }
        for ours in [
            "active",
            "",
            "urn:",
            "urn:x",
            "urn:x:",
            "urn::y",
            "urn:x:a b",
            "urn:x:\u{201c}y\u{201d}",
            "http://",
            "urn:ietf:params:scim:schemas:core:2.0:User:active",
            "urn:ietf:params:scim:schemas:core:2.0:Users:active",
            "URN:IETF:params:scim:schemas:CORE:2.0:User:activ",
            "urn:ietf:params:scim:schemas:core:2.0",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:nope",
            "urn:ietf:params:scim:schemas:extension:enterprise:1.0:User:department",
            "urn:scim:schemas:core:1.0:active",
        ] {
            assert!(!is_foreign(ours), "{ours}");
        }
    }
}
