//! `firstkey seal` and `firstkey open`: files, sealed for people who are remembered here, and
//! opened with the account's own key.
//!
//! Promise: what can fail here is found out before a password is asked for; a file appears under
//! its name when it is whole; the private key is gone when the program ends, and the state folder
//! is free for others before the file is opened. Must never: seal for a key that no person on this
//! computer has looked up or typed, or call a file whole of which only a part came out.

use super::share::{LoginTools, script};
use super::{known, state_folder};
use crate::age::beginning::Beginning;
use crate::age::recipient::{NotRecipients, OtherKey};
use crate::age::stream::{self, Sealed, Trouble};
use crate::age::{AccountLine, AgeKey, Recipients};
use crate::cli::share::{Login, Open, Seal};
use crate::drive::Edges;
use crate::exit::{ExitCode, FileTrouble, Stopped};
use crate::managed::Managed;
use crate::port::machine::ThisMachine;
use crate::port::process;
use crate::store::StoreError;
use crate::store::output::Output;
use crate::store::shelf;
use crate::ui::outlet::Stream;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Outputs, Script};
use crate::ui::share_event::ShareEvent;
use crate::ui::source::PasswordSource;
use crate::ui::term::Terminal;
use crate::ui::{input, json_line, signals, text};
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::account::{peer_of, unlock};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::peer::{Peer, address};
use firstkey_core::flow::stop::{Halt, StorageTrouble};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// For the header; what is behind it is read in larger pieces, past this buffer.
const BUFFER: usize = 64 * 1024;

/// Where the file comes from and goes to.
struct Ends {
    input: BufReader<Watched>,
    /// Its name, for sentences.
    from: String,
    output: Sink,
}

/// A file or pipe, whose reading ends when the person stops the program.
struct Watched(File);

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        input::next(&self.0, buffer)?.ok_or_else(|| io::Error::other("stopped"))
    }
}

/// Where it goes.
enum Sink {
    Stdout,
    File(Output, String),
}

impl Ends {
    /// Opens both, before anything is asked of anybody.
    fn open(file: Option<&Path>, out: Option<&Path>, force: bool) -> Result<Self, FileTrouble> {
        let dash = Path::new("-");
        let (input, from) = match file {
            Some(path) if path != dash => {
                let path_text = path.display().to_string();
                let failed = |trouble| FileTrouble::Input { trouble, path: path_text.clone() };
                let file = input::open(path).map_err(failed)?;
                if file.metadata().map_err(|error| input_trouble(path, error))?.is_dir() {
                    return Err(failed(StorageTrouble::Link));
                }
                (file, path_text)
            }
            None if io::stdin().is_terminal() => return Err(FileTrouble::NoInput),
            _ => {
                let from = "standard input";
                let copy = process::stdin();
                (copy.map_err(|error| input_trouble(Path::new(from), error))?, from.to_owned())
            }
        };
        let output = match out {
            Some(path) if path != dash => {
                let path_text = path.display().to_string();
                let failed =
                    |error: StoreError| FileTrouble::Output { trouble: error.trouble, path: path_text.clone() };
                Sink::File(Output::begin(path, force).map_err(failed)?, path_text.clone())
            }
            None if io::stdout().is_terminal() => return Err(FileTrouble::NoOutput),
            _ => Sink::Stdout,
        };
        Ok(Self { input: BufReader::with_capacity(BUFFER, Watched(input)), from, output })
    }
}

fn input_trouble(path: &Path, error: io::Error) -> FileTrouble {
    FileTrouble::Input { trouble: StoreError::from_os(path, error).trouble, path: path.display().to_string() }
}

/// What goes wrong with the two streams, said of the files that they are.
fn trouble(trouble: Trouble, from: &str, to: &str, email: &str, begun: bool) -> FileTrouble {
    let path = from.to_owned();
    match trouble {
        // Reading ends early then.
        Trouble::Input(_) if !go_on() => FileTrouble::Cancelled,
        Trouble::Input(error) => input_trouble(Path::new(from), error),
        Trouble::Output(error) => {
            let trouble = StoreError::from_os(Path::new(to), error).trouble;
            FileTrouble::Output { trouble, path: to.to_owned() }
        }
        Trouble::Begins(beginning) => begins(beginning, path),
        Trouble::HeaderTooLong => FileTrouble::HeaderTooLong(path),
        Trouble::Passphrase => FileTrouble::Passphrase(path),
        Trouble::OtherKinds => FileTrouble::OtherKinds(path),
        Trouble::NotForThisKey => FileTrouble::NotForYou { path, email: email.to_owned() },
        Trouble::Damaged => FileTrouble::Damaged { path, begun },
        Trouble::Stopped => FileTrouble::Cancelled,
    }
}

/// What is wrong with a file that begins so.
fn begins(beginning: Beginning, path: String) -> FileTrouble {
    match beginning {
        Beginning::Sealed | Beginning::Other => FileTrouble::NotAge(path),
        Beginning::ChangedAsText => FileTrouble::ChangedAsText(path),
        Beginning::InBase64 => FileTrouble::InBase64(path),
        Beginning::Newer => FileTrouble::NewerAge(path),
        Beginning::Sops => FileTrouble::Sops(path),
        Beginning::Armored => FileTrouble::Armored(path),
        Beginning::ArmoredInText => FileTrouble::ArmoredInText(path),
        Beginning::ArmoredInUtf16 => FileTrouble::ArmoredInUtf16(path),
    }
}

/// Where words and JSON go: standard output, unless the file goes there.
fn outputs(out: Option<&Path>) -> Outputs {
    let of_process = Outputs::of_process();
    if out.is_some_and(|path| path != Path::new("-")) {
        return of_process;
    }
    Outputs { out: Box::new(Stream::Err), err: of_process.err, piped: false }
}

fn go_on() -> bool {
    signals::pending().is_none()
}

/// `firstkey seal`.
pub(super) fn seal(flags: &Seal, state: Option<PathBuf>) -> ExitCode {
    let _ = signals::install();
    let person = if flags.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let answers = Answers { json: flags.json, ..Answers::default() };
    let mut script = Script::with_outputs(answers, person, outputs(flags.out.as_deref()));
    let found = state_folder(state).and_then(|path| Ok((shelf::known(&path)?.0, shelf::known_peers(&path)?)));
    let (pins, peers) = match found {
        Ok(found) => found,
        Err(trouble) => return script.finish_early(trouble),
    };
    let Ok(server) = flags.server.as_deref().map(Origin::read).transpose() else {
        return script.finish_on_account(&Err(super::share::stop_of(AccountReason::NoSuchServer)));
    };
    match seal_for(flags, server.as_ref(), &pins, &peers) {
        Ok(sealed) => {
            let path = sealed.path.as_deref();
            script.result(&text::share::sealed(sealed.bytes, &sealed.to, sealed.for_you, path));
            let recipients = sealed.recipients;
            script.last_line(&ShareEvent::Sealed { ok: true, bytes: sealed.bytes, recipients, path }.line());
            ExitCode::Done
        }
        Err(trouble) => script.stopped(Stopped::Files(&trouble)),
    }
}

/// What was sealed.
struct SealedFile {
    bytes: u64,
    to: Vec<String>,
    recipients: usize,
    for_you: bool,
    path: Option<String>,
}

fn seal_for(flags: &Seal, server: Option<&Origin>, pins: &[Pin], peers: &[Peer]) -> Result<SealedFile, FileTrouble> {
    let named = flags.to.iter().map(|whom| recipient(whom, server, pins, peers)).collect::<Result<Vec<_>, _>>()?;
    let wrong = |why| match why {
        NotRecipients::TooMany => FileTrouble::TooManyKeys,
        NotRecipients::Text => FileTrouble::NotARecipient("nobody".to_owned()),
    };
    let recipients = Recipients::read(named.iter().map(|(recipient, _)| recipient.as_str())).map_err(wrong)?;
    let for_you = pins.iter().any(|pin| named.iter().any(|(recipient, _)| *recipient == pin.identity.recipient()));
    let Ends { input, from, output } = Ends::open(flags.file.as_deref(), flags.out.as_deref(), flags.force)?;
    let (bytes, path) = match output {
        Sink::Stdout => {
            let wrong = |why| trouble(why, &from, "standard output", "", true);
            let output = process::stdout().map_err(|error| wrong(Trouble::Output(error)))?;
            (stream::seal(&recipients, input, output, &mut go_on).map_err(wrong)?, None)
        }
        Sink::File(mut output, path) => {
            let wrong = |why| trouble(why, &from, &path, "", false);
            let bytes = stream::seal(&recipients, input, &mut output, &mut go_on).map_err(wrong)?;
            commit(output, &path)?;
            (bytes, Some(path))
        }
    };
    let to = named.into_iter().map(|(_, shown)| shown).collect();
    Ok(SealedFile { bytes, to, recipients: recipients.len(), for_you, path })
}

fn commit(output: Output, path: &str) -> Result<(), FileTrouble> {
    output.commit().map_err(|error| FileTrouble::Output { trouble: error.trouble, path: path.to_owned() })
}

/// The recipient of somebody who was named, and how to call them.
fn recipient(
    whom: &str,
    server: Option<&Origin>,
    pins: &[Pin],
    peers: &[Peer],
) -> Result<(String, String), FileTrouble> {
    let whom = whom.trim();
    if let Some(other) = OtherKey::of(whom) {
        return Err(other_key(other, whom));
    }
    if whom.to_ascii_lowercase().starts_with("age1") && !whom.contains('@') {
        let shown = Printable::from_untrusted(whom).to_string();
        return match Recipients::read([whom]) {
            Ok(_) => Ok((whom.to_owned(), shown)),
            Err(_) => Err(FileTrouble::NotARecipient(shown)),
        };
    }
    let Some(email) = address(whom) else {
        return Err(FileTrouble::NotARecipient(Printable::from_untrusted(whom).to_string()));
    };
    let at_server = |at: &Origin| server.is_none_or(|server| server == at);
    let own = pins.iter().filter(|pin| at_server(&pin.origin) && pin.email.eq_ignore_ascii_case(&email));
    let own = own.map(|pin| (pin.identity.recipient(), pin.origin.as_str().to_owned()));
    let others = peer_of(peers.iter().filter(|peer| at_server(&peer.origin)), &email);
    let others = others.map(|peer| (peer.identity.recipient(), peer.origin.as_str().to_owned()));
    let known: Vec<_> = own.chain(others).collect();
    match known.as_slice() {
        [(recipient, _)] => Ok((recipient.clone(), email)),
        [] => Err(FileTrouble::NotPinned(email)),
        several => {
            let servers = several.iter().map(|(_, server)| server.clone()).collect();
            Err(FileTrouble::SeveralPeople { email, servers })
        }
    }
}

/// Letters of a key that are enough to know it by: some kinds have two thousand.
const BEGINNING_OF_A_KEY: usize = 20;

/// What is said of a key that is not sealed to. A private one is not repeated.
fn other_key(kind: OtherKey, text: &str) -> FileTrouble {
    let begins: String = text.chars().take(BEGINNING_OF_A_KEY).collect();
    let key = Printable::from_untrusted(&format!("{begins}...")).to_string();
    match kind {
        OtherKey::PostQuantum => FileTrouble::PostQuantumKey(key),
        OtherKey::Tag => FileTrouble::TagKey(key),
        OtherKey::Plugin(plugin) => FileTrouble::PluginKey { key, plugin },
        OtherKey::Ssh => FileTrouble::SshKey,
        OtherKey::Secret => FileTrouble::SecretKeyGiven,
        OtherKey::Identity => FileTrouble::IdentityGiven,
    }
}

/// `firstkey open`.
pub(super) fn open(flags: &Open, state: Option<PathBuf>, managed: &Managed) -> ExitCode {
    let from_stdin = flags.file.as_deref().is_none_or(|path| path == Path::new("-"));
    if from_stdin && matches!(flags.login.password.source(), Ok(Some(PasswordSource::Descriptor(0)))) {
        let answers = Answers { json: flags.login.unattended.json, ..Answers::default() };
        let mut script = Script::with_outputs(answers, None, outputs(flags.out.as_deref()));
        return script.stopped(Stopped::Files(&FileTrouble::StdinTwice));
    }
    let mut script = match script(&flags.login, outputs(flags.out.as_deref())) {
        Ok(script) => script,
        Err(exit) => return exit,
    };
    let ends = match Ends::open(flags.file.as_deref(), flags.out.as_deref(), flags.force) {
        Ok(ends) => ends,
        Err(trouble) => return script.stopped(Stopped::Files(&trouble)),
    };
    let end = state_folder(state)
        .map_err(Halt::from)
        .and_then(|path| open_with(ends, &flags.login, &path, managed, &mut script));
    end.unwrap_or_else(|halt| script.finish_early(halt))
}

fn open_with(ends: Ends, login: &Login, path: &Path, managed: &Managed, script: &mut Script) -> Result<ExitCode, Halt> {
    let Ends { input, from, output } = ends;
    let sealed = match Sealed::read(input) {
        Ok(sealed) => sealed,
        Err(why) => return Ok(script.stopped(Stopped::Files(&trouble(why, &from, "", "", false)))),
    };
    let mut tools = LoginTools::open(login, path, managed)?;
    let known = match tools.known(login, script)? {
        Ok(known) => known,
        Err(stop) => return Ok(script.finish_on_account(&Err(stop))),
    };
    let LoginTools { rng, shelf, server, runtime, .. } = &mut tools;
    let mut edges = Edges {
        person: &mut *script,
        server,
        shelf,
        stretch: &mut ThisMachine,
        stopped: || async {
            signals::wait().await;
        },
    };
    let (done, key) = match runtime.block_on(unlock(&mut edges, rng, known)) {
        Ok((done, secret)) => (done, AgeKey::new(secret)),
        Err(stop) => {
            tools.runtime.shutdown_background();
            return Ok(script.finish_on_account(&Err(stop)));
        }
    };
    // Others may work in the state folder while a long file is opened.
    drop(tools);
    let email = &done.pin.email;
    let end = match output {
        Sink::Stdout => {
            let mut begun = false;
            let end = process::stdout().map_err(Trouble::Output).and_then(|output| {
                let mut counted = Counted { output, begun: false };
                let end = sealed.open(&key, &mut counted, &mut go_on);
                begun = counted.begun;
                end
            });
            end.map(|bytes| (bytes, None)).map_err(|why| trouble(why, &from, "standard output", email, begun))
        }
        Sink::File(mut output, path) => {
            let end = sealed.open(&key, &mut output, &mut go_on);
            let end = end.map_err(|why| trouble(why, &from, &path, email, false));
            end.and_then(|bytes| commit(output, &path).map(|()| (bytes, Some(path))))
        }
    };
    drop(key);
    Ok(match end {
        Ok((bytes, path)) => {
            if let Some(path) = &path {
                script.result(&text::share::opened(bytes, path));
            }
            script.last_line(&ShareEvent::Opened { ok: true, bytes, path: path.as_deref() }.line());
            ExitCode::Done
        }
        Err(trouble) => script.stopped(Stopped::Files(&trouble)),
    })
}

/// Whether anything was written.
struct Counted<W> {
    output: W,
    begun: bool,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun |= !bytes.is_empty();
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// `firstkey recipient --identity`: a file for age, rage and sops, which holds no secret.
pub(super) fn identity(pin: &Pin, json: bool) {
    let Some(line) = AccountLine::of(pin) else { return };
    let (line, recipient) = (line.write(), pin.identity.recipient());
    if json {
        let event = serde_json::json!({"event": "identity", "identity": line, "recipient": recipient});
        known::show(&json_line::of(&event));
    } else {
        known::show(&format!("# {} at {}\n# recipient: {recipient}\n{line}\n", pin.email, pin.origin.place()));
    }
}
