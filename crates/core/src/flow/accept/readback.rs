//! The read-back: log in with the password typed once more, compare what comes back with what was
//! sent, open everything (I6).

use super::claim;
use super::commit::{self, Upload};
use super::{At, Expect, Next, after, invite_problem, passes, secret_key};
use crate::crypto::identity::KeyPairs;
use crate::crypto::kdf::StretchJob;
use crate::crypto::kek::{Kek, PasswordKeys, derive_password_keys};
use crate::crypto::opaque::{LoggedIn, Login, login_context};
use crate::crypto::prepare::prepare_password;
use crate::flow::retry::Retry;
use crate::flow::stop::{AcceptReason, NoAnswer, Reach};
use crate::flow::{Accepted, Answer, Effect, Notice, Question, Reply};
use crate::secret::{ExportKey, OpaquePassword, Password, PreKey};
use crate::wire::bundle::Bundle;
use crate::wire::disclose::Email;
use crate::wire::inbound::{self, ProblemName};
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;
use rand_core::CryptoRngCore;

/// How often the password may be tried in one run; each try is one attempt at the server.
const TRIES: u32 = 3;

/// One try: the upload to compare with, and which try it is.
struct Try {
    upload: Upload,
    attempt: u32,
}

/// Asks for the password once more; before it for the secret key, where an earlier run made it.
pub(super) fn ask(upload: Upload, attempt: u32) -> Result<Next, AcceptReason> {
    if upload.completion.bundle.kdf_block.two_secret && upload.secret_key.is_none() {
        return secret_key::ask(upload, 1);
    }
    Next::effect(Effect::Ask(Question::PasswordOnceMore { attempt }), ExpectPassword(Try { upload, attempt }))
}

/// That password, or this server, does not open the account.
fn not_opened(this: Try) -> Result<Next, AcceptReason> {
    let Try { upload, attempt } = this;
    let notice = match upload.secret_key {
        Some(_) => Notice::NotOpenedByBoth { attempt },
        None => Notice::NotOpened { attempt },
    };
    after(
        Effect::Tell(notice),
        move |_, _| {
            if attempt >= TRIES { Err(AcceptReason::NotOpened) } else { ask(upload, attempt + 1) }
        },
    )
}

/// A request of the read-back on its way; the same bytes again while there is no answer.
struct Sending<S> {
    inner: S,
    request: Outbound,
    retry: Retry,
}

/// What to do with the answer.
trait Hear: Sized + 'static {
    type Heard;
    fn parse(fields: inbound::Fields) -> Result<Self::Heard, Refusal>;
    fn heard(self, heard: Self::Heard, rng: &mut dyn CryptoRngCore, at: &mut At) -> Result<Next, AcceptReason>;
    /// The server says that the login failed; `repeated` if the request was sent more than once.
    fn refused(self, repeated: bool, rng: &mut dyn CryptoRngCore) -> Result<Next, AcceptReason>;
}

fn send<S: Hear>(request: Outbound, inner: S) -> Result<Next, AcceptReason> {
    Next::effect(Effect::Send(request.clone()), Sending { inner, request, retry: Retry::default() })
}

impl<S: Hear> Expect for Sending<S> {
    fn handle(
        mut self: Box<Self>,
        reply: Reply,
        rng: &mut dyn CryptoRngCore,
        at: &mut At,
    ) -> Result<Next, AcceptReason> {
        debug_assert_eq!(at.reach, Reach::Stored);
        // A refused login is about the password, a throttled one is not repeated; everything else
        // is about the connection.
        let (why, retry_after) = match reply {
            Reply::Unreachable(why) => (why, None),
            Reply::Received(response) => match response.read(S::parse)? {
                Ok(heard) => return self.inner.heard(heard, rng, at),
                Err(problem) if problem.name == ProblemName::LoginFailed => {
                    return self.inner.refused(self.retry.repeated(), rng);
                }
                Err(problem) if problem.name == ProblemName::TooMany => {
                    return Err(AcceptReason::Unreachable(NoAnswer::Busy));
                }
                Err(problem) if passes(&problem.name) => (NoAnswer::Busy, problem.retry_after),
                Err(problem) => return Err(invite_problem(problem)),
            },
            _ => return Err(AcceptReason::OutOfStep),
        };
        let delay = claim::silence(&mut self.retry, why, retry_after, at)?;
        let state = *self;
        claim::again(delay, state.request.clone(), state)
    }
}

/// The password was asked for once more.
struct ExpectPassword(Try);

impl Expect for ExpectPassword {
    fn handle(self: Box<Self>, reply: Reply, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let typed = match reply {
            Reply::Answer(Answer::Secret(typed)) => typed,
            Reply::Answer(Answer::No) => return Err(AcceptReason::NotOpened),
            _ => return Err(AcceptReason::OutOfStep),
        };
        let this = self.0;
        let Ok(password) = prepare_password(&typed) else { return not_opened(this) };
        after(Effect::Tell(Notice::Checking), move |_, _| {
            let checkpoint = &this.upload.checkpoint;
            let request = Outbound::post(checkpoint.request.origin(), Endpoint::LoginParams)
                .field("email", &Email::read(&checkpoint.email)?)
                .build();
            send(request, ExpectParams { this, password })
        })
    }
}

/// `login/params` was sent.
struct ExpectParams {
    this: Try,
    password: Password,
}

impl Hear for ExpectParams {
    type Heard = inbound::LoginParams;

    fn parse(fields: inbound::Fields) -> Result<Self::Heard, Refusal> {
        inbound::read_login_params(fields)
    }

    fn heard(self, heard: Self::Heard, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let sent = &self.this.upload;
        let block = sent.completion.bundle.kdf_block;
        if heard.account != sent.checkpoint.context.account || heard.realm != sent.checkpoint.context.realm {
            return Err(Refusal::OtherAccount.into());
        }
        if heard.kdf_block != block {
            return Err(Refusal::Differs("kdf_block").into());
        }
        if heard.key_gen != sent.completion.bundle.identity.key_gen {
            return Err(Refusal::Differs("key_gen").into());
        }
        let Self { this, password } = self;
        Next::effect(Effect::Stretch(StretchJob { password, block }), ExpectStretched(this))
    }

    fn refused(self, _: bool, _: &mut dyn CryptoRngCore) -> Result<Next, AcceptReason> {
        not_opened(self.this)
    }
}

/// The password is being stretched.
struct ExpectStretched(Try);

impl Expect for ExpectStretched {
    fn handle(self: Box<Self>, reply: Reply, rng: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Reply::Stretched(stretched) = reply else { return Err(AcceptReason::OutOfStep) };
        let this = self.0;
        let sent = &this.upload;
        let context = sent.checkpoint.context;
        let PasswordKeys { auth, pre } =
            derive_password_keys(&stretched.0, &context, &sent.completion.bundle.kdf_block, sent.secret_key.as_ref())
                .map_err(|_| AcceptReason::OutOfStep)?;
        // EXPOSE: kept for a second conversation, should the end of the first get lost.
        let spare = OpaquePassword::from_bytes(auth.expose());
        log_in(this, pre, auth, Some(spare), rng)
    }
}

/// Begins a login conversation. A proof serves once, so where its answer gets lost only a new
/// conversation can tell what is stored: `spare` is for that one.
fn log_in(
    this: Try,
    pre: PreKey,
    auth: OpaquePassword,
    spare: Option<OpaquePassword>,
    rng: &mut dyn CryptoRngCore,
) -> Result<Next, AcceptReason> {
    let checkpoint = &this.upload.checkpoint;
    let (login, ke1) = Login::start(auth, rng).map_err(|_| AcceptReason::OutOfStep)?;
    let request = Outbound::post(checkpoint.request.origin(), Endpoint::LoginStart)
        .field("account_id", &checkpoint.context.account)
        .field("ke1", &ke1)
        .build();
    send(request, ExpectAnswer { this, pre, login, spare })
}

/// `login/start` was sent.
struct ExpectAnswer {
    this: Try,
    pre: PreKey,
    login: Login,
    spare: Option<OpaquePassword>,
}

impl Hear for ExpectAnswer {
    type Heard = (crate::crypto::context::LoginId, [u8; crate::crypto::opaque::KE2_LEN]);

    fn parse(fields: inbound::Fields) -> Result<Self::Heard, Refusal> {
        inbound::read_login_answer(fields)
    }

    fn heard(
        self,
        (login_id, ke2): Self::Heard,
        rng: &mut dyn CryptoRngCore,
        _: &mut At,
    ) -> Result<Next, AcceptReason> {
        let Self { this, pre, login, spare } = self;
        let checkpoint = &this.upload.checkpoint;
        let bundle = &this.upload.completion.bundle;
        let origin = checkpoint.request.origin();
        let agreed =
            login_context(&checkpoint.context, origin.as_str(), &bundle.kdf_block.encode(), bundle.identity.key_gen);
        let Ok(LoggedIn { ke3, export_key, server_key }) = login.finish(&ke2, &agreed, &checkpoint.context, rng) else {
            return not_opened(this);
        };
        if server_key != checkpoint.server_key {
            return Err(Refusal::Differs("server key").into());
        }
        let request =
            Outbound::post(origin, Endpoint::LoginFinish).field("login_id", &login_id).field("ke3", &ke3).build();
        send(request, ExpectBundle { this, pre, export_key, spare })
    }

    fn refused(self, _: bool, _: &mut dyn CryptoRngCore) -> Result<Next, AcceptReason> {
        not_opened(self.this)
    }
}

/// `login/finish` was sent.
struct ExpectBundle {
    this: Try,
    pre: PreKey,
    export_key: ExportKey,
    spare: Option<OpaquePassword>,
}

impl Hear for ExpectBundle {
    type Heard = inbound::Opened;

    fn parse(fields: inbound::Fields) -> Result<Self::Heard, Refusal> {
        inbound::read_session(fields)
    }

    fn heard(self, opened: Self::Heard, _: &mut dyn CryptoRngCore, _: &mut At) -> Result<Next, AcceptReason> {
        let Self { this, pre, export_key, .. } = self;
        let upload = &this.upload;
        if let Some(member) = upload.completion.bundle.difference(&opened.bundle) {
            return Err(Refusal::Differs(member).into());
        }
        let context = upload.checkpoint.context;
        opened.bundle.verify(&context)?;
        open(&opened.bundle, &pre, &export_key, upload)?;
        let (pin, secret_keys, session) = (commit::pin(upload), opened.asked.secret_key, opened.session);
        after(Effect::Tell(Notice::Opened), move |_, _| {
            after(Effect::Conclude(pin.clone()), move |_, _| {
                // The session has done what it was for.
                let request = Outbound::bare(&pin.origin, Endpoint::Logout);
                let done = Accepted { pin, rehearsal: None, repeated: false, secret_keys };
                Ok(Next::Last(Effect::EndSession(session, request), done))
            })
        })
    }

    fn refused(self, repeated: bool, rng: &mut dyn CryptoRngCore) -> Result<Next, AcceptReason> {
        match self.spare {
            _ if !repeated => not_opened(self.this),
            // The first proof may have arrived and its answer got lost: then it is the repetition
            // that is refused, not the password.
            Some(spare) => log_in(self.this, self.pre, spare, None, rng),
            None => Err(AcceptReason::Unreachable(NoAnswer::Broken)),
        }
    }
}

/// Opens envelope 1 with the password, 3 and 4 with what is in it, and recomputes the public keys.
/// Envelope 2 needs the recovery code, which is gone; it was opened when it was sealed and is byte
/// for byte the same.
fn open(bundle: &Bundle, pre: &PreKey, export_key: &ExportKey, upload: &Upload) -> Result<(), Refusal> {
    let context = upload.checkpoint.context;
    let key_gen = bundle.identity.key_gen;
    let envelopes = &bundle.envelopes;
    let by_password = Kek::derive_from_password(pre, export_key, &context);
    let account_key = envelopes.by_password.open(&by_password, &context, key_gen).map_err(|_| Refusal::Keys)?;
    let by_account = Kek::derive_from_account_key(&account_key, &context);
    let pairs = KeyPairs {
        x25519: envelopes.x25519.open(&by_account, &context, key_gen).map_err(|_| Refusal::Keys)?,
        ed25519: envelopes.ed25519.open(&by_account, &context, key_gen).map_err(|_| Refusal::Keys)?,
    };
    if pairs.public(key_gen) == bundle.identity { Ok(()) } else { Err(Refusal::Keys) }
}
