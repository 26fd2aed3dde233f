//! What an attacker knows about the person before the first guess: names, addresses, hosts.

use super::fold::Folded;

/// What the invite says about the person. None of it is secret; any of it may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The person's display name.
    pub name: &'a str,
    /// The person's e-mail address.
    pub email: &'a str,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The server's host name.
    pub host: &'a str,
}

/// Whose name was found in a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The organisation's.
    Organisation,
    /// The person's.
    Name,
    /// This program's.
    Product,
    /// A part of the e-mail address.
    Email,
    /// A part of the server's host name.
    Host,
}

/// What follows the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing that would count.
    Nothing,
    /// A year.
    Year,
    /// Other digits.
    Digits,
}

/// The name of this program, as people would write it.
const PRODUCT: &str = "first key firstkey";
/// The shortest part of a name that counts; shorter ones are in every other word.
const SHORTEST: usize = 3;
/// The longest; the estimator's arithmetic is safe for words of this length.
const LONGEST: usize = 32;
/// Digits that a name may be followed by and still be the whole password.
const FEW_DIGITS: usize = 8;
/// Letters that may be left over.
const FEW_LETTERS: usize = 2;

/// What people put around a name to make a password of it; a longer word stands before one that is
/// a part of it.
const FILLERS: &str = "password passwort passphrase passwd passcode pass welcome willkommen bienvenue hello login logon signin \
    secret administrator admin root user guest test temp changeme letmein company corporate office work job team \
    staff employee accounts account laptop computer email mail server vault default summer winter spring autumn \
    fall sommer herbst january february march april may june july august september october november december \
    monday tuesday wednesday thursday friday saturday sunday iloveyou love rocks rules forever best the and for \
    from with this that our new old big great good number one two abc qwerty asdf https http www com org net my \
    is in at of to it we me";

/// The words of a context, longest first.
pub(super) struct Names(Vec<(Part, Vec<char>, String)>);

impl Context<'_> {
    /// Every part of every name.
    pub(super) fn names(&self) -> Names {
        let (local, domain) = self.email.rsplit_once('@').unwrap_or((self.email, ""));
        let mut names = Vec::new();
        for (part, text) in [
            (Part::Organisation, self.organisation),
            (Part::Name, self.name),
            (Part::Product, PRODUCT),
            (Part::Email, local),
            (Part::Email, without_last_label(domain)),
            (Part::Host, without_last_label(self.host)),
        ] {
            let words: Vec<&str> = words_of(text).collect();
            names.extend(words.iter().map(|word| (part, (*word).to_owned())));
            if let [first, .., last] = words[..] {
                names.push((part, words.concat()));
                names.push((part, words.iter().filter_map(|word| word.chars().next()).collect()));
                // "alovelace", as many user names are made.
                names.push((part, first.chars().take(1).chain(last.chars()).collect()));
            }
        }
        // Whole addresses with their top level, which says nothing by itself.
        for (part, text) in [(Part::Email, self.email), (Part::Email, domain), (Part::Host, self.host)] {
            names.push((part, words_of(text).collect()));
        }
        let mut names: Vec<_> = names
            .into_iter()
            .map(|(part, word)| (part, Folded::of(&word).shapes.to_vec(), word.to_lowercase()))
            .filter(|(_, shapes, _)| (SHORTEST..=LONGEST).contains(&shapes.len()))
            .collect();
        names.sort_by(|(part, one, _), (other_part, other, _)| {
            other.len().cmp(&one.len()).then(part.cmp(other_part)).then(one.cmp(other))
        });
        names.dedup_by(|(_, one, _), (_, other, _)| one == other);
        Names(names)
    }
}

impl Names {
    /// For the estimator.
    pub(super) fn words(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(_, shapes, word)| word.chars().count() <= shapes.len())
            .map(|(_, _, word)| &**word)
            .collect()
    }

    /// Whether a text is names, forwards or backwards, with nothing between and after them but
    /// fillers and a few digits.
    pub(super) fn cover(&self, text: &Folded) -> Option<(Part, Tail)> {
        let mut free = vec![true; text.shapes.len()];
        let mut longest = None;
        for (part, name, _) in &self.0 {
            let reversed: Vec<char> = name.iter().rev().copied().collect();
            let found = [take(text, &mut free, name), take(text, &mut free, &reversed)].contains(&true);
            if found && longest.is_none() {
                longest = Some(*part);
            }
        }
        let part = longest?;
        for filler in FILLERS.split(' ') {
            take(text, &mut free, &Folded::of(filler).shapes);
        }
        let left =
            |typed: fn(&Folded, usize) -> bool| (0..free.len()).filter(|&at| free[at] && typed(text, at)).count();
        let (letters, digits) = (left(|text, at| text.letters[at]), left(|text, at| text.digits[at].is_some()));
        if letters > FEW_LETTERS || digits > FEW_DIGITS {
            return None;
        }
        let mut left_over = (0..free.len()).filter(|&at| free[at]).filter_map(|at| text.digits[at]);
        let century = (left_over.next(), left_over.next());
        let tail = match (digits, century) {
            (0, _) => Tail::Nothing,
            (4, (Some('1'), Some('9')) | (Some('2'), Some('0'))) => Tail::Year,
            _ => Tail::Digits,
        };
        Some((part, tail))
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A domain without its top level.
fn without_last_label(domain: &str) -> &str {
    domain.rsplit_once('.').map_or(domain, |(rest, _)| rest)
}

/// Marks every free occurrence of a word as taken; tells whether there was one.
fn take(text: &Folded, free: &mut [bool], word: &[char]) -> bool {
    let (mut at, mut found) = (0, false);
    while at + word.len() <= text.shapes.len() {
        let here = at..at + word.len();
        if text.shapes[here.clone()] == *word && free[here.clone()].iter().all(|free| *free) {
            free[here].fill(false);
            found = true;
            at += word.len();
        } else {
            at += 1;
        }
    }
    found
}
