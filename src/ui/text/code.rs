//! What is said of a text that should be a recovery code: where to look, never what to write.

use super::Lines;
use firstkey_core::crypto::recovery::CodeError;

/// Why a text is no recovery code.
pub(super) fn slip(slip: CodeError) -> Lines {
    let line = match slip {
        CodeError::Symbol { position, found } => {
            let found = found.escape_debug();
            format!("  A code never has \"{found}\": check group {}, symbol {}.", position.group, position.symbol)
        }
        CodeError::Length { have, need } => format!("  A recovery code has {need} symbols; you typed {have}."),
        CodeError::Check { maybe: Some(place) } => {
            format!("  One character is wrong. Check group {}, symbol {} first.", place.group, place.symbol)
        }
        CodeError::Check { maybe: None } => {
            "  At least one character is wrong. Compare every group with the kit.".to_owned()
        }
        CodeError::OtherKind => "  That is a secret key. The recovery code is the shorter one.".to_owned(),
    };
    vec![line, "  Nothing was sent. Please type it again.".to_owned()]
}
