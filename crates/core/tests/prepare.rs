//! Password preparation by example (attack K15, a later machine types other code points) and by
//! property (P4).

use firstkey_core::crypto::prepare::{MAX_BYTES, prepare};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// As typed, as prepared. Unless said otherwise both sides differ by code points that look alike.
const TABLE: [(&str, &str); 40] = [
    // Composed and decomposed.
    ("caf\u{e9} correct horse", "caf\u{e9} correct horse"),
    ("cafe\u{301} correct horse", "caf\u{e9} correct horse"),
    ("A\u{30a}ngstro\u{308}m", "\u{c5}ngstr\u{f6}m"),
    ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstr\u{f6}m"),
    ("\u{2126}", "\u{3a9}"),
    ("\u{212a}elvin", "Kelvin"),
    ("n\u{303}o", "\u{f1}o"),
    ("s\u{323}\u{307}", "\u{1e69}"),
    ("s\u{307}\u{323}", "\u{1e69}"),
    ("\u{1e9b}\u{323}", "\u{1e9b}\u{323}"),
    ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("i\u{307}", "i\u{307}"),
    ("I\u{307}", "\u{130}"),
    ("vie\u{302}\u{323}t", "vi\u{1ec7}t"),
    ("\u{3b1}\u{301}", "\u{3ac}"),
    ("\u{1f71}", "\u{3ac}"),
    ("\u{438}\u{306}", "\u{439}"),
    // Hangul and kana.
    ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
    ("\u{ac00}\u{11a8}", "\u{ac01}"),
    ("\u{304b}\u{3099}", "\u{304c}"),
    ("\u{ff76}\u{ff9e}", "\u{ff76}\u{ff9e}"),
    // Composition exclusions stay apart in NFC.
    ("\u{958}", "\u{915}\u{93c}"),
    ("\u{fb2a}", "\u{5e9}\u{5c1}"),
    ("\u{1d160}", "\u{1d158}\u{1d165}\u{1d16e}"),
    // Ideographs with two code points for one character.
    ("\u{f900}", "\u{8c48}"),
    ("\u{2f800}", "\u{4e3d}"),
    // Every space separator is U+0020; nothing is trimmed or joined.
    ("velvet\u{3000}tundra", "velvet tundra"),
    ("a\u{a0}b\u{202f}c", "a b c"),
    ("a\u{1680}b\u{205f}c", "a b c"),
    ("\u{2000}\u{2001}\u{2002}\u{200a}", "    "),
    ("  lead and trail  ", "  lead and trail  "),
    ("\u{3000}e\u{301}\u{3000}", " \u{e9} "),
    // Not space separators: left alone.
    ("a\u{200b}b\u{feff}c", "a\u{200b}b\u{feff}c"),
    ("a\u{2028}b\tc", "a\u{2028}b\tc"),
    // No compatibility folding and no case folding.
    ("\u{fb01}n \u{2460} \u{ff21}", "\u{fb01}n \u{2460} \u{ff21}"),
    ("Stra\u{df}e STRASSE \u{1e9e}", "Stra\u{df}e STRASSE \u{1e9e}"),
    // Emoji with joiners and selectors, right-to-left, flags.
    ("\u{1f469}\u{200d}\u{1f52c}\u{fe0f}", "\u{1f469}\u{200d}\u{1f52c}\u{fe0f}"),
    ("\u{1f1e6}\u{1f1f9}", "\u{1f1e6}\u{1f1f9}"),
    ("\u{627}\u{653} \u{5e9}\u{5dc}", "\u{622} \u{5e9}\u{5dc}"),
    ("\u{202e}abc\u{202c}", "\u{202e}abc\u{202c}"),
];

fn prepared(text: &str) -> String {
    let bytes = prepare(text.as_bytes()).expect("short enough");
    String::from_utf8(bytes.to_vec()).expect("made of characters")
}

#[test]
fn forty_ways_of_typing_give_the_known_bytes() {
    for (typed, known) in TABLE {
        assert_eq!(prepared(typed), known, "{}", typed.escape_unicode());
    }
}

#[test]
fn the_protocol_vectors_are_met() {
    for (typed, hex) in [
        ("correct horse battery staple", "636f727265637420686f727365206261747465727920737461706c65"),
        ("cafe\u{301} correct horse battery", "636166c3a920636f727265637420686f7273652062617474657279"),
        ("velvet\u{3000}tundra misprint cobra", "76656c7665742074756e647261206d69737072696e7420636f627261"),
    ] {
        let written: Vec<String> = prepared(typed).bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(written.concat(), hex);
    }
}

/// Text with more combining marks, spaces and composed letters than chance would give.
fn awkward() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        prop::char::range('\u{300}', '\u{345}'),
        prop::char::range('\u{c0}', '\u{17f}'),
        prop::char::range('\u{1100}', '\u{11ff}'),
        prop::char::range('\u{ac00}', '\u{ac7f}'),
        prop::char::range('\u{2000}', '\u{200b}'),
        prop::char::range('a', 'z'),
    ];
    prop::collection::vec(character, 0..60).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn preparing_twice_changes_nothing(text in awkward()) {
        let once = prepared(&text);
        prop_assert_eq!(prepared(&once), once);
    }

    #[test]
    fn decomposed_and_composed_typing_agree(text in awkward()) {
        let nfd: String = text.nfd().collect();
        let nfc: String = text.nfc().collect();
        prop_assert_eq!(prepared(&nfd), prepared(&nfc));
    }

    #[test]
    fn any_bytes_are_prepared_or_refused_within_the_limit(raw in prop::collection::vec(any::<u8>(), 0..1200)) {
        if let Ok(prepared) = prepare(&raw) {
            prop_assert!(raw.len() <= MAX_BYTES && prepared.len() <= MAX_BYTES);
        }
    }
}
