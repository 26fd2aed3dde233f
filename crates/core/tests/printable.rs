//! Text from outside on a terminal (attacks T01, T02, T10; invariant I9): by example, by property,
//! and by what a terminal emulator does with it.

use firstkey_core::wire::text::{LIMIT, Printable, harmless, is_one_line, is_plain, is_visible};
use proptest::prelude::*;

fn safe(text: &str) -> String {
    Printable::from_untrusted(text).to_string()
}

#[test]
fn names_and_addresses_are_shown_as_they_are() {
    for text in [
        "Example Corp",
        "Ada Lovelace",
        "ada@example.org",
        "M\u{fc}ller & S\u{f6}hne GmbH (Wien)",
        "O'Brien-\u{141}\u{f3}d\u{17a}",
        "Nguye\u{302}\u{303}n",
        "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
        "\u{6771}\u{4eac}\u{682a}\u{5f0f}\u{4f1a}\u{793e}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{627}\u{644}\u{633}\u{644}\u{627}\u{645}",
        "Kitchen \u{1f373} #1 <3 100% \"ok\"",
        "a/b and c: d",
        "",
    ] {
        assert_eq!(safe(text), text);
        assert_eq!(Printable::from_untrusted(text).is_empty(), text.is_empty());
    }
}

#[test]
fn what_acts_on_a_terminal_is_escaped() {
    for (text, shown) in [
        ("\u{1b}[31mred", "<U+001B>[31mred"),
        ("\u{1b}]0;title\u{7}", "<U+001B>]0;title<U+0007>"),
        ("\u{1b}]52;c;QUJD\u{1b}\\", "<U+001B>]52;c;QUJD<U+001B>\\"),
        ("\u{9b}2J", "<U+009B>2J"),
        ("\u{90}q\u{9c}", "<U+0090>q<U+009C>"),
        ("a\rb\nc\td", "a<U+000D>b<U+000A>c<U+0009>d"),
        ("a\u{8}\u{7f}\0", "a<U+0008><U+007F><U+0000>"),
        ("a\u{85}b\u{2028}c\u{2029}d", "a<U+0085>b<U+2028>c<U+2029>d"),
        ("\u{202e}gpj.exe\u{202c}", "<U+202E>gpj.exe<U+202C>"),
        ("\u{2066}a\u{2069}\u{61c}\u{200e}\u{200f}", "<U+2066>a<U+2069><U+061C><U+200E><U+200F>"),
        ("pay\u{200b}pal\u{feff}\u{2060}\u{ad}", "pay<U+200B>pal<U+FEFF><U+2060><U+00AD>"),
        ("\u{1f469}\u{200d}\u{1f52c}", "\u{1f469}<U+200D>\u{1f52c}"),
        ("x\u{fe0f}\u{e0101}", "x<U+FE0F><U+E0101>"),
        ("\u{e0041}\u{e007f}", "<U+E0041><U+E007F>"),
        ("\u{e000}\u{378}\u{ffff}\u{10fffd}", "<U+E000><U+0378><U+FFFF><U+10FFFD>"),
        ("\u{3164}\u{115f}\u{2800}", "<U+3164><U+115F><U+2800>"),
        ("a\u{20dd}\u{fffd}", "a<U+20DD><U+FFFD>"),
        ("\u{301}a", "<U+0301>a"),
        ("a \u{301}", "a <U+0301>"),
        ("a\u{301}\u{302}\u{303}\u{304}", "a\u{301}\u{302}<U+0303><U+0304>"),
        ("<U+0041>", "<U+003C>U+0041>"),
    ] {
        assert_eq!(safe(text), shown, "{}", text.escape_unicode());
    }
}

#[test]
fn spaces_of_every_kind_are_single_and_inside() {
    assert_eq!(safe("  a \u{a0}\u{3000}  b  "), "a b");
    assert_eq!(safe("\u{2003}"), "");
}

#[test]
fn nothing_is_left_that_a_terminal_makes_a_link_of() {
    for (text, shown) in [
        ("https://evil.test/claim", "https: //evil.test /claim"),
        ("HTTP://EVIL.TEST", "HTTP: //EVIL.TEST"),
        ("ssh:/x", "ssh: /x"),
        ("see www.evil.test now", "see www .evil.test now"),
        ("WwW.evil.test", "WwW .evil.test"),
        ("x-ftp.evil.test", "x-ftp .evil.test"),
        ("mailto:x@evil.test", "mailto: x@evil.test"),
        ("(javascript:alert(1))", "(javascript: alert(1))"),
        ("go to evil.test/claim", "go to evil.test /claim"),
        ("file:///etc/passwd", "file: ///etc/passwd"),
        ("\u{4e00}www.evil.test", "\u{4e00}www .evil.test"),
        ("\u{4e00}mailto:x", "\u{4e00}mailto: x"),
        ("Team:Ops at Hotel:Sacher", "Team:Ops at Hotel:Sacher"),
    ] {
        assert_eq!(safe(text), shown);
        assert_eq!(safe(shown), shown, "once more changes nothing");
    }
}

#[test]
fn long_text_is_cut_and_the_cut_is_marked() {
    assert_eq!(safe(&"x".repeat(64)), "x".repeat(64));
    assert_eq!(safe(&"x".repeat(65)), format!("{}...", "x".repeat(64)));
    assert_eq!(safe(&format!("{} y", "x".repeat(63))), format!("{}...", "x".repeat(63)));
    assert_eq!(safe(&format!("{}    ", "x".repeat(64))), "x".repeat(64));
    // An escape is whole or not there.
    assert_eq!(safe(&"\u{1b}".repeat(1000)), format!("{}...", "<U+001B>".repeat(8)));
    assert_eq!(safe(&format!("{}\u{1b}", "x".repeat(57))), format!("{}...", "x".repeat(57)));
}

#[test]
fn words_of_mixed_scripts_are_noticed() {
    for (text, mixed) in [
        ("\u{410}cme", true),
        ("Example C\u{43e}rp", true),
        ("p\u{3b1}ypal", true),
        ("Acme", false),
        ("Acme \u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}", false),
        ("\u{3b1}\u{3b2}\u{3b3} abc", false),
        ("M\u{fc}ller 3\u{d7}4 \u{6771}\u{4eac}Tower", false),
        ("A-\u{411}", false),
    ] {
        assert_eq!(Printable::from_untrusted(text).mixed_scripts(), mixed, "{text}");
    }
}

#[test]
fn debug_shows_no_more_than_display() {
    let name = Printable::from_untrusted("a\u{1b}b");
    assert_eq!(format!("{name:?} {name:>12}"), "Printable(\"a<U+001B>b\")   a<U+001B>b");
}

/// Text rich in what terminals act on.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::char::range('\0', '\u{a0}').prop_map(String::from),
        prop::char::range('\u{300}', '\u{370}').prop_map(String::from),
        prop::char::range('\u{2000}', '\u{206f}').prop_map(String::from),
        prop::char::range('\u{4e00}', '\u{4e20}').prop_map(String::from),
        prop::sample::select(vec![
            "\u{1b}[",
            "\u{1b}]0;",
            "\u{1b}]8;;https://",
            "\u{1b}P",
            "\u{9b}",
            "\u{9d}52;c;",
            "\u{7}",
            "\u{1b}\\",
            "https://",
            "www.",
            "\r",
            "\n",
            "2J",
            "1;1H",
            "31m",
            "<U+",
            "mailto:",
            " ",
            "\u{202e}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

/// What an emulator was asked to do besides showing text.
#[derive(Default)]
struct Effects(usize);

impl vt100::Callbacks for Effects {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn resize(&mut self, _: &mut vt100::Screen, _: (u16, u16)) {
        self.0 += 1;
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], _: &[u8]) {
        self.0 += 1;
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn unhandled_char(&mut self, _: &mut vt100::Screen, _: char) {
        self.0 += 1;
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, _: u8) {
        self.0 += 1;
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: u8) {
        self.0 += 1;
    }
    fn unhandled_csi(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: &[&[u16]], _: char) {
        self.0 += 1;
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0 += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn only_visible_characters_and_single_spaces_come_out(text in hostile()) {
        let shown = safe(&text);
        prop_assert!(shown.chars().all(|c| c == ' ' || is_visible(c)));
        prop_assert!(!shown.contains("  ") && shown.trim() == shown);
        // The dots that mark a cut are not a host's.
        let text = shown.trim_end_matches("...").to_lowercase();
        prop_assert!(!text.contains("://") && !text.contains("www."));
        prop_assert!(shown.chars().count() <= LIMIT + 3);
    }

    #[test]
    fn a_terminal_shows_exactly_the_text_and_does_nothing_else(text in hostile()) {
        let shown = safe(&text);
        let mut terminal = vt100::Parser::new_with_callbacks(3, 200, 0, Effects::default());
        terminal.process(b"server says: ");
        terminal.process(shown.as_bytes());
        terminal.process(b"|");
        let screen = terminal.screen();
        prop_assert_eq!(screen.contents(), format!("server says: {shown}|"));
        prop_assert_eq!(screen.cursor_position().0, 0);
        prop_assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        prop_assert_eq!(terminal.callbacks().0, 0);
    }
}

proptest! {
    #[test]
    fn whatever_passes_the_last_gate_is_lines_of_plain_characters(text in "\\PC*|.*|[\u{1}-\u{ff}\n]{0,40}") {
        let shown = harmless(&text);
        prop_assert!(shown.chars().all(|c| c == '\n' || is_plain(c)), "{shown:?}");
        prop_assert_eq!(harmless(&shown), &*shown, "it changes nothing twice");
        prop_assert_eq!(is_one_line(&text), *shown == text && !text.contains('\n'));
    }
}

#[test]
fn the_last_gate_shows_what_it_takes_out() {
    assert_eq!(
        harmless("ada\u{1b}[2J\u{9b}1m\r\tx\nnext \u{e9}"),
        "ada<U+001B>[2J<U+009B>1m<U+000D><U+0009>x\nnext \u{e9}"
    );
}
