//! The oracles as a fuzzer meets them: each speaks in a function and on a line of its own, so that
//! two findings differ in their stack and in the first words of their message, and one that is
//! found twice does not.
//!
//! Must never: judge; that is the module above.

use super::{Broken, Oracle};
use crate::player::Log;

/// Panics at the caller's line, naming the oracle.
#[track_caller]
fn spoken(name: &str, judged: Result<(), Broken>) {
    if let Err(found) = judged {
        panic!("the oracle {name} spoke: {found}");
    }
}

/// Every oracle of [`super::ALL`], in its order.
///
/// # Panics
/// In the function of the first oracle that finds something.
pub fn all(log: &Log) {
    nothing_leaks(log);
    password_only_under_a_sound_offer(log);
    keys_are_replaced_only_by_consent(log);
    a_no_is_obeyed(log);
    an_odd_host_is_confirmed(log);
    one_server_alone(log);
    the_realm_stays(log);
    upload_only_after_kit_and_checkpoint(log);
    one_upload(log);
    done_means_done(log);
    nothing_after_the_end(log);
    bounded(log);
    fit_to_be_shown(log);
    reach_is_honest(log);
}

#[inline(never)]
fn nothing_leaks(log: &Log) {
    spoken("nothing_leaks", super::nothing_leaks(log));
}

#[inline(never)]
fn password_only_under_a_sound_offer(log: &Log) {
    spoken("password_only_under_a_sound_offer", super::password_only_under_a_sound_offer(log));
}

#[inline(never)]
fn keys_are_replaced_only_by_consent(log: &Log) {
    spoken("keys_are_replaced_only_by_consent", super::keys_are_replaced_only_by_consent(log));
}

#[inline(never)]
fn a_no_is_obeyed(log: &Log) {
    spoken("a_no_is_obeyed", super::a_no_is_obeyed(log));
}

#[inline(never)]
fn an_odd_host_is_confirmed(log: &Log) {
    spoken("an_odd_host_is_confirmed", super::an_odd_host_is_confirmed(log));
}

#[inline(never)]
fn one_server_alone(log: &Log) {
    spoken("one_server_alone", super::one_server_alone(log));
}

#[inline(never)]
fn the_realm_stays(log: &Log) {
    spoken("the_realm_stays", super::the_realm_stays(log));
}

#[inline(never)]
fn upload_only_after_kit_and_checkpoint(log: &Log) {
    spoken("upload_only_after_kit_and_checkpoint", super::upload_only_after_kit_and_checkpoint(log));
}

#[inline(never)]
fn one_upload(log: &Log) {
    spoken("one_upload", super::one_upload(log));
}

#[inline(never)]
fn done_means_done(log: &Log) {
    spoken("done_means_done", super::done_means_done(log));
}

#[inline(never)]
fn nothing_after_the_end(log: &Log) {
    spoken("nothing_after_the_end", super::nothing_after_the_end(log));
}

#[inline(never)]
fn bounded(log: &Log) {
    spoken("bounded", super::bounded(log));
}

#[inline(never)]
fn fit_to_be_shown(log: &Log) {
    spoken("fit_to_be_shown", super::fit_to_be_shown(log));
}

#[inline(never)]
fn reach_is_honest(log: &Log) {
    spoken("reach_is_honest", super::reach_is_honest(log));
}

/// The first oracle that finds something in `log`, by name; for transcripts.
pub fn who_speaks(log: &Log) -> Option<(&'static str, Broken)> {
    let speaks = |(name, oracle): &(&'static str, Oracle)| Some((*name, oracle(log).err()?));
    super::ALL.iter().find_map(speaks)
}
