//! Events and states in words, for whoever reads a schedule.

use super::client::End;
use super::event::Event;
use super::hand::Deed;
use super::judge;
use super::person::At;
use super::state::ModelState;

impl ModelState {
    /// What is waited for and under way, for whoever reads a schedule.
    pub(super) fn told(&self, event: Event) -> String {
        let one = |client: u8| match &self.clients[usize::from(client)].at {
            At::Runs(run) => run.sent.path,
            _ => "",
        };
        match event {
            Event::Start(client) => format!("client {client} runs `accept` with the newest letter's link"),
            Event::Older(client) => format!("client {client} runs `accept` with an older letter's link"),
            Event::Resume(client) => format!("client {client} runs `accept --resume`"),
            Event::Answer(client) => format!("client {client}: {} is answered", one(client)),
            Event::Twice(client) => format!("client {client}: {} is answered; a copy stays under way", one(client)),
            Event::Lost(client) => format!("client {client}: {} is lost, the connection breaks", one(client)),
            Event::Late(client) => {
                format!("client {client}: the connection breaks, {} is still under way", one(client))
            }
            Event::Dumb(client) => format!("client {client}: {} is lost, no answer in time", one(client)),
            Event::DumbLate(client) => {
                format!("client {client}: no answer in time, {} is still under way", one(client))
            }
            Event::Crash(client) => format!("client {client} crashes, {} is lost", one(client)),
            Event::CrashLate(client) => format!("client {client} crashes, {} is still under way", one(client)),
            Event::CrashHalf(client) => {
                format!("client {client}: {} is answered; crash between pin and checkpoint", one(client))
            }
            Event::CrashDone(client) => {
                format!("client {client}: {} is answered; crash before it says so", one(client))
            }
            Event::Kill(client, after) => {
                format!("client {client}: the server dies after transaction {after} of {}", one(client))
            }
            Event::Arrive(at) => format!("a delayed {} arrives", self.late[usize::from(at)].path),
            Event::Deed(Deed::Suspend) => "the identity provider deactivates the person".to_owned(),
            Event::Deed(Deed::Activate) => "the identity provider activates the person".to_owned(),
            Event::Deed(Deed::Resend) => "an administrator sends the invitation again".to_owned(),
            Event::Deed(Deed::Reset) => "an administrator starts a reset of the keys".to_owned(),
            Event::Deed(Deed::Remove) => "the identity provider removes the person".to_owned(),
            Event::Deed(Deed::Provision) => "the identity provider provisions the person again".to_owned(),
            Event::Deed(Deed::Rival) => "another organisation provisions the address, or lets it go again".to_owned(),
            Event::Deed(Deed::Week) => "a week goes by".to_owned(),
        }
    }

    /// How it stands, in one line.
    pub(super) fn stands(&self) -> String {
        let mut line = match judge::Account::read(&self.rows) {
            Ok(account) => {
                let keys = account.bundle.map_or("no keys".to_owned(), |bundle| format!("keys {}", bundle.key_gen));
                format!("{}, {}, {keys}", account.state, if account.active { "active" } else { "suspended" })
            }
            Err(broken) => broken.to_string(),
        };
        for (at, client) in self.clients.iter().enumerate() {
            line += &match &client.at {
                At::Away => format!("; {at}: away"),
                At::Runs(run) => format!("; {at}: waits for {}", run.sent.path),
                At::Ended(end) => match end.as_ref() {
                    End::Done(_) => format!("; {at}: done"),
                    End::Stopped(_, said) | End::Dead(said) => format!("; {at}: {said:.60}"),
                },
            };
        }
        line
    }
}
