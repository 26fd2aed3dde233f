//! The two questions that name an account: which server, which address.
//!
//! Promise: what comes back was read by [`firstkey_core::wire::named`]; Enter alone takes what
//! stands in the brackets. Must never: ask where a flag answers, or without a person.

use super::{Event, Script};
use crate::exit::{ExitCode, Stopped};
use crate::ui::text::{Story, account as words, login};
use firstkey_core::flow::Answer;
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::stop::{AcceptStop, Missing};
use firstkey_core::wire::named::{read_email, read_server};
use firstkey_core::wire::origin::Origin;

impl Script {
    /// Asks for the server; `suggested` is what Enter alone means.
    pub(crate) fn ask_server(&mut self, suggested: Option<&Origin>) -> Result<Origin, AccountReason> {
        loop {
            let typed = self.ask_text(&login::which_server(suggested))?;
            if let (true, Some(suggested)) = (typed.is_empty(), suggested) {
                return Ok(suggested.clone());
            }
            match read_server(&typed) {
                Ok(server) => return Ok(server),
                Err(trouble) => self.say(&login::no_server(trouble)),
            }
        }
    }

    /// Asks for the address of the account at `server`.
    pub(crate) fn ask_email(&mut self, server: &Origin, suggested: Option<&str>) -> Result<String, AccountReason> {
        loop {
            let typed = self.ask_text(&login::which_email(server, suggested))?;
            if let (true, Some(suggested)) = (typed.is_empty(), suggested) {
                return Ok(suggested.to_owned());
            }
            match read_email(&typed) {
                Some(email) => return Ok(email),
                None => self.say(&login::no_email()),
            }
        }
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
        // The last step is what is asked now.
        let mut told = Story { command: None, ..story.clone() };
        told.next.pop();
        person.stopped(&told);
        person.line("");
        person.line(login::INSTEAD);
        if matches!(person.yes_no(login::LOG_IN, None), Answer::Yes) {
            return Some(Ok(()));
        }
        self.event(&Event::stopped(stopped, &story));
        Some(Err(stopped.ending().exit))
    }

    fn ask_text(&mut self, prompt: &str) -> Result<String, AccountReason> {
        let Some(person) = &mut self.person else { return Err(AccountReason::Missing(Missing::Account)) };
        match person.text(prompt).map(|typed| String::from_utf8_lossy(&typed).trim().to_owned()) {
            Ok(typed) => Ok(typed),
            Err(end) => match Answer::or_halt(end) {
                Err(halt) => Err(halt.into()),
                Ok(_) => Err(AccountReason::Cancelled),
            },
        }
    }
}
