//! Fuzz body: whole runs in which person, server, disk and driver may do anything.
//!
//! One byte before every reply chooses: honest, cut off here and start again with what is on the
//! disk, or something else. Where the input ends, everybody is honest, so every input leads to an
//! end. Oracles: those of [`oracle::ALL`], each in a function of its own. All secrets depend on a
//! digest of the whole input, so that no input can say them.
//!
//! The first byte: 1 rehearsal, 2 resume, then three bits of a wished profile, 0x20 a typed
//! password, 0x80 that a byte for [`stage::set`] follows.

use super::honest::{Invite, problem};
use super::player::Performer;
use super::scene::{Scene, typed};
use super::{chance::Recorder, nasty, oracle, player, stage, transcript};
use ::arbitrary::Unstructured;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::accept::Accept;
use firstkey_core::flow::stop::{LocalTrouble, Missing, NoAnswer, StorageTrouble};
use firstkey_core::flow::{Answer, Effect, Question, Reply};
use firstkey_core::wire::inbound::{Framing, Response};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// How often a run may be cut and begun again.
const RUNS: u64 = 4;

/// Plays what `data` says.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    play(data, oracle::judge::all);
}

/// The runs in words, and which oracle speaks, if one does.
pub fn transcript(data: &[u8]) -> Vec<String> {
    let (mut lines, mut runs) = (Vec::new(), 0);
    play(data, |log| {
        runs += 1;
        lines.push(format!("run {runs}"));
        lines.extend(transcript::of(log));
        if let Some((name, found)) = oracle::judge::who_speaks(log) {
            lines.push(format!("the oracle {name} speaks: {found}"));
        }
    });
    lines
}

/// Plays what `data` says; every run is judged.
fn play(data: &[u8], mut judge: impl FnMut(&player::Log)) {
    let digest = hazmat::sha256(data);
    let seed = u64::from_le_bytes(*digest.first_chunk().expect("invariant: 32 bytes"));
    let mut input = Unstructured::new(data);
    let flags: u8 = input.arbitrary().unwrap_or_default();
    let mut scene = Scene::new(seed);
    if flags & 0x80 != 0 {
        stage::set(&mut scene, input.arbitrary().unwrap_or_default());
    }
    // Judging a password costs more than all the rest, so most runs have one made.
    let secret = format!("Quokka {seed:016x} tramway");
    scene.password = if flags & 0x20 != 0 { secret.clone() } else { String::new() };
    let mut world = Any { scene, secret, input, heard: Vec::new() };
    for attempt in 0..RUNS {
        let mut options = world.scene.shelf.options();
        options.rehearsal = flags & 1 != 0;
        options.resume = flags & 2 != 0 && !options.checkpoints.is_empty();
        options.profile = Profile::from_id(u64::from(flags >> 2 & 7));
        let given = player::Given::of(&options);
        let log = player::play(&mut Accept::new(options), given, &mut world, &mut Recorder::new(seed ^ attempt << 8));
        judge(&log);
        let cut = !matches!(log.turns.last().map(|turn| &turn.effect), Some(Effect::Finish(_)));
        if !cut {
            break;
        }
    }
}

struct Any<'a> {
    scene: Scene,
    /// The start of every password that is typed.
    secret: String,
    input: Unstructured<'a>,
    heard: Vec<Vec<u8>>,
}

impl Performer for Any<'_> {
    fn reply(&mut self, _: usize, effect: &Effect) -> Option<Reply> {
        let choice = self.byte();
        match choice {
            0..=0x7f => Some(self.remembered(effect)),
            0x80..=0x83 => None,
            0x84..=0x87 => {
                let _ = self.scene.honest(effect);
                None
            }
            0x88..=0x8f => Some(self.misfit()),
            _ => Some(match effect {
                Effect::Ask(question) => self.person(question),
                Effect::Send(_) => self.server(effect),
                _ => Reply::Trouble(self.trouble()),
            }),
        }
    }
}

impl Any<'_> {
    fn byte(&mut self) -> u8 {
        self.input.arbitrary().unwrap_or_default()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte()).min(self.input.len());
        self.input.bytes(length).map(<[u8]>::to_vec).unwrap_or_default()
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn remembered(&mut self, effect: &Effect) -> Reply {
        let reply = self.scene.honest(effect);
        if let Reply::Received(response) = &reply {
            self.heard.push(response.body.to_vec());
        }
        reply
    }

    fn trouble(&mut self) -> LocalTrouble {
        match self.byte() % 4 {
            0 => LocalTrouble::NotEnoughMemory { needed_kib: 1 << 21, available_kib: 1 },
            1 => LocalTrouble::State { trouble: StorageTrouble::Full, path: "state".to_owned() },
            2 => LocalTrouble::Busy,
            _ => LocalTrouble::Terminal,
        }
    }

    /// Any reply, whether it fits or not.
    fn misfit(&mut self) -> Reply {
        match self.byte() % 12 {
            0 => Reply::Begin,
            1 => Reply::Told,
            2 => Reply::Ready,
            3 => Reply::Saved,
            4 => Reply::Waited,
            5 => Reply::Cancel,
            6 => Reply::Answer(Answer::Yes),
            7 => Reply::Answer(Answer::Cancelled),
            8 => Reply::Unreachable(self.no_answer()),
            9 => Reply::Trouble(self.trouble()),
            10 => Reply::Answer(Answer::Secret(Zeroizing::new(Vec::new()))),
            _ => Reply::Received(self.any_response()),
        }
    }

    fn person(&mut self, question: &Question) -> Reply {
        match self.byte() % 16 {
            0 => Reply::Answer(Answer::Cancelled),
            1 => Reply::Answer(Answer::No),
            2 => Reply::Answer(Answer::Yes),
            3 => Reply::Answer(Answer::KitSaved("kit.txt".to_owned())),
            4 => Reply::Answer(Answer::Missing(Missing::Password)),
            5 => Reply::Answer(Answer::NotTheInvited { expected: "eve@example.org".to_owned() }),
            6 => Reply::Answer(Answer::Trouble(self.trouble())),
            7 => typed(""),
            8 => Reply::Answer(Answer::Text(Zeroizing::new(self.bytes()))),
            9 => {
                // What is typed for a password must not be what a server could say.
                let secret = !matches!(question, Question::KitProof { .. });
                let text = self.text();
                typed(&if secret { format!("{} {text}", self.secret) } else { text })
            }
            10 => Reply::Answer(Answer::Secret(Zeroizing::new(vec![0xff; 1025]))),
            12 => {
                let host = stage::ODD_HOSTS[usize::from(self.byte()) % stage::ODD_HOSTS.len()];
                self.link_at(&format!("https://{host}"))
            }
            13 => self.link_at(stage::OTHER_ORIGIN),
            14 => {
                let at = usize::from(self.byte()) % stage::ORIGINS.len();
                self.link_at(stage::ORIGINS[at])
            }
            _ => {
                let mut link = self.scene.server.link();
                link.truncate(link.len() - usize::from(self.byte()).min(link.len()));
                Reply::Answer(Answer::Text(Zeroizing::new(link.into_bytes())))
            }
        }
    }

    /// The person's link, as if the mail had named another server.
    fn link_at(&self, origin: &str) -> Reply {
        let link = self.scene.server.link().replacen(&self.scene.server.origin, origin, 1);
        Reply::Answer(Answer::Text(Zeroizing::new(link.into_bytes())))
    }

    fn no_answer(&mut self) -> NoAnswer {
        use NoAnswer::{Broken, Busy, Certificate, NoConnection, NoSuchHost, TimedOut};
        [NoSuchHost, NoConnection, Certificate, Broken, TimedOut, Busy][usize::from(self.byte()) % 6]
    }

    fn server(&mut self, effect: &Effect) -> Reply {
        match self.byte() % 12 {
            0 => return Reply::Unreachable(self.no_answer()),
            1 => {
                let _ = self.scene.honest(effect);
                return Reply::Unreachable(self.no_answer());
            }
            2 => return Reply::Received(self.any_problem()),
            3 => return Reply::Received(self.any_response()),
            4 => self.scene.server.state = Invite::Expired,
            5 => self.scene.server.state = Invite::Withdrawn,
            6 => self.scene.server.claim_by_somebody_else(),
            7 => {
                let at = usize::from(self.byte());
                if let Some(body) = self.heard.get(at % self.heard.len().max(1)) {
                    return Reply::Received(super::honest::response(200, body));
                }
            }
            how => {
                let Reply::Received(mut response) = self.remembered(effect) else { return Reply::Told };
                match how {
                    10 => self.say_oddly(&mut response),
                    11 => self.return_another_bundle(&mut response),
                    _ => self.change(&mut response),
                }
                return Reply::Received(response);
            }
        }
        self.remembered(effect)
    }

    fn any_problem(&mut self) -> Response {
        const NAMES: [&str; 14] = [
            "invite-unknown",
            "invite-expired",
            "invite-used",
            "invite-withdrawn",
            "suspended",
            "removed",
            "claim-stale",
            "conflict",
            "invalid",
            "login-failed",
            "too-many",
            "unavailable",
            "internal",
            "unheard-of",
        ];
        let name = NAMES[usize::from(self.byte()) % NAMES.len()];
        let mut response = problem([400, 404, 409, 410, 429, 500, 503, 403][usize::from(self.byte()) % 8], name);
        response.retry_after = Some(u32::from(self.byte())).filter(|seconds| *seconds > 0);
        response
    }

    fn any_response(&mut self) -> Response {
        Response {
            status: [200, 200, 204, 302, 400, 410, 429, 503][usize::from(self.byte()) % 8],
            content_type: [None, Some("application/json"), Some("application/problem+json"), Some("text/html")]
                [usize::from(self.byte()) % 4]
                .map(str::to_owned),
            retry_after: None,
            signed: None,
            framing: [Framing::Plain, Framing::Plain, Framing::Encoded, Framing::TooLarge]
                [usize::from(self.byte()) % 4],
            body: Zeroizing::new(self.bytes()),
        }
    }

    /// Changes one thing of an honest answer.
    fn change(&mut self, response: &mut Response) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return };
        let mut places = Vec::new();
        pointers(&body, &mut String::new(), &mut places);
        let Some(place) = places.get(usize::from(self.byte()) % places.len().max(1)).cloned() else { return };
        let how = self.byte() % 8;
        let value = match how {
            0..=3 => self.any_value(),
            _ => Value::Null,
        };
        match (how, body.pointer_mut(&place)) {
            (0..=2, Some(target)) => *target = value,
            (3, Some(Value::Object(members))) => {
                let name = ["salt", "kdf", "encryptedPrivateKey", "escrow", "min_length"][usize::from(self.byte()) % 5];
                members.insert(name.to_owned(), value);
            }
            (4, _) => {
                if let Some((parent, name)) = place.rsplit_once('/')
                    && let Some(Value::Object(members)) = body.pointer_mut(parent)
                {
                    members.remove(name);
                }
            }
            (5 | 6, Some(Value::String(text))) => {
                if let Ok(mut bytes) = Base64UrlUnpadded::decode_vec(text)
                    && !bytes.is_empty()
                {
                    let at = usize::from(self.byte()) % bytes.len();
                    bytes[at] ^= 1 << (self.byte() % 8);
                    *text = Base64UrlUnpadded::encode_string(&bytes);
                }
            }
            (7, Some(target)) => {
                let taken = target.take();
                let other = places[usize::from(self.byte()) % places.len()].clone();
                if let Some(other) = body.pointer_mut(&other) {
                    let given = std::mem::replace(other, taken);
                    if let Some(target) = body.pointer_mut(&place) {
                        *target = given;
                    }
                }
            }
            _ => {}
        }
        response.body = Zeroizing::new(body.to_string().into_bytes());
    }

    /// Puts a text that a terminal might obey in the place of one of an honest answer, or into it.
    fn say_oddly(&mut self, response: &mut Response) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return };
        let mut places = Vec::new();
        pointers(&body, &mut String::new(), &mut places);
        places.retain(|place| body.pointer(place).is_some_and(|value| value.is_string() || value.is_null()));
        let Some(place) = places.get(usize::from(self.byte()) % places.len().max(1)) else { return };
        let (odd, within) = (nasty::text(self.byte()), self.byte() & 1 == 1);
        if let Some(value) = body.pointer_mut(place) {
            let before = value.as_str().unwrap_or_default();
            let middle = before.chars().take(2).map(char::len_utf8).sum();
            let (head, tail) = before.split_at(middle);
            *value = json!(if within { format!("{head}{odd}{tail}") } else { odd.to_owned() });
        }
        response.body = Zeroizing::new(body.to_string().into_bytes());
    }

    /// Changes one bit of one member of the bundle in an honest answer, if one is in it, and may
    /// leave out its statement.
    fn return_another_bundle(&mut self, response: &mut Response) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return };
        let Some(bundle) = body.get_mut("bundle") else { return };
        let mut places = Vec::new();
        pointers(bundle, &mut String::new(), &mut places);
        places.retain(|place| bundle.pointer(place).is_some_and(Value::is_string));
        let Some(place) = places.get(usize::from(self.byte()) % places.len().max(1)) else { return };
        if let Some(Value::String(text)) = bundle.pointer_mut(place)
            && let Ok(mut bytes) = Base64UrlUnpadded::decode_vec(text)
            && !bytes.is_empty()
        {
            let at = usize::from(self.byte()) % bytes.len();
            bytes[at] ^= 1 << (self.byte() % 8);
            *text = Base64UrlUnpadded::encode_string(&bytes);
        }
        // The statement would tell: a server may say that it keeps none.
        if self.byte() & 1 == 1 {
            bundle["statement"] = Value::Null;
        }
        response.body = Zeroizing::new(body.to_string().into_bytes());
    }

    fn any_value(&mut self) -> Value {
        match self.byte() % 10 {
            0 => Value::Null,
            1 => json!(self.byte() & 1 == 1),
            2 => json!(self.byte()),
            3 => json!(self.input.arbitrary::<u64>().unwrap_or_default()),
            4 => json!(-1),
            5 => json!(65_536.0),
            6 => json!({"m": 65_536 << (self.byte() % 8), "t": self.byte() % 5, "p": 4}),
            7 => json!(Base64UrlUnpadded::encode_string(&self.bytes())),
            9 => json!(nasty::text(self.byte())),
            _ => json!(self.text()),
        }
    }
}

/// The JSON pointers of everything in `value`.
fn pointers(value: &Value, here: &mut String, out: &mut Vec<String>) {
    out.push(here.clone());
    if let Value::Object(members) = value {
        for (name, inner) in members {
            let length = here.len();
            here.push('/');
            here.push_str(name);
            pointers(inner, here, out);
            here.truncate(length);
        }
    }
}
