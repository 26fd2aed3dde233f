//! The command lines of all programs, as people see them: without hidden commands and flags.

use clap::{Arg, Command, CommandFactory as _};

/// `firstkey`.
pub fn client() -> Command {
    visible(&firstkey::cli::Cli::command())
}

/// `firstkey-server`.
pub fn server() -> Command {
    visible(&firstkey_server::cli::commands())
}

/// `age-plugin-firstkey`, whose one flag is for age, rage and sops.
pub fn plugin() -> Command {
    Command::new("age-plugin-firstkey")
        .version(kept(client().get_version().unwrap_or_default()))
        .about("Opens files in the format of age with the key of a firstkey account.")
        .long_about(
            "The programs age, rage and sops start it to open a file that was encrypted to the key of an \
             account. People do not start it themselves. It lies in a folder of PATH. The identity file that \
             names the account has no secret in it; to print one, run: firstkey recipient --identity",
        )
        .arg(
            Arg::new("age-plugin")
                .long("age-plugin")
                .value_name("STATE_MACHINE")
                .help("Speak the plugin protocol of age on standard input and output"),
        )
}

/// For ever: clap takes names that live as long as the program, which ends soon.
pub(crate) fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// The same command without what is hidden.
fn visible(command: &Command) -> Command {
    let mut shown = Command::new(kept(command.get_name())).disable_help_subcommand(true);
    if let Some(version) = command.get_version() {
        shown = shown.version(kept(version));
    }
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    if let Some(about) = command.get_long_about() {
        shown = shown.long_about(about.clone());
    }
    if let Some(before) = command.get_before_help() {
        shown = shown.before_help(before.clone());
    }
    if let Some(after) = command.get_after_help() {
        shown = shown.after_help(after.clone());
    }
    for alias in command.get_visible_aliases() {
        shown = shown.visible_alias(kept(alias));
    }
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    shown = shown.args(arguments.cloned());
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        shown = shown.subcommand(visible(below));
    }
    shown
}
