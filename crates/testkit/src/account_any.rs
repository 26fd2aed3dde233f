//! Fuzz bodies: whole runs on an account that exists, in which the line and the server's answers
//! may be anything.
//!
//! Orders: before every answer one byte says whether it is honest, lost, cut, altered, or another
//! status; the first byte of all chooses the command, and whether this computer remembers the
//! account. Oracle: no password, no code and nothing derived from them leaves in any encoding; what
//! is remembered are the keys of the account; afterwards exactly one of the two passwords opens,
//! and it is the one that the end speaks of.

use super::chance::Seeded;
use super::honest::response;
use super::infisical::person::ready;
use super::scene::{PASSWORD, Scene, stretch};
use super::transcript::{asked, note, text, told};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::kdf::{KdfBlock, Profile, StretchJob, Stretched};
use firstkey_core::crypto::kek::derive_password_keys;
use firstkey_core::crypto::recovery::{read_code, write_code};
use firstkey_core::crypto::strength::Estimator;
use firstkey_core::flow::account::stop::AccountStop;
use firstkey_core::flow::account::{Deed, Done, KitWish, Known, change_kit, change_password, recover, verify};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{Halt, LocalTrouble, NoAnswer, Reach};
use firstkey_core::flow::world::World;
use firstkey_core::flow::{Answer, Locks, Notice, Question};
use firstkey_core::secret::{MasterKey, SessionToken};
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_estimator::Zxcvbn;
use firstkey_needles::Needles;
use std::time::Duration;
use zeroize::Zeroizing;

/// The password that takes the place of the first one.
const NEW: &str = "harbor Trumpet 91 mosaic tundra";
/// What is typed after a wrong one was ordered.
const WRONG: &str = "not the password of anybody here";

/// Opening, and proving the kit.
///
/// # Panics
/// When the oracle finds something.
pub fn unlock(data: &[u8]) {
    let (first, orders) = data.split_first().unwrap_or((&0, &[]));
    let kit = (first & 2 != 0).then_some(KitWish::Typed);
    judge(first & 1 != 0, orders, |world, known| ready(verify(world, &mut Seeded::new(3), known, kit)));
}

/// New password, new kit, or both by the recovery code.
///
/// # Panics
/// When the oracle finds something.
pub fn change(data: &[u8]) {
    let (first, orders) = data.split_first().unwrap_or((&0, &[]));
    let rng = &mut Seeded::new(5);
    judge(first & 1 != 0, orders, |world, known| match first >> 1 & 3 {
        0 => ready(change_password(world, rng, known, Some(Profile::One))),
        1 => ready(change_kit(world, rng, known)),
        _ => ready(recover(world, rng, known, None, None)),
    });
}

struct Line<'a> {
    scene: Scene,
    orders: &'a [u8],
    password: &'static str,
    kits: Vec<String>,
    sent: Vec<Vec<u8>>,
    stretched: Vec<(KdfBlock, [u8; 32])>,
    kept: Vec<Pin>,
    /// Whether the server's half of a registration was altered: the client cannot see that before
    /// it logs in, and a server can always lock out its people.
    locked_out: bool,
}

impl Line<'_> {
    fn order(&mut self) -> u8 {
        let Some((order, rest)) = self.orders.split_first() else { return 0 };
        self.orders = rest;
        *order
    }
}

impl World for Line<'_> {
    fn ask(&mut self, question: Question) -> Answer {
        let order = self.order();
        note(|| format!("asks {} (order {order})", asked(&question)));
        if order == 255 {
            return Answer::Cancelled;
        }
        let first_kit = self.scene.kit.clone().unwrap_or_default();
        let text = match question {
            Question::Unlock { .. } if order >= 200 => WRONG.to_owned(),
            Question::Unlock { .. } => self.password.to_owned(),
            Question::NewPassword { .. } | Question::Again { .. } => NEW.to_owned(),
            Question::RecoveryCode { .. } if order >= 200 => write_code(&[order; 16]).as_str().to_owned(),
            Question::RecoveryCode { .. } => first_kit,
            Question::Kit(kit) => {
                // EXPOSE: the person writes it down.
                self.kits.push(write_code(kit.code.expose()).as_str().to_owned());
                return Answer::Yes;
            }
            Question::KitProof { group, .. } => {
                let kit = self.kits.last().map(String::as_str).unwrap_or_default();
                kit.split('-').nth(usize::from(group).wrapping_sub(1)).unwrap_or_default().to_owned()
            }
            _ => return Answer::No,
        };
        Answer::Secret(Zeroizing::new(text.into_bytes()))
    }

    fn tell(&mut self, notice: &Notice) {
        note(|| format!("says {}", told(notice)));
    }

    fn prepare(&mut self, _: Profile) -> Result<(), LocalTrouble> {
        Ok(())
    }

    async fn stretch(&mut self, job: StretchJob) -> Result<Stretched, Halt> {
        let master = stretch(&job);
        self.stretched.push((job.block, master));
        Ok(Stretched(MasterKey::from_bytes(&master)))
    }

    async fn send(&mut self, request: &Outbound, session: Option<&SessionToken>) -> Result<Response, Halt> {
        self.sent.push(request.body().to_vec());
        // EXPOSE: the server takes its own token back.
        let session = session.map(|session| *session.expose());
        let order = self.order();
        note(|| format!("sends {} {} (order {order})", request.endpoint().path(), text(request.body())));
        if (120..140).contains(&order) {
            return Err(Halt::Silent(NoAnswer::Broken));
        }
        if order >= 240 {
            let status = [200, 302, 400, 403, 409, 429, 500, 503][usize::from(order) % 8];
            let body = self.orders[..self.orders.len().min(usize::from(self.order()))].to_vec();
            return Ok(response(status, &body));
        }
        let mut answer = self.scene.server.answer_in(session, request);
        match order {
            140..160 => return Err(Halt::Silent(NoAnswer::Broken)),
            160..200 => {
                let (at, xor) = (usize::from(self.order()) * 8 + usize::from(order - 160), self.order());
                if let Some(byte) = answer.body.get_mut(at) {
                    *byte ^= xor;
                    self.locked_out |= request.endpoint() == Endpoint::PasswordStart;
                }
            }
            200..220 => {
                let length = answer.body.len() * usize::from(order - 200) / 20;
                answer.body.truncate(length);
            }
            _ => {}
        }
        note(|| format!("  -> {} {}", answer.status, text(&answer.body)));
        Ok(answer)
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Halt> {
        if self.order() == 255 { Err(Halt::Cancelled) } else { Ok(()) }
    }

    fn estimator(&self) -> &dyn Estimator {
        &Zxcvbn
    }

    fn keep(&mut self, pin: &Pin) -> Result<(), LocalTrouble> {
        self.kept.push(pin.clone());
        Ok(())
    }
}

fn judge(remembered: bool, orders: &[u8], run: impl FnOnce(&mut Line<'_>, Known) -> Result<Done, AccountStop>) {
    let mut scene = Scene::new(7);
    scene.run_honestly(7);
    let pin = Pin::read(&scene.shelf.pins[0]).expect("oracle: an honest run ends with a pin");
    let mut line = Line {
        scene,
        orders,
        password: PASSWORD,
        kits: Vec::new(),
        sent: Vec::new(),
        stretched: Vec::new(),
        kept: Vec::new(),
        locked_out: false,
    };
    let known = |pin: Option<Pin>| Known { origin: pin_origin(), email: "ada@example.org".to_owned(), pin };
    let end = run(&mut line, known(remembered.then(|| pin.clone())));
    nothing_secret_left(&line, &pin.context);
    for kept in &line.kept {
        assert!(kept.identity == pin.identity && kept.context == pin.context, "other keys are remembered");
    }
    note(|| format!("ends: {:?}", end.as_ref().map(|done| &done.deed)));
    let sent = std::mem::take(&mut line.sent);
    assert!(sent.len() < 200, "no end");
    line.orders = &[];
    let mut opens = |password| {
        line.password = password;
        ready(verify(&mut line, &mut Seeded::new(9), known(Some(pin.clone())), None)).is_ok()
    };
    let (old, new) = (opens(PASSWORD), opens(NEW));
    if line.locked_out && !old && !new {
        assert!(end.is_err(), "done, and nothing opens");
        return;
    }
    assert!(old != new, "exactly one password opens");
    match end {
        Ok(done) => {
            assert!(done.pin.identity == pin.identity, "done with other keys");
            assert_eq!(new, matches!(done.deed, Deed::PasswordChanged | Deed::Recovered), "what was said to be done");
        }
        Err(stop) if matches!(stop.subject, Locks::Password | Locks::Both) => match stop.reach {
            Reach::NothingChanged => assert!(old, "nothing changed: {stop:?}"),
            Reach::NothingSent | Reach::CodeUsed | Reach::Saved | Reach::SavedBefore => {
                panic!("of accepting alone: {stop:?}")
            }
            Reach::Stored => assert!(new, "stored: {stop:?}"),
            Reach::Unknown => {}
        },
        Err(_) => assert!(old, "the password was not spoken of"),
    }
}

fn pin_origin() -> firstkey_core::wire::origin::Origin {
    firstkey_core::wire::origin::Origin::read("https://keys.example.org").expect("invariant: a good origin")
}

fn nothing_secret_left(line: &Line<'_>, context: &AccountContext) {
    let mut needles = Needles::default();
    for (name, text) in [("the password", PASSWORD), ("the new password", NEW), ("a wrong password", WRONG)] {
        needles.add(name, text.as_bytes());
    }
    for kit in line.scene.kit.iter().chain(&line.kits) {
        needles.add("a recovery code", kit.as_bytes());
        needles.add("a recovery code without dashes", kit.replace('-', "").as_bytes());
        let bytes = read_code(kit).expect("oracle: a kit shows a code");
        // EXPOSE: searched for in everything that was sent.
        needles.add_pieces("the bytes of a recovery code", bytes.expose());
    }
    for (block, master) in &line.stretched {
        needles.add_pieces("MK", master);
        if let Ok(keys) = derive_password_keys(&MasterKey::from_bytes(master), context, block, None) {
            // EXPOSE: searched for in everything that was sent.
            needles.add_pieces("auth", keys.auth.expose());
            // EXPOSE: searched for in everything that was sent.
            needles.add_pieces("pre", keys.pre.expose());
        }
    }
    for body in &line.sent {
        assert_eq!(needles.find(body), None, "in {}", String::from_utf8_lossy(body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::RngCore;

    #[test]
    fn some_hundred_random_runs_keep_the_oracle_content() {
        let mut chance = Seeded::new(0xacc0);
        for run in 0..RUNS {
            // Mostly honest, or nothing gets far.
            let mut orders: Vec<u8> = chance.bytes::<48>().to_vec();
            for order in &mut orders[1..] {
                if !chance.next_u32().is_multiple_of(8) {
                    *order %= 100;
                }
            }
            if run.is_multiple_of(4) { unlock(&orders) } else { change(&orders) }
        }
    }

    const RUNS: u32 = 300;
}
