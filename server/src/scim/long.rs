//! Groups with many members, sent while they are read: no answer holds all of them.
//!
//! Promise: what is sent is one version of the group; where the group changes meanwhile, the answer
//! ends in the middle, so that nobody takes half of one version and half of another for the group.

use super::group;
use super::project::Projection;
use super::schema::Resource;
use crate::http::App;
use crate::store::{Group, GroupKey, Member};
use axum::body::{Body, Bytes};
use futures_util::stream::try_unfold;
use serde_json::{Map, Value};
use std::io;
use std::sync::Arc;

/// Members that are sent in one piece with their group.
pub(super) const SHORT: usize = 5000;

/// A group that is to be sent in pieces, between `before` and `after`.
pub(super) struct Long {
    pub(super) key: GroupKey,
    /// Without members.
    pub(super) group: Group,
    pub(super) projection: Projection,
    pub(super) before: String,
    pub(super) after: String,
}

/// Where sending is.
enum At {
    Start,
    Members { after: Option<[u8; 16]>, is_first: bool },
    End,
}

impl Long {
    /// The answer's body.
    pub(super) fn body(self, app: Arc<App>) -> Body {
        let start = (self, app, At::Start);
        Body::from_stream(try_unfold(start, |(long, app, at)| async move {
            let (text, next) = match at {
                At::Start => (long.head(&app), At::Members { after: None, is_first: true }),
                At::Members { after, is_first } => {
                    let members = app.store.members_after(long.key, long.group.version, after).await;
                    let members = members.map_err(io::Error::other)?;
                    let members = members.ok_or_else(|| io::Error::other("the group changed while it was sent"))?;
                    match members.last() {
                        None => (format!("]}}{}", long.after), At::End),
                        Some(last) => {
                            let text = long.piece(&members, is_first, &app);
                            let is_first = is_first && text.is_empty();
                            (text, At::Members { after: Some(last.member_id), is_first })
                        }
                    }
                }
                At::End => return Ok::<_, io::Error>(None),
            };
            Ok(Some((Bytes::from(text), (long, app, next))))
        }))
    }

    /// Everything up to the first member.
    fn head(&self, app: &App) -> String {
        let shown = self.projection.apply(Resource::Group, group::full(&self.group, &app.origin));
        let comma = if shown.is_empty() { "" } else { "," };
        let mut text = Value::Object(shown).to_string();
        text.pop();
        format!("{}{text}{comma}\"members\":[", self.before)
    }

    /// Some members.
    fn piece(&self, members: &[Member], is_first: bool, app: &App) -> String {
        let all = members.iter().map(|member| group::member(member, &app.origin)).collect();
        let map = Map::from_iter([("members".to_owned(), Value::Array(all))]);
        let mut text = String::new();
        if let Some(Value::Array(shown)) = self.projection.apply(Resource::Group, map).remove("members") {
            for member in shown {
                if !is_first || !text.is_empty() {
                    text.push(',');
                }
                text.push_str(&member.to_string());
            }
        }
        text
    }
}
