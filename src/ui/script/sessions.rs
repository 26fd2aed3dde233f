//! The end of `firstkey sessions`, to whom it may concern.

use super::ending::done_event;
use super::{Event, Script};
use crate::exit::ExitCode;
use crate::ui::{date, text};
use firstkey_core::flow::account::{Seen, stop::AccountStop};
use firstkey_core::wire::text::Printable;

impl Script {
    /// Says where the account is logged in.
    pub fn finish_sessions(&mut self, end: Result<Seen, AccountStop>) -> ExitCode {
        let seen = match end {
            Ok(seen) => seen,
            Err(stop) => return self.finish_on_account(&Err(stop)),
        };
        self.result(&text::sessions::seen(&seen));
        for (listed, ended) in &seen.sessions {
            let event = Event::Session {
                session_id: listed.session.to_string(),
                created: date::rfc3339(listed.created_at),
                expires: date::rfc3339(listed.expires_at),
                purpose: listed.purpose.as_str(),
                client: listed.client.as_ref().map(Printable::as_str),
                source: listed.source.as_ref().map(Printable::as_str),
                this: listed.this,
                ended: *ended,
            };
            self.last_line(&event.line());
        }
        let event = done_event(&seen.done.pin, false, Some("sessions-seen"), seen.done.first_seen);
        self.last_line(&event.line());
        ExitCode::Done
    }
}
