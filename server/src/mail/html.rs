//! The same letter as HTML, for mail programs that show nothing else well.
//!
//! Promises: nothing in it is fetched from anywhere; every word from outside is escaped; the link's
//! text is its address, and each stands on one line of the source; the source is ASCII, so no mail
//! server has a reason to encode it. Must never: hold an image, a style sheet, a script, or an
//! address but the link's.

use super::text::{Piece, Text, wrap};
use std::fmt::Write as _;

/// Width of prose in the source. Browsers do not care; mail servers refuse lines beyond 998 bytes.
const WIDTH: usize = 76;

/// The letter as a document.
pub(super) fn page(text: &Text) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    page.push_str(&escape(&text.subject));
    page.push_str("</title>\n</head>\n<body>\n");
    for piece in &text.pieces {
        // Writing to a String cannot fail.
        let _ = match piece {
            Piece::Prose(text) => writeln!(page, "<p>{}</p>", wrap(&escape(text), WIDTH).trim_end()),
            Piece::Head(text) => writeln!(page, "<h2>{}</h2>", escape(text)),
            Piece::Facts(facts) => {
                page.push_str("<table>\n");
                for (name, value) in facts {
                    let (name, value) = (escape(name), wrap(&escape(value), WIDTH));
                    let _ = writeln!(
                        page,
                        "<tr><th scope=\"row\" align=\"left\" valign=\"top\">{name}</th>\n<td>{}</td></tr>",
                        value.trim_end()
                    );
                }
                writeln!(page, "</table>")
            }
            Piece::Alone(text) => writeln!(page, "<pre>{}</pre>", escape(text)),
            Piece::Link(text) => {
                let link = escape(text);
                writeln!(page, "<p>\n<a href=\"{link}\" style=\"word-break: break-all\">{link}</a>\n</p>")
            }
        };
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Text as text: markup and everything beyond ASCII becomes a character reference.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_ascii() => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escape, page};
    use crate::mail::text::{Piece, Text};

    #[test]
    fn words_from_outside_are_text_and_nothing_else() {
        assert_eq!(escape(r#"<img src="x" onerror='y'>&"#), "&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;&amp;");
        assert_eq!(escape("Žofie"), "&#381;ofie");
    }

    #[test]
    fn the_source_is_ascii_and_its_lines_are_short_enough_for_any_mail_server() {
        let pieces = vec![
            Piece::Prose(format!("Hello {},", "😀".repeat(80))),
            Piece::Prose(format!("Ask {}@example.org.", "é".repeat(120))),
            Piece::Link(format!("https://{}/i#fkinv2.{}", "a".repeat(250), "b".repeat(89))),
        ];
        let page = page(&Text { sender: String::new(), subject: "&".repeat(100), pieces });
        assert!(page.is_ascii());
        assert!(page.lines().all(|line| line.len() <= 998), "{page}");
        assert_eq!(page.matches("href=").count(), 1);
    }
}
