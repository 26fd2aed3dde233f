//! How a run ends: what is said to whom, and the number for the shell.
//!
//! Promise: a person reads sentences, a script one line of JSON, and both are told the same. Must
//! never: decide whether it went well.

use super::{Event, Script};
use crate::audit;
use crate::exit::{ExitCode, Misuse, Stopped};
use crate::ui::text::{self, Lines};
use firstkey_core::flow::Accepted;
use firstkey_core::flow::account;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{AcceptStop, Halt, Reach};

impl Script {
    /// Says how it ended, to whom it may concern; the number for the shell.
    pub fn finish(&mut self, end: &Result<Accepted, AcceptStop>) -> ExitCode {
        match end {
            Ok(done) => {
                self.done(done);
                ExitCode::Done
            }
            Err(stop) => self.stopped(Stopped::Accept(stop)),
        }
    }

    /// The same of a command other than `accept` that never came to its flow: nobody hears of
    /// invites, or of an account that was not made.
    pub(crate) fn finish_early(&mut self, halt: impl Into<Halt>) -> ExitCode {
        let stop = account::stop::AccountStop {
            why: halt.into().into(),
            origin: None,
            reach: Reach::NothingChanged,
            subject: firstkey_core::flow::Locks::Password,
        };
        self.stopped(Stopped::Account(&stop))
    }

    /// The same of a command on an account that exists.
    pub fn finish_on_account(&mut self, end: &Result<account::Done, account::stop::AccountStop>) -> ExitCode {
        let done = match end {
            Ok(done) => done,
            Err(stop) => return self.stopped(Stopped::Account(stop)),
        };
        let pin = &done.pin;
        let deed = match done.deed {
            account::Deed::Verified => "verified",
            account::Deed::LoggedIn => "logged-in",
            account::Deed::KitVerified => "kit-verified",
            account::Deed::PasswordChanged => "password-changed",
            account::Deed::Joined => "joined",
            account::Deed::KitChanged => "kit-changed",
            account::Deed::Recovered => "recovered",
            account::Deed::SecretKeyMade => "secret-key-made",
            account::Deed::SessionsSeen => "sessions-seen",
        };
        let event = done_event(pin, false, Some(deed), done.first_seen);
        self.result(&text::account::done(done));
        self.last_line(&event.line());
        ExitCode::Done
    }

    /// Says that the command line cannot be used.
    pub fn misused(&mut self, misuse: Misuse) -> ExitCode {
        let stopped = Stopped::Usage(misuse);
        let story = (self.words)(stopped);
        self.log_story(&story);
        self.event(&Event::stopped(stopped, &story));
        stopped.ending().exit
    }

    /// Says why it stopped; the number for the shell.
    pub(crate) fn stopped(&mut self, stopped: Stopped<'_>) -> ExitCode {
        let story = self.with_what_is_left((self.words)(stopped), stopped);
        match &mut self.person {
            Some(person) => person.stopped(&story),
            None => self.log_story(&story),
        }
        self.event(&Event::stopped(stopped, &story));
        stopped.ending().exit
    }

    fn done(&mut self, done: &Accepted) {
        if let Some(request) = &done.rehearsal {
            let table = audit::Record::of(request, 0).describe_requests();
            let lines: Lines = text::done::rehearsed().into_iter().chain(table).collect();
            self.result(&lines);
            let event =
                Event::Rehearsed { ok: true, bytes: request.body().len(), sha256: text::hex(&request.digest()) };
            self.last_line(&event.line());
            return;
        }
        let pin = &done.pin;
        let event = done_event(pin, done.repeated, None, false);
        self.result(&text::done::done(pin, done.repeated, done.secret_keys));
        self.last_line(&event.line());
    }
}

/// The good end of a command, as one line of JSON.
pub(super) fn done_event<'a>(pin: &'a Pin, repeated: bool, deed: Option<&'static str>, first_seen: bool) -> Event<'a> {
    Event::Done {
        ok: true,
        realm_id: pin.context.realm.to_string(),
        account_id: pin.context.account.to_string(),
        email: &pin.email,
        fingerprint: pin.fingerprint().to_string(),
        recipient: pin.identity.recipient(),
        repeated,
        deed,
        first_seen,
        secret_key: pin.two_secret,
    }
}
