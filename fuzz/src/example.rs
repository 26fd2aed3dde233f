//! The example of docs/OWN-TARGET.md: a name as an organisation and a person give it, and what a
//! terminal shows of it.

use arbitrary::{Arbitrary, Unstructured};
use firstkey_core::wire::text::{LIMIT, Printable};
use firstkey_testkit::seen;

/// What the input chooses.
#[derive(Arbitrary, Debug)]
struct Name {
    before: String,
    odd: u8,
    after: String,
}

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Ok(name) = Name::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let text = format!("{}{}{}", name.before, firstkey_testkit::nasty::text(name.odd), name.after);
    let shown = Printable::from_untrusted(&text);
    assert_eq!(seen::unfit(shown.as_str()), None, "a terminal would obey it: {name:?}");
    assert!(shown.as_str().chars().count() <= LIMIT + "...".len(), "longer than a line: {name:?}");
    let again = Printable::from_untrusted(&text);
    assert_eq!(again, shown, "the same name is shown in two ways: {name:?}");
}
