//! Logging in with a typed password, and opening what comes back.
//!
//! Promise: the server's parameters are compared with what is remembered before a password is asked
//! for; the password is stretched for exactly one attempt; ciphertext is compared and opened before
//! anything of it is believed.

use super::Known;
use super::lock::Fresh;
use super::lock::Holder;
use super::run::{End, Heard, Run};
use super::stop::{AccountReason, Change};
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::identity::KeyPairs;
use crate::crypto::kdf::StretchJob;
use crate::crypto::kek::{Kek, PasswordKeys, derive_password_keys};
use crate::crypto::opaque::{LoggedIn, Login, ServerKey, login_context};
use crate::crypto::prepare::prepare_password;
use crate::flow::checkpoint::Pin;
use crate::flow::stop::{LocalTrouble, NoAnswer};
use crate::flow::world::World;
use crate::flow::{Notice, Question};
use crate::secret::{AccountKey, ExportKey, OpaquePassword, Password, PreKey, SecretKey, SessionToken};
use crate::wire::asked::Asked;
use crate::wire::bundle::Bundle;
use crate::wire::disclose::Email;
use crate::wire::inbound::{self, LoginParams, Opened};
use crate::wire::outbound::{Endpoint, Outbound};
use crate::wire::refusal::Refusal;

/// How often the password may be tried in one run; each try is one attempt at the server.
const TRIES: u32 = 3;

/// An account that was opened.
pub(super) struct Open {
    pub(super) context: AccountContext,
    pub(super) bundle: Bundle,
    pub(super) server_key: ServerKey,
    /// Good for ten minutes.
    pub(super) session: SessionToken,
    pub(super) account_key: AccountKey,
    /// What its organisations ask of a new lock.
    pub(super) asked: Asked,
    /// Whether the server keeps bundle statements.
    pub(super) keeps_statements: bool,
    /// The second secret, if the account has one.
    pub(super) secret_key: Option<SecretKey>,
    /// Where somebody may log in once more.
    again: Option<Again>,
}

/// What logs in once more without another stretching: as good as the password.
struct Again {
    auth: OpaquePassword,
    pre: PreKey,
}

impl Open {
    /// Whether what was stretched with the account's own settings is what opened it.
    pub(super) fn is_opened_by(&self, stretched: &Fresh) -> bool {
        self.again.as_ref().is_some_and(|again| again.auth.matches(&stretched.auth))
    }

    /// For whoever changes the locks.
    pub(super) fn holder(&self) -> Holder<'_> {
        let Self { context, bundle, session, account_key, keeps_statements, .. } = self;
        Holder { context, bundle, session, account_key, keeps_statements: *keeps_statements }
    }

    /// What is left to do goes without a key: they end here.
    pub(super) fn let_keys_go(self) -> (AccountContext, KeyGen, SessionToken) {
        (self.context, self.bundle.identity.key_gen, self.session)
    }
}

/// What the end of a conversation needs.
struct Proof {
    pre: PreKey,
    export: ExportKey,
    server_key: ServerKey,
}

impl<W: World> Run<'_, W> {
    /// What the server says of the account at this address.
    pub(super) async fn params(&mut self, known: &Known) -> End<LoginParams> {
        let request =
            Outbound::post(&known.origin, Endpoint::LoginParams).field("email", &Email::read(&known.email)?).build();
        let params = match self.send(&request, inbound::read_login_params).await? {
            Heard::Answer(params) => params,
            Heard::NotProven { .. } => return Err(AccountReason::NotOpened),
        };
        self.world.managed().map_or(Ok(()), |managed| managed.is(&params.realm))?;
        if let Some(pin) = &known.pin {
            compare(pin, &params)?;
        }
        Ok(params)
    }

    /// Asks for the secret key, if there is one, and for the password until they open the account.
    pub(super) async fn open(&mut self, known: &Known, params: &LoginParams) -> End<Open> {
        let (open, password) = self.open_by(known, params, |_| None).await?;
        debug_assert!(password.is_none(), "nobody needs it any more");
        Ok(open)
    }

    /// The same for whoever logs in once only: what the password became ends with the login, before
    /// anything else is asked or sent.
    pub(super) async fn open_once(&mut self, known: &Known, params: &LoginParams) -> End<Open> {
        Ok(Open { again: None, secret_key: None, ..self.open(known, params).await? })
    }

    /// The same; gives the password too, for whoever has to stretch it again.
    pub(super) async fn open_keeping(&mut self, known: &Known, params: &LoginParams) -> End<(Open, Password)> {
        let copied = |typed: &Password| Some(typed.copied());
        let (open, password) = self.open_by(known, params, copied).await?;
        password.map(|password| (open, password)).ok_or(AccountReason::Local(LocalTrouble::SelfCheck))
    }

    async fn open_by(
        &mut self,
        known: &Known,
        params: &LoginParams,
        kept: fn(&Password) -> Option<Password>,
    ) -> End<(Open, Option<Password>)> {
        self.world.prepare(params.kdf_block.profile).map_err(AccountReason::Local)?;
        let mut secret_key = if params.kdf_block.two_secret { Some(self.secret_key(known)?) } else { None };
        let not_opened = if secret_key.is_some() { AccountReason::NotOpenedByBoth } else { AccountReason::NotOpened };
        for attempt in 1..=TRIES {
            let question = Question::Unlock { email: known.email.clone(), attempt };
            let Some(typed) = self.secret(question)? else { return Err(not_opened) };
            // Nothing, and too much, can be no account's password: the server need not be asked.
            if let (false, Ok(password)) = (typed.is_empty(), prepare_password(&typed)) {
                // What was typed is not held while the server is waited for.
                drop(typed);
                self.world.tell(&Notice::Checking);
                let kept = kept(&password);
                if let Some(mut open) = self.attempt(known, params, password, secret_key.as_ref()).await? {
                    open.secret_key = secret_key.take();
                    self.world.tell(&Notice::Opened);
                    return Ok((open, kept));
                }
            }
            self.world.tell(&match secret_key {
                Some(_) => Notice::NotOpenedByBoth { attempt },
                None => Notice::NotOpened { attempt, chosen_now: false },
            });
        }
        Err(not_opened)
    }

    async fn attempt(
        &mut self,
        known: &Known,
        params: &LoginParams,
        password: Password,
        secret_key: Option<&SecretKey>,
    ) -> End<Option<Open>> {
        let context = AccountContext { realm: params.realm, account: params.account };
        let stretched = self.world.stretch(StretchJob { password, block: params.kdf_block }).await?;
        let PasswordKeys { auth, pre } =
            derive_password_keys(&stretched.0, &context, &params.kdf_block, secret_key).map_err(|_| Refusal::Keys)?;
        drop(stretched);
        self.log_in(known, params, auth, pre).await
    }

    /// Logs in with the password that `open` was opened with: its session may be over.
    pub(super) async fn log_in_again(&mut self, known: &Known, params: &LoginParams, open: Open) -> End<Open> {
        let Open { again, session, account_key, secret_key, .. } = open;
        let Again { auth, pre } = again.ok_or(AccountReason::Local(LocalTrouble::SelfCheck))?;
        drop(account_key);
        self.spend(session);
        let again = self.log_in(known, params, auth, pre).await?.ok_or(AccountReason::NotOpened)?;
        Ok(Open { secret_key, ..again })
    }

    /// Logs in with what a password was stretched to; `None` if that is not the account's.
    pub(super) async fn log_in(
        &mut self,
        known: &Known,
        params: &LoginParams,
        auth: OpaquePassword,
        mut pre: PreKey,
    ) -> End<Option<Open>> {
        let context = AccountContext { realm: params.realm, account: params.account };
        // A proof serves once, so where its answer gets lost only a new conversation can tell.
        for _ in 0..2 {
            // EXPOSE: each conversation takes one of its own.
            let once = OpaquePassword::from_bytes(auth.expose());
            let Some((proof, opened)) = self.converse(known, params, &context, once, pre).await? else {
                return Ok(None);
            };
            match opened {
                Heard::Answer(opened) => {
                    let open = check(known, params, &context, proof, opened, auth)?;
                    self.hold(known, &context, &open.bundle)?;
                    return Ok(Some(open));
                }
                Heard::NotProven { repeated: false } => return Ok(None),
                Heard::NotProven { repeated: true } => pre = proof.pre,
            }
        }
        Err(AccountReason::Unreachable(NoAnswer::Broken))
    }

    /// One conversation; `None` if the password is not the account's.
    async fn converse(
        &mut self,
        known: &Known,
        params: &LoginParams,
        context: &AccountContext,
        auth: OpaquePassword,
        pre: PreKey,
    ) -> End<Option<(Proof, Heard<Opened>)>> {
        let (login, ke1) = Login::start(auth, self.rng).map_err(|_| AccountReason::Refused(Refusal::Opaque))?;
        let request = Outbound::post(&known.origin, Endpoint::LoginStart)
            .field("account_id", &context.account)
            .field("ke1", &ke1)
            .build();
        let Heard::Answer((login_id, ke2)) = self.send(&request, inbound::read_login_answer).await? else {
            return Ok(None);
        };
        let agreed = login_context(context, known.origin.as_str(), &params.kdf_block.encode(), params.key_gen);
        let Ok(LoggedIn { ke3, export_key, server_key }) = login.finish(&ke2, &agreed, context, self.rng) else {
            return Ok(None);
        };
        if known.pin.as_ref().is_some_and(|pin| pin.server_key != server_key) {
            return Err(AccountReason::Changed(Change::ServerKey));
        }
        let request = Outbound::post(&known.origin, Endpoint::LoginFinish)
            .field("login_id", &login_id)
            .field("ke3", &ke3)
            .build();
        let opened = self.send(&request, inbound::read_session).await?;
        Ok(Some((Proof { pre, export: export_key, server_key }, opened)))
    }
}

/// The server's word against what is remembered.
fn compare(pin: &Pin, params: &LoginParams) -> End<()> {
    if params.realm != pin.context.realm || params.account != pin.context.account {
        return Err(AccountReason::Changed(Change::Account));
    }
    if params.key_gen.0 < pin.identity.key_gen.0 {
        return Err(AccountReason::Changed(Change::OlderKeys));
    }
    if params.key_gen != pin.identity.key_gen {
        return Err(AccountReason::Changed(Change::OtherKeys));
    }
    // A second secret is never taken away: whoever says so wants the password to be all that there
    // is to guess.
    if pin.two_secret && !params.kdf_block.two_secret {
        return Err(AccountReason::Changed(Change::SecretKeyGone));
    }
    Ok(())
}

/// Verifies, compares and opens the bundle: envelope 1 with the password, 3 and 4 with what is in
/// it. Envelope 2 needs the recovery code.
fn check(
    known: &Known,
    params: &LoginParams,
    context: &AccountContext,
    proof: Proof,
    opened: Opened,
    auth: OpaquePassword,
) -> End<Open> {
    let Opened { session, bundle, asked, keeps_statements } = opened;
    bundle.verify(context)?;
    if bundle.kdf_block != params.kdf_block || bundle.identity.key_gen != params.key_gen {
        return Err(Refusal::Keys.into());
    }
    if known.pin.as_ref().is_some_and(|pin| pin.identity != bundle.identity) {
        return Err(AccountReason::Changed(Change::OtherKeys));
    }
    let Proof { pre, export, server_key } = proof;
    let key_gen = bundle.identity.key_gen;
    let envelopes = &bundle.envelopes;
    let by_password = Kek::derive_from_password(&pre, &export, context);
    let account_key = envelopes.by_password.open(&by_password, context, key_gen).map_err(|_| Refusal::Keys)?;
    private_keys(&bundle, context, &account_key)?;
    Ok(Open {
        context: *context,
        bundle,
        server_key,
        session,
        account_key,
        asked,
        keeps_statements,
        secret_key: None,
        again: Some(Again { auth, pre }),
    })
}

/// Opens envelopes 3 and 4 with the account key; what is in them must belong to the public keys.
pub(in crate::flow) fn private_keys(
    bundle: &Bundle,
    context: &AccountContext,
    account_key: &AccountKey,
) -> End<KeyPairs> {
    let (key_gen, envelopes) = (bundle.identity.key_gen, &bundle.envelopes);
    let by_account = Kek::derive_from_account_key(account_key, context);
    let pairs = KeyPairs {
        x25519: envelopes.x25519.open(&by_account, context, key_gen).map_err(|_| Refusal::Keys)?,
        ed25519: envelopes.ed25519.open(&by_account, context, key_gen).map_err(|_| Refusal::Keys)?,
    };
    if pairs.public(key_gen) != bundle.identity {
        return Err(Refusal::Keys.into());
    }
    Ok(pairs)
}
