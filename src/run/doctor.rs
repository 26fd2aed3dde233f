//! `firstkey doctor`: looks at everything that a command needs, and says what to do where it is
//! missing.
//!
//! Promise: what is looked at is what the commands use: the same limits, the same judgement of
//! files, the same connections. Nothing is changed but a test file that is made and removed. Must
//! never: ask for a password, read a secret, or send anything about a person.

mod machine;
mod network;
mod state;

use super::known::{failed, refused, show};
use super::state_folder;
use super::way;
use crate::cli;
use crate::doctor::report::Names;
use crate::doctor::{DoctorFinding, Tally};
use crate::exit::{ExitCode, Stopped};
use crate::managed::{Managed, ManagedTrouble};
use crate::port::harden::Hardened;
use crate::port::trust::Trust;
use crate::store;
use crate::ui::script::Event;
use crate::ui::term::Terminal;
use crate::ui::text::doctor as text;
use crate::ui::{doctor_event, signals, wrap};
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::origin::Origin;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Columns of a page that is no terminal.
const PAGE: usize = 80;

/// Where findings go as they come.
struct Page {
    json: bool,
    width: usize,
    tally: Tally,
    /// The lines of a report, which is shown whole at its end: a name may be known only then.
    report: Option<Report>,
}

#[derive(Default)]
struct Report {
    names: Names,
    lines: Vec<String>,
}

impl Page {
    /// A terminal that standard output does not go to is no reason to break lines for it.
    fn new(json: bool, report: bool, terminal: Option<&Terminal>) -> Self {
        let width = terminal.filter(|_| std::io::stdout().is_terminal()).map_or(PAGE, Terminal::width);
        Self { json, width, tally: Tally::default(), report: report.then(Report::default) }
    }

    /// Says what was found; `server` is the one that it is about.
    fn tell(&mut self, found: &DoctorFinding, server: Option<&Origin>) {
        self.tally.count(found);
        if let Some(report) = &mut self.report {
            if let Some(server) = server {
                report.names.learn_server(server);
            }
            report.names.learn_from(found);
        }
        if self.json {
            show(&doctor_event::check(found, server.map(Origin::as_str)));
        } else {
            self.say(&text::words(found).for_people(found.state()));
        }
    }

    /// Says something for people.
    fn say(&mut self, lines: &[String]) {
        match &mut self.report {
            Some(report) => report.lines.extend_from_slice(lines),
            None if self.json => {}
            None => show(&wrap::wrap(&(lines.join("\n") + "\n"), self.width)),
        }
    }

    /// The last words, and the number for the shell.
    fn end(&mut self) -> ExitCode {
        self.say(&text::end(&self.tally));
        if let Some(Report { names, lines }) = &self.report {
            let lines = lines.iter().map(|line| names.without(line));
            show(&wrap::wrap(&(text::report(lines).join("\n") + "\n"), self.width));
        }
        let Some(family) = self.tally.first_bad else {
            if self.json {
                show(&doctor_event::examined(&self.tally));
            }
            return ExitCode::Done;
        };
        if self.json {
            show(&Event::stopped(Stopped::Doctor(family), &text::stopped(family)).line());
        }
        Stopped::Doctor(family).ending().exit
    }
}

/// Does it.
pub(super) fn doctor(flags: &cli::Doctor, state: Option<PathBuf>, hardened: Hardened) -> ExitCode {
    let _ = signals::install();
    let Ok(named) = flags.server.as_deref().map(Origin::read).transpose() else {
        return refused(flags.json, AccountReason::NoSuchServer);
    };
    let found = store::managed::load();
    let managed = found.clone().unwrap_or_default();
    let trusted = match way::authorities(flags.trust.ca_file.as_deref(), &managed) {
        Ok(trusted) => trusted,
        Err(trouble) => return failed(flags.json, trouble),
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return failed(flags.json, LocalTrouble::NoThreads);
    };
    let terminal = Terminal::open();
    let mut page = Page::new(flags.json, flags.report, terminal.as_ref());
    let examination = examine(named, state, found, &trusted, hardened, terminal.as_ref(), &mut page);
    let ended = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = signals::wait() => false,
            () = examination => true,
        }
    });
    // What still computes or looks a name up is not waited for.
    runtime.shutdown_background();
    if ended { page.end() } else { refused(flags.json, AccountReason::Cancelled) }
}

/// From this computer outwards.
async fn examine(
    named: Option<Origin>,
    state: Option<PathBuf>,
    found: Result<Managed, ManagedTrouble>,
    trusted: &Trust,
    hardened: Hardened,
    terminal: Option<&Terminal>,
    page: &mut Page,
) {
    page.tell(&machine::program(), None);
    page.tell(&machine::terminal(terminal), None);
    let managed = found.clone().unwrap_or_default();
    page.tell(&DoctorFinding::Managed(found), None);
    let remembered = state::state(state_folder(state).ok().as_deref(), page);
    machine::process(hardened, page);
    machine::stretching(page).await;
    let proxy = way::proxy(&managed);
    page.tell(&network::proxy(proxy.as_ref()), None);
    let mut servers = named.map_or(remembered, |named| vec![named]);
    if servers.is_empty() {
        servers.extend(managed.server);
    }
    if servers.is_empty() {
        page.tell(&DoctorFinding::NoServer, None);
    }
    for server in &servers {
        network::server(server, trusted, proxy.as_ref().map(|(wish, _)| wish), page).await;
    }
}
