//! Accounts that were completed, and what is secret in them.

use super::super::invited;
use super::flows::{accepted, options};
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_testkit::chance::Recorder;
use firstkey_testkit::infisical::fake::{Era, Fake, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD};

/// Longer than the other by a half: what depends on the length shows.
const OTHER: &str = "quartz harbor trumpet mosaic lantern gravel sonnet bramble walnut orchid 83";
const EMAIL: &str = "scim1@example.com";

/// What is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    Nothing,
    Password,
    /// A draw of the run.
    Draw(usize),
}

impl Other {
    pub(super) fn password(self) -> &'static str {
        if self == Self::Password { OTHER } else { PASSWORD }
    }

    pub(super) fn rng(self, seed: u64) -> Recorder {
        match self {
            Self::Draw(draw) => Recorder::with_another(seed, draw),
            _ => Recorder::new(seed),
        }
    }
}

/// Somebody whom provisioning made an account, who just signed in.
pub(super) fn signed_in(verified: bool) -> (DialectFixture, String) {
    let mut fake = Fake::new(Era::G0);
    // The proof of the address makes it the account's name.
    let user = fake.provision(if verified { EMAIL } else { "sam-scimmer-nj-4w" }, EMAIL);
    fake.users[user].email_verified = verified;
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    (DialectFixture::new(fake), link)
}

/// Whether somebody is invited, or signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Invite,
    SignIn,
}

pub(super) fn somebody(way: Way) -> (DialectFixture, String) {
    match way {
        Way::Invite => invited(&[]),
        Way::SignIn => signed_in(true),
    }
}

/// What the run that completes an account draws, in its order: everything secret, and what is
/// public by design. The proof of the kit draws which group, too.
pub(super) const DRAWN: [(&str, usize); 7] = [
    ("private key", 32),
    ("salt", 32),
    ("key of the private key", 32),
    ("IV", 16),
    ("IV", 16),
    ("secret of the kit", 16),
    ("IV", 16),
];

/// The secrets of an account, by what makes them in these draws.
pub(super) fn secrets(draws: &[Vec<u8>], is_made: bool) -> Vec<(&'static str, Other)> {
    let lengths = DRAWN.map(|(_, length)| length);
    let fits = |row: &[Vec<u8>]| row.iter().map(Vec::len).eq(lengths);
    let begin = draws.windows(DRAWN.len()).position(fits).expect("keys, a lock around them and a kit");
    // A password that is made is the first thing that is drawn.
    let mut all = vec![("password", if is_made { Other::Draw(0) } else { Other::Password })];
    for name in ["private key", "key of the private key", "secret of the kit"] {
        let place = DRAWN.iter().position(|(drawn, _)| *drawn == name).expect("it is drawn");
        all.push((name, Other::Draw(begin + place)));
    }
    all
}

/// An account that was completed, on the computer that did it.
pub(super) struct Completed {
    pub(super) fake: Fake,
    pub(super) disk: Vec<Pin>,
    pub(super) pin: Pin,
    pub(super) kit: Kit,
}

/// How an account was come by, and whether the run that did it was cut off right after its upload.
pub(super) type Begun = (Way, bool);
pub(super) const INVITED: Begun = (Way::Invite, false);
pub(super) const SIGNED_IN: Begun = (Way::SignIn, false);
pub(super) const INVITED_CUT_OFF: Begun = (Way::Invite, true);
pub(super) const SIGNED_IN_CUT_OFF: Begun = (Way::SignIn, true);

/// The account; and what was drawn for it.
pub(super) fn completed((way, is_cut_off): Begun, other: Other) -> (Completed, Vec<Vec<u8>>) {
    let begin = || {
        let (mut fixture, link) = somebody(way);
        fixture.new = [other.password().as_bytes().to_vec()].into();
        (fixture, link)
    };
    let (mut fixture, link) = begin();
    let mut rng = other.rng(42);
    let done = accepted(&mut fixture, &mut rng, &link, options(&[])).expect("an honest server");
    if is_cut_off {
        let upload = fixture.trace.iter().rposition(|one| one.starts_with("send POST /api/v3/signup/complete-account"));
        let before = &fixture.trace[..upload.expect("an upload")];
        // Whatever is kept takes no patience.
        let patience = before.iter().filter(|one| *one != "keep").count() + 2;
        (fixture, _) = begin();
        fixture.patience = patience;
        assert!(accepted(&mut fixture, &mut other.rng(42), &link, options(&[])).is_err());
        assert!(fixture.fake.users[0].accepted && fixture.fake.users[0].kit.is_none(), "stored, and nothing after it");
    }
    let (disk, kit) = (fixture.disk, fixture.kit.take().expect("a kit"));
    let mut fake = fixture.fake;
    fake.log.clear();
    (Completed { fake, disk, pin: done.pin.expect("a pin"), kit }, rng.draws)
}
