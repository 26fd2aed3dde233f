//! `firstkey config`: what holds on this computer, and the person's own defaults.
//!
//! Promise: nothing is sent and nobody asked; what was set is on the disk when the command ends.
//! Must never: keep what is no server and no address.

use super::known::{failed, show};
use super::share::stop_of;
use super::state_folder;
use crate::cli::{self, ConfigCommand, ConfigKey, ConfigSet};
use crate::exit::ExitCode;
use crate::managed::Managed;
use crate::managed::held::Held;
use crate::store::shelf::{self, StateShelf};
use crate::ui::script::{Answers, Script};
use crate::ui::text;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::stop::LocalTrouble;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Does it.
pub(super) fn config(flags: &cli::Config, state: Option<PathBuf>, managed: &Managed) -> ExitCode {
    let shown = |own: &Defaults| listed(&Held::of(own, managed), flags.json);
    if let (Some(ConfigCommand::Set(ConfigSet::Server { server })), Some(realm)) = (&flags.what, &managed.realm)
        && let Err(refusal) = realm.admits(server)
    {
        let stop = AccountStop { origin: Some(server.clone()), ..stop_of(AccountReason::Refused(refusal)) };
        return Script::new(Answers { json: flags.json, ..Answers::default() }, None).finish_on_account(&Err(stop));
    }
    let done = state_folder(state).and_then(|path| match &flags.what {
        None | Some(ConfigCommand::List) => shelf::known_defaults(&path).map(|own| shown(&own)),
        Some(ConfigCommand::Get { key }) => {
            shelf::known_defaults(&path).map(|own| one(&Held::of(&own, managed), *key, flags.json))
        }
        Some(ConfigCommand::Set(wish)) => changed(&path, |own| match wish {
            ConfigSet::Server { server } => own.server = Some(server.clone()),
            ConfigSet::Email { email } => own.email = Some(email.clone()),
        })
        .map(|own| shown(&own)),
        Some(ConfigCommand::Unset { key }) => changed(&path, |own| match key {
            ConfigKey::Server => own.server = None,
            ConfigKey::Email => own.email = None,
        })
        .map(|own| shown(&own)),
    });
    match done {
        Ok(text) => {
            show(&text);
            ExitCode::Done
        }
        Err(trouble) => failed(flags.json, trouble),
    }
}

fn changed(path: &Path, change: impl FnOnce(&mut Defaults)) -> Result<Defaults, LocalTrouble> {
    let mut shelf = StateShelf::open(path)?;
    let mut own = shelf.defaults()?;
    change(&mut own);
    shelf.keep_defaults(&own)?;
    Ok(own)
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn listed(held: &Held, as_json: bool) -> String {
    if !as_json {
        return text::config::defaults(held).join("\n") + "\n";
    }
    let mut all = Map::new();
    let mut from = Map::new();
    for (name, value) in &held.values {
        all.insert((*name).to_owned(), value.as_ref().map(|(value, _)| value.clone()).into());
        if let Some((_, source)) = value {
            from.insert((*name).to_owned(), source.name().into());
        }
    }
    all.insert("from".to_owned(), from.into());
    line(&all.into())
}

fn one(held: &Held, key: ConfigKey, as_json: bool) -> String {
    let name = match key {
        ConfigKey::Server => "server",
        ConfigKey::Email => "email",
    };
    let value = held.value(name);
    if as_json { line(&json!({ name: value })) } else { format!("{}\n", value.unwrap_or_default()) }
}
