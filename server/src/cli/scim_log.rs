//! `scim-log`: what identity providers asked, what was done, and why not.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use crate::admin::{ScimRequestShown, ScimRequestsWanted};
use crate::calendar;
use crate::outlet::out;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum ScimLog {
    /// List the newest requests to the SCIM interface.
    List {
        /// Only of this organisation.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        /// Only about this person: account id, SCIM id, address or user name.
        #[arg(long, value_name = "PERSON")]
        person: Option<String>,
        /// Only what was refused, or not done for a reason.
        #[arg(long)]
        failed: bool,
        /// Only since then: 90m, 12h, 7d, or a day such as 2026-11-30.
        #[arg(long, value_name = "TIME", value_parser = since)]
        since: Option<Since>,
        /// At most this many.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Show one request, and what to do about it.
    Show {
        /// Its id: as the answer's X-Request-Id said it, the last eight digits of that, or the id
        /// that the caller gave it.
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

/// A moment, or so many seconds before now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    Moment(i64),
    Ago(i64),
}

pub(super) async fn run(command: ScimLog) -> Outcome {
    match command {
        ScimLog::List { org, person, failed, since, limit, common } => {
            let realm = common.realm().await?;
            let since = since.map(|since| match since {
                Since::Moment(moment) => moment,
                Since::Ago(seconds) => realm.clock.now() - seconds,
            });
            let org = OrgNamed::find_if_named(org.as_ref(), &realm).await?;
            let is_of_one = person.is_some();
            let wanted = ScimRequestsWanted { org, person, failed, since };
            let requests = realm.scim_requests(wanted, limit).await?;
            let heads = ["AT (UTC)", "REQUEST", "STATUS", "DONE", "WHY", "ID"];
            say::list(&common, "requests", &requests, &heads, |request: &ScimRequestShown| {
                vec![
                    calendar::instant(request.at)[5..19].replace('T', " "),
                    format!("{} {}", request.method, short(&request.path)),
                    request.status.to_string(),
                    request.done.clone(),
                    say::or_dash(request.why.as_ref()),
                    request.request_id[28..].to_owned(),
                ]
            })?;
            if let Some(first) = requests.first().filter(|_| is_of_one)
                && let Some(todo) = first.todo
            {
                say::paragraph(&common, todo);
            }
            if requests.len() == limit && limit > 0 {
                say::aside(&common, &format!("There may be more than {limit}; use --limit, --person or --since."));
            }
            Ok(())
        }
        ScimLog::Show { id, common } => {
            let requests = common.realm().await?.scim_request(&id).await?;
            if requests.is_empty() {
                return Err(format!(
                    "No request has the id {id}. Requests are kept for 30 days; `scim-log list` shows the newest."
                )
                .into());
            }
            if common.json {
                out!("{}", json!({"requests": requests}));
                return Ok(());
            }
            for request in &requests {
                // The sentences stand below.
                let shown = ScimRequestShown { todo: None, ..request.clone() };
                say::members(&common, &serde_json::to_value(&shown)?);
                if let Some(todo) = request.todo {
                    say::paragraph(&common, todo);
                }
            }
            Ok(())
        }
    }
}

/// A path with the beginnings of its ids, which tell people apart in a list.
fn short(path: &str) -> String {
    let is_id = |part: &&str| part.len() == 36 && part.bytes().filter(|b| *b == b'-').count() == 4;
    let parts = path.split('/').map(|part| if is_id(&part) { format!("{}~", &part[..8]) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("/")
}

/// Reads `90m`, `12h`, `7d` or a day.
pub(super) fn since(text: &str) -> Result<Since, &'static str> {
    let wrong = "a time looks like 90m, 12h, 7d or 2026-11-30";
    let number = |digits: &str| -> Result<i64, &'static str> {
        let is_number = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|b| b.is_ascii_digit());
        if is_number { digits.parse().map_err(|_| wrong) } else { Err(wrong) }
    };
    for (unit, seconds) in [('m', 60), ('h', 3600), ('d', 86_400)] {
        if let Some(digits) = text.strip_suffix(unit) {
            return Ok(Since::Ago(number(digits)? * seconds));
        }
    }
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return Err(wrong) };
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let moment = calendar::days(year, month, day) * 86_400;
    let is_day =
        (1..=12).contains(&month) && calendar::instant(moment)[..10] == format!("{year:04}-{month:02}-{day:02}");
    if is_day { Ok(Since::Moment(moment)) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::{Since, short, since};

    #[test]
    fn a_time_is_a_span_or_a_day() {
        assert_eq!(since("90m"), Ok(Since::Ago(5400)));
        assert_eq!(since("7d"), Ok(Since::Ago(7 * 86_400)));
        assert_eq!(since("1970-01-02"), Ok(Since::Moment(86_400)));
        for bad in ["", "d", "7", "-1d", "2026-02-30", "2026-13-01", "2026-1", "9999999d", "x", "7d7"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_in_a_list_has_the_beginnings_of_its_ids() {
        assert_eq!(short("/Users/2819c223-7f76-453a-919d-413861904646"), "/Users/2819c223~");
        assert_eq!(short("/Users?filter=userName eq \"_\""), "/Users?filter=userName eq \"_\"");
    }
}
