//! `firstkey forget`.

use super::{Ending, ExitCode, shared};
use crate::flow::forget::Why;

pub(super) fn ending(why: &Why) -> Ending {
    let (code, exit) = match why {
        Why::Cancelled => ("cancelled", ExitCode::Cancelled),
        Why::NotAgreed => ("gave-up-forget", ExitCode::GaveUp),
        Why::Missing => ("missing-consent", ExitCode::Usage),
        Why::OtherWord { .. } => ("not-the-invited", ExitCode::Usage),
        Why::Unfinished(_) => ("unfinished-upload", ExitCode::Usage),
        Why::NothingKnown { .. } => ("nothing-known", ExitCode::Usage),
        Why::Several(_) => ("missing-account", ExitCode::Usage),
        Why::NoSuchServer => ("no-such-server", ExitCode::Usage),
        Why::Local { trouble, .. } => return shared::local(trouble),
    };
    Ending::new(code, exit)
}
