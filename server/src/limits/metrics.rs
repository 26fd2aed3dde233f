//! What is counted while the server runs, in the text form that Prometheus reads.
//!
//! Must never: carry personal data, or a label that a caller can choose. Labels are routes of this
//! program, known methods, status codes and fixed words.

use axum::http::Method;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper edges of the latency histogram, in milliseconds.
const EDGES: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

/// Counters of a running server.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, &'static str, u16), u64>>,
    latency: Mutex<BTreeMap<String, Histogram>>,
    /// Logins to accounts that exist, without a proof that held.
    pub(crate) logins_failed: AtomicU64,
    /// Recoveries, likewise.
    pub(crate) recoveries_failed: AtomicU64,
    /// Logins and recoveries that began for accounts that do not exist.
    pub(crate) logins_unknown: AtomicU64,
    /// Connections that are open now.
    pub(crate) connections: AtomicU64,
    /// Connections that were closed without being served.
    pub(crate) turned_away: AtomicU64,
    /// When the certificate ends, in seconds since 1970; 0 without TLS.
    pub(crate) certificate_ends: AtomicU64,
    /// When it began, likewise.
    pub(crate) certificate_begins: AtomicU64,
}

#[derive(Clone, Default)]
struct Histogram {
    /// One more than there are edges: the last is for whatever took longer.
    counts: [u64; EDGES.len() + 1],
    micros: u64,
}

/// A method by one of a few names.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

impl Metrics {
    pub(crate) fn request(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), method, status)).or_default() += 1;
        drop(requests);
        let mut latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = latency.entry(route.to_owned()).or_default();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = EDGES.iter().position(|edge| micros <= edge * 1000).unwrap_or(EDGES.len());
        histogram.counts[at] += 1;
        histogram.micros = histogram.micros.saturating_add(micros);
    }

    /// What was counted here.
    pub(crate) fn write(&self, page: &mut Page) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        page.family("firstkey_requests_total", "counter", "Requests answered, by route, method and status.");
        for ((route, method, status), count) in &requests {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            page.sample("firstkey_requests_total", &labels, count);
        }
        let counters = [
            ("firstkey_logins_failed_total", "Logins without a proof of the password.", &self.logins_failed),
            ("firstkey_recoveries_failed_total", "Recoveries without a proof of the kit.", &self.recoveries_failed),
            ("firstkey_logins_unknown_total", "Logins and recoveries of nobody.", &self.logins_unknown),
        ];
        for (name, help, count) in counters {
            page.one(name, "counter", help, count.load(Ordering::Relaxed));
        }
        page.family("firstkey_request_seconds", "histogram", "How long answers took, by route.");
        let latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (route, histogram) in &latency {
            histogram.write(page, route);
        }
        page.family("firstkey_connections_open", "gauge", "Connections that are open now.");
        page.sample("firstkey_connections_open", "", self.connections.load(Ordering::Relaxed));
        page.family("firstkey_connections_turned_away_total", "counter", "Connections closed without being served.");
        page.sample("firstkey_connections_turned_away_total", "", self.turned_away.load(Ordering::Relaxed));
        let ends = self.certificate_ends.load(Ordering::Relaxed);
        if ends > 0 {
            page.family("firstkey_tls_certificate_ends_seconds", "gauge", "When the certificate ends, since 1970.");
            page.sample("firstkey_tls_certificate_ends_seconds", "", ends);
        }
    }
}

impl Histogram {
    fn write(&self, page: &mut Page, route: &str) {
        let mut so_far = 0;
        for (at, count) in self.counts.iter().enumerate() {
            so_far += count;
            let edge = EDGES.get(at).map_or_else(|| "+Inf".to_owned(), |millis| seconds(millis * 1000));
            page.sample("firstkey_request_seconds_bucket", &format!("route=\"{route}\",le=\"{edge}\""), so_far);
        }
        let labels = format!("route=\"{route}\"");
        page.sample("firstkey_request_seconds_sum", &labels, seconds(self.micros));
        page.sample("firstkey_request_seconds_count", &labels, so_far);
    }
}

/// Microseconds as a decimal number of seconds.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A value of a label, whatever is in it.
pub(crate) fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A page of metrics in the making.
#[derive(Default)]
pub(crate) struct Page(pub(crate) String);

impl Page {
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A family of one sample without labels.
    pub(crate) fn one(&mut self, name: &str, kind: &str, help: &str, value: impl fmt::Display) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    pub(crate) fn sample(&mut self, name: &str, labels: &str, value: impl fmt::Display) {
        let _ = if labels.is_empty() {
            writeln!(self.0, "{name} {value}")
        } else {
            writeln!(self.0, "{name}{{{labels}}} {value}")
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, Page, method_name, seconds};
    use axum::http::Method;
    use std::time::Duration;

    #[test]
    fn a_histogram_adds_up() {
        let metrics = Metrics::default();
        for micros in [1, 1000, 1001, 5000, 60_000_000] {
            metrics.request("/i", "GET", 200, Duration::from_micros(micros));
        }
        let mut page = Page::default();
        metrics.write(&mut page);
        for line in [
            "firstkey_requests_total{route=\"/i\",method=\"GET\",status=\"200\"} 5",
            "firstkey_request_seconds_bucket{route=\"/i\",le=\"0.001\"} 2",
            "firstkey_request_seconds_bucket{route=\"/i\",le=\"0.002\"} 3",
            "firstkey_request_seconds_bucket{route=\"/i\",le=\"10\"} 4",
            "firstkey_request_seconds_bucket{route=\"/i\",le=\"+Inf\"} 5",
            "firstkey_request_seconds_count{route=\"/i\"} 5",
            "firstkey_request_seconds_sum{route=\"/i\"} 60.007002",
        ] {
            assert!(page.0.lines().any(|found| found == line), "{line}\n{}", page.0);
        }
        assert_eq!([seconds(0), seconds(1), seconds(2_500_000)], ["0", "0.000001", "2.5"]);
    }

    #[test]
    fn a_caller_cannot_make_up_a_method() {
        let made_up = Method::from_bytes(b"ADA-LOVELACE").expect("a method");
        assert_eq!(method_name(&made_up), "OTHER");
        assert_eq!(method_name(&Method::PATCH), "PATCH");
    }
}
