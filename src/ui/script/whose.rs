//! The two questions that name an account: which server, which address.
//!
//! Promise: what comes back was read by [`firstkey_core::wire::named`]; Enter alone takes what
//! stands in the brackets. Must never: ask where a flag answers, or without a person.

use super::{Event, Script};
use crate::exit::{ExitCode, Stopped};
use crate::ui::kit::{self, KitFacts};
use crate::ui::text::{Story, account as words, login};
use crate::ui::whereabouts::{Whereabouts, address, holds_a_code, whereabouts};
use firstkey_core::flow::Answer;
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::stop::{AcceptStop, Missing};
use firstkey_core::wire::origin::Origin;
use zeroize::Zeroizing;

/// What a person said when asked for the server.
pub(crate) enum Told {
    /// The server, and perhaps whose account.
    At(Origin, Option<String>),
    /// All of it, with a kit.
    Kit(Box<KitFacts>),
}

impl Script {
    /// Asks for the server; `suggested` is what Enter alone means, `known` are those that may be
    /// meant by their host alone.
    pub(crate) fn ask_server(&mut self, suggested: Option<&Origin>, known: &[Origin]) -> Result<Told, AccountReason> {
        loop {
            let typed = self.ask_paste(&login::which_server(suggested))?;
            if let (true, Some(suggested)) = (typed.trim_ascii().is_empty(), suggested) {
                return Ok(Told::At(suggested.clone(), None));
            }
            match whereabouts(&typed, known) {
                Whereabouts::At(server, email) => return Ok(Told::At(server, email)),
                Whereabouts::Kit(facts) => return Ok(Told::Kit(facts)),
                Whereabouts::Code => self.say(&login::code_too_early()),
                Whereabouts::Unclear(trouble) => self.say(&login::no_server(trouble)),
            }
        }
    }

    /// Keeps a kit that was pasted, for the errand that needs one.
    pub(crate) fn hold_kit(&mut self, kit: KitFacts) {
        self.pasted_kit = Some(kit);
    }

    /// The kit that was pasted, once.
    pub(crate) fn take_kit(&mut self) -> Option<KitFacts> {
        self.pasted_kit.take()
    }

    /// Asks for the address of the account at `server`; a whole kit of it may be the answer.
    pub(crate) fn ask_email(&mut self, server: &Origin, suggested: Option<&str>) -> Result<Told, AccountReason> {
        loop {
            let typed = self.ask_paste(&login::which_email(server, suggested))?;
            if let (true, Some(suggested)) = (typed.trim_ascii().is_empty(), suggested) {
                return Ok(Told::At(server.clone(), Some(suggested.to_owned())));
            }
            let text = String::from_utf8_lossy(&typed);
            match kit::read_kit_file(kit::unquoted(&text).as_bytes()) {
                Some(kit) if kit.origin == *server => return Ok(Told::Kit(Box::new(kit))),
                Some(_) => self.say(&login::other_server()),
                None => match address(&text) {
                    Some(email) => return Ok(Told::At(server.clone(), Some(email))),
                    None if holds_a_code(&typed) => self.say(&login::code_too_early()),
                    None => self.say(&login::no_email()),
                },
            }
        }
    }

    /// What may be a paste; a recovery code in it is not shown.
    fn ask_paste(&mut self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, AccountReason> {
        let Some(person) = &mut self.person else { return Err(AccountReason::Missing(Missing::Account)) };
        person.paste(prompt, holds_a_code).map_err(ended)
    }

    /// Asks which of several accounts is meant; they count from 0.
    pub(crate) fn ask_which(&mut self, accounts: &[String]) -> Result<usize, AccountReason> {
        self.say(&words::several(accounts));
        loop {
            let typed = self.ask_text(&login::which_of(accounts.len()))?;
            let number = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            if let Some(at) = number.filter(|at| *at < accounts.len()) {
                return Ok(at);
            }
            let named = |shown: &&String| shown.split(' ').next().is_some_and(|name| name.eq_ignore_ascii_case(&typed));
            let mut fitting = accounts.iter().enumerate().filter(|(_, shown)| named(shown));
            if let (Some((at, _)), None) = (fitting.next(), fitting.next()) {
                return Ok(at);
            }
            self.say(&login::no_such_number(accounts.len()));
        }
    }

    /// After a link that was used: says so, and asks whether the person wants to log in instead;
    /// the number for the shell where they do not. `None` without a person, who alone can say that
    /// it was them: nothing was said then.
    pub(crate) fn offer_log_in(&mut self, stop: &AcceptStop) -> Option<Result<(), ExitCode>> {
        let stopped = Stopped::Accept(stop);
        let story = (self.words)(stopped);
        let person = self.person.as_mut()?;
        // What it means that it was somebody else is said to whom it concerns.
        person.stopped(&Story::of(story.headline.clone()));
        person.line(login::INSTEAD);
        match person.yes_no(login::LOG_IN, None) {
            Answer::Yes => return Some(Ok(())),
            Answer::No => person.stopped(&story),
            _ => {}
        }
        self.event(&Event::stopped(stopped, &story));
        Some(Err(stopped.ending().exit))
    }

    fn ask_text(&mut self, prompt: &str) -> Result<String, AccountReason> {
        let Some(person) = &mut self.person else { return Err(AccountReason::Missing(Missing::Account)) };
        person.text(prompt).map(|typed| String::from_utf8_lossy(&typed).trim().to_owned()).map_err(ended)
    }
}

/// Why nothing was answered.
fn ended(end: Answer) -> AccountReason {
    match Answer::or_halt(end) {
        Err(halt) => halt.into(),
        Ok(_) => AccountReason::Cancelled,
    }
}
