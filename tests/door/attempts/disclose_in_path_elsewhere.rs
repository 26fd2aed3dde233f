//! Nobody but the door itself decides what may stand in a path: the trait is sealed.

use firstkey_core::wire::disclose::DiscloseInPath;

struct Diary(String);

impl DiscloseInPath for Diary {
    const WHY: &'static str = "because I say so";

    fn segment(&self) -> String {
        self.0.clone()
    }
}

fn main() {}
