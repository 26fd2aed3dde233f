//! A filter as text again.

use super::{Filter, Literal, Op};
use std::fmt;

impl Filter {
    /// The same with `_` for every text that it compares with.
    pub(crate) fn without_values(&self) -> Self {
        let all = |parts: &[Self]| parts.iter().map(Self::without_values).collect();
        match self {
            Self::Or(parts) => Self::Or(all(parts)),
            Self::And(parts) => Self::And(all(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.without_values())),
            Self::Present(path) => Self::Present(path.clone()),
            Self::Compare(path, op, Literal::Text(_)) => {
                Self::Compare(path.clone(), *op, Literal::Text("_".to_owned()))
            }
            Self::Compare(path, op, value) => Self::Compare(path.clone(), *op, value.clone()),
            Self::Within(path, inner) => Self::Within(path.clone(), Box::new(inner.without_values())),
        }
    }

    /// The text that an attribute of the resource is compared with for equality, if that is all
    /// that the filter does.
    pub(crate) fn only_equal(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Compare(path, Op::Eq, Literal::Text(text))
                if path.sub.is_none() && path.attribute.eq_ignore_ascii_case(attribute) =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => join(f, parts, " and ", |part| matches!(part, Self::Or(_) | Self::And(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare(path, op, value) => write!(f, "{path} {} {value}", op.word()),
            Self::Within(path, inner) => write!(f, "{path}[{inner}]"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    between: &str,
    in_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        if in_parentheses(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}
