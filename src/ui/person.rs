//! A person at the controlling terminal.
//!
//! Promise: everything is appended, nothing redrawn; secrets are typed without echo straight into
//! memory that is wiped; the recovery code goes to a screen that forgets it, where the terminal has
//! one. Must never: hold a sentence (they are in [`super::text`]) or decide anything.

use super::ask;
use super::code_in_text::{CodeKind, are_several, code_in};
use super::kit;
use super::kit_file::KitFile;
use super::kit_pdf::Paper;
use super::page::Page;
use super::place;
use super::secret_key::SecretKeyFile;
use super::term::{ReadTrouble, SPARE, Summary, Terminal};
use super::text::{Lines, Story, notice, question};
use super::whereabouts::labelled_address;
use super::wrap::wrap;
use crate::drive::Person;
use crate::pasted::{FoundLink, MAX_BYTES as MAX_PASTE};
use crate::port::clock;
use crate::port::os::LockedBytes;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::prepare::MAX_BYTES;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::flow::{Answer, Introduction, Kit, Notice, Question};
use firstkey_core::wire::text::{Printable, harmless};
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
    /// What went wrong, for the separate screen that comes next.
    news: Lines,
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
            news: Lines::new(),
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
        self.terminal.work();
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

    /// A paste of any number of lines.
    pub(crate) fn pasted(&mut self, prompt: &str) -> Answer {
        self.paste(prompt, |_| false).map_or_else(|end| end, Answer::Text)
    }

    /// The same; what `hides` says is not shown, although it is one line.
    pub(super) fn paste(&mut self, prompt: &str, hides: fn(&[u8]) -> bool) -> Result<Zeroizing<Vec<u8>>, Answer> {
        let prompt = harmless(&wrap(prompt, self.width())).into_owned();
        let summary = Summary { of_lines: question::lines_pasted, hides };
        self.until_read(|terminal| terminal.read_text(&prompt, MAX_PASTE, summary))
    }

    /// Which of several links is meant; `None` for none of them.
    pub(crate) fn which_link(&mut self, links: &[FoundLink]) -> Result<Option<usize>, Answer> {
        self.say(&question::several_links(links));
        let prompt = question::which_link(links.len());
        loop {
            let typed = self.until_read(|terminal| {
                terminal.forget_typed_ahead();
                ask::line(terminal, &prompt)
            })?;
            match typed.trim().parse::<usize>() {
                Ok(number) if (1..=links.len()).contains(&number) => return Ok(Some(number - 1)),
                Ok(0) => return Ok(None),
                _ => self.line(&question::which_link_how(links.len())),
            }
        }
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
        let odd =
            about.earlier.elsewhere > 0 || about.organisation.mixed_scripts() || about.display_name.mixed_scripts();
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
        if let Some(Err(end)) = made.map(|made| self.show_made(made)) {
            return end;
        }
        self.secret(question::AGAIN)
    }

    /// Shows a passphrase that was made, until the person has it.
    fn show_made(&mut self, made: &str) -> Result<(), Answer> {
        let again = std::mem::replace(&mut self.made_shown, true);
        let lines = question::made(again);
        let words = |width: usize| {
            let in_a_row = if width >= WIDE { 6 } else { 3 };
            let mut text = Zeroizing::new(String::with_capacity(made.len() * 2 + 16));
            for (at, word) in made.split(' ').enumerate() {
                text.push_str(match at {
                    0 => "    ",
                    _ if at % in_a_row == 0 => "\n    ",
                    _ => " ",
                });
                text.push_str(word);
            }
            text.push('\n');
            text
        };
        self.say(&lines);
        let page = Page { secret: &words, prompt: question::MADE_KEPT, ..Self::page(&lines) };
        let kept = self.elsewhere(page, notice::MADE_SHOWN, |_| Ok(()));
        kept.map_err(|trouble| ended(&trouble))
    }

    fn show_kit(&mut self, kit: &Kit) -> Answer {
        let lines = if kit.replaces { question::new_kit() } else { question::kit(whose(kit)) };
        let made = clock::now();
        self.line("");
        self.say(&lines);
        loop {
            let code = |width| kit::for_screen(kit, made, width);
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
    pub(crate) fn keep(
        &mut self,
        code: &dyn Fn(usize) -> Zeroizing<String>,
        lines: &Lines,
        how: &'static str,
        left: &str,
    ) -> Result<Kept, ReadTrouble> {
        let page = Page { secret: code, prompt: question::WRITTEN_DOWN, ..Self::page(lines) };
        // Enter alone means nothing: whoever pressed it once too often at the last prompt would
        // never see the kit.
        self.elsewhere(page, left, |answer| match answer.trim() {
            "y" | "Y" | "yes" | "Yes" => Ok(Kept::WrittenDown),
            "s" | "S" => Ok(Kept::ToBeSaved),
            _ => Err(how),
        })
    }

    /// A page about what `lines` say, to be filled.
    fn page(lines: &Lines) -> Page<'_> {
        Page { above: lines, secret: &nothing, prompt: "", is_fresh: true, may_be_paste: false }
    }

    /// Asks on the separate screen, where there is one; `left` is what stays of it on the ordinary
    /// one. Where there is none, the question is asked below what was said there.
    fn elsewhere<T>(
        &mut self,
        page: Page<'_>,
        left: &str,
        judge: impl FnMut(Zeroizing<String>) -> Result<T, &'static str>,
    ) -> Result<T, ReadTrouble> {
        self.end_line("");
        let news = std::mem::take(&mut self.news);
        if !self.terminal.forgets() {
            return Page { above: &Lines::new(), ..page }.ask(&mut self.terminal, &Lines::new(), judge);
        }
        let answer = match self.terminal.alternate() {
            Some(mut alternate) => page.ask(&mut alternate, &news, judge),
            // It takes no output any more.
            None => Err(ReadTrouble::Closed),
        };
        self.line(left);
        answer
    }

    /// Says what went wrong: here, and on the separate screen that comes next.
    pub(crate) fn complain(&mut self, lines: Lines) {
        self.say(&lines);
        self.news = lines;
    }

    fn save(&mut self, kit: &Kit) -> Result<Option<Answer>, Answer> {
        let typed = self.text(&question::save_where())?;
        let typed = String::from_utf8_lossy(&typed).trim().to_owned();
        let path = place::named(&typed, question::KIT_FILE);
        match KitFile::save(&path, kit, self.paper) {
            Ok(file) => {
                let path = file.path();
                if let Some(moved) = file.moved() {
                    self.say(&notice::kit_moved(&moved));
                }
                self.say(&notice::kit_saved(&path, file.guard()));
                self.kit = Some(file);
                Ok(Some(Answer::KitSaved(path)))
            }
            Err(trouble) => {
                let story = super::text::local::trouble(&trouble);
                let lines = [story.headline].into_iter().chain(story.reasons);
                self.complain(lines.map(|line| format!("  {line}")).collect());
                Ok(None)
            }
        }
    }

    /// The recovery code, typed where it can be seen, on a screen that forgets it where there is
    /// one.
    fn code(&mut self, email: &str) -> Answer {
        self.typed_elsewhere(&question::code(email), question::CODE, notice::CODE_TYPED, |typed| {
            if labelled_address(typed).is_some_and(|named| !named.eq_ignore_ascii_case(email)) {
                return Err(question::KIT_OF_ANOTHER);
            }
            if are_several(typed, CodeKind::Recovery) {
                return Err(question::SEVERAL_KITS);
            }
            Ok(code_in(typed, CodeKind::Recovery))
        })
    }

    /// A code, typed where it can be seen or pasted with what stands around it; `left` stays of it
    /// on the ordinary screen.
    pub(super) fn typed_elsewhere(
        &mut self,
        lines: &Lines,
        prompt: &str,
        left: &str,
        read: impl Fn(&str) -> Result<Zeroizing<String>, &'static str>,
    ) -> Answer {
        if !self.terminal.forgets() {
            self.say(lines);
        }
        let page = Page { prompt, is_fresh: false, may_be_paste: true, ..Self::page(lines) };
        match self.elsewhere(page, left, |typed| read(&typed)) {
            Ok(typed) => Answer::Secret(Zeroizing::new(typed.as_bytes().to_vec())),
            Err(trouble) => ended(&trouble),
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

/// Who could not reset the password either.
fn whose(kit: &Kit) -> &str {
    kit.organisation.as_ref().map_or("your company", Printable::as_str)
}

/// A page that shows nothing that must not stay.
fn nothing(_: usize) -> Zeroizing<String> {
    Zeroizing::default()
}

/// The answer where nothing more can be read.
pub(crate) fn ended(trouble: &ReadTrouble) -> Answer {
    match trouble {
        ReadTrouble::Interrupted | ReadTrouble::Terminated(_) | ReadTrouble::Closed => Answer::Cancelled,
        ReadTrouble::TooLong
        | ReadTrouble::NotUtf8
        | ReadTrouble::ControlCharacter(_)
        | ReadTrouble::Redraw
        | ReadTrouble::Io(_) => Answer::Trouble(LocalTrouble::Terminal),
    }
}

impl Person for AtTerminal {
    fn ask(&mut self, question: Question) -> Answer {
        match question {
            Question::Invite { trouble } => {
                if let Some(trouble) = trouble {
                    self.say(&question::better_link(trouble));
                }
                self.pasted(question::INVITE)
            }
            Question::InviteAgain => {
                self.say(&question::invite_again());
                self.pasted(question::INVITE)
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
            // What was read back from a file was said then.
            Notice::KitProven if self.kit.is_some() => return,
            Notice::NotOpened { .. } | Notice::NotOpenedByBoth { .. } => self.end_line(notice::NOT_CHECKED),
            // The kit or the question comes again on a screen of its own, which hides this one.
            Notice::KitNotProven { .. }
            | Notice::SecretKeyNotProven { .. }
            | Notice::NoCode(_)
            | Notice::NoSecretKey(_)
            | Notice::CodeOpenedNothing => return self.complain(notice::notice(said)),
            _ => {}
        }
        self.say(&notice::notice(said));
        if self.verbose {
            self.say(&notice::more(said));
        }
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
