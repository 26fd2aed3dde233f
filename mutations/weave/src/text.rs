//! The woven text: the source with its mutants beside it.

use crate::sites::{Kind, Site};
use std::ops::Range;

/// A mutant and where it goes.
pub(crate) struct Edit<'a> {
    number: usize,
    site: &'a Site,
    replacement: String,
}

impl<'a> Edit<'a> {
    /// `None` if there is no way to switch it.
    pub(crate) fn of(number: usize, site: &'a Site, replacement: &str, source: &str) -> Option<Self> {
        if let Kind::Binary { operator, lazy: true, .. } = &site.kind {
            // Only one into the other: `let` chains and `==` between booleans are another matter.
            let pair = (&source[operator.clone()], replacement);
            if !matches!(pair, ("&&", "||") | ("||", "&&")) {
                return None;
            }
        }
        Some(Self { number, site, replacement: replacement.to_owned() })
    }

    /// What is replaced or, for an empty range, where something is put in.
    fn range(&self) -> Range<usize> {
        match &self.site.kind {
            Kind::Body => self.site.whole.start + 1..self.site.whole.start + 1,
            Kind::Arm { guard: Some(guard), .. } => guard.clone(),
            Kind::Arm { pattern, guard: None } => pattern.end..pattern.end,
            _ => self.site.whole.clone(),
        }
    }
}

/// What came out.
pub(crate) struct Woven {
    pub(crate) text: String,
    /// Of each mutant: where text stands that is there for it alone, then where the whole is that
    /// it is switched in.
    pub(crate) places: Vec<(usize, [usize; 2])>,
}

/// Weaves `edits` into `source`.
pub(crate) fn weave(source: &str, mut edits: Vec<Edit>) -> Woven {
    // Outer ones first; of those at one place, what goes around the guard before what stands for
    // it.
    edits.sort_by_key(|edit| {
        let range = edit.range();
        (range.start, std::cmp::Reverse(range.end), !matches!(edit.site.kind, Kind::Arm { .. }), edit.number)
    });
    let mut weaver = Weaver { source, woven: Woven { text: String::new(), places: Vec::new() } };
    weaver.emit(0..source.len(), &edits);
    weaver.woven
}

struct Weaver<'a> {
    source: &'a str,
    woven: Woven,
}

impl Weaver<'_> {
    fn push(&mut self, text: &str) {
        self.woven.text.push_str(text);
    }

    /// Text that is there for mutant `number` alone.
    fn own(&mut self, number: usize, text: &str) {
        let start = self.woven.text.len();
        self.push(text);
        self.woven.places.push((number, [start, self.woven.text.len()]));
    }

    /// The source of `range` with those of `edits` in it that lie within.
    fn emit(&mut self, range: Range<usize>, edits: &[Edit]) {
        let mut at = range.start;
        let mut rest = edits;
        while let Some((first, _)) = rest.split_first() {
            let place = first.range();
            if place.start < at || place.end > range.end {
                rest = &rest[1..];
                continue;
            }
            // Those at the same site; those in it come right behind them.
            let same = rest.iter().take_while(|edit| std::ptr::eq(edit.site, first.site)).count();
            let inside =
                rest[same..].iter().take_while(|edit| edit.range().end <= place.end && !place.is_empty()).count();
            self.push(&self.source[at..place.start]);
            let start = self.woven.text.len();
            self.group(&rest[..same], &rest[same..same + inside]);
            let whole = [start, self.woven.text.len()];
            self.woven.places.extend(rest[..same].iter().map(|edit| (edit.number, whole)));
            at = place.end;
            rest = &rest[same + inside..];
        }
        self.push(&self.source[at..range.end]);
    }

    fn group(&mut self, group: &[Edit], inside: &[Edit]) {
        let source = self.source;
        match &group[0].site.kind {
            Kind::Body => {
                for edit in group {
                    self.own(
                        edit.number,
                        &format!(" if crate::mutant::is({}) {{ return {}; }}", edit.number, edit.replacement),
                    );
                }
            }
            Kind::Binary { left, operator, right, lazy: true } => {
                let number = group[0].number;
                let compare = if &source[operator.clone()] == "&&" { "!=" } else { "==" };
                self.own(number, "({ let left: bool = ");
                self.emit(left.clone(), inside);
                self.own(number, &format!("; if left {compare} crate::mutant::is({number}) {{ "));
                self.emit(right.clone(), inside);
                self.own(number, " } else { left } })");
            }
            Kind::Binary { left, operator, right, lazy: false } => {
                self.push("(");
                for edit in group {
                    let (left, right) = (&source[left.clone()], &source[right.clone()]);
                    let text = format!(
                        "if crate::mutant::is({}) {{ ({left}) {} ({right}) }} else ",
                        edit.number, edit.replacement
                    );
                    self.own(edit.number, &text);
                }
                self.push("{ ");
                self.emit(left.clone(), inside);
                self.push(" ");
                self.push(&source[operator.clone()]);
                self.push(" ");
                self.emit(right.clone(), inside);
                self.push(" })");
            }
            Kind::Unary { operator, operand } => {
                let number = group[0].number;
                self.own(
                    number,
                    &format!("(if crate::mutant::is({number}) {{ {} }} else {{ ", &source[operand.clone()]),
                );
                self.push(&source[operator.clone()]);
                self.emit(operand.clone(), inside);
                self.push(" })");
            }
            Kind::Arm { guard: None, .. } => {
                self.own(group[0].number, &format!(" if !crate::mutant::is({})", group[0].number))
            }
            Kind::Arm { guard: Some(guard), .. } => {
                self.own(group[0].number, &format!("!crate::mutant::is({}) && (", group[0].number));
                self.emit(guard.clone(), inside);
                self.push(")");
            }
            Kind::Guard => {
                let whole = group[0].site.whole.clone();
                self.push("(");
                for edit in group {
                    let text = match edit.replacement.as_str() {
                        "true" => format!("crate::mutant::is({}) || ", edit.number),
                        _ => format!("!crate::mutant::is({}) && ", edit.number),
                    };
                    self.own(edit.number, &text);
                }
                self.push("(");
                self.emit(whole, inside);
                self.push("))");
            }
        }
    }
}
