//! A person or a script, this machine, its disk and one server, as a flow's world.
//!
//! | question | what answers it |
//! |---|---|
//! | `Link` | a person; of the commands beside `accept` also `--link-file`, and for a sign-in `--sign-in-file` |
//! | `Host`, `Digits` | a person only |
//! | `Consent` | `--yes-for` |
//! | `FirstName`, `LastName` | `--first-name`, `--last-name` |
//! | `NewPassword`, `Again` | `--password-file`, `--password-fd`; where there is an old one, `--new-password-file`, `--new-password-fd` |
//! | `Password` | `--password-file`, `--password-fd` |
//! | `Kit`, `KitProof`, `KitAtHand` | `--kit-out` |
//! | `KitSecret` | `--kit-file` |

use super::event::{DIALECT, Event};
use crate::audit::{Parts, Record, Sent};
use crate::drive::{Person as _, Server as _};
use crate::exit::{ExitCode, Stopped};
use crate::pasted::Dialect;
use crate::port::http::{Call, HttpServer};
use crate::port::memory::{self, NotEnough};
use crate::port::stretch::{StretchError, stretch};
use crate::store::fresh;
use crate::store::shelf::StateShelf;
use crate::ui::input::unmarked;
use crate::ui::kit_file::move_aside;
use crate::ui::person::{Kept, ended};
use crate::ui::script::Script;
use crate::ui::text::notice::{KIT_SHOWN, kit_moved};
use crate::ui::text::{hex, infisical as words, question as our_words};
use crate::ui::{place, signals, source};
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::stop::{Halt, LocalTrouble, Missing, StorageTrouble};
use firstkey_core::flow::world::World;
use firstkey_core::flow::{Answer, Question};
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_estimator::Zxcvbn;
use firstkey_infisical::door::Request;
use firstkey_infisical::flow::{DialectDone, DialectNotice, DialectQuestion, DialectStop, Infisical, LinkWish};
use firstkey_infisical::keys::{ARGON2, StretchJob};
use firstkey_infisical::kit::{Fingerprint, Kit};
use firstkey_infisical::link::{Link, looks_like_one};
use firstkey_infisical::pin::Pin;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The most that a kit file may hold, in bytes; ours have about 1,200.
const MAX_KIT: usize = 16 * 1024;

/// How often a text without a link may be pasted at one question.
const LINK_TRIES: u32 = 5;

/// How links of this dialect are recognised.
pub fn links() -> Dialect {
    let host = |text: &[u8]| {
        // Every ticket begins so: it is a JWT, of which the first part is a JSON object.
        let is_ticket = text.windows(12).position(|word| word == b"/sso?token=e");
        let is_whole = is_ticket.is_some() || !text.windows(11).any(|word| word == b"/sso?token=");
        Link::read(text).ok().filter(|_| is_whole).map(|link| link.origin().host().to_owned())
    };
    Dialect { looks_like_one, host, is_kit: |page| Kit::read(page).is_some() }
}

/// The world.
pub struct DialectWorld<'a> {
    script: &'a mut Script,
    server: &'a mut HttpServer,
    shelf: &'a mut StateShelf,
    /// First and last name, where flags give them.
    pub names: [Option<String>; 2],
    /// Whether there is an old password beside the new one.
    pub two_passwords: bool,
    /// The address of the page after a sign-in, where a flag gives it. It is used once.
    pub sign_in: Option<Zeroizing<Vec<u8>>>,
    kit: Option<(PathBuf, Zeroizing<String>)>,
    choosing: bool,
}

impl<'a> DialectWorld<'a> {
    /// Put together.
    pub fn new(script: &'a mut Script, server: &'a mut HttpServer, shelf: &'a mut StateShelf) -> Self {
        Self {
            script,
            server,
            shelf,
            names: [None, None],
            two_passwords: false,
            sign_in: None,
            kit: None,
            choosing: false,
        }
    }

    /// Says how it ended; the number for the shell.
    pub fn finish(&mut self, end: &Result<DialectDone, DialectStop>) -> ExitCode {
        match end {
            Ok(done) => {
                self.done(done);
                ExitCode::Done
            }
            Err(stop) => self.script.stopped(Stopped::Infisical(stop)),
        }
    }

    fn done(&mut self, done: &DialectDone) {
        if let Some(request) = &done.rehearsal {
            let mut record = Record::default();
            record.push(sent(request, 0));
            let lines = words::done(done).into_iter().chain(record.describe_requests()).collect();
            self.script.result(&lines);
            let bytes = request.body().map_or(0, <[u8]>::len);
            let event = Event::Rehearsed { ok: true, dialect: DIALECT, bytes, sha256: hex(&request.digest()) };
            self.script.event_line(&event.line());
            return;
        }
        let key = done.pin.as_ref().map(|pin| pin.public_key);
        let event = Event::Done {
            ok: true,
            dialect: DIALECT,
            deed: deed(done),
            server: done.origin.as_str(),
            account: &done.identity,
            public_key: key.map(|key| key.text()),
            fingerprint: key.map(|key| Fingerprint::of(&key).to_string()),
            member: done.member,
            kit: done.kit,
        };
        self.script.result(&words::done(done));
        self.script.last_line(&event.line());
    }

    /// A person's answer to one of the questions that both dialects share.
    fn ours(&mut self, question: Question, missing: Missing) -> Answer {
        match self.script.person() {
            Some(person) => person.ask(question),
            None => Answer::Missing(missing),
        }
    }

    fn typed(&mut self, lines: &[String], prompt: &str, missing: Missing) -> Answer {
        let Some(person) = self.script.person() else { return Answer::Missing(missing) };
        person.say(&lines.to_vec());
        match person.text(prompt) {
            Ok(text) => Answer::Text(text),
            Err(end) => end,
        }
    }

    /// A link, found in whatever is pasted. A text that holds none is asked for again, a few times.
    fn link(&mut self, lines: &[String]) -> Answer {
        let mut lines = lines.to_vec();
        for _ in 0..LINK_TRIES {
            let Some(person) = self.script.person() else { return Answer::No };
            person.say(&lines);
            let text = match person.pasted(words::LINK) {
                Answer::Text(text) => text,
                end => return end,
            };
            match self.script.chosen(&text, Some(links())) {
                Ok((link, _)) => return Answer::Text(link),
                Err(Answer::NoLink(trouble @ (LinkTrouble::Replaced | LinkTrouble::Several))) => {
                    lines = our_words::better_link(trouble);
                }
                // What is wrong with it, the reader of these links says.
                Err(Answer::NoLink(_)) => return Answer::Text(text),
                Err(end) => return end,
            }
        }
        Answer::No
    }

    fn secret(&mut self, lines: &[String], prompt: &str, missing: Missing) -> Answer {
        let Some(person) = self.script.person() else { return Answer::Missing(missing) };
        person.say(&lines.to_vec());
        person.secret(prompt)
    }

    fn new_password(&mut self, attempt: u32) -> Answer {
        match self.given_new() {
            Ok(None) => {}
            // A file has one password; the same again would be the same again.
            Ok(Some(given)) => return if attempt == 1 { Answer::Secret(given) } else { Answer::No },
            Err(end) => return end,
        }
        let lines = if std::mem::replace(&mut self.choosing, true) { Vec::new() } else { words::choose_password() };
        let missing = if self.two_passwords { Missing::NewPassword } else { Missing::Password };
        self.secret(&lines, our_words::PASSWORD, missing)
    }

    fn given_new(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Answer> {
        if self.two_passwords { self.script.given_new_password() } else { self.script.given_password() }
    }

    fn again(&mut self, made: Option<Zeroizing<String>>) -> Answer {
        match (self.given_new(), self.script.person()) {
            (Err(end), _) => end,
            (Ok(Some(given)), _) => Answer::Secret(given),
            (Ok(None), Some(person)) => person.again(made.as_ref().map(|made| made.as_str())),
            (Ok(None), None) => Answer::Missing(Missing::Password),
        }
    }

    fn keep_kit(&mut self, kit: &Kit) -> Answer {
        if let Some(path) = self.script.answers().kit_out.clone() {
            if self.kit.is_some() {
                // It was read again and was not what was written: showing it once more would not
                // help.
                return Answer::Trouble(trouble(&path, StorageTrouble::Damaged));
            }
            return match self.save(&path, kit) {
                Ok(()) => Answer::Yes,
                Err(why) => Answer::Trouble(trouble(&path, why)),
            };
        }
        let lines = words::kit();
        loop {
            let Some(person) = self.script.person() else { return Answer::Missing(Missing::Kit) };
            person.line("");
            person.say(&lines);
            match person.keep(&|_| on_screen(kit), &lines, words::WRITTEN_DOWN_HOW, KIT_SHOWN) {
                Ok(Kept::WrittenDown) => return Answer::Yes,
                Ok(Kept::ToBeSaved) => {}
                Err(trouble) => return ended(&trouble),
            }
            let typed = match person.text(&words::save_where()) {
                Ok(typed) => String::from_utf8_lossy(&typed).trim().to_owned(),
                Err(end) => return end,
            };
            let path = place::named(&typed, words::KIT_FILE);
            match self.save(&path, kit) {
                Ok(()) => return Answer::Yes,
                Err(why) => {
                    let lines = words::kit_not_saved(why, &path.display().to_string());
                    match self.script.person() {
                        Some(person) => person.complain(lines),
                        None => self.script.say(&lines),
                    }
                }
            }
        }
    }

    fn save(&mut self, path: &Path, kit: &Kit) -> Result<(), StorageTrouble> {
        let page = kit.page();
        // What an interrupted try left for the same account is kept, under another name.
        if read_kit(path).is_ok_and(|earlier| earlier.origin == kit.origin && earlier.identity == kit.identity) {
            let aside = move_aside(path)?.display().to_string();
            self.script.remark(&kit_moved(&aside));
        }
        let guard = fresh::write_new(path, page.as_bytes()).map_err(|error| error.trouble)?;
        let shown = path.display().to_string();
        self.script.say(&words::kit_saved(&shown, guard));
        self.script.event_line(&Event::Kit { path: &shown, mode: guard.shown() }.line());
        self.kit = Some((path.to_owned(), page));
        Ok(())
    }

    fn prove_kit(&mut self, group: u8) -> Answer {
        let Some((path, page)) = &self.kit else {
            return self.typed(&[], &words::group(group), Missing::Kit);
        };
        match read_kit(path) {
            Ok(kit) if *kit.page() == **page => {
                let groups = kit.secret.groups();
                let group = groups.split('-').nth(usize::from(group) - 1).unwrap_or_default();
                let group = Zeroizing::new(group.as_bytes().to_vec());
                self.script.say(&vec![words::KIT_READ_BACK.to_owned()]);
                Answer::Secret(group)
            }
            Ok(_) => Answer::Trouble(trouble(path, StorageTrouble::Damaged)),
            Err(Halt::Local(LocalTrouble::Input { trouble: why, .. })) => Answer::Trouble(trouble(path, why)),
            Err(_) => Answer::Cancelled,
        }
    }

    fn password(&mut self, attempt: u32) -> Answer {
        match self.script.given_password() {
            Ok(Some(given)) if attempt == 1 => Answer::Secret(given),
            Ok(Some(_)) => Answer::No,
            Err(end) => end,
            Ok(None) => self.secret(&[], our_words::PASSWORD, Missing::Password),
        }
    }
}

/// The secret in numbered groups, four in a row.
fn on_screen(kit: &Kit) -> Zeroizing<String> {
    let groups = kit.secret.groups();
    let mut text = Zeroizing::new(String::with_capacity(160));
    for (at, group) in groups.split('-').enumerate() {
        text.push_str(match at % 4 {
            0 if at == 0 => "    ",
            0 => "\n    ",
            _ => "     ",
        });
        text.push(char::from(b'1' + u8::try_from(at).unwrap_or(0)));
        text.push_str("  ");
        text.push_str(group);
    }
    text.push('\n');
    text
}

fn deed(done: &DialectDone) -> &'static str {
    use firstkey_infisical::flow::DialectDeed;
    match done.deed {
        DialectDeed::Completed => "completed",
        DialectDeed::Joined => "joined",
        DialectDeed::Verified => "verified",
        DialectDeed::Recovered => "recovered",
        DialectDeed::Changed => "changed",
        DialectDeed::NewKit => "kit",
        DialectDeed::Rehearsed => "rehearsed",
    }
}

fn trouble(path: &Path, trouble: StorageTrouble) -> LocalTrouble {
    LocalTrouble::KitFile { trouble, path: path.display().to_string() }
}

/// Reads a kit from a file that its owner alone may read.
pub(super) fn read_kit(path: &Path) -> Result<Kit, Halt> {
    let read = source::read_private(path, MAX_KIT);
    let kit =
        read.and_then(|page| Ok(unmarked(page).and_then(|page| Kit::read(&page)).ok_or(StorageTrouble::Damaged)?));
    kit.map_err(|unread| unread.of(&path.display().to_string()))
}

/// What is kept of a request: a token in its header is only counted.
fn sent(request: &Request, time: u64) -> Sent {
    let (method, path) = request.call().target();
    // EXPOSE: only its length is kept.
    let stars = request.bearer().map(|bearer| format!("Bearer {}", "*".repeat(bearer.expose().len())));
    let parts = Parts {
        method,
        url: format!("{}{path}", request.origin()),
        headers: stars.map(|stars| ("authorization".to_owned(), stars)).into_iter().collect(),
        body: request.body().unwrap_or_default(),
        disclosed: request.disclosed(),
        digest: request.digest(),
    };
    Sent::of_parts(parts, time)
}

impl World<Infisical> for DialectWorld<'_> {
    fn ask(&mut self, question: DialectQuestion) -> Answer {
        match question {
            DialectQuestion::Link(wish) => {
                let sign_in = if matches!(wish, LinkWish::SignIn(_)) { self.sign_in.take() } else { None };
                match (sign_in, self.script.person()) {
                    // What is wrong with it, the reader of these links says.
                    (Some(text), _) => Answer::Text(match self.script.chosen(&text, Some(links())) {
                        Ok((link, _)) => link,
                        Err(_) => text,
                    }),
                    (None, None) => Answer::No,
                    (None, Some(_)) => self.link(&words::wish(&wish)),
                }
            }
            DialectQuestion::Host(origin) => self.ours(Question::Host(origin), Missing::Host),
            DialectQuestion::Consent(about) => {
                let event = Event::Invite {
                    dialect: DIALECT,
                    user: &about.email,
                    account: &about.account,
                    server: about.origin.host(),
                    organisation: about.organisation.as_str(),
                };
                self.script.event_line(&event.line());
                let lines = words::introduction(&about);
                match self.script.answers().yes_for.clone() {
                    Some(named) if named.eq_ignore_ascii_case(&about.email) => {
                        self.script.say(&lines);
                        Answer::Yes
                    }
                    Some(expected) => Answer::NotTheInvited { expected },
                    None => match self.script.person() {
                        Some(person) => {
                            person.line("");
                            person.say(&lines);
                            person.line("");
                            person.yes_no(our_words::IS_THIS_YOU, Some(true))
                        }
                        None => Answer::Missing(Missing::Consent),
                    },
                }
            }
            DialectQuestion::FirstName => match self.names[0].clone() {
                Some(name) => Answer::Text(Zeroizing::new(name.into_bytes())),
                None => self.typed(&[], words::FIRST_NAME, Missing::Name),
            },
            DialectQuestion::LastName => match self.names[1].clone() {
                Some(name) => Answer::Text(Zeroizing::new(name.into_bytes())),
                None => self.typed(&[], words::LAST_NAME, Missing::Name),
            },
            DialectQuestion::NewPassword { attempt } => self.new_password(attempt),
            DialectQuestion::Again { made } => self.again(made),
            DialectQuestion::Kit(kit) => self.keep_kit(&kit),
            DialectQuestion::KitProof { group } => self.prove_kit(group),
            DialectQuestion::Digits(which) => self.typed(&words::digits(which), words::DIGITS, Missing::Digits),
            DialectQuestion::Password { attempt } => self.password(attempt),
            DialectQuestion::KitAtHand => match self.script.answers().kit_out.as_deref().map(read_kit) {
                Some(Ok(kit)) => Answer::Text(Zeroizing::new(kit.page().as_bytes().to_vec())),
                _ => Answer::No,
            },
            DialectQuestion::KitSecret { .. } => self.secret(&[], words::KIT_SECRET, Missing::KitSecret),
        }
    }

    fn tell(&mut self, notice: &DialectNotice) {
        match notice {
            DialectNotice::Contacting(origin) => self.script.event_line(&Event::Probe { server: origin.host() }.line()),
            DialectNotice::Retrying { origin, delay, .. } => {
                self.script.event_line(&Event::Retry { server: origin.host(), seconds: delay.as_secs() }.line());
            }
            DialectNotice::AlsoIn(others) => {
                for one in others {
                    self.script
                        .event_line(&Event::Membership { organisation: one.name.to_string(), expected: false }.line());
                }
            }
            _ => {}
        }
        let lines = words::notice(notice);
        match notice {
            // Why a password was refused is said even where a program listens: nobody else says it.
            DialectNotice::Unfit(_)
            | DialectNotice::NotAMember(_)
            | DialectNotice::KitNotStored
            | DialectNotice::NoKitStored
            | DialectNotice::OtherKitStored
            | DialectNotice::LockChanged
            | DialectNotice::Renewed
            | DialectNotice::NotMadeHere
            | DialectNotice::SessionsLeft
            | DialectNotice::NothingMade
                if self.script.person().is_none() =>
            {
                self.script.log(&lines);
            }
            _ => self.script.say(&lines),
        }
    }

    fn prepare(&mut self, (): ()) -> Result<(), LocalTrouble> {
        let short =
            |NotEnough { needed_kib, available_kib }| LocalTrouble::NotEnoughMemory { needed_kib, available_kib };
        memory::check(ARGON2.0).map_err(short)
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<MasterKey, Halt> {
        let verbose = self.script.answers().verbose;
        if let Some(person) = self.script.person() {
            person.begin_line(words::stretching(verbose));
        }
        let began = Instant::now();
        let work = tokio::task::spawn_blocking(move || {
            let (m_kib, t, p) = ARGON2;
            // EXPOSE: Argon2id is what the password is for. The salt is its text, in this dialect.
            stretch(job.password.expose(), job.salt.text().as_bytes(), m_kib, t, p)
        });
        let result = tokio::select! {
            biased;
            result = work => match result {
                Ok(Ok(key)) => Ok(key),
                Ok(Err(StretchError::NotEnoughMemory { needed_kib, available_kib })) => {
                    Err(Halt::Local(LocalTrouble::NotEnoughMemory { needed_kib, available_kib }))
                }
                Ok(Err(StretchError::NoThreads | StretchError::BadParameters)) | Err(_) => Err(Halt::Local(LocalTrouble::NoThreads)),
            },
            _ = signals::wait() => Err(Halt::Cancelled),
        };
        let took = began.elapsed();
        if let Some(person) = self.script.person() {
            person.end_line(&crate::ui::text::notice::stretched(took));
        }
        let (m_kib, t, p) = ARGON2;
        self.script.event_line(&Event::Kdf { alg: "argon2id", m_kib, t, p, ms: took.as_millis() }.line());
        result
    }

    async fn send(&mut self, request: &Request, _: Option<&Infallible>) -> Result<Response, Halt> {
        self.script.reached(self.server.route(request.origin()));
        self.shelf.record_sent(|now| sent(request, now));
        let (method, path) = request.call().target();
        // EXPOSE: the server made the token and takes it back.
        let bearer = request.bearer().map(firstkey_core::secret::TokenText::expose);
        let call = Call { origin: request.origin(), method, path, body: request.body(), bearer, headers: &[] };
        tokio::select! {
            biased;
            result = self.server.call(call) => result.map_err(Halt::Silent),
            _ = signals::wait() => Err(Halt::Cancelled),
        }
    }

    fn may_have_left(&self) -> bool {
        self.server.may_have_left()
    }

    async fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            _ = signals::wait() => Err(Halt::Cancelled),
        }
    }

    fn estimator(&self) -> &dyn Estimator {
        &Zxcvbn
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.shelf.keep_dialect_pin(&pin.stem(), &pin.encode())?;
        // One record for each account: what it was remembered by before it was renamed goes.
        let others = self.shelf.dialect_pins(Pin::read)?;
        for other in others.iter().filter(|other| pin.takes_the_place_of(other)) {
            self.shelf.forget_dialect_pin(&other.stem())?;
        }
        Ok(())
    }
}
