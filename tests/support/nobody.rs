//! The client as a person without any rights runs it: the tests are the super-user, to whom nothing
//! is forbidden.

use super::client::{Desk, program};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The user who owns nothing.
pub const NOBODY: u32 = 65534;

/// Says so where a test cannot become somebody else.
pub fn must_be_root() {
    assert!(rustix::process::geteuid().is_root(), "this test has to be root: sudo -E cargo test");
}

/// The same command by that user, with the program where everybody may start it; the files of the
/// desk are that user's.
pub fn as_nobody(desk: &Desk, command: &Command) -> Command {
    let copy = desk.path("firstkey");
    std::fs::copy(program(), &copy).expect("a copy");
    for entry in std::fs::read_dir(desk.home.path()).expect("readable").flatten() {
        chown(entry.path(), Some(NOBODY), Some(NOBODY)).expect("the super-user may");
    }
    chown(desk.home.path(), Some(NOBODY), Some(NOBODY)).expect("the super-user may");
    let mut lowered = Command::new(copy);
    lowered.args(command.get_args()).env_clear();
    lowered.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    lowered.uid(NOBODY).gid(NOBODY).current_dir("/");
    lowered
}
