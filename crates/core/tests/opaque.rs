//! OPAQUE registration where no server takes part, and the id under which both sides know an
//! account.

use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
use firstkey_core::crypto::opaque::{REQUEST_LEN, Registration, answer_alone, credential_identifier};
use firstkey_core::secret::OpaquePassword;
use firstkey_testkit::chance::Seeded;

const CONTEXT: AccountContext = AccountContext { realm: RealmId::heard([1; 16]), account: AccountId::heard([2; 16]) };

#[test]
fn a_rehearsal_registers_with_an_answer_of_its_own_each_time_with_another_key() {
    let mut rng = Seeded::new(1);
    let mut registered = || {
        let (state, request) = Registration::start(OpaquePassword::from_bytes(&[3; 64]), &mut rng).expect("blinded");
        let answer = answer_alone(&request.0, &mut rng).expect("a request");
        state.finish(&answer, &CONTEXT, &mut rng).expect("an answer")
    };
    let (one, other) = (registered(), registered());
    assert_ne!(one.server_key, other.server_key);
    assert!(answer_alone(&[0xff; REQUEST_LEN], &mut rng).is_err());
}

#[test]
fn both_sides_know_the_record_by_the_accounts_id() {
    assert_eq!(credential_identifier(&CONTEXT.account), [2; 16]);
}
