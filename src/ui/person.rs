//! A person at the controlling terminal.
//!
//! Promise: everything is appended, nothing redrawn; secrets are typed without echo straight into
//! memory that is wiped; the recovery code goes to a screen that forgets it, where the terminal has
//! one. Must never: hold a sentence (they are in [`super::text`]) or decide anything.

use super::ask;
use super::kit;
use super::kit_file::KitFile;
use super::kit_pdf::Paper;
use super::secret_key::SecretKeyFile;
use super::term::{ReadTrouble, SPARE, Terminal};
use super::text::{Lines, Story, notice, question};
use super::wrap::wrap;
use crate::drive::Person;
use crate::port::os::LockedBytes;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::prepare::MAX_BYTES;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::flow::{Answer, Introduction, Kit, Notice, Question};
use firstkey_core::wire::text::harmless;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// The widest a line gets, in columns.
const WIDEST: usize = 78;
/// Columns for what ends a line that was left open: ` done (0.2 s)`.
const LINE_END: usize = 14;
/// Fewest columns for a made passphrase on one line.
const WIDE: usize = 72;

/// The person at this terminal.
pub struct AtTerminal {
    terminal: Terminal,
    /// A line was begun and waits for its end.
    open_line: bool,
    /// Whose invite it is, once known.
    organisation: Option<String>,
    /// Whether step 1 was announced.
    choosing: bool,
    /// Whether the steps are counted: of an invite, not of an account that exists.
    in_steps: bool,
    /// Whether a made passphrase was shown before.
    made_shown: bool,
    /// Whether the account is being read back.
    proving: bool,
    /// The kit, if it was saved instead of written down.
    kit: Option<KitFile>,
    /// The secret key, if it was saved instead of written down.
    secret_key: Option<SecretKeyFile>,
    /// What a kit is printed on.
    paper: Paper,
    /// Whether algorithms are named.
    verbose: bool,
}

/// What the person did with the kit.
pub(crate) enum Kept {
    /// It is on paper.
    WrittenDown,
    /// They want it in a file.
    ToBeSaved,
}

impl AtTerminal {
    /// Whoever sits at `terminal`.
    pub fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            open_line: false,
            organisation: None,
            choosing: false,
            in_steps: false,
            made_shown: false,
            proving: false,
            kit: None,
            secret_key: None,
            paper: Paper::default(),
            verbose: false,
        }
    }

    /// Names algorithms and settings, as `-v` wishes.
    pub fn say_more(&mut self, verbose: bool) {
        self.verbose = verbose;
    }

    /// Prints a kit on `paper`, should it be saved to be printed.
    pub fn print_on(&mut self, paper: Paper) {
        self.paper = paper;
    }

    /// Says some lines.
    pub fn say(&mut self, lines: &Lines) {
        for line in lines {
            self.line(line);
        }
    }

    /// Says why it ended.
    pub fn stopped(&mut self, story: &Story) {
        self.line("");
        for line in story.for_people().lines() {
            self.line(line);
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.terminal.width().min(WIDEST)
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.end_line("");
        self.put(&format!("{}\n", wrap(line, self.width())));
    }

    /// Leaves a line open for what comes of it.
    pub(crate) fn begin_line(&mut self, line: &str) {
        self.end_line("");
        self.put(&wrap(line, self.terminal.width().saturating_sub(LINE_END).min(WIDEST)));
        self.open_line = true;
    }

    pub(crate) fn end_line(&mut self, end: &str) {
        if std::mem::take(&mut self.open_line) {
            self.put(&format!("{end}\n"));
        }
    }

    /// A terminal that takes no output will fail at the next question, which says so.
    fn put(&mut self, text: &str) {
        let _ = self.terminal.write(&harmless(text));
    }

    /// Asks until something readable comes, or for ever `None`'s answer.
    fn until_read<T>(&mut self, mut read: impl FnMut(&mut Terminal) -> Result<T, ReadTrouble>) -> Result<T, Answer> {
        self.end_line("");
        loop {
            match read(&mut self.terminal) {
                Ok(answer) => return Ok(answer),
                Err(trouble) => match question::unread(&trouble) {
                    Some(why) => self.line(why),
                    None => return Err(ended(&trouble)),
                },
            }
        }
    }

    pub(crate) fn text(&mut self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, Answer> {
        let prompt = harmless(&wrap(prompt, self.width())).into_owned();
        self.until_read(|terminal| ask::line(terminal, &prompt)).map(|line| Zeroizing::new(line.into_bytes()))
    }

    pub(crate) fn secret(&mut self, prompt: &str) -> Answer {
        let Ok(mut buffer) = LockedBytes::new(MAX_BYTES + SPARE) else {
            return Answer::Trouble(LocalTrouble::NotEnoughMemory { needed_kib: 4, available_kib: 0 });
        };
        let prompt = harmless(prompt);
        let read = self.until_read(|terminal| {
            let length = terminal.read_secret(&prompt, buffer.as_mut_slice())?;
            // One copy of exactly its size goes on and is wiped by whoever takes it; the locked
            // page is wiped here.
            Ok(Zeroizing::new(buffer.as_slice()[..length].to_vec()))
        });
        read.map_or_else(|end| end, Answer::Secret)
    }

    pub(crate) fn yes_no(&mut self, question: &str, default: Option<bool>) -> Answer {
        let question = harmless(question);
        match self.until_read(|terminal| ask::yes_no(terminal, &question, default)) {
            Ok(true) => Answer::Yes,
            Ok(false) => Answer::No,
            Err(end) => end,
        }
    }

    fn consent(&mut self, about: &Introduction) -> Answer {
        self.introduce(about);
        // Where something is odd, Enter alone is no consent.
        let odd = about.earlier_claims > 0 || about.organisation.mixed_scripts() || about.display_name.mixed_scripts();
        self.yes_no(question::IS_THIS_YOU, if odd { None } else { Some(true) })
    }

    /// Says who invites whom.
    pub(super) fn introduce(&mut self, about: &Introduction) {
        self.organisation = Some(about.organisation.as_str().to_owned());
        self.line("");
        self.say(&question::introduction(about));
        self.line("");
    }

    fn password(&mut self, min_length: u64) -> Answer {
        self.in_steps = true;
        if !std::mem::replace(&mut self.choosing, true) {
            self.line("");
            let lines = question::choose_password(min_length, self.organisation.as_deref());
            self.say(&lines);
        }
        self.secret(question::PASSWORD)
    }

    pub(crate) fn again(&mut self, made: Option<&str>) -> Answer {
        if let Some(made) = made {
            let again = std::mem::replace(&mut self.made_shown, true);
            self.line(if again { question::MADE_AGAIN } else { question::MADE });
            let in_a_row = if self.width() >= WIDE { 6 } else { 3 };
            let mut text = Zeroizing::new(String::with_capacity(made.len() * 2 + 16));
            for (at, word) in made.split(' ').enumerate() {
                text.push_str(if at % in_a_row == 0 { "\n    " } else { " " });
                text.push_str(word);
            }
            text.push_str("\n\n");
            self.put(&text);
        }
        self.secret(question::AGAIN)
    }

    fn show_kit(&mut self, kit: &Kit) -> Answer {
        let lines = kit.organisation.as_ref().map_or_else(question::new_kit, |who| question::kit(who.as_str()));
        self.line("");
        self.say(&lines);
        loop {
            let code = kit::for_screen(kit, self.width());
            match self.keep(&code, &lines, question::WRITTEN_DOWN_HOW, notice::KIT_SHOWN) {
                Ok(Kept::WrittenDown) => return Answer::Yes,
                Ok(Kept::ToBeSaved) => {}
                Err(trouble) => return ended(&trouble),
            }
            match self.save(kit) {
                Ok(Some(answer)) => return answer,
                // The name was no good: the kit is shown again, since whoever saves it may as well
                // write it down.
                Ok(None) => {}
                Err(end) => return end,
            }
        }
    }

    /// Shows the code until the person says what they did with it; `left` stays of it on the
    /// ordinary screen.
    pub(crate) fn keep(&mut self, code: &str, lines: &Lines, how: &str, left: &str) -> Result<Kept, ReadTrouble> {
        let width = self.width();
        let elsewhere = self.terminal.alternate().map(|mut alternate| {
            for line in lines {
                alternate.write(&harmless(&format!("{}\n", wrap(line, width))))?;
            }
            show(&mut alternate, code, how, width)
        });
        match elsewhere {
            Some(kept) => {
                self.line(left);
                kept
            }
            None => show(&mut self.terminal, code, how, width),
        }
    }

    fn save(&mut self, kit: &Kit) -> Result<Option<Answer>, Answer> {
        let typed = self.text(question::SAVE_WHERE)?;
        let typed = String::from_utf8_lossy(&typed).trim().to_owned();
        let path = if typed.is_empty() { question::KIT_FILE.to_owned() } else { typed };
        match KitFile::save(Path::new(&path), kit, self.paper) {
            Ok(file) => {
                if let Some(moved) = file.moved() {
                    self.say(&notice::kit_moved(&moved));
                }
                self.say(&notice::kit_saved(&path, file.guard()));
                self.kit = Some(file);
                Ok(Some(Answer::KitSaved(path)))
            }
            Err(trouble) => {
                let story = super::text::local::trouble(&trouble);
                self.say(&vec![format!("  {}", story.headline)]);
                self.say(&story.reasons.iter().map(|reason| format!("  {reason}")).collect());
                Ok(None)
            }
        }
    }

    /// The recovery code, typed where it can be seen, on a screen that forgets it where there is
    /// one.
    fn code(&mut self, email: &str) -> Answer {
        self.typed_elsewhere(&question::code(email), question::CODE, notice::CODE_TYPED)
    }

    /// Something long, typed where it can be seen; `left` stays of it on the ordinary screen.
    pub(super) fn typed_elsewhere(&mut self, lines: &Lines, prompt: &str, left: &str) -> Answer {
        self.end_line("");
        let width = self.width();
        let elsewhere = self.terminal.alternate().map(|mut alternate| {
            for line in lines {
                alternate.write(&harmless(&format!("{}\n", wrap(line, width))))?;
            }
            ask::line(&mut alternate, &harmless(prompt))
        });
        match elsewhere {
            Some(Ok(typed)) => {
                self.line(left);
                Answer::Secret(Zeroizing::new(typed.into_bytes()))
            }
            Some(Err(trouble)) => match question::unread(&trouble) {
                // Said by whoever reads the code: nothing is no code.
                Some(_) => Answer::Secret(Zeroizing::default()),
                None => ended(&trouble),
            },
            None => {
                self.say(lines);
                self.text(prompt).map_or_else(|end| end, Answer::Secret)
            }
        }
    }

    /// Where the secret key was saved.
    pub(super) fn secret_key_file(&self) -> Option<&SecretKeyFile> {
        self.secret_key.as_ref()
    }

    pub(super) fn keep_secret_key_file(&mut self, file: SecretKeyFile) {
        self.secret_key = Some(file);
    }

    /// Says what is sent, and leaves the line open for what becomes of it.
    fn send(&mut self, said: &Notice) {
        if matches!(said, Notice::Sending { .. }) {
            self.line("");
            self.line(notice::SEND);
        }
        let mut lines = notice::notice(said);
        let last = lines.pop().unwrap_or_default();
        self.say(&lines);
        self.begin_line(&last);
    }

    fn prove_kit(&mut self, group: u8) -> Answer {
        match &self.kit {
            Some(file) => match file.group(group) {
                Ok(typed) => {
                    self.line(notice::KIT_READ_BACK);
                    Answer::Secret(typed)
                }
                Err(trouble) => Answer::Trouble(trouble),
            },
            None => self.text(&question::group(group)).map_or_else(|end| end, Answer::Secret),
        }
    }
}

/// Shows the code and the question on whichever screen it is.
fn show(terminal: &mut Terminal, code: &str, how: &str, width: usize) -> Result<Kept, ReadTrouble> {
    terminal.write("\n")?;
    terminal.write(code)?;
    terminal.write("\n")?;
    let prompt = wrap(question::WRITTEN_DOWN, width);
    loop {
        terminal.forget_typed_ahead();
        // Enter alone means nothing: whoever pressed it once too often at the last prompt would
        // never see the kit.
        match ask::line(terminal, &prompt)?.trim() {
            "y" | "Y" | "yes" | "Yes" => return Ok(Kept::WrittenDown),
            "s" | "S" => return Ok(Kept::ToBeSaved),
            _ => terminal.write(&format!("{}\n", wrap(how, width)))?,
        }
    }
}

/// The answer where nothing more can be read.
pub(crate) fn ended(trouble: &ReadTrouble) -> Answer {
    match trouble {
        ReadTrouble::Interrupted | ReadTrouble::Terminated(_) | ReadTrouble::Closed => Answer::Cancelled,
        ReadTrouble::TooLong | ReadTrouble::NotUtf8 | ReadTrouble::ControlCharacter(_) | ReadTrouble::Io(_) => {
            Answer::Trouble(LocalTrouble::Terminal)
        }
    }
}

impl Person for AtTerminal {
    fn ask(&mut self, question: Question) -> Answer {
        match question {
            Question::Invite { trouble } => {
                if let Some(trouble) = trouble {
                    self.say(&question::better_link(trouble));
                }
                self.text(question::INVITE).map_or_else(|end| end, Answer::Text)
            }
            Question::InviteAgain => {
                self.say(&question::invite_again());
                self.text(question::INVITE).map_or_else(|end| end, Answer::Text)
            }
            Question::Host(origin) => {
                self.say(&question::host(&origin));
                self.yes_no(question::RIGHT_HOST, None)
            }
            Question::Consent(about) => self.consent(&about),
            Question::Join { about, members_of } => {
                self.introduce(&about);
                self.say(&question::join(&about, &members_of));
                // What is consented to is read first: Enter alone is none.
                self.yes_no(question::JOIN, None)
            }
            Question::Reset(about) => self.consent_to_reset(&about),
            Question::Password { min_length, attempt: _ } => self.password(min_length),
            Question::Again { made } => self.again(made.as_ref().map(|made| made.as_str())),
            Question::Kit(kit) => self.show_kit(&kit),
            Question::KitProof { group, attempt: _ } => self.prove_kit(group),
            Question::NewPassword { attempt: _ } => {
                if !std::mem::replace(&mut self.choosing, true) {
                    self.line("");
                    self.say(&question::new_password());
                }
                self.proving = false;
                self.secret(question::NEW_PASSWORD)
            }
            Question::RecoveryCode { email, attempt: _ } => self.code(&email),
            Question::SecretKey { email, attempt: _ } => self.type_secret_key(&email),
            Question::ReplaceSecretKey { email } => self.consent_to_new_secret_key(&email),
            Question::KeepSecretKey(sheet) => self.show_secret_key(&sheet),
            Question::SecretKeyProof { group, attempt: _ } => self.prove_secret_key(group),
            Question::Unlock { email, attempt: _ } => self.secret(&question::unlock(&email)),
            Question::PasswordOnceMore { attempt: _ } => self.secret(question::PASSWORD),
        }
    }

    fn tell(&mut self, said: &Notice) {
        match said {
            Notice::Plan | Notice::ProvingPassword => self.line(""),
            Notice::Sending { .. } | Notice::Resuming { .. } => return self.send(said),
            Notice::Stored { .. } if self.open_line => return self.end_line(notice::STORED),
            Notice::Checking => {
                self.proving = true;
                self.begin_line(notice::CHECKING);
            }
            Notice::Opened => {
                self.end_line(notice::CHECKED);
                self.line("");
            }
            Notice::NotOpened { .. } | Notice::NotOpenedByBoth { .. } => self.end_line(notice::NOT_CHECKED),
            _ => {}
        }
        self.say(&notice::notice(said));
    }

    fn stretching(&mut self, profile: Profile) {
        if !self.proving {
            if self.in_steps {
                self.line("");
                self.line(notice::MAKE_KEYS);
            }
            self.begin_line(&notice::stretching(profile, self.verbose));
        }
    }

    fn stretched(&mut self, _: Profile, took: Duration) {
        if !self.proving {
            self.end_line(&notice::stretched(took));
        }
    }
}
