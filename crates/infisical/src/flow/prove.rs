//! The proof that what is stored is what was made, and that it opens.
//!
//! Promise: the account is read back and compared byte for byte, again after the kit was stored;
//! then it is logged in to and opened, from what the server returns alone. Must never: say that
//! something is done before that.

use super::super::answer::{self, Membership};
use super::super::door::{Call, Member, Organisation, Request};
use super::super::keys::{Salt, Vault};
use super::super::kit::Kit;
use super::super::pin::Pin;
use super::super::says::Says;
use super::choose::Made;
use super::complete::{Person, Way};
use super::issue::Issued;
use super::login::{LogIn, SURE, Session, Who};
use super::run::{DialectRun, End, Outcome};
use super::stop::{DialectReason, Refused};
use super::{DialectDeed, DialectDone, DialectNotice, Infisical};
use firstkey_core::flow::world::World;
use firstkey_core::secret::TokenText;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;

impl<W: World<Infisical>> DialectRun<'_, W> {
    #[allow(clippy::too_many_arguments, reason = "everything that the upload knew, once")]
    pub(super) async fn prove(
        &mut self,
        origin: &Origin,
        person: &Person,
        made: Made,
        kit: Kit,
        way: &Way,
        token: TokenText,
        scoped: bool,
        pin: &Pin,
    ) -> End<DialectDone> {
        self.read_back(origin, &token, &made.lock.vault, made.lock.salt, &person.identity).await?;
        self.tell(&DialectNotice::ReadBack);
        let memberships = self.memberships(origin, &token).await?;
        let (ours, others): (Vec<_>, Vec<_>) = memberships.into_iter().partition(|one| one.id == way.organisation());
        let member = !ours.is_empty();
        let mut stored = false;
        if member {
            let token = if scoped { Some(token) } else { self.select(origin, &token, way.organisation()).await? };
            if let Some(token) = token {
                stored = self.issue(origin, &person.identity, &made.unlocked, &kit, &token).await? == Issued::ReadBack;
                self.read_back(origin, &token, &made.lock.vault, made.lock.salt, &person.identity).await?;
            }
        } else {
            self.tell(&DialectNotice::NotAMember(Printable::from_untrusted(way.organisation())));
        }
        self.tell(if stored { &DialectNotice::KitStored } else { &DialectNotice::KitNotStored });
        if !others.is_empty() {
            self.tell(&DialectNotice::AlsoIn(others));
        }
        let who = Who { origin, name: &person.identity, ticket: way.ticket() };
        let session = match self.log_in(&who, &made.unlocked, SURE).await? {
            LogIn::Open(session) => session,
            LogIn::Refused => return Err(DialectReason::NotOpened),
            LogIn::Says(says) => return Err(DialectReason::Says(Call::Login1, says)),
        };
        if session.vault != made.lock.vault || !session.secret.matches(&made.secret) {
            return Err(Refused::Differs("keys").into());
        }
        let pin = pin.settled(&person.identity, made.lock.salt, &made.lock.vault);
        self.keep(&pin)?;
        self.log_out(origin, &session).await;
        Ok(DialectDone {
            deed: DialectDeed::Completed,
            pin: Some(pin),
            origin: origin.clone(),
            identity: person.identity.clone(),
            member: Some(member),
            kit: Some(stored),
            rehearsal: None,
        })
    }

    /// Compares what the server keeps with what it was sent.
    pub(super) async fn read_back(
        &mut self,
        origin: &Origin,
        token: &TokenText,
        vault: &Vault,
        salt: Salt,
        identity: &str,
    ) -> End<()> {
        let request = Request::bare(origin, Call::OwnAccount).bearing(token);
        let account = answer::own_account(self.good(&request).await?)?;
        if account.shows_verifier {
            return Err(Refused::ShowsVerifier.into());
        }
        if account.vault.public_key != vault.public_key || account.salt != salt {
            return Err(DialectReason::SomebodyElse);
        }
        if account.vault != *vault {
            return Err(Refused::Differs("encrypted keys").into());
        }
        if account.username != identity {
            self.tell(&DialectNotice::Renamed(Printable::from_untrusted(&account.username)));
        }
        Ok(())
    }

    pub(super) async fn memberships(&mut self, origin: &Origin, token: &TokenText) -> End<Vec<Membership>> {
        let request = Request::bare(origin, Call::Organisations).bearing(token);
        Ok(answer::memberships(self.good(&request).await?)?)
    }

    /// A token of the organisation; none if the account is not in it any more.
    pub(super) async fn select(
        &mut self,
        origin: &Origin,
        token: &TokenText,
        organisation: &str,
    ) -> End<Option<TokenText>> {
        let request = Request::to(origin, Call::SelectOrganisation)
            .field(Member::OrganizationId, &Organisation::heard(organisation))
            .build()
            .bearing(token);
        match self.send(&request).await? {
            Outcome::Good(mut fields) => Ok(Some(answer::token(&mut fields)?)),
            Outcome::Says(Says::NotAMember | Says::TokenRefused) => Ok(None),
            Outcome::Says(says) => Err(DialectReason::Says(Call::SelectOrganisation, says)),
            Outcome::Lost(why) => Err(DialectReason::Unreachable(why)),
        }
    }

    /// Ends the session. A token that stays is wiped here all the same.
    pub(super) async fn log_out(&mut self, origin: &Origin, session: &Session) {
        self.end_session(origin, &session.token).await;
    }
}
