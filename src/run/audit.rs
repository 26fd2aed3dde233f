//! `firstkey audit`: what was sent, and what the server shows of an account.
//!
//! Promise: nothing here can reach a network: no connection is made, and no edge that could make
//! one is at hand; nothing is written, the state folder is only read. Must never: judge whether an
//! account fits; that is [`firstkey_core::flow::offline`].

use super::{known, rehearsal, state_folder};
use crate::audit::Record;
use crate::cli::{self, AuditCommand, AuditExplain, AuditOpen};
use crate::drive::Person;
use crate::exit::{ExitCode, Stopped};
use crate::store::shelf;
use crate::ui::explain_event;
use crate::ui::input::read_plain;
use crate::ui::kit_file::KitFile;
use crate::ui::offline_event::OfflineEvent;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::term::Terminal;
use crate::ui::text::explain::{DRAWN, Subject};
use crate::ui::wrap::wrap;
use crate::ui::{signals, text};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::flow::account::stop::Change;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::offline::{self, Findings, KitCode, Trouble, Witness};
use firstkey_core::flow::stop::{Halt, LocalTrouble, StorageTrouble};
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::wire::json::MAX_BODY;
use firstkey_core::wire::refusal::Refusal;
use firstkey_core::wire::shown::Shown;
use std::path::{Path, PathBuf};

/// Does it.
pub(super) fn audit(flags: &cli::Audit, state: Option<PathBuf>) -> ExitCode {
    match &flags.command {
        Some(AuditCommand::Open(flags)) => open(flags, state),
        Some(AuditCommand::Explain(flags)) => explain(flags, state),
        None => match &flags.offer {
            Some(offer) => rehearsal::rehearse(flags, offer, state),
            None => last(flags, state),
        },
    }
}

/// `firstkey audit --last`.
fn last(flags: &cli::Audit, state: Option<PathBuf>) -> ExitCode {
    let record = state_folder(state).and_then(|path| {
        let damaged = |_| LocalTrouble::State { trouble: StorageTrouble::Damaged, path: path.display().to_string() };
        shelf::last_record(&path)?.map_or(Ok(Record::default()), |file| Record::read(&file).map_err(damaged))
    });
    let record = match record {
        Ok(record) => record,
        Err(trouble) => return Script::new(Answers::default(), None).finish_early(trouble),
    };
    let output = if flags.raw {
        record.raw()
    } else if flags.json {
        record.encode()
    } else {
        (record.describe().join("\n") + "\n").into_bytes()
    };
    known::show_bytes(&output);
    ExitCode::Done
}

impl Witness for Script {
    fn ask(&mut self, question: Question) -> Answer {
        Person::ask(self, question)
    }

    fn tell(&mut self, notice: &Notice) {
        Person::tell(self, notice);
    }
}

/// `firstkey audit open`.
fn open(flags: &AuditOpen, state: Option<PathBuf>) -> ExitCode {
    let _ = signals::install();
    let person = if flags.unattended.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let mut script = Script::new(Answers { json: flags.unattended.json, ..Answers::default() }, person);
    let name =
        if flags.show == Path::new("-") { "standard input".to_owned() } else { flags.show.display().to_string() };
    let end = found(flags, state, &mut script).and_then(|found| {
        script.say(&text::offline::findings(&found));
        for (part, fit) in &found.parts {
            script.event_line(&OfflineEvent::of_part(*part, *fit).line());
        }
        found.verdict.clone().map(|()| found)
    });
    match end {
        Ok(found) => {
            script.result(&text::offline::fits());
            script.last_line(&OfflineEvent::of_findings(&found).line());
            ExitCode::Done
        }
        Err(trouble) => script.stopped(Stopped::Offline(&trouble, &name)),
    }
}

fn found(flags: &AuditOpen, state: Option<PathBuf>, script: &mut Script) -> Result<Findings, Trouble> {
    if let Some(on_the_command_line) = flags.by_password() {
        return Err(Trouble::Password { on_the_command_line });
    }
    let file = read_plain(&flags.show, MAX_BODY).map_err(halted)?;
    let kit = flags.kit_file.as_deref().map(kit).transpose().map_err(Trouble::Local)?;
    let (pins, _) = state_folder(state).and_then(|path| shelf::known_untouched(&path)).map_err(Trouble::Local)?;
    offline::open(script, &file, kit, &pins)
}

/// The file could not be read, or a signal ended the wait for it.
fn halted(halt: Halt) -> Trouble {
    match halt {
        Halt::Local(trouble) => Trouble::Local(trouble),
        Halt::Missing(missing) => Trouble::Missing(missing),
        Halt::Cancelled | Halt::Silent(_) => Trouble::Cancelled,
    }
}

/// The kit in a file; what is there has to be one.
fn kit(path: &Path) -> Result<KitCode, LocalTrouble> {
    let unusable = |trouble| LocalTrouble::Input { trouble, path: path.display().to_string() };
    let facts = KitFile::open(path)?.ok_or_else(|| unusable(StorageTrouble::Damaged))?;
    let code = read_code(&facts.code).map_err(|_| unusable(StorageTrouble::Damaged))?;
    let context = AccountContext { realm: facts.realm, account: facts.account };
    Ok(KitCode { code, context })
}

/// The widest a line gets, in columns.
const WIDEST: usize = 78;

/// `firstkey audit explain`.
fn explain(flags: &AuditExplain, state: Option<PathBuf>) -> ExitCode {
    let pins = match state_folder(state).and_then(|path| shelf::known_untouched(&path)) {
        Ok((pins, _)) => pins,
        Err(trouble) => return known::failed(flags.json, trouble),
    };
    let subject = match &flags.show {
        Some(path) => match of_file(path, &pins) {
            Ok(subject) => Some(subject),
            Err(trouble) => {
                let mut script = Script::new(Answers { json: flags.json, ..Answers::default() }, None);
                return script.stopped(Stopped::Offline(&trouble, &path.display().to_string()));
            }
        },
        None if pins.is_empty() && flags.which.server.is_none() && flags.which.account.is_none() => None,
        None => match known::only(&flags.which, &pins) {
            Ok(pin) => Some(of_pin(pin)),
            Err(why) => return known::refused(flags.json, why),
        },
    };
    if flags.json {
        known::show(&explain_event::event(subject.as_ref()));
        return ExitCode::Done;
    }
    // A picture is for eyes and for a terminal that has room; everything else gets the same as a
    // list.
    let width = Terminal::open().map(|terminal| terminal.width());
    let is_dumb = std::env::var("TERM").map_or(true, |term| term.is_empty() || term == "dumb");
    let drawn = !flags.list && !is_dumb && width.is_some_and(|width| width >= DRAWN);
    let page = text::explain::page(subject.as_ref(), drawn).join("\n");
    known::show(&(wrap(&page, width.unwrap_or(WIDEST).min(WIDEST)) + "\n"));
    ExitCode::Done
}

fn of_pin(pin: &Pin) -> Subject {
    Subject {
        email: pin.email.clone(),
        server: Some(pin.origin.host().to_owned()),
        context: pin.context,
        identity: pin.identity,
        two_secret: pin.two_secret,
        settings: None,
    }
}

/// The account in a file, compared with what is remembered of it.
fn of_file(path: &Path, pins: &[Pin]) -> Result<Subject, Trouble> {
    let shown = Shown::read(&read_plain(path, MAX_BODY).map_err(halted)?).map_err(Trouble::NotShown)?;
    let Some(bundle) = &shown.bundle else { return Err(Trouble::NoKeys) };
    bundle.verify(&shown.context).map_err(|_| Trouble::NotShown(Refusal::Keys))?;
    let settings = Some(bundle.kdf_block);
    match pins.iter().find(|pin| pin.context == shown.context) {
        Some(pin) if pin.identity != bundle.identity => Err(Trouble::Changed(Change::OtherKeys)),
        Some(pin) => Ok(Subject { settings, ..of_pin(pin) }),
        None => Ok(Subject {
            email: shown
                .email
                .map_or_else(|| "an account without an address".to_owned(), |email| email.as_str().to_owned()),
            server: None,
            context: shown.context,
            identity: bundle.identity,
            two_secret: bundle.kdf_block.two_secret,
            settings,
        }),
    }
}
