//! `firstkey audit open` and `firstkey audit explain` of a file.

use super::{Ending, ExitCode, shared};
use firstkey_core::flow::offline::Trouble;
use firstkey_core::wire::refusal::Blame;

pub(super) fn ending(trouble: &Trouble) -> Ending {
    let (code, exit) = match trouble {
        Trouble::Cancelled => ("cancelled", ExitCode::Cancelled),
        Trouble::Missing(missing) => return shared::missing(*missing),
        Trouble::Local(trouble) => return shared::local(trouble),
        Trouble::Password { .. } => ("password-opens-nothing", ExitCode::Usage),
        Trouble::NotShown(refusal) => match refusal.blame() {
            Blame::Security => ("does-not-fit", ExitCode::Refused),
            Blame::Nonsense => ("not-shown", ExitCode::Local),
        },
        Trouble::NoKeys => ("no-keys", ExitCode::Local),
        Trouble::OtherKit => ("other-kit", ExitCode::Refused),
        Trouble::NoCode => ("gave-up-code", ExitCode::GaveUp),
        Trouble::CodeOpensNothing => ("code-opens-nothing", ExitCode::NotOpened),
        Trouble::DoesNotFit => ("does-not-fit", ExitCode::Refused),
        Trouble::Changed(change) => return shared::changed(*change),
    };
    Ending::new(code, exit)
}
