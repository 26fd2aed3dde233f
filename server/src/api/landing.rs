//! What a person sees in a browser: `GET /i`, where the link leads, and the paths next to it.
//!
//! The page is the same for everybody: it cannot see the fragment, which browsers do not send, and
//! changes nothing. It names the host and the contact, which the operator chose for everybody to
//! see. Where the program comes from it says if all organisations say the same, so that it tells
//! nobody which ones there are; what the browser says of its system decides which one stands first.
//! It names no organisation: without the token the server cannot know which one invites, it
//! may hold several, and whoever opens this page would read whose customers it has.
//!
//! A mail filter that encodes the `#` makes browsers ask for `/i%23fkinv1...`. The token is then in
//! the path. The page says so, shows the link as it was mailed, and writes the path nowhere; the
//! log has the route only.
//!
//! Promises: nothing on it comes from elsewhere; its one script is allowed by its hash, may connect
//! to nothing, takes the token out of the address bar at once, and keeps it only to show it to the
//! person whose it is; without the script the page still says all that is needed. Must never: name
//! an organisation or a person, or repeat anything of a request.

use super::guide::{self, escape};
use super::problem::{Name, Problem};
use crate::http::App;
use crate::install::{Install, System};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const PAGE: &str = include_str!("landing.html");
const STYLE: &str = include_str!("landing.css");
const SCRIPT: &str = include_str!("landing.js");
const NOWHERE: &str = include_str!("nowhere.html");
/// Said where the token came in the path.
const CHANGED: &str = r#"<p class="note" id="changed">A mail program changed this link, so all of it went through your network. It still works. You can copy it from the address bar as it is. If you want to be safe, ask for a new invitation.</p>"#;

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

pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    shown(write(&app, "", &headers).await)
}

/// What is answered where nothing is: to people who followed a link that was changed, the page; to
/// people who went astray, words; to programs, a problem document.
pub(crate) async fn elsewhere(State(app): State<Arc<App>>, request: Request) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let wants_page = accepts.is_some_and(|accept| accept.contains("text/html"));
    let page = if reads && is_changed_link(request.uri().path()) {
        write(&app, CHANGED, request.headers()).await
    } else if reads && wants_page {
        filled(NOWHERE, &app)
    } else {
        return Problem::new(Name::NotFound).into_response();
    };
    let mut response = shown(page);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Whether a path is that of the page with something behind it that is not: an encoded `#`, a
/// slash, other letters.
fn is_changed_link(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path == "/i/" || ["/i%23", "/i%25", "/i/%23"].into_iter().any(|start| path.starts_with(start))
}

fn shown(page: String) -> Response {
    let headers: [(HeaderName, HeaderValue); 7] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, page).into_response()
}

/// The page with the server's own names in it, all from configuration.
async fn write(app: &App, changed: &str, headers: &HeaderMap) -> String {
    let browser = headers.get(header::USER_AGENT).and_then(|said| said.to_str().ok()).unwrap_or_default();
    // Without the database the page still says what to do.
    let said = app.store.install_of_all().await.ok().flatten().unwrap_or_default();
    let install = Install::read(said.url.as_deref(), said.text.as_deref(), said.sums.as_deref()).unwrap_or_default();
    // Last, so that nothing in the administrator's words is taken for a place to be filled in.
    with_guide(&filled(PAGE, app), changed, &install, System::of_browser(browser), app.contact.as_deref())
}

fn with_guide(page: &str, changed: &str, install: &Install, reader: Option<System>, contact: Option<&str>) -> String {
    page.replace("{{changed}}", changed)
        .replace("{{install}}", &guide::install(install, reader, contact))
        .replace("{{terminals}}", &guide::terminals(reader))
}

fn filled(page: &str, app: &App) -> String {
    fill(page, app.origin.as_str(), app.origin.host(), app.contact.as_deref())
}

fn fill(page: &str, origin: &str, host: &str, contact: Option<&str>) -> String {
    let contact = contact.map(escape);
    let (get, ask) = match &contact {
        Some(contact) => (format!("ask {contact}"), format!("Questions? Ask {contact}.")),
        None => ("ask the person who invited you".to_owned(), "Questions? Ask the person who invited you.".to_owned()),
    };
    page.replace("<html lang=\"en\">", &format!("<html lang=\"en\" data-page=\"{}/i\">", escape(origin)))
        .replace("{{host}}", &escape(host))
        .replace("{{short}}", &escape(&short(origin)))
        .replace("{{get}}", &get)
        .replace("{{ask}}", &ask)
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
}

/// The page's own address as a person types it; it carries nothing of an invitation.
fn short(origin: &str) -> String {
    // A browser puts https:// in front by itself.
    format!("{}/i", origin.strip_prefix("https://").unwrap_or(origin))
}

#[cfg(test)]
mod tests {
    use super::{CHANGED, NOWHERE, PAGE, SCRIPT, STYLE, fill, is_changed_link, with_guide};
    use crate::install::Install;

    fn page(changed: &str) -> String {
        with_guide(PAGE, changed, &Install::default(), None, Some("\"<script>alert(1)</script>\"@example.org"))
    }

    #[test]
    fn a_contact_is_text_whatever_it_is() {
        for (page, scripts) in [(page(CHANGED), 1), (NOWHERE.to_owned(), 0)] {
            let contact = Some("\"<script>alert(1)</script>\"@example.org");
            let page = fill(&page, "https://a.example", "a.example", contact);
            assert_eq!(page.matches("<script>").count(), scripts);
            assert!(page.contains("&lt;script&gt;"));
            assert!(!page.contains("{{"));
        }
    }

    #[test]
    fn a_link_whose_hash_was_encoded_is_known_by_its_path() {
        for path in ["/i%23fkinv1.a.b", "/i%2523fkinv1.a.b", "/I%23fkinv1", "/i/", "/i/%23fkinv1"] {
            assert!(is_changed_link(path), "{path}");
        }
        for path in ["/", "/i", "/in", "/i.html", "/v1/i%23", "/scim/v2/i%23"] {
            assert!(!is_changed_link(path), "{path}");
        }
    }

    #[test]
    fn neither_script_nor_style_can_end_its_element() {
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    }
}
