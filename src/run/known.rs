//! Commands that ask nobody: what this computer remembers.
//!
//! Promise: no request is sent and no password asked for; results go to standard output.

use super::state_folder;
use crate::cli;
use crate::exit::{ExitCode, Stopped};
use crate::managed::ManagedTrouble;
use crate::store::shelf;
use crate::ui::outlet::{self, Stream};
use crate::ui::script::{Answers, Event, Script};
use crate::ui::text;
use firstkey_core::flow::Locks;
use firstkey_core::flow::account::stop::{AccountReason, AccountStop};
use firstkey_core::flow::checkpoint::{NotTaken, Pin};
use firstkey_core::flow::stop::{Halt, Reach};
use firstkey_core::wire::directory::Words;
use firstkey_core::wire::link::short_id;
use firstkey_core::wire::named::read_server;
use firstkey_core::wire::text::harmless;
use std::io::IsTerminal;
use std::path::PathBuf;

/// `firstkey status`.
pub(super) fn status(flags: &cli::Status, state: Option<PathBuf>) -> ExitCode {
    let found = state_folder(state).and_then(|path| shelf::known(&path));
    let (pins, mut checkpoints) = match found {
        Ok(found) => found,
        Err(trouble) => return failed(flags.json, trouble),
    };
    // What other keys have taken the place of, there is nothing to finish of.
    checkpoints.retain(|saved| !saved.is_outdated(&pins));
    let output = if flags.json {
        let accounts = pins.iter().map(account_event);
        let unfinished = checkpoints.iter().map(|saved| {
            let event = Event::Unfinished {
                server: saved.request.origin().as_str(),
                email: &saved.email,
                invite: short_id(saved.invite),
                refused: saved.refused.map(NotTaken::name),
            };
            event.line()
        });
        accounts.chain(unfinished).collect::<String>()
    } else {
        let unfinished: Vec<_> = checkpoints.iter().map(|saved| (saved.email.clone(), saved.refused)).collect();
        text::account::status(&pins, &unfinished).join("\n") + "\n"
    };
    show(&output);
    ExitCode::Done
}

/// `firstkey recipient`.
pub(super) fn recipient(flags: &cli::Recipient, state: Option<PathBuf>) -> ExitCode {
    let pins = match state_folder(state).and_then(|path| shelf::known(&path)) {
        Ok((pins, _)) => pins,
        Err(trouble) => return failed(flags.json, trouble),
    };
    match only(&flags.which, &pins) {
        #[cfg(feature = "age")]
        Ok(pin) if flags.identity => super::files::identity(pin, flags.json),
        Ok(pin) if flags.json => show(&account_event(pin)),
        Ok(pin) => show(&(pin.identity.recipient() + "\n")),
        Err(why) => return refused(flags.json, why),
    }
    ExitCode::Done
}

/// `firstkey verify --fingerprint`: by what this computer remembers, without a password.
pub(super) fn fingerprint(flags: &cli::Account, words: &[String], state: Option<PathBuf>) -> ExitCode {
    let pins = match state_folder(state).and_then(|path| shelf::known(&path)) {
        Ok((pins, _)) => pins,
        Err(trouble) => return failed(flags.unattended.json, trouble),
    };
    let which = cli::Which { server: flags.server.clone(), account: flags.account.clone() };
    let pin = match only(&which, &pins) {
        Ok(pin) => pin,
        Err(why) => return refused(flags.unattended.json, why),
    };
    let typed = Words::read_typed(&words.join(" "));
    if typed.is_none_or(|typed| typed.as_str() != pin.fingerprint().to_string()) {
        return refused(flags.unattended.json, AccountReason::OtherFingerprint);
    }
    if flags.unattended.json {
        show(&account_event(pin));
    } else {
        show(&(text::account::same_fingerprint(pin).join("\n") + "\n"));
    }
    ExitCode::Done
}

/// The one account that is meant.
pub(super) fn only<'a>(which: &cli::Which, pins: &'a [Pin]) -> Result<&'a Pin, AccountReason> {
    let origin = which.server.as_deref().map(read_server).transpose().map_err(|_| AccountReason::NoSuchServer)?;
    let fits = |pin: &&Pin| {
        origin.as_ref().is_none_or(|origin| pin.origin == *origin)
            && which.account.as_ref().is_none_or(|named| named.trim().eq_ignore_ascii_case(&pin.email))
    };
    let fitting: Vec<_> = pins.iter().filter(fits).collect();
    match fitting.as_slice() {
        [pin] => Ok(pin),
        [] => Err(AccountReason::NothingKnown),
        several => {
            Err(AccountReason::Several(several.iter().map(|pin| format!("{} at {}", pin.email, pin.origin)).collect()))
        }
    }
}

fn account_event(pin: &Pin) -> String {
    let event = Event::Account {
        server: pin.origin.as_str(),
        realm_id: pin.context.realm.to_string(),
        account_id: pin.context.account.to_string(),
        email: &pin.email,
        key_gen: pin.identity.key_gen.0,
        fingerprint: pin.fingerprint().to_string(),
        recipient: pin.identity.recipient(),
        secret_key: pin.two_secret,
    };
    event.line()
}

pub(super) fn failed(json: bool, trouble: impl Into<Halt>) -> ExitCode {
    Script::new(Answers { json, ..Answers::default() }, None).finish_early(trouble)
}

/// The managed configuration cannot be used.
pub(super) fn not_managed(json: bool, trouble: &ManagedTrouble) -> ExitCode {
    Script::new(Answers { json, ..Answers::default() }, None).stopped(Stopped::Managed(trouble))
}

pub(super) fn refused(json: bool, why: AccountReason) -> ExitCode {
    let stop = AccountStop { why, origin: None, reach: Reach::NothingChanged, subject: Locks::Password };
    Script::new(Answers { json, ..Answers::default() }, None).finish_on_account(&Err(stop))
}

/// A result, for standard output.
pub(super) fn show(text: &str) {
    outlet::print(Stream::Out, harmless(text).as_bytes());
}

/// The same of bytes that a program may want exactly; on a terminal they are shown like any text.
pub(super) fn show_bytes(bytes: &[u8]) {
    if std::io::stdout().is_terminal() {
        show(&String::from_utf8_lossy(bytes));
    } else {
        outlet::print(Stream::Out, bytes);
    }
}
