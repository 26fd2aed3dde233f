//! Fuzz body: a recovery kit as a file, as text or as a page to print.
//!
//! The first byte chooses: 0, and the rest is a file; else a good kit, as text or as a page, is
//! edited by triples of offset (two bytes) and XOR. Oracle: what is read shows nothing that a
//! terminal would obey; its code is a whole one; a kit that was written from it says the same.

use crate::ui::kit::{KitFacts, for_file, for_printer, read_kit_file};
use crate::ui::kit_pdf::{self, Paper};
use firstkey_core::crypto::context::{AccountId, RealmId};
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::crypto::recovery::{KitNumber, read_code, write_code};
use firstkey_core::flow::Kit;
use firstkey_core::secret::RecoveryCode;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use firstkey_testkit::{nasty, seen};

/// 27 November 2026.
const MADE: u64 = 1_795_798_800;

fn good() -> Kit {
    Kit {
        code: RecoveryCode::from_bytes(&[0x5a; 16]),
        origin: Origin::read("https://accounts.example.org").expect("invariant: a good origin"),
        email: "ada@example.org".to_owned(),
        organisation: Some(Printable::from_untrusted("Example Corp")),
        replaces: false,
        realm: RealmId::heard([1; 16]),
        account: AccountId::heard([2; 16]),
        fingerprint: Fingerprint([7; 64]),
        number: KitNumber::of(&[7; 32]),
    }
}

fn pages() -> [Vec<u8>; 2] {
    let kit = good();
    let page = for_printer(&kit, MADE, Paper::A4).expect("invariant: it has letters of western Europe alone");
    [for_file(&kit, MADE).as_bytes().to_vec(), page.to_vec()]
}

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    if choice == 0 {
        judge(rest);
        return;
    }
    let [text, page] = pages();
    let mut file = if choice & 1 == 1 { text } else { page };
    for edit in rest.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % file.len();
        file[at] ^= edit[2];
    }
    judge(&file);
}

fn judge(file: &[u8]) {
    if let Some(text) = kit_pdf::lines(file) {
        assert!(text.len() <= file.len() * 2, "a page grows as it is read");
    }
    let Some(facts) = read_kit_file(file) else { return };
    assert_eq!(seen::unfit(&facts.email), None, "the address of a kit");
    assert_eq!(seen::unfit(facts.origin.as_str()), None, "the server of a kit");
    let code = read_code(&facts.code).expect("oracle: a kit that is read has a whole code");
    assert!(facts.group(0).is_none(), "groups are counted from 1");
    // EXPOSE: the same kit is written anew.
    let code = RecoveryCode::from_bytes(code.expose());
    let kit = Kit {
        code,
        origin: facts.origin.clone(),
        email: facts.email.clone(),
        realm: facts.realm,
        account: facts.account,
        ..good()
    };
    let again = read_kit_file(for_file(&kit, MADE).as_bytes());
    says_the_same(&facts, again.as_ref().expect("oracle: a kit that is written can be read"));
    if let Some(page) = for_printer(&kit, MADE, Paper::Letter) {
        let again = read_kit_file(&page);
        says_the_same(&facts, again.as_ref().expect("oracle: a page that is written can be read"));
    }
}

fn says_the_same(one: &KitFacts, other: &KitFacts) {
    let code = |facts: &KitFacts| {
        // EXPOSE: compared.
        read_code(&facts.code).ok().map(|code| write_code(code.expose()).as_str().to_owned())
    };
    assert!(
        one.email == other.email
            && one.origin == other.origin
            && one.realm == other.realm
            && one.account == other.account
            && code(one) == code(other),
        "a kit says something else after it was written again"
    );
}

/// A kit as text and as a page, the same with odd addresses, and edits.
pub(super) fn seeds(add: &mut dyn FnMut(&str, Vec<u8>)) {
    let [text, page] = pages();
    let file = |bytes: &[u8]| [&[0], bytes].concat();
    add("text", file(&text));
    add("page", file(&page));
    add("cut", file(&text[..text.len() / 2]));
    let shown = String::from_utf8_lossy(&text);
    for number in 0..16 {
        let odd = shown.replacen("ada@", &format!("a{}da@", nasty::text(number)), 1);
        add(&format!("odd-address-{number:02}"), file(odd.as_bytes()));
    }
    for at in (0..text.len()).step_by(61) {
        let offset = u16::try_from(at).expect("invariant: a kit is short").to_be_bytes();
        add(&format!("edited-text-{at:04}"), vec![1, offset[0], offset[1], 1]);
        add(&format!("edited-page-{at:04}"), vec![2, offset[0], offset[1], 8]);
    }
}
