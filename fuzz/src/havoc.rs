//! Inputs by chance out of seeds, without a look at what they reach: enough to find a planted bug
//! whose neighbourhood is a seed, and deterministic.

use firstkey_testkit::chance::Seeded;

/// Longest input.
const MOST: usize = 4096;

/// Changes seeds, a few places at a time.
pub struct Havoc {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    chance: Seeded,
}

impl Havoc {
    /// Of these seeds and words of a dictionary.
    pub fn new(seeds: Vec<Vec<u8>>, words: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { seeds, words, chance: Seeded::new(seed) }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = if self.seeds.is_empty() { Vec::new() } else { self.chance.one(&self.seeds).clone() };
        for _ in 0..=self.chance.below(4) {
            self.change(&mut input);
        }
        input.truncate(MOST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.chance.below(input.len() + 1);
        let [byte] = self.chance.bytes::<1>();
        // Small numbers are choices in most targets.
        let byte = if byte & 1 == 0 { byte >> 4 } else { byte };
        match self.chance.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.chance.below(8),
            1 | 2 if at < input.len() => input[at] = byte,
            3 => input.insert(at, byte),
            4 if at < input.len() => {
                input.remove(at);
            }
            5 if !self.words.is_empty() => {
                let word = self.chance.one(&self.words).clone();
                input.splice(at..at, word);
            }
            6 if !self.seeds.is_empty() => {
                let other = self.chance.one(&self.seeds).clone();
                let from = self.chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.truncate(at.max(1)),
        }
    }
}

/// The words of a dictionary in the format of AFL: a quoted string a line, `\\xNN` for a byte.
pub fn words(text: &str) -> Vec<Vec<u8>> {
    let quoted = text.lines().filter(|line| !line.starts_with('#'));
    quoted.filter_map(|line| line.split_once('"')?.1.rsplit_once('"')).map(|(word, _)| bytes(word)).collect()
}

fn bytes(word: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), word.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, ..]) => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
                out.push(u8::try_from(digit(high) * 16 + digit(low)).unwrap_or_default());
                rest = &after[3..];
            }
            (b'\\', [next, ..]) => {
                out.push(*next);
                rest = &after[1..];
            }
            _ => out.push(*first),
        }
    }
    out
}
