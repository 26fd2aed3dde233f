//! `firstkey doctor`: the family of the first bad finding, which is the first one to mend.

use super::{Ending, ExitCode};
use crate::doctor::Family;

pub(super) fn ending(family: Family) -> Ending {
    let (code, exit) = match family {
        Family::Local => ("doctor-local", ExitCode::Local),
        Family::Network => ("doctor-network", ExitCode::TryLater),
        Family::Server => ("doctor-server", ExitCode::Server),
    };
    Ending::new(code, exit)
}
