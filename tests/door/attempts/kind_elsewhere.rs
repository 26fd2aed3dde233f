//! No other crate invents a kind of envelope, which could hold anything and leave: the trait is
//! sealed.

use firstkey_core::crypto::envelope::Kind;
use firstkey_core::crypto::kek::ByPassword;
use firstkey_core::secret::MasterKey;

enum MasterKeyByPassword {}

impl Kind for MasterKeyByPassword {
    type By = ByPassword;
    type Content = MasterKey;
    const TYPE: u8 = 9;
}

fn main() {}
