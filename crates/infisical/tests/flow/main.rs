//! The flows against a server made from the facts, and against everything that it could do wrong.
//! `w01` to `w26` name the weaknesses of docs/INFISICAL.md.

mod acting;
mod after;
mod eras;
mod exchanges;
mod faults;
mod happy;
mod interference;
mod kills;
mod lies;
mod limits;
mod lost;
mod recorded;
mod renewed;
mod resumed;
mod tickets;

use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{DialectDone, DialectOptions, DialectStop};
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::infisical::fake::{Era, Fake, Lie};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, ready};
use zeroize::Zeroizing;

/// Somebody with an invite to a server of the reference era.
pub(crate) fn invited(lies: &[Lie]) -> (DialectFixture, String) {
    invited_at(Era::G0, lies)
}

pub(crate) fn invited_at(era: Era, lies: &[Lie]) -> (DialectFixture, String) {
    let mut fake = Fake::new(era);
    fake.lies = lies.to_vec();
    let link = format!("{ORIGIN}{}", fake.invite("ada+new@example.org"));
    (DialectFixture::new(fake), link)
}

pub(crate) fn run(fixture: &mut DialectFixture, link: &str) -> Result<DialectDone, DialectStop> {
    run_with(fixture, link, DialectOptions { now: 1_795_457_000, ..DialectOptions::default() })
}

pub(crate) fn run_with(
    fixture: &mut DialectFixture,
    link: &str,
    options: DialectOptions,
) -> Result<DialectDone, DialectStop> {
    let link = Zeroizing::new(link.as_bytes().to_vec());
    ready(accept(fixture, &mut Seeded::new(42), options, link))
}

/// How it stopped.
pub(crate) fn stopped(end: Result<DialectDone, DialectStop>) -> DialectStop {
    match end {
        Err(stop) => stop,
        Ok(done) => panic!("it went on: {:?}", done.deed),
    }
}

/// The paths that were asked for, without the method.
pub(crate) fn paths(fixture: &DialectFixture) -> Vec<String> {
    fixture.fake.log.iter().map(|one| one.path.clone()).collect()
}

pub(crate) const PROBE: &str = "/api/v3/signup/complete-account/invite";
pub(crate) const VERIFY: &str = "/api/v1/invite-org/verify";
