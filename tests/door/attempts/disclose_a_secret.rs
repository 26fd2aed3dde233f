//! Nor can a secret of the crate be given the trait from outside.

use firstkey_core::secret::AccountKey;
use firstkey_core::wire::disclose::Disclose;
use firstkey_core::wire::json::ObjectWriter;

impl Disclose for AccountKey {
    const WHY: &'static str = "because I say so";

    fn encode(&self, _: &str, _: &mut ObjectWriter) {}
}

fn main() {}
