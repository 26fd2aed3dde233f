//! The flows against a server made from the facts, and against everything that it could do wrong. `w01` to `w26` name the
//! weaknesses of docs/INFISICAL.md.

mod after;
mod eras;
mod happy;
mod lies;
mod lost;
mod recorded;
mod tickets;

use super::accept::accept;
use super::{Done, Options, Stop};
use crate::fuzzing::chance::Seeded;
use crate::fuzzing::infisical::fake::{Era, Fake, Lie};
use crate::fuzzing::infisical::person::{Bench, ORIGIN, ready};
use zeroize::Zeroizing;

/// Somebody with an invite to a server of the reference era.
pub(super) fn invited(lies: &[Lie]) -> (Bench, String) {
    invited_at(Era::G0, lies)
}

pub(super) fn invited_at(era: Era, lies: &[Lie]) -> (Bench, String) {
    let mut fake = Fake::new(era);
    fake.lies = lies.to_vec();
    let link = format!("{ORIGIN}{}", fake.invite("ada+new@example.org"));
    (Bench::new(fake), link)
}

pub(super) fn run(bench: &mut Bench, link: &str) -> Result<Done, Stop> {
    run_with(bench, link, Options { now: 1_795_457_000, ..Options::default() })
}

pub(super) fn run_with(bench: &mut Bench, link: &str, options: Options) -> Result<Done, Stop> {
    let link = Zeroizing::new(link.as_bytes().to_vec());
    ready(accept(bench, &mut Seeded::new(42), options, link))
}

/// How it stopped.
pub(super) fn stopped(end: Result<Done, Stop>) -> Stop {
    match end {
        Err(stop) => stop,
        Ok(done) => panic!("it went on: {:?}", done.deed),
    }
}

/// The paths that were asked for, without the method.
pub(super) fn paths(bench: &Bench) -> Vec<String> {
    bench.fake.log.iter().map(|one| one.path.clone()).collect()
}

pub(super) const PROBE: &str = "/api/v3/signup/complete-account/invite";
pub(super) const VERIFY: &str = "/api/v1/invite-org/verify";
