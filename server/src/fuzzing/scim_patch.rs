//! PATCH requests on Users and Groups.
//!
//! Oracles: a refused one changes nothing; what comes out is canonical, as if it had come in whole;
//! no password is in it; the same request twice gives what it gave once, where all it does is
//! replace.

use super::{names_password, samples};
use crate::json;
use crate::scim::patch::Patch;
use crate::scim::person;
use crate::scim::schema::Resource;
use crate::scim::value;

/// One input.
pub fn run(data: &[u8]) {
    let Ok(document) = json::document(data) else { return };
    for resource in Resource::ALL {
        let Ok(patch) = Patch::read(resource, document.clone()) else { continue };
        for sample in samples(resource) {
            let mut changed = sample.clone();
            if patch.apply(&mut changed, "7").is_err() {
                assert_eq!(changed, sample, "a refused PATCH changed something");
                continue;
            }
            assert!(!names_password(&changed), "{changed:?}");
            let again = value::resource(resource, changed.clone(), None);
            assert_eq!(again.as_ref(), Ok(&changed), "what a PATCH leaves is canonical");
            if resource == Resource::User
                && let Ok(draft) = person::draft(changed.clone(), None)
            {
                assert_eq!(person::document(&draft), changed, "what is kept is what is shown");
            }
        }
    }
}
