//! `firstkey forget`.

use super::{Ending, ExitCode, shared};
use firstkey_core::flow::forget::ForgetReason;

pub(super) fn ending(why: &ForgetReason) -> Ending {
    let (code, exit) = match why {
        ForgetReason::Cancelled => ("cancelled", ExitCode::Cancelled),
        ForgetReason::NotAgreed => ("gave-up-forget", ExitCode::GaveUp),
        ForgetReason::Missing => ("missing-consent", ExitCode::Usage),
        ForgetReason::OtherWord { .. } => ("not-the-invited", ExitCode::Usage),
        ForgetReason::Unfinished(_) => ("unfinished-upload", ExitCode::Usage),
        ForgetReason::NothingKnown { .. } => ("nothing-known", ExitCode::Usage),
        ForgetReason::Several(_) => ("missing-account", ExitCode::Usage),
        ForgetReason::NoSuchServer => ("no-such-server", ExitCode::Usage),
        ForgetReason::Local { trouble, .. } => return shared::local(trouble),
    };
    Ending::new(code, exit)
}
