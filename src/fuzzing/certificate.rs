//! Fuzz body: certificates as a server shows them to `firstkey doctor`.
//!
//! Oracle: any bytes give facts or nothing; names are fit for a terminal; a certificate says the
//! same the second time.

use crate::doctor::certificate::Certificate;
use firstkey_testkit::seen;

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some(read) = Certificate::read(data) else { return };
    for name in [&read.subject, &read.issuer] {
        assert_eq!(seen::unfit(name.as_str()), None, "{name:?}");
        assert!(!name.is_empty(), "a certificate of nobody");
    }
    assert_eq!(Certificate::read(data).as_ref(), Some(&read));
}
