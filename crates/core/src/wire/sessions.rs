//! Readers for where an account is logged in.
//!
//! Promise: what a client called itself and where it came from is somebody else's text, made safe
//! at once. Must never: guess which session is the own one.

use super::fields::Fields;
use super::json::Value;
use super::refusal::Refusal;
use super::text::Printable;
use crate::crypto::context::SessionId;

/// One session of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub session: SessionId,
    /// When it began, seconds since 1970.
    pub created_at: u64,
    /// When it ends by itself.
    pub expires_at: u64,
    /// `full` or `recovery`.
    pub purpose: Printable,
    /// What the client called itself.
    pub client: Option<Printable>,
    /// The address that the log-in came from.
    pub source: Option<Printable>,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// Reads the answer to `GET /v1/sessions`; exactly one of them is the one that asks.
pub fn read_sessions(mut fields: Fields) -> Result<Vec<Listed>, Refusal> {
    let Value::List(lines) = fields.take("sessions")? else { return Err(Refusal::Malformed("sessions")) };
    fields.finish()?;
    let sessions: Vec<_> = lines.into_iter().map(read_line).collect::<Result<_, _>>()?;
    if sessions.iter().filter(|session| session.this).count() == 1 {
        Ok(sessions)
    } else {
        Err(Refusal::Malformed("this"))
    }
}

fn read_line(line: Value) -> Result<Listed, Refusal> {
    let mut fields = Fields::open("session", line)?;
    let printable = |text: String| Printable::from_untrusted(&text);
    let listed = Listed {
        session: SessionId::heard(fields.bytes("session_id")?),
        created_at: fields.whole("created_at")?,
        expires_at: fields.whole("expires_at")?,
        purpose: printable(fields.text("purpose")?),
        client: fields.text_or_null("client")?.map(printable),
        source: fields.text_or_null("source")?.map(printable),
        this: match fields.take("this")? {
            Value::Bool(this) => this,
            _ => return Err(Refusal::Malformed("this")),
        },
    };
    fields.finish()?;
    Ok(listed)
}

/// Reads how many sessions were ended.
pub fn read_ended(mut fields: Fields) -> Result<u64, Refusal> {
    let ended = fields.whole("ended")?;
    fields.finish()?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::{Fields, read_ended, read_sessions};
    use crate::wire::json;

    fn line(this: bool, client: &str) -> String {
        let id = "A".repeat(22);
        format!(
            r#"{{"session_id":"{id}","created_at":1,"expires_at":601,"purpose":"full","client":{client},"source":null,"this":{this}}}"#
        )
    }

    fn read(lines: &[String]) -> Option<Vec<super::Listed>> {
        let text = format!(r#"{{"sessions":[{}]}}"#, lines.join(","));
        let value = json::read(text.as_bytes()).expect("JSON");
        read_sessions(Fields::open("answer", value).expect("an object")).ok()
    }

    #[test]
    fn one_of_them_is_the_one_that_asks_and_text_of_others_is_made_safe() {
        let listed = read(&[line(true, "null"), line(false, r#""\u001b[2Jfirstkey""#)]).expect("two sessions");
        assert!(listed[0].this && listed[0].client.is_none());
        let client = listed[1].client.as_ref().expect("a name").to_string();
        assert!(!client.contains('\x1b') && client.ends_with("firstkey"), "{client:?}");
        assert!(read(&[]).is_none() && read(&[line(false, "null")]).is_none());
        assert!(read(&[line(true, "null"), line(true, "null")]).is_none());
    }

    #[test]
    fn how_many_were_ended_is_told_as_it_was_said() {
        let ended = |text: &str| {
            read_ended(Fields::open("answer", json::read(text.as_bytes()).expect("JSON")).expect("an object"))
        };
        assert_eq!(ended(r#"{"ended":7}"#), Ok(7));
        assert!(ended(r#"{"ended":7,"more":1}"#).is_err() && ended("{}").is_err());
    }

    #[test]
    fn an_unknown_member_is_refused() {
        assert!(read(&[line(true, "null").replace("\"this\"", "\"more\":1,\"this\"")]).is_none());
    }
}
