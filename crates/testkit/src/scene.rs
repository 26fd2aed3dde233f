//! An honest person, an honest server and a disk that works, and a way to meddle with any of them.

use super::chance::Recorder;
use super::honest::HonestServer;
use super::player::{Given, Log, Performer, play};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::{StretchJob, Stretched};
use firstkey_core::crypto::recovery::{write_code, write_secret_key};
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::{Answer, Effect, Question, Reply};
use firstkey_core::secret::MasterKey;
use firstkey_estimator::Zxcvbn;
use zeroize::Zeroizing;

/// A password that nobody finds weak and that occurs nowhere by chance.
pub const PASSWORD: &str = "velvet Kumquat tramway 42 orbit";

/// A disk: bytes, as they would be in files.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Saved uploads, oldest first.
    pub checkpoints: Vec<Vec<u8>>,
    /// Completed accounts.
    pub pins: Vec<Vec<u8>>,
    /// The realm that is pinned by whoever manages the computer.
    pub managed: Option<ManagedRealm>,
}

impl Shelf {
    fn save(&mut self, checkpoint: &Checkpoint) {
        self.drop_checkpoints(checkpoint.invite.as_bytes());
        self.checkpoints.push(checkpoint.encode());
    }

    fn conclude(&mut self, pin: &Pin) {
        // One file for each account: the newer one takes its place.
        self.pins.retain(|file| Pin::read(file).is_ok_and(|kept| kept.context != pin.context));
        self.pins.push(pin.encode());
        if let Some(invite) = &pin.invite {
            self.drop_checkpoints(invite.as_bytes());
        }
    }

    fn drop_checkpoints(&mut self, invite: &[u8; 16]) {
        self.checkpoints.retain(|file| Checkpoint::read(file).is_ok_and(|kept| kept.invite.as_bytes() != invite));
    }

    /// What a flow is given that starts with this disk.
    pub fn options(&self) -> Options {
        Options {
            pins: self.pins.iter().filter_map(|file| Pin::read(file).ok()).collect(),
            checkpoints: self.checkpoints.iter().filter_map(|file| Checkpoint::read(file).ok()).collect(),
            managed: self.managed.clone(),
            ..Options::new(&Zxcvbn)
        }
    }
}

/// Everybody does what is expected.
pub struct Scene {
    /// The server.
    pub server: HonestServer,
    /// The disk.
    pub shelf: Shelf,
    /// What the person types as password; empty to have one made.
    pub password: String,
    /// What the person wrote down of the kit.
    pub kit: Option<String>,
    /// What the person wrote down of the secret key.
    pub secret_key: Option<String>,
    /// The passphrase that was made.
    pub made: Option<String>,
}

/// The stand-in for Argon2id.
pub fn stretch(job: &StretchJob) -> [u8; 32] {
    // EXPOSE: stands in for Argon2id, which takes the password too.
    let input = [job.password.expose(), &job.block.encode()].concat();
    let mut out = [0; 32];
    out.copy_from_slice(&hazmat::sha512(&input)[..32]);
    out
}

/// An answer in bytes.
pub fn typed(text: &str) -> Reply {
    Reply::Answer(Answer::Secret(Zeroizing::new(text.as_bytes().to_vec())))
}

impl Scene {
    /// The scene of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            server: HonestServer::new(seed),
            shelf: Shelf::default(),
            password: PASSWORD.to_owned(),
            kit: None,
            secret_key: None,
            made: None,
        }
    }

    /// One run of `accept` with what is on the disk. `meddle` replies to every effect;
    /// [`Scene::honest`] is what would have been replied.
    pub fn run(&mut self, seed: u64, meddle: impl FnMut(usize, &Effect, &mut Self) -> Option<Reply>) -> Log {
        self.run_with(seed, self.shelf.options(), meddle)
    }

    /// The same with options of the caller's.
    pub fn run_with(
        &mut self,
        seed: u64,
        options: Options,
        meddle: impl FnMut(usize, &Effect, &mut Self) -> Option<Reply>,
    ) -> Log {
        self.run_drawing(Recorder::new(seed), options, meddle)
    }

    /// The same with randomness of the caller's.
    pub fn run_drawing(
        &mut self,
        mut rng: Recorder,
        options: Options,
        meddle: impl FnMut(usize, &Effect, &mut Self) -> Option<Reply>,
    ) -> Log {
        let given = Given::of(&options);
        play(&mut Accept::new(options), given, &mut Meddled { scene: self, meddle }, &mut rng)
    }

    /// One run in which nobody meddles.
    pub fn run_honestly(&mut self, seed: u64) -> Log {
        self.run(seed, |_, effect, scene| Some(scene.honest(effect)))
    }

    /// What is replied to `effect` when nothing goes wrong.
    pub fn honest(&mut self, effect: &Effect) -> Reply {
        match effect {
            Effect::Ask(question) => self.answer(question),
            Effect::Tell(_) | Effect::EndSession(..) | Effect::Finish(_) => Reply::Told,
            Effect::Prepare(_) => Reply::Ready,
            Effect::Stretch(job) => Reply::Stretched(Stretched(MasterKey::from_bytes(&stretch(job)))),
            Effect::Send(request) => Reply::Received(self.server.answer(request)),
            Effect::Save(checkpoint) => {
                self.shelf.save(checkpoint);
                Reply::Saved
            }
            Effect::Conclude(pin) => {
                self.shelf.conclude(pin);
                Reply::Saved
            }
            Effect::Wait(_) => Reply::Waited,
        }
    }

    fn answer(&mut self, question: &Question) -> Reply {
        match question {
            Question::Invite { .. } | Question::InviteAgain => {
                Reply::Answer(Answer::Text(Zeroizing::new(self.server.link().into_bytes())))
            }
            Question::Host(_) | Question::Consent(_) | Question::Join { .. } | Question::Reset(_) => {
                Reply::Answer(Answer::Yes)
            }
            Question::Password { .. } | Question::NewPassword { .. } => typed(&self.password),
            Question::Again { made } => {
                self.made = made.as_ref().map(|made| made.as_str().to_owned());
                typed(self.secret())
            }
            Question::Kit(kit) => {
                // EXPOSE: the person writes it down.
                self.kit = Some(write_code(kit.code.expose()).as_str().to_owned());
                Reply::Answer(Answer::Yes)
            }
            Question::KitProof { group, .. } => {
                let kit = self.kit.as_deref().unwrap_or_default();
                typed(kit.split('-').nth(usize::from(*group).wrapping_sub(1)).unwrap_or_default())
            }
            Question::ReplaceSecretKey { .. } => Reply::Answer(Answer::Yes),
            Question::KeepSecretKey(sheet) => {
                // EXPOSE: the person writes it down.
                self.secret_key = Some(write_secret_key(sheet.key.expose()).as_str().to_owned());
                Reply::Answer(Answer::Yes)
            }
            Question::SecretKeyProof { group, .. } => {
                let key = self.secret_key.as_deref().unwrap_or_default();
                typed(key.split('-').nth(usize::from(*group)).unwrap_or_default())
            }
            Question::SecretKey { .. } => typed(self.secret_key.as_deref().unwrap_or_default()),
            Question::RecoveryCode { .. } => typed(self.kit.as_deref().unwrap_or_default()),
            Question::PasswordOnceMore { .. } | Question::Unlock { .. } => typed(self.secret()),
        }
    }

    fn secret(&self) -> &str {
        self.made.as_deref().unwrap_or(&self.password)
    }
}

struct Meddled<'a, F> {
    scene: &'a mut Scene,
    meddle: F,
}

impl<F: FnMut(usize, &Effect, &mut Scene) -> Option<Reply>> Performer for Meddled<'_, F> {
    fn reply(&mut self, at: usize, effect: &Effect) -> Option<Reply> {
        (self.meddle)(at, effect, self.scene)
    }
}
