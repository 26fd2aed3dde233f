//! Flags in the place of a person, and a person for what the flags leave open.
//!
//! | question | what answers it |
//! |---|---|
//! | `Invite`, `InviteAgain` | `LINK`, `--invite-file` |
//! | `Host` | a person only |
//! | `Consent`, `Join` | `--yes-for` |
//! | `Reset` | `--accept-reset` |
//! | `Password`, `Again`, `PasswordOnceMore`, `Unlock` | `--password-file`, `--password-fd` |
//! | `NewPassword` and its `Again` | `--new-password-file`, `--new-password-fd` |
//! | `Kit`, `KitProof` | `--kit-out` |
//! | `RecoveryCode` | `--kit-file` |
//! | `SecretKey` | `--secret-key-file`, or the path in a variable |
//! | `KeepSecretKey`, `SecretKeyProof` | `--secret-key-out` |
//! | `ReplaceSecretKey` | `--yes-for` |
//!
//! Promise: nothing is asked of a person that a flag answers; whatever is missing is named before
//! anything is sent; only where the kit goes is asked for later, before keys are made, since an
//! invite for an account that exists needs none; standard output holds results only. Must never:
//! take a secret from the command line or the environment.

mod answers;
mod ending;
mod event;
mod forget;
mod kit;
mod reset;
mod sessions;
mod whose;

pub use answers::{Answers, Outputs};
pub use event::Event;
use event::part_name;
pub(crate) use whose::Told;

use super::kit::KitFacts;
use super::kit_file::{KitFile, MAX_FILE};
use super::person::AtTerminal;
use super::secret_key::SecretKeyFile;
use super::source::{InviteSource, PasswordSource, read_private_file};
use super::text::{self, Lines, Story, Words, notice};
use super::{date, text::system};
use crate::drive::Person;
use crate::exit;
use crate::pasted::{self, Dialect, Found};
use crate::port::os::LockedBytes;
use crate::port::proxy::Route;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::{AcceptReason, AcceptStop, Halt, LocalTrouble, Missing, Reach};
use firstkey_core::flow::{Answer, Introduction, Notice, Question};
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::text::{Printable, harmless};
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Answers from flags first, then from the person, if there is one.
pub struct Script {
    answers: Answers,
    person: Option<AtTerminal>,
    outputs: Outputs,
    link: Option<Zeroizing<Vec<u8>>>,
    /// Read once, when it is first due; needed up to three times.
    password: Option<LockedBytes>,
    /// The one that takes its place, where a command needs both.
    new_password: Option<LockedBytes>,
    kit: Option<KitFile>,
    /// A kit that was pasted where the server was asked for.
    pasted_kit: Option<KitFacts>,
    secret_key: Option<SecretKeyFile>,
    /// Whether a kit was made in this run, and into which file it went.
    #[allow(clippy::option_option, reason = "none was made; it was shown, or went into a file")]
    kit_made: Option<Option<String>>,
    /// Whose uploads of earlier runs are not finished.
    unfinished: Vec<String>,
    proving: bool,
    /// Whether the proxy was named.
    proxy_told: bool,
    /// Recognises links of another protocol.
    dialect: Option<Dialect>,
    foreign_link: Option<Zeroizing<Vec<u8>>>,
    words: Words,
}

impl Script {
    /// With the outputs of this process. `person` is `None` for `--no-input` and where there is no
    /// terminal.
    pub fn new(answers: Answers, person: Option<AtTerminal>) -> Self {
        Self::with_outputs(answers, person, Outputs::of_process())
    }

    /// With other outputs, for tests.
    pub fn with_outputs(answers: Answers, person: Option<AtTerminal>, outputs: Outputs) -> Self {
        let mut person = person;
        if let Some(person) = &mut person {
            person.print_on(answers.paper);
            person.say_more(answers.verbose);
        }
        Self {
            answers,
            person,
            outputs,
            link: None,
            password: None,
            new_password: None,
            kit: None,
            pasted_kit: None,
            secret_key: None,
            kit_made: None,
            unfinished: Vec::new(),
            proving: false,
            proxy_told: false,
            dialect: None,
            foreign_link: None,
            words: text::story,
        }
    }

    /// Tells stops in the words of another language.
    #[cfg(test)]
    pub(crate) fn speak(&mut self, words: Words) {
        self.words = words;
    }

    /// Reads and checks what the flags name, before anything is sent.
    #[allow(clippy::result_large_err, reason = "a stop ends the program; it is made once")]
    pub fn prepare(&mut self) -> Result<(), AcceptStop> {
        let early = |why| AcceptStop { why, reach: Reach::NothingSent, origin: None, subject: None };
        if let (None, Some(missing)) = (&self.person, self.first_missing()) {
            return Err(early(AcceptReason::Missing(missing)));
        }
        self.read().map_err(|halt| early(halt.into()))
    }

    /// Reads what the flags name, where nothing else need be given.
    pub(crate) fn read_given(&mut self) -> Result<(), Halt> {
        self.read()
    }

    fn first_missing(&self) -> Option<Missing> {
        let Answers { invite, password, yes_for, resume, .. } = &self.answers;
        [
            (Missing::Invite, invite.is_some() || *resume),
            (Missing::Password, password.is_some()),
            (Missing::Consent, yes_for.is_some() || *resume),
        ]
        .into_iter()
        .find_map(|(missing, given)| (!given).then_some(missing))
    }

    /// Passwords are looked at here and read when they are due.
    fn read(&mut self) -> Result<(), Halt> {
        if matches!(self.answers.invite, Some(InviteSource::Argument(_))) {
            self.say(&vec![system::history().to_owned()]);
        }
        self.link = self.answers.invite.as_ref().map(InviteSource::read).transpose()?;
        let passwords = [&self.answers.password, &self.answers.new_password];
        passwords.into_iter().flatten().try_for_each(PasswordSource::check)?;
        if let Some(path) = &self.answers.secret_key_out
            && !self.answers.resume
            && !self.answers.rehearsal
        {
            SecretKeyFile::check(path)?;
        }
        match &self.answers.kit_out {
            Some(path) if !self.answers.resume && !self.answers.rehearsal => match KitFile::check(path) {
                // The flow of that protocol reads it, and judges whose it is.
                Err(_) if self.is_kit_of_dialect(path) => Ok(()),
                judged => Ok(judged?),
            },
            _ => Ok(()),
        }
    }

    /// Whether a link of another protocol was given and a kit of it is at `path`.
    fn is_kit_of_dialect(&self, path: &Path) -> bool {
        let (Some(dialect), Some(link)) = (self.dialect, &self.link) else { return false };
        let is_of_dialect = matches!(pasted::find(link, Some(dialect)), Found::One(found) if found.of_dialect);
        is_of_dialect && read_private_file(path, MAX_FILE).is_ok_and(|page| (dialect.is_kit)(&page))
    }

    /// Where the new secret key was saved.
    pub(super) fn secret_key_file(&self) -> Option<&SecretKeyFile> {
        self.secret_key.as_ref()
    }

    pub(super) fn keep_secret_key_file(&mut self, file: SecretKeyFile) {
        self.secret_key = Some(file);
    }

    /// What the flags answer.
    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Whoever sits there.
    #[cfg(feature = "infisical")]
    pub(crate) fn person(&mut self) -> Option<&mut AtTerminal> {
        self.person.as_mut()
    }

    /// The password that a flag gives, if one does.
    pub(crate) fn given_password(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Answer> {
        due(&mut self.password, self.answers.password.as_ref())
    }

    /// The new password that a flag gives, if one does.
    pub(crate) fn given_new_password(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Answer> {
        due(&mut self.new_password, self.answers.new_password.as_ref())
    }

    /// The link that a flag gave.
    pub(crate) fn given_link(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.link.as_ref().map(|link| Zeroizing::new(link.to_vec()))
    }

    /// Says something beside the flow: to the person, else to the log.
    pub fn remark(&mut self, lines: &Lines) {
        match &mut self.person {
            Some(person) => person.say(lines),
            None => self.log(lines),
        }
    }

    /// The good end for people: on the terminal, or on standard output if nothing there expects
    /// JSON.
    pub(crate) fn result(&mut self, lines: &Lines) {
        match &mut self.person {
            Some(person) => person.say(lines),
            None if self.answers.json || self.outputs.piped => {}
            None => put(&mut self.outputs.out, &harmless(&(lines.join("\n") + "\n"))),
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        self.event_line(&event.line());
    }

    /// One line of JSON, where that is wished for.
    pub(crate) fn event_line(&mut self, line: &str) {
        if self.answers.json {
            put(&mut self.outputs.out, line);
        }
    }

    /// The last line of JSON: also where a program reads standard output.
    pub(crate) fn last_line(&mut self, line: &str) {
        if self.answers.json || self.outputs.piped {
            put(&mut self.outputs.out, line);
        }
    }

    /// Progress: to the person, else to the log, unless a program listens.
    pub(crate) fn say(&mut self, lines: &Lines) {
        match &mut self.person {
            Some(person) => person.say(lines),
            None if self.answers.json => {}
            None => self.log(lines),
        }
    }

    pub(crate) fn log(&mut self, lines: &Lines) {
        for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
            put(&mut self.outputs.err, &harmless(&format!("firstkey: {line}\n")));
        }
    }

    fn log_story(&mut self, story: &Story) {
        put(&mut self.outputs.err, &harmless(&story.for_logs()));
    }

    pub(super) fn ask_person(&mut self, question: Question, missing: Missing) -> Answer {
        match &mut self.person {
            Some(person) => person.ask(question),
            None => Answer::Missing(missing),
        }
    }

    fn invite(&mut self, question: Question, answered_before: bool) -> Answer {
        match (&self.link, &self.person) {
            (Some(link), _) if !answered_before => Answer::Text(Zeroizing::new(link.to_vec())),
            // The link of the flag was no good, and there is no other.
            (Some(_), None) => Answer::No,
            _ => self.ask_person(question, Missing::Invite),
        }
    }

    /// Takes links of another protocol too: where one is given, the flow that asked ends as if the
    /// person had gone away, and [`Self::take_foreign_link`] has the link.
    pub fn take_links_of(&mut self, dialect: Option<Dialect>) {
        self.dialect = dialect;
    }

    /// The link of another protocol that was given instead of an invite, if one was.
    pub fn take_foreign_link(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.foreign_link.take()
    }

    /// Finds the link in the text that was given; a link of another protocol is set apart.
    fn link_in(&mut self, answer: Answer) -> Answer {
        let Answer::Text(text) = answer else { return answer };
        match self.chosen(&text, self.dialect) {
            Ok((text, true)) => {
                self.foreign_link = Some(text);
                Answer::Cancelled
            }
            Ok((text, false)) => Answer::Text(text),
            Err(end) => end,
        }
    }

    /// The link in a text that is meant, and whether it is of the other protocol. Where there are
    /// several, the person is asked.
    pub(crate) fn chosen(
        &mut self,
        text: &[u8],
        dialect: Option<Dialect>,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), Answer> {
        let mut links = match pasted::find(text, dialect) {
            Found::One(link) => return Ok((link.text, link.of_dialect)),
            Found::Unread(text) => return Ok((text, true)),
            Found::None(trouble) => return Err(Answer::NoLink(trouble)),
            Found::Several(links) => links,
        };
        let Some(person) = &mut self.person else { return Err(Answer::NoLink(LinkTrouble::Several)) };
        let Some(which) = person.which_link(&links)? else { return Err(Answer::NoLink(LinkTrouble::Several)) };
        let link = links.swap_remove(which);
        Ok((link.text, link.of_dialect))
    }

    /// `members_of` is there where an account exists already.
    fn consent(&mut self, about: Box<Introduction>, members_of: Option<Vec<Printable>>) -> Answer {
        self.event(&Event::Invite {
            user: &about.email,
            server: about.origin.host(),
            organisation: about.organisation.as_str(),
            expires: date::rfc3339(about.expires_at),
        });
        let needs_kit = members_of.is_none() && !self.answers.rehearsal;
        match &self.answers.yes_for {
            Some(named) if named.eq_ignore_ascii_case(&about.email) => {
                if let (true, Err(trouble)) = (needs_kit, self.check_kit_letters(&about)) {
                    return Answer::Trouble(trouble);
                }
                if needs_kit && self.person.is_none() && self.answers.kit_out.is_none() {
                    return Answer::Missing(Missing::Kit);
                }
                match &mut self.person {
                    Some(person) => person.introduce(&about),
                    None => self.say(&text::question::introduction(&about)),
                }
                if let Some(members_of) = members_of {
                    self.say(&text::question::join(&about, &members_of));
                }
                Answer::Yes
            }
            Some(named) => Answer::NotTheInvited { expected: named.clone() },
            None => {
                if let (true, Err(trouble)) = (needs_kit, self.check_kit_letters(&about)) {
                    return Answer::Trouble(trouble);
                }
                let question = match members_of {
                    Some(members_of) => Question::Join { about, members_of },
                    None => Question::Consent(about),
                };
                self.ask_person(question, Missing::Consent)
            }
        }
    }

    fn new_secret(&mut self, question: Question, attempt: u32) -> Answer {
        match self.given_new_password() {
            Ok(Some(password)) if attempt == 1 => Answer::Secret(password),
            Ok(Some(_)) => Answer::No,
            Ok(None) => self.ask_person(question, Missing::NewPassword),
            Err(end) => end,
        }
    }

    fn secret(&mut self, question: Question, attempt: u32) -> Answer {
        let given = match self.given_password() {
            Ok(given) => given,
            Err(end) => return end,
        };
        match (given, &self.person) {
            (Some(password), _) if attempt == 1 => Answer::Secret(password),
            // A file has one password; the same again would be the same again.
            (Some(_), None) => Answer::No,
            (Some(_), Some(_)) if matches!(question, Question::Password { .. }) => Answer::No,
            _ => self.ask_person(question, Missing::Password),
        }
    }
}

/// The password of a source: read when it is first due, and kept for the second and third time.
fn due(kept: &mut Option<LockedBytes>, source: Option<&PasswordSource>) -> Result<Option<Zeroizing<Vec<u8>>>, Answer> {
    if let (None, Some(source)) = (&kept, source) {
        let read = source.read().and_then(|read| Ok(locked(&read)?));
        *kept = Some(read.map_err(unread)?);
    }
    Ok(kept.as_ref().map(|password| Zeroizing::new(password.as_slice().to_vec())))
}

/// What a question is answered with where the source of the answer failed.
fn unread(halt: Halt) -> Answer {
    match halt {
        Halt::Local(trouble) => Answer::Trouble(trouble),
        Halt::Missing(missing) => Answer::Missing(missing),
        Halt::Cancelled | Halt::Silent(_) => Answer::Cancelled,
    }
}

/// Keeps a secret where it cannot reach the swap, if the limit allows.
fn locked(secret: &[u8]) -> Result<LockedBytes, LocalTrouble> {
    let none = |_| LocalTrouble::NotEnoughMemory { needed_kib: 4, available_kib: 0 };
    let mut kept = LockedBytes::new(secret.len()).map_err(none)?;
    kept.as_mut_slice().copy_from_slice(secret);
    Ok(kept)
}

/// A reader that went away does not stop an account from being completed; [`super::outlet`] says at
/// the end what was lost.
fn put(to: &mut Box<dyn Write>, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

impl Person for Script {
    fn reached(&mut self, route: Route<'_>) {
        if let Route::Through(proxy) = route
            && !std::mem::replace(&mut self.proxy_told, true)
        {
            self.remark(&text::start::proxy(proxy.shown()));
        }
    }

    fn ask(&mut self, question: Question) -> Answer {
        match question {
            Question::Invite { trouble } => {
                let answer = self.invite(Question::Invite { trouble }, trouble.is_some());
                self.link_in(answer)
            }
            Question::InviteAgain => {
                let answer = self.invite(question, false);
                self.link_in(answer)
            }
            Question::Host(_) => self.ask_person(question, Missing::Host),
            Question::Consent(about) => self.consent(about, None),
            Question::Join { about, members_of } => self.consent(about, Some(members_of)),
            Question::Reset(about) => self.consent_to_reset(about),
            Question::Password { attempt, .. }
            | Question::PasswordOnceMore { attempt }
            | Question::Unlock { attempt, .. } => self.secret(question, attempt),
            Question::NewPassword { attempt } => self.new_secret(question, attempt),
            Question::Again { .. } if self.answers.new_password.is_some() => self.new_secret(question, 1),
            Question::Again { .. } => self.secret(question, 1),
            Question::RecoveryCode { .. } => self.ask_person(question, Missing::RecoveryCode),
            Question::SecretKey { attempt, .. } => self.secret_key(question, attempt),
            Question::ReplaceSecretKey { email } => self.consent_to_new_secret_key(email),
            Question::KeepSecretKey(sheet) => self.keep_secret_key(sheet),
            Question::SecretKeyProof { group, .. } => self.prove_secret_key(question, group),
            Question::Kit(kit) => self.keep_kit(kit),
            Question::KitProof { group, .. } => match &self.kit {
                Some(kept) => kept.group(group).map_or_else(Answer::Trouble, Answer::Secret),
                None => self.ask_person(question, Missing::Kit),
            },
        }
    }

    fn tell(&mut self, said: &Notice) {
        match said {
            Notice::Retrying { origin, delay } => {
                self.event(&Event::Retry { server: origin.host(), seconds: delay.as_secs() });
            }
            Notice::Resuming { email, bytes, digest } => {
                self.event(&Event::Resume { user: email, bytes: *bytes, sha256: text::hex(digest) });
            }
            Notice::PassedOver { email, why } => {
                self.event(&Event::Passed { user: email, code: exit::problem(why) });
            }
            Notice::ChangedSince { parts, signed } => {
                let changed = parts.iter().map(|part| part_name(*part)).collect();
                self.event(&Event::ChangedSince { changed, signed: *signed });
            }
            Notice::Stored { bytes, digest } => self.event(&Event::Sent { bytes: *bytes, sha256: text::hex(digest) }),
            Notice::Checking => self.proving = true,
            _ => {}
        }
        let more = if self.answers.verbose { notice::more(said) } else { Lines::new() };
        match &mut self.person {
            Some(person) => person.tell(said),
            // Why a password was refused is said even where a program listens: nobody else says it.
            None if matches!(
                said,
                Notice::Weak { .. } | Notice::Unusable(_) | Notice::AsBefore | Notice::ChangedSince { .. }
            ) =>
            {
                self.log(&[notice::notice(said), more].concat());
            }
            None => self.say(&[notice::notice(said), more].concat()),
        }
    }

    fn stretching(&mut self, profile: Profile) {
        match &mut self.person {
            Some(person) => person.stretching(profile),
            None => self.say(&vec![notice::stretching(profile, self.answers.verbose)]),
        }
    }

    fn stretched(&mut self, profile: Profile, took: Duration) {
        if !self.proving {
            let params = profile.params();
            self.event(&Event::Kdf {
                alg: "argon2id",
                profile: profile.id(),
                m_kib: params.m_kib,
                t: params.t,
                p: params.p,
                ms: took.as_millis(),
            });
        }
        if let Some(person) = &mut self.person {
            person.stretched(profile, took);
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
