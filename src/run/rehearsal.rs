//! `firstkey audit --dry-run --offer FILE`: an accept, played up to the upload without a server.
//!
//! Promise: nothing is sent, and no edge that could send is at hand; nothing is kept on the disk.
//! Must never: let the keys of a rehearsal out.

use super::{known, state_folder};
use crate::audit::Record;
use crate::cli::{Audit, PASSWORD_VARIABLE};
use crate::drive::{self, Edges, Person, Server, Shelf};
use crate::exit::ExitCode;
use crate::port::machine::ThisMachine;
use crate::port::random::SystemRng;
use crate::store::shelf;
use crate::ui::input::read_plain;
use crate::ui::person::AtTerminal;
use crate::ui::script::{Answers, Script};
use crate::ui::term::Terminal;
use crate::ui::{signals, text};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::crypto::opaque::answer_alone;
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::stop::{AcceptStop, Halt, LocalTrouble, NoAnswer};
use firstkey_core::flow::{Accepted, Answer, Notice, Question};
use firstkey_core::secret::SessionToken;
use firstkey_core::wire::fields::Fields;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_core::wire::json::{self, MAX_BODY};
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_estimator::Zxcvbn;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// A link for an offer that came without one: its host cannot exist (RFC 2606), id and token are
/// zeroes.
const LINK: &str = "https://offer.invalid/i#fkinv1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Does it.
pub(super) fn rehearse(flags: &Audit, offer: &Path, state: Option<PathBuf>) -> ExitCode {
    let _ = signals::install();
    let person = if flags.rehearsal.no_input { None } else { Terminal::open().map(AtTerminal::new) };
    let rehearsed = flags.as_accept();
    let given = rehearsed.answers(std::env::var_os(PASSWORD_VARIABLE).is_some());
    let (answers, profile) = match given.and_then(|answers| Ok((answers, rehearsed.hardening.profile()?))) {
        Ok(good) => good,
        Err(misuse) => return Script::new(Answers { json: flags.json, ..Answers::default() }, person).misused(misuse),
    };
    let has_link = answers.invite.is_some();
    let mut script = Script::new(answers, person);
    let mut papers = Papers::default();
    let end = match played(offer, has_link, profile, state, &mut script, &mut papers) {
        Ok(end) => end,
        Err(trouble) => return script.finish_early(trouble),
    };
    let Some(upload) = end.as_ref().ok().and_then(|done| done.rehearsal.as_ref()) else { return script.finish(&end) };
    papers.record.append(upload, 0);
    let output = if flags.raw {
        papers.record.raw()
    } else if flags.json {
        papers.record.encode()
    } else {
        let lines = [text::done::played(), papers.record.describe_requests()].concat();
        (lines.join("\n") + "\n").into_bytes()
    };
    known::show_bytes(&output);
    ExitCode::Done
}

/// Plays it; a trouble is one of before the first question.
fn played(
    offer: &Path,
    has_link: bool,
    profile: Option<Profile>,
    state: Option<PathBuf>,
    script: &mut Script,
    papers: &mut Papers,
) -> Result<Result<Accepted, AcceptStop>, Halt> {
    script.read_given()?;
    let mut rng = SystemRng::open().map_err(|_| LocalTrouble::Random)?;
    let mut server =
        OnPaper { offer: read_plain(offer, MAX_BODY)?, rng: SystemRng::open().map_err(|_| LocalTrouble::Random)? };
    let (pins, _) = shelf::known_untouched(&state_folder(state)?)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| LocalTrouble::NoThreads)?;
    script.remark(&text::start::on_paper(&offer.display().to_string()));
    let stopped = || async {
        signals::wait().await;
    };
    let mut person = Reader { script, has_link };
    let edges = Edges { person: &mut person, server: &mut server, shelf: papers, stretch: &mut ThisMachine, stopped };
    let mut flow = Accept::new(Options { profile, rehearsal: true, pins, ..Options::new(&Zxcvbn) });
    let end = runtime.block_on(drive::run(&mut flow, edges, &mut rng));
    // A stretch that was stopped by Ctrl-C is not waited for.
    runtime.shutdown_background();
    Ok(end)
}

/// The answers of a server, as far as a rehearsal needs any.
struct OnPaper {
    offer: Vec<u8>,
    rng: SystemRng,
}

impl OnPaper {
    /// The answer to a registration; nobody will ever log in by it.
    fn registered(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let mut fields = Fields::open("request", json::read(body).ok()?).ok()?;
        let answer = answer_alone(&fields.bytes("opaque_request").ok()?, &mut self.rng).ok()?;
        Some(format!("{{\"opaque_response\":\"{}\"}}", Base64UrlUnpadded::encode_string(&answer)).into_bytes())
    }
}

impl Server for OnPaper {
    async fn send(&mut self, request: &Outbound) -> Result<Response, NoAnswer> {
        let body = match request.endpoint() {
            Endpoint::Claim => Some(self.offer.clone()),
            Endpoint::EnrolStart => self.registered(request.body()),
            _ => None,
        };
        let content_type = Some("application/json".to_owned());
        let found = |body| Response {
            status: 200,
            content_type,
            retry_after: None,
            signed: None,
            framing: Framing::Plain,
            body,
        };
        body.map(Zeroizing::new).map(found).ok_or(NoAnswer::NoSuchHost)
    }

    async fn send_in(&mut self, _: &SessionToken, _: &Outbound) -> Result<Response, NoAnswer> {
        Err(NoAnswer::NoSuchHost)
    }
}

/// A shelf that is gone with the run.
#[derive(Default)]
struct Papers {
    record: Record,
}

impl Shelf for Papers {
    fn save(&mut self, _: &Checkpoint) -> Result<(), LocalTrouble> {
        Ok(())
    }

    fn conclude(&mut self, _: &Pin) -> Result<(), LocalTrouble> {
        Ok(())
    }

    fn record(&mut self, request: &Outbound) {
        self.record.append(request, 0);
    }
}

/// Whoever plays it; the link is made up where none is given.
struct Reader<'a> {
    script: &'a mut Script,
    has_link: bool,
}

impl Person for Reader<'_> {
    fn ask(&mut self, question: Question) -> Answer {
        match question {
            Question::Invite { trouble: None } if !self.has_link => Answer::Text(Zeroizing::new(LINK.into())),
            question => Person::ask(self.script, question),
        }
    }

    fn tell(&mut self, notice: &Notice) {
        // Nobody is contacted, whatever the link says.
        if !matches!(notice, Notice::Contacting(_)) {
            Person::tell(self.script, notice);
        }
    }

    fn stretching(&mut self, profile: Profile) {
        self.script.stretching(profile);
    }

    fn stretched(&mut self, profile: Profile, took: Duration) {
        self.script.stretched(profile, took);
    }
}
