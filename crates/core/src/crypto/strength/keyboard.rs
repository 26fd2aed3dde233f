//! Walks over the keyboard, zigzags included: what a general estimator takes for noise.

/// Rows from the top as they lie on three common layouts, unshifted.
const LAYOUTS: [[&str; 4]; 3] = [
    ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"],
    ["1234567890-=", "qwertzuiop[]", "asdfghjkl;'", "yxcvbnm,.-"],
    ["1234567890-=", "azertyuiop[]", "qsdfghjklm'", "wxcvbn,;:!"],
];
/// How far each row is shifted to the right, in quarters of a key.
const SHIFTS: [i32; 4] = [0, 2, 3, 5];
/// The top row with the shift key held, on the most common layout.
const SHIFTED: &str = "!@#$%^&*()_+";

/// Whether at least three of four steps go to the same or a neighbouring key.
pub(super) fn is_walk(text: &[char]) -> bool {
    let steps = text.len().saturating_sub(1);
    steps > 0 && LAYOUTS.iter().any(|layout| 4 * near_steps(text, layout) >= 3 * steps)
}

fn near_steps(text: &[char], layout: &[&str; 4]) -> usize {
    let places = text.iter().map(|c| place(*c, layout));
    places
        .clone()
        .zip(places.skip(1))
        .filter(|(from, to)| match (from, to) {
            (Some((x, row)), Some((to_x, to_row))) => {
                // Neighbours are one key apart in their row, or touch in the row above or below.
                let reach = if row == to_row { 4 } else { 3 };
                (row - to_row).abs() <= 1 && (x - to_x).abs() <= reach
            }
            _ => false,
        })
        .count()
}

/// Where a key lies: quarters of a key from the left, and its row.
fn place(c: char, layout: &[&str; 4]) -> Option<(i32, i32)> {
    let unshifted = match SHIFTED.chars().position(|s| s == c) {
        Some(at) => layout[0].chars().nth(at)?,
        None => c.to_ascii_lowercase(),
    };
    (0..).zip(layout).zip(SHIFTS).find_map(|((row, keys), shift)| {
        let at = i32::try_from(keys.find(unshifted)?).ok()?;
        Some((at * 4 + shift, row))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_are_told_from_words() {
        for (text, walk) in [
            ("qwertyuiopasdfghjkl", true),
            ("qawsedrftgyhujikolp", true),
            ("1qaz2wsx3edc4rfv", true),
            ("!QAZ@WSX#EDC$RFV", true),
            ("zaq12wsxcde34rfv", true),
            ("azertyuiopqsdfghjklm", true),
            ("qwertzuiopasdfghjkl", true),
            ("aaaaaaaaaaaaaaa", true),
            ("velvet tundra misprint cobra lunar eggplant", false),
            ("properties were weathered", false),
            // Every other key.
            ("etuoteouetuoteou", false),
            ("x", false),
            ("", false),
        ] {
            assert_eq!(is_walk(&text.chars().collect::<Vec<_>>()), walk, "{text}");
        }
    }
}
