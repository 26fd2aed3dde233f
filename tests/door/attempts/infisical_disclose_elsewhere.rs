//! Nobody else can add to what may leave, or make a body of free text.

use firstkey_infisical::door::Leaves;
use firstkey_core::secret::Password;
use zeroize::Zeroizing;

struct Mine(Password);

impl Leaves for Mine {
    const WHY: &'static str = "because";
    fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(String::from_utf8_lossy(self.0.expose()).into_owned())
    }
}

fn main() {}
