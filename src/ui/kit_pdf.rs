//! The recovery kit as a page to print: every line as text, the code large, and as a QR code of the
//! same text.
//!
//! Promise: one page without pictures, links, scripts or dates, uncompressed, with fonts that every
//! viewer has; [`lines`] reads it again without a PDF library. What the page is made in is wiped
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

/// The page: `text` line by line, `code` large and as QR below it. `None` if the code fits no QR
/// code, which a recovery code always does.
pub fn page(text: &str, code: &str, paper: Paper) -> Option<Zeroizing<Vec<u8>>> {
    let [catalog, pages, leaf, content, plain, bold] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let (width, height) = paper.points();
    let drawn = draw(text, code, height)?;
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

fn draw(text: &str, code: &str, height: f32) -> Option<Zeroizing<Vec<u8>>> {
    let mut content = Content::with_capacity(ROOM);
    let mut down = height - MARGIN;
    content.begin_text();
    content.set_leading(LEADING);
    content.next_line(MARGIN, down);
    for (at, line) in text.lines().enumerate() {
        let (font, size) = if at == 0 { (BOLD, 16.0) } else { (PLAIN, 8.5) };
        content.set_font(font, size);
        content.show(Str(&latin(line)));
        content.next_line_using_leading();
        down -= LEADING;
    }
    content.set_font(BOLD, 15.0);
    content.next_line(0.0, -LEADING);
    content.show(Str(&latin(code)));
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

/// The line in the page's encoding; what it has no sign for becomes a question mark.
fn latin(line: &str) -> Zeroizing<Vec<u8>> {
    let sign = |c: char| match u32::from(c) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).unwrap_or(b'?'),
        _ => b'?',
    };
    let mut line: Vec<u8> = line.chars().map(sign).collect();
    line.shrink_to_fit();
    Zeroizing::new(line)
}

/// The lines of text of a page that was made here; `None` if it is none.
pub fn lines(bytes: &[u8]) -> Option<Zeroizing<String>> {
    bytes.strip_prefix(b"%PDF-")?;
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(shown) = line.strip_prefix(b"(").and_then(|line| line.strip_suffix(b") Tj")) else { continue };
        let mut signs = shown.iter();
        while let Some(sign) = signs.next() {
            let sign = if *sign == b'\\' { signs.next()? } else { sign };
            text.push(char::from(*sign));
        }
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
    fn signs_that_the_font_lacks_do_not_break_the_page() {
        let page = page("organisation:  M\u{fc}ller \u{65e5}\u{672c} \u{202e}", CODE, Paper::A4).expect("a page");
        assert!(page.windows(4).any(|part| part == b"%%EO"));
    }
}
