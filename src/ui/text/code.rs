//! What is said of a text that should be a recovery code: where to look, never what to write.

use super::Lines;
use firstkey_core::crypto::recovery::CodeError;

/// Why it is none.
pub(super) fn slip(slip: CodeError) -> Lines {
    let line = match slip {
        CodeError::Symbol { position, found } => {
            let found = found.escape_debug();
            format!("  \"{found}\" is not used in codes: look at group {}, symbol {}.", position.group, position.symbol)
        }
        CodeError::Length { have, need } => format!("  A recovery code has {need} symbols; these were {have}."),
        CodeError::Check { maybe: Some(place) } => {
            format!("  There is a slip in it: look at group {}, symbol {} first.", place.group, place.symbol)
        }
        CodeError::Check { maybe: None } => "  There is a slip in it: compare every group with the kit.".to_owned(),
        CodeError::OtherKind => "  That is a secret key. The recovery code is the shorter one.".to_owned(),
    };
    vec![line, "  Nothing was sent. Please type it again.".to_owned()]
}
