//! Lines for spreadsheets (RFC 4180).
//!
//! Promise: a cell is text and nothing else. A spreadsheet takes what begins with `=`, `+`, `-` or
//! `@` for a formula, and names come from a directory: such a cell begins with an apostrophe, which
//! spreadsheets do not show.

use super::say::harmless;

/// One line, without its end.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    cells.into_iter().map(cell).collect::<Vec<_>>().join(",")
}

fn cell(text: &str) -> String {
    let text = harmless(text).replace('\n', " ");
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) || text.starts_with('\'') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_cell_stays_one_cell_and_is_no_formula() {
        let cells = ["Ada", "", "King, Ada", "the \"Countess\"", "=HYPERLINK(\"x\")", "+1", "-1", "@a"];
        let want = "Ada,,\"King, Ada\",\"the \"\"Countess\"\"\",\"'=HYPERLINK(\"\"x\"\")\",\"'+1\",\"'-1\",\"'@a\"";
        assert_eq!(line(cells), want);
        assert!(!line(["a\nb", "\u{1b}[31m"]).contains(['\n', '\u{1b}']), "one line, and nothing for a terminal");
    }
}
