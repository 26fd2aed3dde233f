//! `firstkey forget`, as it is asked about and as it ends.

use super::{Event, Script};
use crate::exit::{ExitCode, Stopped};
use crate::ui::text;
use firstkey_core::flow::Answer;
use firstkey_core::flow::forget::{ForgetReason, Plan};

/// How often something else may be typed.
const TRIES: u32 = 3;

impl Script {
    /// Whether somebody can be asked.
    pub(crate) fn has_person(&self) -> bool {
        self.person.is_some()
    }

    /// Asks for the word that agrees to it.
    pub(crate) fn agree_to_forget(&mut self, plan: &Plan, paths: &[String]) -> Result<(), ForgetReason> {
        let Some(person) = &mut self.person else { return Err(ForgetReason::Missing) };
        person.say(&text::forget::question(plan, paths));
        for _ in 0..TRIES {
            let typed = person.text(text::forget::AGREE).map_err(|end| match end {
                Answer::Trouble(trouble) => ForgetReason::Local { trouble, removed: 0 },
                _ => ForgetReason::Cancelled,
            })?;
            let typed = String::from_utf8_lossy(&typed);
            if typed.trim().is_empty() {
                return Err(ForgetReason::NotAgreed);
            }
            if plan.whose.agrees(&typed) {
                return Ok(());
            }
            person.line(text::forget::OTHERWISE);
        }
        Err(ForgetReason::NotAgreed)
    }

    /// Says what was removed, or why not.
    pub(crate) fn finish_forget(&mut self, end: &Result<(Plan, Vec<String>), ForgetReason>) -> ExitCode {
        match end {
            Ok((plan, paths)) => {
                self.result(&text::forget::done(plan, paths));
                self.last_line(&Event::Forgotten { ok: true, paths: paths.clone() }.line());
                ExitCode::Done
            }
            Err(why) => self.stopped(Stopped::Forget(why)),
        }
    }
}
