//! The recovery kit as a page to print: every line as text, the code large, and as a QR code of the
//! same text.
//!
//! Promise: one page without pictures, links or scripts, uncompressed, with fonts that every viewer
//! has; what those have no letter for is refused, never replaced; [`lines`] reads it again without
//! a PDF library. What the page is made in is wiped
//! here; the two libraries' own working memory is not, and ends with the process. Must never: store
//! or send it by itself.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// Room for the whole page, in bytes, so that nothing grows and leaves copies.
const ROOM: usize = 64 * 1024;
/// From the edge of the paper, in points.
const MARGIN: f32 = 64.0;
/// Between two lines of the text, in points.
const LEADING: f32 = 13.0;
/// Size of the text, in points, where the line is not too long for it.
const SIZE: f32 = 8.5;
/// Side of the QR code with its quiet zone, in points: 55 mm.
const QR: f32 = 156.0;
/// Modules around the code that must stay empty (ISO/IEC 18004 section 9.1).
const QUIET: u16 = 4;

/// What it is printed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// 210 by 297 mm.
    #[default]
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl Paper {
    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "a4" => Some(Self::A4),
            "letter" => Some(Self::Letter),
            _ => None,
        }
    }

    /// Width and height in points.
    fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.0, 842.0),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// The page: `text` line by line, `code` large and as QR below it. `None` if a letter has no glyph
/// (see [`can_show`]), or if the code fits no QR code, which a recovery code always does.
pub fn page(text: &str, code: &str, paper: Paper) -> Option<Zeroizing<Vec<u8>>> {
    let [catalog, pages, leaf, content, plain, bold] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let (width, height) = paper.points();
    let drawn = draw(text, code, (width, height))?;
    let mut pdf = Pdf::with_capacity(ROOM);
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([leaf]).count(1);
    let mut page = pdf.page(leaf);
    page.parent(pages).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
    page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
    page.finish();
    pdf.stream(content, &drawn);
    for (font, name) in [(plain, Name(b"Courier")), (bold, Name(b"Courier-Bold"))] {
        pdf.type1_font(font).base_font(name).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    Some(Zeroizing::new(pdf.finish()))
}

const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

fn draw(text: &str, code: &str, (width, height): (f32, f32)) -> Option<Zeroizing<Vec<u8>>> {
    let mut content = Content::with_capacity(ROOM);
    let mut down = height - MARGIN;
    content.begin_text();
    content.set_leading(LEADING);
    content.next_line(MARGIN, down);
    for (at, line) in text.lines().enumerate() {
        let shown = latin(line)?;
        let (font, size) = if at == 0 { (BOLD, 16.0) } else { (PLAIN, fitting(shown.len(), width)) };
        content.set_font(font, size);
        content.show(Str(&shown));
        content.next_line_using_leading();
        down -= LEADING;
    }
    content.set_font(BOLD, 15.0);
    content.next_line(0.0, -LEADING);
    content.show(Str(&latin(code)?));
    content.end_text();
    let qr = QrCode::with_error_correction_level(code.as_bytes(), EcLevel::Q).ok()?;
    squares(&mut content, &qr, down - 3.0 * LEADING);
    Some(Zeroizing::new(content.finish().into_vec()))
}

/// Fills the dark modules, row by row, below `top`.
fn squares(content: &mut Content, qr: &QrCode, top: f32) {
    let side = qr.width();
    let all = u16::try_from(side).unwrap_or(u16::MAX) + 2 * QUIET;
    let unit = QR / f32::from(all);
    content.save_state();
    // Modules become whole numbers, counted downwards.
    content.transform([unit, 0.0, 0.0, -unit, MARGIN + f32::from(QUIET) * unit, top - f32::from(QUIET) * unit]);
    let colors = Zeroizing::new(qr.to_colors().iter().map(|color| *color == Color::Dark).collect::<Vec<_>>());
    for (y, row) in (0_u16..).zip(colors.chunks(side)) {
        let mut x = 0_u16;
        for run in row.chunk_by(|one, next| one == next) {
            let length = u16::try_from(run.len()).unwrap_or_default();
            if run.first() == Some(&true) {
                content.rect(f32::from(x), f32::from(y), f32::from(length), 1.0);
            }
            x += length;
        }
    }
    content.fill_nonzero();
    content.restore_state();
}

/// The size at which a line of so many letters is not cut off at the edge, in points.
fn fitting(letters: usize, width: f32) -> f32 {
    let letters = f32::from(u16::try_from(letters.max(1)).unwrap_or(u16::MAX));
    // A letter of Courier is 0.6 of its size wide.
    SIZE.min((width - 2.0 * MARGIN) / (0.6 * letters))
}

/// What the encoding of the page (Windows-1252, ISO 32000-1 annex D) has from 0x80 to 0x9f; U+FFFD
/// where it has nothing.
const BEYOND_LATIN_1: [char; 32] = [
    '\u{20ac}', '\u{fffd}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{fffd}', '\u{17d}', '\u{fffd}', '\u{fffd}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{fffd}', '\u{17e}', '\u{178}',
];

fn encoded(c: char) -> Option<u8> {
    match u32::from(c) {
        // The no-break space and the soft hyphen have no glyph of their own.
        0xa0 | 0xad | 0xfffd => None,
        code @ (0x20..=0x7e | 0xa1..=0xff) => u8::try_from(code).ok(),
        _ => (0x80..).zip(BEYOND_LATIN_1).find_map(|(code, letter)| (letter == c).then_some(code)),
    }
}

fn decoded(byte: u8) -> char {
    match byte {
        0x80..=0x9f => BEYOND_LATIN_1[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Whether the page can show every letter of a line.
pub fn can_show(line: &str) -> bool {
    line.chars().all(|c| encoded(c).is_some())
}

/// The line in the page's encoding; `None` if a letter is missing there.
fn latin(line: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(line.len()));
    for c in line.chars() {
        bytes.push(encoded(c)?);
    }
    Some(bytes)
}

/// The bytes of a string that pdf-writer wrote: literal where it is ASCII, hexadecimal otherwise.
fn string(written: &[u8], text: &mut String) -> Option<()> {
    if let Some(shown) = written.strip_prefix(b"(").and_then(|written| written.strip_suffix(b")")) {
        let mut signs = shown.iter();
        while let Some(sign) = signs.next() {
            let sign = if *sign == b'\\' { signs.next()? } else { sign };
            text.push(char::from(*sign));
        }
        return Some(());
    }
    let digits = written.strip_prefix(b"<")?.strip_suffix(b">")?;
    if digits.len() % 2 != 0 {
        return None;
    }
    for pair in digits.chunks_exact(2) {
        let byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        text.push(decoded(byte));
    }
    Some(())
}

/// The lines of text of a page that was made here; `None` if it is none.
pub fn lines(bytes: &[u8]) -> Option<Zeroizing<String>> {
    bytes.strip_prefix(b"%PDF-")?;
    // A letter beyond ASCII has two digits there and at most three bytes here.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(written) = line.strip_suffix(b" Tj") else { continue };
        string(written, &mut text)?;
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "A2MX-HV1Q-MPBQ-H3DS-C7H0-H2EJ-C4TW";

    #[test]
    fn a_page_is_one_page_of_the_size_that_was_asked_for_and_reads_back_line_by_line() {
        let text = "Kit\nserver: https://id.example.org (main)\\\n\nrecovery-code: A2MX\n";
        for (paper, size) in [(Paper::A4, "[0 0 595 842]"), (Paper::Letter, "[0 0 612 792]")] {
            let page = page(text, CODE, paper).expect("a page");
            assert!(page.len() < ROOM / 2, "{}", page.len());
            let shown = String::from_utf8_lossy(&page).into_owned();
            assert!(shown.contains(size) && shown.matches("/Type /Page\n").count() == 1, "{shown}");
            for never in ["/URI", "/JavaScript", "/CreationDate", "/Author", "/Filter"] {
                assert!(!shown.contains(never), "{never}");
            }
            assert_eq!(lines(&page).expect("one of ours").as_str(), format!("{text}{CODE}\n"));
        }
    }

    #[test]
    fn what_is_no_page_is_none_and_half_a_page_is_no_kit() {
        assert!(lines(b"recovery-code: A2MX").is_none());
        let page = page("recovery-code: A2MX-HV1Q", CODE, Paper::A4).expect("a page");
        for cut in 0..page.len() {
            let _ = lines(&page[..cut]);
        }
    }

    #[test]
    fn letters_of_western_europe_are_shown_and_read_back_and_others_refused() {
        let text =
            "e-mail: j\u{e9}r\u{f4}me@\u{161}koda.example\norganisation:  M\u{fc}ller & S\u{f6}hne \u{2013} \u{20ac}\n";
        let made = page(text, CODE, Paper::A4).expect("a page");
        assert_eq!(lines(&made).expect("one of ours").as_str(), format!("{text}{CODE}\n"));
        for missing in ["\u{65e5}\u{672c}", "\u{202e}", "\u{142}", "\u{a0}", "\u{fffd}", "\u{81}", "a\tb"] {
            assert!(!can_show(missing) && page(missing, CODE, Paper::A4).is_none(), "{missing:?}");
        }
        for byte in 0x20..=0xff_u8 {
            let letter = decoded(byte);
            assert!(encoded(letter).is_none_or(|back| back == byte), "{byte:x}");
        }
    }

    #[test]
    fn a_long_line_is_made_smaller_and_not_cut_off() {
        for letters in [1, 60, 91, 92, 200, 300] {
            let (size, room) = (fitting(letters, 595.0), 595.0 - 2.0 * MARGIN);
            let wide = size * 0.6 * f32::from(u16::try_from(letters).expect("few letters"));
            assert!(size <= SIZE && wide <= room + 0.01, "{letters}: {size}");
        }
    }
}
