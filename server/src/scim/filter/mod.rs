//! Filters (RFC 7644 section 3.4.2.2): read, printed, bound to a schema, evaluated.
//!
//! Promises: `parse(print(f)) == f`; reading takes bounded time, depth and number of tests; what is
//! not understood is an error, so a filter never widens a result. The grammar is the RFC's plus
//! what providers send: `emails[type eq "work"].value eq "x"`, `not(` and `not (`, and values
//! without quotation marks.

mod bind;
mod instant;
mod matches;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod naive;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub(crate) use bind::{Bound, Check, bind, bind_within};
pub(crate) use parse::{parse, parse_within};

use super::path::AttrPath;

/// Longest filter, in bytes.
pub(crate) const LONGEST: usize = 8 * 1024;
/// Most parentheses and brackets inside one another.
pub(crate) const DEEPEST: usize = 32;
/// Most tests.
pub(crate) const MOST: usize = 100;

/// A filter as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Present(AttrPath),
    Compare(AttrPath, Op, Literal),
    /// `attribute[...]`: one value fulfils all of it.
    Within(AttrPath, Box<Filter>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Op {
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("co", Self::Co),
        ("sw", Self::Sw),
        ("ew", Self::Ew),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("eq", |(word, _)| word)
    }
}

/// What is compared with. No attribute here is a number, so numbers are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Text(String),
}

/// Why a filter is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilterError(pub(crate) String);

impl FilterError {
    fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}
