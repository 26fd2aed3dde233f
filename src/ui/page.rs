//! A page on the terminal's separate screen: what is to be read, what must not stay, and one
//! question below it.
//!
//! Promise: whatever goes wrong there is said there; the page is drawn anew when the window changes
//! and after Ctrl-Z; if it is too high for the window, what was said on the ordinary screen is left
//! out first, and never what must not stay. Must never: keep what it shows.

use super::ask;
use super::term::{ReadTrouble, Terminal};
use super::text::{Lines, question};
use super::wrap::wrap;
use firstkey_core::wire::text::harmless;
use zeroize::Zeroizing;

/// The widest a line gets, in columns.
const WIDEST: usize = 78;

/// What is shown.
pub(crate) struct Page<'a> {
    /// What was said on the ordinary screen as well.
    pub(crate) above: &'a Lines,
    /// What must not stay, for that many columns; empty where nothing is shown.
    pub(crate) secret: &'a dyn Fn(usize) -> Zeroizing<String>,
    /// The question.
    pub(crate) prompt: &'a str,
    /// Whether what was typed before the question was there counts for nothing.
    pub(crate) is_fresh: bool,
    /// Whether the answer may be a paste of several lines.
    pub(crate) may_be_paste: bool,
}

impl Page<'_> {
    /// Shows it below what went wrong before, and asks until `judge` takes the answer; what it says
    /// otherwise is shown.
    pub(crate) fn ask<T>(
        &self,
        terminal: &mut Terminal,
        news: &Lines,
        mut judge: impl FnMut(Zeroizing<String>) -> Result<T, &'static str>,
    ) -> Result<T, ReadTrouble> {
        loop {
            let width = terminal.width().min(WIDEST);
            self.draw(terminal, news, width)?;
            let prompt = harmless(&wrap(self.prompt, width)).into_owned();
            loop {
                if self.is_fresh {
                    terminal.forget_typed_ahead();
                }
                let answer =
                    if self.may_be_paste { ask::paste(terminal, &prompt) } else { ask::line(terminal, &prompt) };
                let complaint = match answer.map(Zeroizing::new) {
                    Ok(answer) => match judge(answer) {
                        Ok(taken) => return Ok(taken),
                        Err(complaint) => complaint,
                    },
                    Err(ReadTrouble::Redraw) => break,
                    Err(trouble) => match question::unread(&trouble) {
                        Some(why) => why,
                        None => return Err(trouble),
                    },
                };
                terminal.write(&harmless(&format!("{}\n", wrap(complaint, width))))?;
            }
        }
    }

    fn draw(&self, terminal: &mut Terminal, news: &Lines, width: usize) -> Result<(), ReadTrouble> {
        let secret = (self.secret)(width);
        let wrapped = |lines: &Lines| lines.iter().map(|line| wrap(line, width) + "\n").collect::<String>();
        let (news, above) = (wrapped(news), wrapped(self.above));
        let needed = rows(&news, width) + rows(&above, width) + rows(&secret, width) + 2 + rows(self.prompt, width);
        terminal.clear_page()?;
        terminal.write(&harmless(&news))?;
        if needed < terminal.height() {
            terminal.write(&harmless(&above))?;
        }
        if !secret.is_empty() {
            terminal.write("\n")?;
            terminal.write(&harmless(&secret))?;
            terminal.write("\n")?;
        }
        Ok(())
    }
}

/// Rows of a window that `text` takes.
fn rows(text: &str, width: usize) -> usize {
    text.lines().map(|line| line.chars().count().div_ceil(width.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn a_line_that_is_too_long_takes_several_rows() {
        assert_eq!([rows("", 40), rows("\n", 40), rows("a\nb\n", 40), rows(&"x".repeat(81), 40)], [0, 1, 2, 3]);
    }
}
