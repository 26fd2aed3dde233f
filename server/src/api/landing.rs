//! `GET /i`: what a person sees who clicks the link. The same page for everybody: it cannot see the
//! fragment, which browsers do not send, and changes nothing.
//!
//! Promises: nothing on it comes from elsewhere; its one script is allowed by its hash, may connect
//! to nothing, and reads the fragment only to show it to the person whose it is; without the script
//! the page still says all that is needed. Must never: name an organisation or a person, which it
//! cannot know.

use crate::http::App;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const PAGE: &str = include_str!("landing.html");
const STYLE: &str = include_str!("landing.css");
const SCRIPT: &str = include_str!("landing.js");

/// What the browser may do: show this page, run this script, use this style.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    HeaderValue::from_str(&policy).expect("invariant: made of ASCII here")
});

pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    let headers: [(HeaderName, HeaderValue); 7] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, write(app.origin.as_str(), app.origin.host(), app.contact.as_deref())).into_response()
}

/// The page with the server's own names in it, all from configuration.
fn write(origin: &str, host: &str, contact: Option<&str>) -> String {
    let contact = contact.map(escape);
    let (get, ask) = match &contact {
        Some(contact) => (format!("ask {contact}"), format!("Questions? Ask {contact}.")),
        None => ("ask the person who invited you".to_owned(), "Questions? Ask the person who invited you.".to_owned()),
    };
    PAGE.replace("<html lang=\"en\">", &format!("<html lang=\"en\" data-page=\"{}/i\">", escape(origin)))
        .replace("{{host}}", &escape(host))
        .replace("{{get}}", &get)
        .replace("{{ask}}", &ask)
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE, write};

    #[test]
    fn a_contact_is_text_whatever_it_is() {
        let page = write("https://a.example", "a.example", Some("\"<script>alert(1)</script>\"@example.org"));
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(page.contains("&lt;script&gt;"));
        assert!(!page.contains("{{"));
    }

    #[test]
    fn neither_script_nor_style_can_end_its_element() {
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    }
}
