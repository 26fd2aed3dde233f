//! Whose account is meant: by flags, by what this computer remembers, by a kit in a file, by the
//! answers to two questions, or by the person's defaults, in this order.
//!
//! Promise: an account that this computer remembers is found without flags if it is the only one; a
//! person is asked only for what neither the flags nor the memory say. Must never: ask for a
//! password, or send anything.

use super::dialect::ForeignAccount;
use crate::cli;
use crate::ui::kit::KitFacts;
use crate::ui::script::{Script, Told};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::flow::account::Known;
use firstkey_core::flow::account::stop::AccountReason;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::wire::named::read_server;
use firstkey_core::wire::origin::Origin;

/// What is said of an account in advance.
#[derive(Clone, Default)]
pub(super) struct Named {
    /// Its server.
    pub(super) server: Option<Origin>,
    /// Its address.
    pub(super) account: Option<String>,
}

impl Named {
    /// By flags.
    ///
    /// # Errors
    /// The server is none.
    pub(super) fn read(server: Option<&str>, account: Option<&str>) -> Result<Self, AccountReason> {
        let server = server.map(read_server).transpose().map_err(|_| AccountReason::NoSuchServer)?;
        Ok(Self { server, account: account.map(|account| account.trim().to_owned()) })
    }

    /// By the flags of a command on an account.
    pub(super) fn of(flags: &cli::Account) -> Result<Self, AccountReason> {
        Self::read(flags.server.as_deref(), flags.account.as_deref())
    }

    fn is_at(&self, server: &Origin) -> bool {
        self.server.as_ref().is_none_or(|named| named == server)
    }

    fn is_called(&self, name: &str) -> bool {
        self.account.as_ref().is_none_or(|named| named.eq_ignore_ascii_case(name))
    }
}

/// Whose account is meant.
pub(super) enum Choice {
    /// One on a server of our own protocol, or of a kind that is not known yet.
    Ours(Box<Known>),
    /// One that this computer remembers of a server of the other dialect.
    Theirs,
    /// None is remembered, and none is named in full.
    Nothing,
    /// Several fit.
    Several(Vec<(Origin, String)>),
    /// It cannot be.
    Refused(AccountReason),
}

/// The accounts that this computer remembers.
pub(super) struct Remembered<'a> {
    /// Of our own protocol.
    pub(super) ours: &'a [Pin],
    /// Of the other dialect.
    pub(super) theirs: &'a [ForeignAccount],
    /// What the person set as defaults; asked last.
    pub(super) defaults: &'a Defaults,
}

impl Remembered<'_> {
    /// Their servers, each once.
    fn servers(&self) -> Vec<Origin> {
        let ours = self.ours.iter().map(|pin| &pin.origin);
        let all = ours.chain(self.theirs.iter().map(|pin| &pin.origin)).chain(&self.defaults.server);
        all.fold(Vec::new(), |mut servers, origin| {
            if !servers.contains(origin) {
                servers.push(origin.clone());
            }
            servers
        })
    }
}

/// What the flags leave open, by the person's defaults: for where nobody can be asked.
fn filled(named: &Named, own: &Defaults) -> Named {
    let server = named.server.clone().or_else(|| own.server.clone());
    let account = named.account.clone().or_else(|| Some(own.email_at(server.as_ref()?)?.to_owned()));
    Named { server, account }
}

/// By what is named and what is remembered; `consents_for` is the address that a script consents
/// for.
pub(super) fn choose(named: &Named, consents_for: Option<&str>, known: &Remembered<'_>) -> Choice {
    let is_meant = |name: &str| consents_for.is_none_or(|meant| meant.trim().eq_ignore_ascii_case(name));
    let ours: Vec<_> = (known.ours.iter())
        .filter(|pin| named.is_at(&pin.origin) && named.is_called(&pin.email) && is_meant(&pin.email))
        .collect();
    // Servers of the dialect let people change their names; both are theirs.
    let is_called = |pin: &ForeignAccount| {
        named.is_called(&pin.identity) || pin.renamed.as_deref().is_some_and(|name| named.is_called(name))
    };
    let theirs: Vec<_> = known.theirs.iter().filter(|pin| named.is_at(&pin.origin) && is_called(pin)).collect();
    match (ours.as_slice(), theirs.as_slice()) {
        ([pin], []) => Choice::Ours(Box::new(of_pin(pin))),
        ([], [_, ..]) => Choice::Theirs,
        ([], []) => match (&named.server, &named.account) {
            (Some(origin), Some(email)) => {
                Choice::Ours(Box::new(Known { origin: origin.clone(), email: email.clone(), pin: None }))
            }
            _ => Choice::Nothing,
        },
        _ => {
            let ours = ours.iter().map(|pin| (pin.origin.clone(), pin.email.clone()));
            let theirs = theirs.iter().map(|pin| (pin.origin.clone(), pin.identity.clone()));
            Choice::Several(ours.chain(theirs).collect())
        }
    }
}

/// The same; what is left open is asked of the person, if there is one. What they say is added to
/// `named`.
pub(super) fn choose_or_ask(
    script: &mut Script,
    named: &mut Named,
    consents_for: Option<&str>,
    known: &Remembered<'_>,
) -> Choice {
    match choose(named, consents_for, known) {
        Choice::Nothing if script.has_person() => asked(script, named, known.defaults, known),
        Choice::Nothing => {
            *named = filled(named, known.defaults);
            match choose(named, consents_for, known) {
                Choice::Nothing => Choice::Refused(AccountReason::NothingKnown),
                settled => settled,
            }
        }
        Choice::Several(accounts) => {
            let shown: Vec<_> = accounts.iter().map(|(origin, name)| format!("{name} at {origin}")).collect();
            if !script.has_person() {
                return Choice::Refused(AccountReason::Several(shown));
            }
            match script.ask_which(&shown) {
                Ok(at) => {
                    let (origin, name) = accounts[at].clone();
                    *named = Named { server: Some(origin), account: Some(name) };
                    choose(named, None, known)
                }
                Err(why) => Choice::Refused(why),
            }
        }
        settled => settled,
    }
}

/// For `firstkey login`: both questions, with what is remembered as what Enter alone means; a flag
/// answers its question.
pub(super) fn choose_to_log_in(script: &mut Script, named: &mut Named, known: &Remembered<'_>) -> Choice {
    let is_named = named.server.is_some() && named.account.is_some();
    if is_named || !script.has_person() {
        return choose_or_ask(script, named, None, known);
    }
    let remembered = known.ours.iter().map(|pin| (&pin.origin, pin.email.as_str()));
    let remembered = remembered.chain(known.theirs.iter().map(|pin| (&pin.origin, pin.identity.as_str())));
    let mut fitting = remembered.filter(|(origin, name)| named.is_at(origin) && named.is_called(name));
    // The first of several is as good as any: it is a suggestion.
    let suggested = fitting.next().map(|(origin, name)| Defaults::account(origin.clone(), name.to_owned()));
    asked(script, named, suggested.as_ref().unwrap_or(known.defaults), known)
}

/// Asks for what `named` lacks, then chooses; `suggested` is what Enter alone means.
pub(super) fn asked(script: &mut Script, named: &mut Named, suggested: &Defaults, known: &Remembered<'_>) -> Choice {
    match ask(script, named, suggested, known) {
        Ok(None) => choose(named, None, known),
        Ok(Some(kit)) => {
            let choice = of_kit(&kit, named, None, known.ours);
            *named = Named { server: Some(kit.origin.clone()), account: Some(kit.email.clone()) };
            script.hold_kit(*kit);
            choice
        }
        Err(why) => Choice::Refused(why),
    }
}

/// The questions; a whole kit may be the answer.
fn ask(
    script: &mut Script,
    named: &mut Named,
    suggested: &Defaults,
    known: &Remembered<'_>,
) -> Result<Option<Box<KitFacts>>, AccountReason> {
    let server = match &named.server {
        Some(server) => server.clone(),
        None => match script.ask_server(suggested.server.as_ref(), &known.servers())? {
            Told::Kit(kit) => return Ok(Some(kit)),
            Told::At(server, email) => {
                named.account = named.account.take().or(email);
                server
            }
        },
    };
    if named.account.is_none() {
        match script.ask_email(&server, suggested.email_at(&server))? {
            Told::Kit(kit) => return Ok(Some(kit)),
            Told::At(_, email) => named.account = email,
        }
    }
    named.server = Some(server);
    Ok(None)
}

/// The account that a kit names; by its ids, where this computer remembers it, since servers and
/// people change their names. Whatever is named besides has to be true of it.
pub(super) fn of_kit(kit: &KitFacts, named: &Named, consents_for: Option<&str>, pins: &[Pin]) -> Choice {
    let context = AccountContext { realm: kit.realm, account: kit.account };
    let known = match pins.iter().find(|pin| pin.context == context) {
        Some(pin) => of_pin(pin),
        None => Known { origin: kit.origin.clone(), email: kit.email.clone(), pin: None },
    };
    let is_meant = consents_for.is_none_or(|meant| meant.trim().eq_ignore_ascii_case(&known.email));
    if !(is_meant && named.is_called(&known.email) && named.is_at(&known.origin)) {
        return Choice::Refused(AccountReason::OtherKit);
    }
    Choice::Ours(Box::new(known))
}

fn of_pin(pin: &Pin) -> Known {
    Known { origin: pin.origin.clone(), email: pin.email.clone(), pin: Some(pin.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str) -> Origin {
        Origin::read(&format!("https://{host}")).expect("an origin")
    }

    fn filled_by(
        named: (Option<&str>, Option<&str>),
        own: (Option<&str>, Option<&str>),
    ) -> (Option<String>, Option<String>) {
        let named = Named { server: named.0.map(at), account: named.1.map(str::to_owned) };
        let own = Defaults { server: own.0.map(at), email: own.1.map(str::to_owned) };
        let filled = filled(&named, &own);
        (filled.server.map(|server| server.host().to_owned()), filled.account)
    }

    #[test]
    fn a_flag_comes_before_a_default_and_an_address_goes_to_its_own_server_alone() {
        let (a, b) = (Some("a.example.org"), Some("b.example.org"));
        let (ada, bob) = (Some("ada@example.org"), Some("bob@example.org"));
        let text = |host: Option<&str>, email: Option<&str>| (host.map(str::to_owned), email.map(str::to_owned));
        assert_eq!(filled_by((None, None), (a, ada)), text(a, ada));
        assert_eq!(filled_by((None, bob), (a, ada)), text(a, bob));
        assert_eq!(filled_by((a, None), (a, ada)), text(a, ada));
        assert_eq!(filled_by((b, None), (a, ada)), text(b, None), "another server is not told of the address");
        assert_eq!(filled_by((b, None), (None, ada)), text(b, ada));
        assert_eq!(filled_by((None, None), (None, ada)), text(None, None), "nobody to tell it");
    }
}
