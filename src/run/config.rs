//! `firstkey config`: the person's own defaults.
//!
//! Promise: nothing is sent and nobody asked; what was set is on the disk when the command ends.
//! Must never: keep what is no server and no address.

use super::known::{failed, show};
use super::state_folder;
use crate::cli::{self, ConfigCommand, ConfigKey, ConfigSet};
use crate::exit::ExitCode;
use crate::store::shelf::{self, StateShelf};
use crate::ui::text;
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::origin::Origin;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Does it.
pub(super) fn config(flags: &cli::Config, state: Option<PathBuf>) -> ExitCode {
    let done = state_folder(state).and_then(|path| match &flags.what {
        None | Some(ConfigCommand::List) => shelf::known_defaults(&path).map(|own| listed(&own, flags.json)),
        Some(ConfigCommand::Get { key }) => shelf::known_defaults(&path).map(|own| one(&own, *key, flags.json)),
        Some(ConfigCommand::Set(wish)) => changed(&path, flags.json, |own| match wish {
            ConfigSet::Server { server } => own.server = Some(server.clone()),
            ConfigSet::Email { email } => own.email = Some(email.clone()),
        }),
        Some(ConfigCommand::Unset { key }) => changed(&path, flags.json, |own| match key {
            ConfigKey::Server => own.server = None,
            ConfigKey::Email => own.email = None,
        }),
    });
    match done {
        Ok(text) => {
            show(&text);
            ExitCode::Done
        }
        Err(trouble) => failed(flags.json, trouble),
    }
}

fn changed(path: &Path, json: bool, change: impl FnOnce(&mut Defaults)) -> Result<String, LocalTrouble> {
    let mut shelf = StateShelf::open(path)?;
    let mut own = shelf.defaults()?;
    change(&mut own);
    shelf.keep_defaults(&own)?;
    Ok(listed(&own, json))
}

fn value(own: &Defaults, key: ConfigKey) -> Option<&str> {
    match key {
        ConfigKey::Server => own.server.as_ref().map(Origin::as_str),
        ConfigKey::Email => own.email.as_deref(),
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn listed(own: &Defaults, as_json: bool) -> String {
    if as_json {
        let (server, email) = (value(own, ConfigKey::Server), value(own, ConfigKey::Email));
        return line(&json!({"server": server, "email": email}));
    }
    text::config::defaults(own).join("\n") + "\n"
}

fn one(own: &Defaults, key: ConfigKey, as_json: bool) -> String {
    let name = match key {
        ConfigKey::Server => "server",
        ConfigKey::Email => "email",
    };
    let value = value(own, key);
    if as_json { line(&json!({ name: value })) } else { format!("{}\n", value.unwrap_or_default()) }
}
