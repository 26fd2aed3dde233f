//! Places at which something can be switched: bodies, operators, arms, guards, fields.

use crate::place::Lines;
use proc_macro2::LineColumn;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What stands at a place, in bytes of the source.
pub(crate) enum Kind {
    /// A function's statements, between its braces.
    Body,
    /// The operator between two operands.
    Binary { left: Range<usize>, operator: Range<usize>, right: Range<usize>, lazy: bool },
    /// `!` or `-` before an operand.
    Unary { operator: Range<usize>, operand: Range<usize> },
    /// An arm of a match: its pattern with the guard, if it has one.
    Arm { pattern: Range<usize>, guard: Option<Range<usize>> },
    /// A guard.
    Guard,
}

/// One of them.
pub(crate) struct Site {
    pub(crate) kind: Kind,
    /// All of it.
    pub(crate) whole: Range<usize>,
    /// What a list of mutants points at.
    key: Range<usize>,
}

impl Site {
    /// The site of a mutant of `genre` at `span`.
    pub(crate) fn find<'a>(sites: &'a [Self], genre: &str, span: Range<usize>) -> Option<&'a Self> {
        sites.iter().find(|site| {
            let fits = matches!(
                (genre, &site.kind),
                ("FnValue", Kind::Body)
                    | ("BinaryOperator", Kind::Binary { .. })
                    | ("UnaryOperator", Kind::Unary { .. })
                    | ("MatchArm", Kind::Arm { .. })
                    | ("MatchArmGuard", Kind::Guard)
            );
            fits && (site.key == span || (genre == "UnaryOperator" && site.key.start == span.start))
        })
    }
}

/// All sites of a file.
pub(crate) fn of(file: &syn::File, lines: &Lines) -> Vec<Site> {
    let mut finder = Finder { lines, sites: Vec::new() };
    finder.visit_file(file);
    finder.sites
}

struct Finder<'a> {
    lines: &'a Lines<'a>,
    sites: Vec<Site>,
}

impl Finder<'_> {
    fn range(&self, of: &impl Spanned) -> Range<usize> {
        let span = of.span();
        self.lines.between(span.start(), span.end())
    }

    fn body(&mut self, block: &syn::Block) {
        let whole = self.range(block);
        let inside = match (block.stmts.first(), block.stmts.last()) {
            (Some(first), Some(last)) => self.range(first).start..self.range(last).end,
            _ => whole.start + 1..whole.end - 1,
        };
        self.sites.push(Site { kind: Kind::Body, key: inside, whole });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        let (left, operator, right) = (self.range(&*expr.left), self.range(&expr.op), self.range(&*expr.right));
        let lazy = matches!(expr.op, syn::BinOp::And(_) | syn::BinOp::Or(_));
        let kind = Kind::Binary { left, operator: operator.clone(), right, lazy };
        self.sites.push(Site { kind, whole: self.range(expr), key: operator });
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast syn::ExprUnary) {
        let (operator, operand) = (self.range(&expr.op), self.range(&*expr.expr));
        let kind = Kind::Unary { operator: operator.clone(), operand };
        self.sites.push(Site { kind, whole: self.range(expr), key: operator });
        visit::visit_expr_unary(self, expr);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let pattern = self.range(&arm.pat);
        let guard = arm.guard.as_ref().map(|(_, guard)| self.range(&**guard));
        let end: LineColumn = arm.span().end();
        let key = pattern.start..self.lines.between(end, end).end;
        if let Some(guard) = guard.clone() {
            self.sites.push(Site { kind: Kind::Guard, whole: guard.clone(), key: guard });
        }
        self.sites.push(Site { kind: Kind::Arm { pattern, guard }, whole: key.clone(), key });
        visit::visit_arm(self, arm);
    }
}
