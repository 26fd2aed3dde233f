//! The record of what was sent, as a table for people.

use super::grouped;
use crate::audit::{Record, Sent};
use crate::ui::date;

impl Record {
    /// The whole table for people.
    pub fn describe(&self) -> Vec<String> {
        let Some(first) = self.requests.first() else {
            return vec!["Nothing was sent.".to_owned()];
        };
        let count = self.requests.len();
        let plural = if count == 1 { "request" } else { "requests" };
        let bytes: usize = self.requests.iter().map(Sent::size).sum();
        let mut lines = vec![
            format!("Everything this program sent on {}", date::short(first.time)),
            format!("({count} {plural}, {} bytes):", grouped(bytes)),
        ];
        lines.extend(self.describe_requests());
        lines
    }

    /// The requests alone, and what was not in them.
    pub fn describe_requests(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, sent) in (1..).zip(&self.requests) {
            lines.push(String::new());
            lines.push(format!("#{number}  {}  {}  {} bytes", sent.method, sent.url, grouped(sent.size())));
            for field in &sent.fields {
                let in_path = field.start == field.end;
                let length = if in_path { "path".to_owned() } else { grouped(field.end - field.start) };
                lines.push(format!("    {:<16}{length:>6}  {}", field.name, field.why));
            }
            for (name, value) in &sent.headers {
                let why = if name == "authorization" { "a token of the server" } else { "signs this request" };
                lines.push(format!("    {name:<18}{:>4}  a header: {why}", value.len()));
            }
            lines.push("    sha256 of the body:".to_owned());
            lines.push(format!("    {}", sent.sha256));
        }
        lines.extend([
            String::new(),
            "Not sent: password, private keys, recovery code, file names, machine name,".to_owned(),
            "usage data. Raw bytes: --raw. To check with your own tools: docs/AUDIT.md".to_owned(),
        ]);
        lines
    }
}
