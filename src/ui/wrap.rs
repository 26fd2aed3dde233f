//! Sentences on narrow terminals.

use console::measure_text_width;

/// Breaks the lines of `text` between words so that they fit into `width` columns, and keeps each
/// line's indentation.
///
/// Never broken: a word, however long, so that a link or a path can be selected as one piece; and a
/// line that stands alone to be copied, which is one that begins with the command `firstkey`, a
/// `/`, or a link.
pub fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + text.len() / 16);
    for line in text.split_inclusive('\n') {
        let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
        if stands_alone(content) || measure_text_width(content) <= width {
            wrapped.push_str(content);
        } else {
            wrap_line(&mut wrapped, content, width);
        }
        wrapped.push_str(end);
    }
    wrapped
}

fn stands_alone(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    first == "firstkey" || first.starts_with('/') || first.contains("://")
}

fn wrap_line(wrapped: &mut String, line: &str, width: usize) {
    let content = line.trim_start();
    let indentation = &line[..line.len() - content.len()];
    wrapped.push_str(indentation);
    let mut column = measure_text_width(indentation);
    // Spaces between words stay as they are where the line goes on: columns of a table are made of
    // them.
    let mut gap = 0;
    let mut at_start = true;
    for word in content.split(' ') {
        if word.is_empty() {
            gap += 1;
            continue;
        }
        let needs = measure_text_width(word);
        if !at_start && column + gap + needs > width {
            wrapped.push('\n');
            wrapped.push_str(indentation);
            column = measure_text_width(indentation);
        } else if !at_start {
            wrapped.extend(std::iter::repeat_n(' ', gap));
            column += gap;
        }
        wrapped.push_str(word);
        column += needs;
        at_start = false;
        gap = 1;
    }
    // A prompt ends with a space, and the answer belongs behind it.
    if line.ends_with(' ') {
        wrapped.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_broken_between_words_and_keeps_its_indentation() {
        assert_eq!(wrap("  one two three four\nend", 10), "  one two\n  three\n  four\nend");
    }

    #[test]
    fn a_link_and_a_command_stay_in_one_piece() {
        let link = "  https://accounts.example.org/i#fkinv1.aaaa.bbbb.cccc";
        let command = "  firstkey verify --fingerprint ripple canyon otter flint";
        let path = "    /home/ada/.local/state/firstkey/7Q2M-K4TD.pending";
        for whole in [link, command, path] {
            assert_eq!(wrap(whole, 20), whole);
        }
        assert_eq!(wrap("open https://accounts.example.org/i now", 12), "open\nhttps://accounts.example.org/i\nnow");
    }

    #[test]
    fn text_that_fits_is_left_alone() {
        let text = "Step 1 of 4  Choose a password\n\n    1  H7KD     2  Q2MV\n";
        assert_eq!(wrap(text, 40), text);
    }

    #[test]
    fn a_prompt_keeps_the_space_before_the_answer() {
        assert_eq!(wrap("Is this really you? [Y/n] ", 15), "Is this really\nyou? [Y/n] ");
    }
}
