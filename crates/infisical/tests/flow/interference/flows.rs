//! Every flow of the dialect, and what it draws.

use super::super::invited;
use super::accounts::{
    Begun, Completed, INVITED, INVITED_CUT_OFF, SIGNED_IN, SIGNED_IN_CUT_OFF, Way, signed_in, somebody,
};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{
    DialectAccount, DialectDone, DialectOptions, DialectStop, KitCheck, Recovery, change, recover, renew_kit, verify,
};
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_testkit::chance::Recorder;
use firstkey_testkit::infisical::fake::{Lie, Membership, OTHER_ORG, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, ready};
use zeroize::Zeroizing;

const RESET: &str = "00112233445566778899aabbccddeeff";
const NEXT_CODE: &str = "00000000000000000000000000000001";

type End = Result<DialectDone, DialectStop>;

pub(super) fn options(pins: &[Pin]) -> DialectOptions {
    DialectOptions { pins: pins.to_vec(), now: 1_795_457_000, rehearsal: false }
}

pub(super) fn accepted(fixture: &mut DialectFixture, rng: &mut Recorder, link: &str, options: DialectOptions) -> End {
    ready(accept(fixture, rng, options, Zeroizing::new(link.as_bytes().to_vec())))
}

pub(super) type Accepts = fn(&mut DialectFixture, &mut Recorder, String) -> End;

/// Every way to an account: who comes, and what they do.
pub(super) const WAYS: &[(&str, fn() -> (DialectFixture, String), Accepts)] = &[
    ("accept", || somebody(Way::Invite), |fixture, rng, link| accepted(fixture, rng, &link, options(&[]))),
    (
        "accept, with a password that was made",
        || {
            let (mut fixture, link) = somebody(Way::Invite);
            fixture.new.clear();
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, in other organisations too",
        || {
            let (mut fixture, link) = somebody(Way::Invite);
            fixture.fake.memberships.push(Membership { user: 0, org: 1, accepted: false, code: None });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, with an answer that is lost",
        || invited(&[Lie::LoseAfter("/api/v3/signup/complete-account/invite")]),
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    ("accept, signed in", || somebody(Way::SignIn), |fixture, rng, link| accepted(fixture, rng, &link, options(&[]))),
    (
        "accept, signed in, with an address to prove",
        || {
            let (mut fixture, link) = signed_in(false);
            fixture.before_link = Some(|fake, links| {
                links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
            });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, signed in too long ago",
        || {
            let (mut fixture, link) = somebody(Way::SignIn);
            fixture.fake.tokens_expire_at_upload();
            fixture.before_link = Some(|fake, links| {
                links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
            });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "rehearse",
        || somebody(Way::Invite),
        |fixture, rng, link| {
            accepted(fixture, rng, &link, DialectOptions { rehearsal: true, ..DialectOptions::default() })
        },
    ),
];

fn known(account: &Completed) -> DialectAccount {
    let pin = &account.pin;
    DialectAccount { origin: pin.origin.clone(), identity: pin.identity.clone(), pin: Some(pin.clone()), ticket: None }
}

fn checked(fixture: &mut DialectFixture, rng: &mut Recorder, account: &Completed, check: KitCheck) -> End {
    ready(verify(fixture, rng, options(&account.disk), known(account), check))
}

fn recovered(fixture: &mut DialectFixture, rng: &mut Recorder, account: &Completed, kit: Option<Kit>) -> End {
    let Pin { origin, identity, .. } = &account.pin;
    fixture.kit_secret = account.kit.secret.groups().as_bytes().to_vec();
    fixture.links.push_front(format!("{ORIGIN}/password-reset?token={RESET}&to={identity}"));
    let with = Recovery { link: None, kit, account: Some((origin.clone(), identity.clone())) };
    ready(recover(fixture, rng, options(&account.disk), with))
}

fn invited_again(fixture: &mut DialectFixture) -> String {
    fixture.fake.memberships[0].accepted = false;
    fixture.fake.memberships[0].code = Some(NEXT_CODE.to_owned());
    let org = firstkey_testkit::infisical::fake::ORG;
    format!("{ORIGIN}/signupinvite?token={NEXT_CODE}&to=ada+new@example.org&organization_id={org}")
}

pub(super) type Run = fn(&mut DialectFixture, &mut Recorder, &Completed) -> End;

const EXPONENT: &str = "exponent of a log-in";
const NEW_KEY: &str = "new key of the private key";
pub(super) const NEW_KIT: &str = "new secret of the kit";

/// What a flow draws that is secret, by the place of the draw.
pub(super) type Drawn = &'static [(&'static str, usize)];

/// Every flow of an account that exists: whose, what is done, and what it draws.
pub(super) const FLOWS: &[(&str, Begun, Run, Drawn)] = &[
    (
        "accept, where it was done",
        SIGNED_IN,
        |fixture, rng, account| {
            let link = fixture.links.pop_front().expect("a sign-in");
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "accept, cut off before",
        INVITED_CUT_OFF,
        |fixture, rng, account| {
            let link = invited_again(fixture);
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 2), (NEW_KIT, 3)],
    ),
    (
        "accept, signed in, cut off before",
        SIGNED_IN_CUT_OFF,
        |fixture, rng, account| {
            let link = fixture.links.pop_front().expect("a sign-in");
            fixture.kit_file = Some(account.kit.copy());
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "join",
        INVITED,
        |fixture, rng, account| {
            let code = Some(NEXT_CODE.to_owned());
            fixture.fake.memberships.push(Membership { user: 0, org: 1, accepted: false, code });
            let link =
                format!("{ORIGIN}/signupinvite?token={NEXT_CODE}&to=ada+new@example.org&organization_id={OTHER_ORG}");
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 0)],
    ),
    ("verify", INVITED, |fixture, rng, account| checked(fixture, rng, account, KitCheck::Stored), &[(EXPONENT, 1)]),
    (
        "verify, from another computer",
        INVITED,
        |fixture, rng, account| {
            let unknown = DialectAccount { pin: None, ..known(account) };
            ready(verify(fixture, rng, options(&[]), unknown, KitCheck::Stored))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify, in two steps",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.users[0].mfa = true;
            checked(fixture, rng, account, KitCheck::Stored)
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify, signed in",
        SIGNED_IN,
        |fixture, rng, account| checked(fixture, rng, account, KitCheck::Stored),
        &[(EXPONENT, 1)],
    ),
    (
        "verify the kit",
        INVITED,
        |fixture, rng, account| {
            fixture.kit_secret = account.kit.secret.groups().as_bytes().to_vec();
            checked(fixture, rng, account, KitCheck::Typed)
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify a kit in a file",
        INVITED,
        |fixture, rng, account| checked(fixture, rng, account, KitCheck::OnFile(Box::new(account.kit.copy()))),
        &[(EXPONENT, 1)],
    ),
    (
        "password",
        INVITED,
        |fixture, rng, account| ready(change(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "password, with an answer that is lost",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.lies = vec![Lie::LoseAfter("/api/v1/password/change-password")];
            ready(change(fixture, rng, options(&account.disk), known(account)))
        },
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "password, signed in",
        SIGNED_IN,
        |fixture, rng, account| ready(change(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "recover",
        INVITED,
        |fixture, rng, account| recovered(fixture, rng, account, None),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, with the kit in a file",
        INVITED,
        |fixture, rng, account| recovered(fixture, rng, account, Some(account.kit.copy())),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, where the server lost its kit",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.users[0].kit = None;
            recovered(fixture, rng, account, Some(account.kit.copy()))
        },
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, signed in",
        SIGNED_IN,
        |fixture, rng, account| recovered(fixture, rng, account, Some(account.kit.copy())),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "kit",
        INVITED,
        |fixture, rng, account| ready(renew_kit(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KIT, 2)],
    ),
    (
        "kit, signed in",
        SIGNED_IN,
        |fixture, rng, account| ready(renew_kit(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KIT, 2)],
    ),
];
