//! Nor can a secret of the crate be given the trait from outside.

use firstkey::secret::AccountKey;
use firstkey::wire::disclose::Disclose;
use firstkey::wire::json::ObjectWriter;

impl Disclose for AccountKey {
    const WHY: &'static str = "because I say so";

    fn encode(&self, _: &str, _: &mut ObjectWriter) {}
}

fn main() {}
