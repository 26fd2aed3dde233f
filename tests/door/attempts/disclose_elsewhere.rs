//! Nobody but the door itself decides what may leave: the trait is sealed.

use firstkey_core::wire::disclose::Disclose;
use firstkey_core::wire::json::ObjectWriter;

struct Diary(String);

impl Disclose for Diary {
    const WHY: &'static str = "because I say so";

    fn encode(&self, name: &str, out: &mut ObjectWriter) {
        out.member_text(name, &self.0);
    }
}

fn main() {}
