//! Nobody but the other dialect's door decides what may leave by it as a ciphertext, or what a
//! ciphertext holds: the traits are sealed.

use firstkey_infisical::door::LeavesSealed;
use firstkey_infisical::keys::Purpose;

struct Diary(String);

impl LeavesSealed for Diary {
    const WHY: &'static str = "because I say so";

    fn texts(&self) -> [String; 3] {
        [self.0.clone(), String::new(), String::new()]
    }
}

impl Purpose for Diary {
    const PLAINTEXT: usize = 7;
}

fn main() {}
