//! Lines and columns, and bytes.

use proc_macro2::LineColumn;
use serde::Deserialize;
use std::ops::Range;

/// Lines and columns count from one, in characters.
#[derive(Deserialize)]
pub(crate) struct Span {
    start: Point,
    end: Point,
}

#[derive(Deserialize)]
struct Point {
    line: usize,
    column: usize,
}

/// Where each line begins.
pub(crate) struct Lines<'a> {
    lines: Vec<(usize, &'a str)>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(source: &'a str) -> Self {
        let mut at = 0;
        let lines = source.split_inclusive('\n').map(|line| {
            let begin = at;
            at += line.len();
            (begin, line)
        });
        Self { lines: lines.collect() }
    }

    /// `line` counts from one, `column` from zero.
    fn offset(&self, line: usize, column: usize) -> usize {
        let (begin, text) = self.lines[line - 1];
        begin + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at)
    }

    pub(crate) fn range(&self, span: &Span) -> Range<usize> {
        self.offset(span.start.line, span.start.column - 1)..self.offset(span.end.line, span.end.column - 1)
    }

    pub(crate) fn between(&self, start: LineColumn, end: LineColumn) -> Range<usize> {
        self.offset(start.line, start.column)..self.offset(end.line, end.column)
    }
}
