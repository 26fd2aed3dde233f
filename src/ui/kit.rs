//! The recovery kit as text: for the screen, for a file, and read again from that file.
//!
//! Promise: whatever holds the code has its full size from the start and is wiped. Must never: send
//! or store it by itself.

use super::date;
use super::kit_pdf::{self, Paper};
use super::text::fingerprint_rows;
use firstkey_core::crypto::context::{AccountId, RealmId};
use firstkey_core::crypto::recovery::{read_code, write_code};
use firstkey_core::flow::Kit;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::is_one_line;
use zeroize::Zeroizing;

/// Groups of a code.
pub const GROUPS: usize = 7;
/// What the line with the code begins with.
const CODE: &str = "recovery-code: ";
/// Fewest columns for four groups in a row.
const WIDE: usize = 48;
/// Fewest columns for four words of the fingerprint in a row.
const FOUR_WORDS: usize = 56;

/// The kit as it is shown: its groups numbered, four in a row, or three where that does not fit;
/// then what is written beside them.
pub fn for_screen(kit: &Kit, made: u64, width: usize) -> Zeroizing<String> {
    let key = fingerprint_rows(&kit.fingerprint).join(" ");
    let words: Vec<_> = key.split(' ').collect();
    let rows: Vec<_> = words.chunks(if width >= FOUR_WORDS { 4 } else { 2 }).map(|row| row.join(" ")).collect();
    let how = format!("  {COMMAND}\n{}\n", command_in(kit, width));
    let beside = format!(
        "\n    Server  {server}\n    E-mail  {email}\n    Kit     {number}, made {day}\n    Key     {key}\n\n{how}",
        server = kit.origin.as_str().strip_prefix("https://").unwrap_or(kit.origin.as_str()),
        email = kit.email,
        number = kit.number,
        day = date::day(made),
        key = rows.join("\n            "),
    );
    // EXPOSE: the kit shows the code to its owner.
    let code = write_code(kit.code.expose());
    let in_a_row = if width >= WIDE { 4 } else { 3 };
    // Twelve columns a group and a few line ends: never grows.
    let mut text = Zeroizing::new(String::with_capacity(GROUPS * 16 + 16 + beside.len()));
    for (at, group) in code.split('-').enumerate() {
        let lead = match at % in_a_row {
            0 if at == 0 => "    ",
            0 => "\n    ",
            _ => "     ",
        };
        text.push_str(lead);
        text.push(char::from_digit(u32::try_from(at + 1).unwrap_or_default(), 10).unwrap_or('?'));
        text.push_str("  ");
        text.push_str(group);
    }
    text.push('\n');
    text.push_str(&beside);
    text
}

/// Before the command that uses it.
const COMMAND: &str = "To use it, on any computer, run";
/// The command without what the kit says besides.
const SHORT: &str = "firstkey recover";

/// The command that uses the kit, whole: on a computer that knows nothing it names the account.
pub fn command(kit: &Kit) -> String {
    format!("firstkey recover --server {} --account {}", kit.origin, shell_word(&kit.email))
}

/// The same in lines that fit, broken before its flags; where even those are too long, the command
/// that asks for them. What is broken so may be pasted: the program asks for the rest, and knows
/// the flags.
fn command_in(kit: &Kit, width: usize) -> String {
    let whole = format!("    {}", command(kit));
    let in_two = whole.replacen(" --account ", "\n      --account ", 1);
    let in_three = in_two.replacen(" --server ", "\n      --server ", 1);
    let fits = |text: &String| text.lines().all(|line| line.chars().count() <= width);
    let asking = || format!("    {SHORT}\n  It asks for the server and the e-mail.");
    [whole, in_two, in_three].into_iter().find(fits).unwrap_or_else(asking)
}

/// `text` as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | ':' | '/' | '=' | ',');
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The page for a file.
pub fn for_file(kit: &Kit, made: u64) -> Zeroizing<String> {
    let whose = kit.organisation.as_ref().map_or("your company", |name| name.as_str());
    let organisation = kit.organisation.as_ref().map_or_else(String::new, |name| format!("organisation:  {name}\n"));
    let head = format!(
        "firstkey recovery kit\n\
         =====================\n\n\
         With this code you can set a new password if you forget yours.\n\
         It is the only way: neither {whose} nor the makers of this\n\
         program can reset it. Anyone else who has it can do the same,\n\
         so keep it like a passport: on paper or a USB stick in a drawer,\n\
         not in a cloud folder, an e-mail or a photo.\n\n"
    );
    let tail = format!(
        "\nserver:        {server}\n\
         e-mail:        {email}\n\
         {organisation}kit-number:    {number}\n\
         made:          {day}\n\
         account-id:    {account}\n\
         realm-id:      {realm}\n\
         fingerprint:   {fingerprint}\n\n\
         {COMMAND}\n\
         \x20 {command}\n",
        server = kit.origin,
        email = kit.email,
        number = kit.number,
        day = date::day(made),
        account = kit.account,
        realm = kit.realm,
        fingerprint = kit.fingerprint,
        command = command(kit),
    );
    // EXPOSE: the file is the kit; it is written for its owner alone.
    let code = write_code(kit.code.expose());
    let mut page = Zeroizing::new(String::with_capacity(head.len() + CODE.len() + code.len() + 1 + tail.len()));
    for part in [head.as_str(), CODE, code.as_str(), "\n", tail.as_str()] {
        page.push_str(part);
    }
    page
}

/// What a kit file says.
pub struct KitFacts {
    /// The code as written there; it is a whole and valid one.
    pub code: Zeroizing<String>,
    /// The server.
    pub origin: Origin,
    /// Whose account.
    pub email: String,
    /// The realm.
    pub realm: RealmId,
    /// The account.
    pub account: AccountId,
}

impl KitFacts {
    /// One group, 1 to 7, as it stands in the file.
    pub fn group(&self, group: u8) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.code.split('-').nth(usize::from(group).checked_sub(1)?)?;
        Some(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

/// The page for a printer; `None` where it cannot show everything.
pub fn for_printer(kit: &Kit, made: u64, paper: Paper) -> Option<Zeroizing<Vec<u8>>> {
    // EXPOSE: the page is the kit; it is written for its owner alone.
    kit_pdf::page(&for_file(kit, made), &write_code(kit.code.expose()), paper)
}

/// What of an account a page for a printer cannot show, if there is such a thing: its fonts have
/// the letters of western Europe alone.
pub fn unprintable<'a>(email: &'a str, organisation: Option<&'a str>) -> Option<&'a str> {
    [Some(email), organisation].into_iter().flatten().find(|text| !kit_pdf::can_show(text))
}

/// A text without the marks of quotation that mail programs put before its lines.
pub fn unquoted(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len() + 1));
    for line in text.lines() {
        plain.push_str(line.trim_start_matches(['>', ' ']));
        plain.push('\n');
    }
    plain
}

/// Reads a kit file, of either form; `None` if it is none of ours.
pub fn read_kit_file(bytes: &[u8]) -> Option<KitFacts> {
    let printed = kit_pdf::lines(bytes);
    let text = match &printed {
        Some(text) => text.as_str(),
        None => std::str::from_utf8(bytes).ok()?,
    };
    // A line that is there twice says one thing, or the page nothing.
    let value = |name: &str| {
        let mut values = text.lines().filter_map(|line| Some(line.strip_prefix(name)?.trim()));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    };
    let id = |name: &str| Some(*uuid::Uuid::try_parse(value(name)?).ok()?.as_bytes());
    let code = value(CODE)?;
    read_code(code).ok()?;
    Some(KitFacts {
        code: Zeroizing::new(code.to_owned()),
        origin: Origin::read(value("server:")?).ok()?,
        email: value("e-mail:").filter(|email| is_one_line(email))?.to_owned(),
        realm: RealmId::heard(id("realm-id:")?),
        account: AccountId::heard(id("account-id:")?),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use firstkey_core::crypto::identity::Fingerprint;
    use firstkey_core::crypto::recovery::KitNumber;
    use firstkey_core::secret::RecoveryCode;
    use firstkey_core::wire::text::Printable;

    /// 27 November 2026.
    pub(crate) const MADE: u64 = 1_795_798_800;

    pub(crate) fn kit(account: u8) -> Kit {
        Kit {
            code: RecoveryCode::from_bytes(&[0x5a; 16]),
            origin: Origin::read("https://accounts.example.org").expect("a good origin"),
            email: "ada@example.org".to_owned(),
            organisation: Some(Printable::from_untrusted("Example Corp")),
            replaces: false,
            realm: RealmId::heard([1; 16]),
            account: AccountId::heard([account; 16]),
            fingerprint: Fingerprint([7; 64]),
            number: KitNumber::of(&[7; 32]),
        }
    }

    #[test]
    fn a_kit_file_reads_back_group_by_group() {
        let kit = kit(2);
        let facts = read_kit_file(for_file(&kit, MADE).as_bytes()).expect("a kit file");
        let code = write_code(kit.code.expose());
        assert_eq!(*facts.code, *code);
        assert_eq!((facts.realm, facts.account), (kit.realm, kit.account));
        for (at, group) in (1..).zip(code.split('-')) {
            assert_eq!(facts.group(at).expect("a group").as_slice(), group.as_bytes());
        }
        assert!(facts.group(0).is_none() && facts.group(8).is_none());
    }

    #[test]
    fn the_file_names_everything_that_recovery_needs() {
        let page = for_file(&kit(2), MADE);
        for needed in [
            "recovery-code: ",
            "https://accounts.example.org",
            "ada@example.org",
            "02020202-",
            "01010101-",
            "kit-number:    901063",
            "made:          27 Nov 2026",
            "  firstkey recover --server https://accounts.example.org --account ada@example.org\n",
        ] {
            assert!(page.contains(needed), "{needed}");
        }
        assert!(page.lines().all(|line| line.len() <= 100 && line.is_ascii()));
    }

    #[test]
    fn a_damaged_or_foreign_file_is_no_kit() {
        let page = for_file(&kit(2), MADE);
        assert!(read_kit_file(page.replacen("recovery-code: ", "recovery-code: X", 1).as_bytes()).is_none());
        assert!(read_kit_file(&page.as_bytes()[..page.len() / 2]).is_none());
        assert!(read_kit_file(b"my diary\n").is_none());
    }

    #[test]
    fn a_kit_file_whose_address_a_terminal_would_obey_is_no_kit() {
        let page = for_file(&kit(2), MADE);
        for odd in ["\u{1b}[2J", "\u{9b}2J", "\u{202e}", "\u{2066}", "\u{200b}", "\u{7f}", "\u{feff}"] {
            let odd = page.replacen("ada@", &format!("a{odd}da@"), 1);
            assert!(read_kit_file(odd.as_bytes()).is_none(), "{odd:?}");
        }
        let accented = page.replacen("ada@", "\u{e1}da@", 1);
        assert_eq!(
            read_kit_file(accented.as_bytes()).map(|facts| facts.email).as_deref(),
            Some("\u{e1}da@example.org")
        );
    }

    #[test]
    fn the_screen_fits_wide_and_narrow_terminals() {
        for width in [40, 48, 80, 100] {
            let text = for_screen(&kit(2), MADE, width);
            assert!(text.lines().all(|line| line.len() <= width), "{}", *text);
            let (server, account) = ("--server https://accounts.example.org", "--account ada@example.org");
            let command = match width {
                40 => "    firstkey recover\n  It asks for the server and the e-mail.\n".to_owned(),
                48 => format!("    firstkey recover\n      {server}\n      {account}\n"),
                80 => format!("    firstkey recover {server}\n      {account}\n"),
                _ => format!("    firstkey recover {server} {account}\n"),
            };
            assert!(text.ends_with(&command), "{}", *text);
            assert!((1..=7).all(|group| text.contains(&format!("{group}  "))));
            for beside in ["Server  accounts.example.org\n", "E-mail  ada@example.org\n", "made 27 Nov 2026\n"] {
                assert!(text.contains(beside), "{}", *text);
            }
        }
    }

    #[test]
    fn a_command_with_an_odd_address_is_still_one_command() {
        for (email, word) in [
            ("o'brien@example.org", r"'o'\''brien@example.org'"),
            ("a&b$(c)@example.org", "'a&b$(c)@example.org'"),
            ("j\u{e9}r\u{f4}me@example.org", "j\u{e9}r\u{f4}me@example.org"),
        ] {
            let kit = Kit { email: email.to_owned(), ..kit(2) };
            assert!(command(&kit).ends_with(&format!(" --account {word}")), "{}", command(&kit));
        }
    }
}
