//! The account server over HTTPS.
//!
//! Promise: TLS by rustls on ring, verified by the system's roots or those that variables name in
//! their place, plus `--ca-file`; no redirects, no referer, no cookies, no compression, no retries
//! of its own; 10 s to connect, 15 s between bytes, 60 s for a whole call; a connection that was
//! idle for 5 s is not used again; at most 64 KiB of body are read. Trust roots are loaded with the
//! first HTTPS request, not before. Must never: switch verification off, log, write TLS secrets
//! anywhere, or send anything but what came through a door: an [`Outbound`], or a request of
//! another dialect.

use super::left::Left;
use super::proxy::{ProxyWish, Route};
use super::sight::Sight;
use super::trust::{NoTrust, Trust};
use crate::drive::Server;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::realm_key::AnswerSignature;
use firstkey_core::flow::managed::ManagedRealm;
use firstkey_core::flow::stop::NoAnswer;
use firstkey_core::secret::SessionToken;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_core::wire::json::MAX_BODY;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Method, Outbound};
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use rustls::ClientConfig;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a connection may have been idle and still be used. Nothing looks at connections while a
/// person types, and servers close those that do nothing: ours after 30 s (`times.headers`).
const IDLE: Duration = Duration::from_secs(5);

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For a whole call.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(15), total: Duration::from_secs(60) }
    }
}

/// HTTPS to one account server.
pub struct HttpServer {
    limits: Limits,
    trust: Trust,
    proxy: Option<ProxyWish>,
    client: Option<(Origin, reqwest::Client)>,
    sight: Option<Arc<Sight>>,
    left: Left,
    /// When the last answer was read: since then its connection is idle.
    answered: Option<Instant>,
    /// The one realm that is allowed.
    managed: Option<ManagedRealm>,
}

/// The HTTP client could not be set up: the system has no usable trust roots, or the proxy's URL is
/// none.
#[derive(Debug, thiserror::Error)]
#[error("the connection could not be set up")]
struct SetUpFailed;

impl HttpServer {
    /// Opens nothing yet.
    pub fn new(limits: Limits, trust: Trust, proxy: Option<ProxyWish>) -> Self {
        Self { limits, trust, proxy, client: None, sight: None, left: Left::default(), answered: None, managed: None }
    }

    /// The same, and what is seen on the way is told to `sight`: the connections are no others.
    pub fn watched(self, sight: Arc<Sight>) -> Self {
        Self { sight: Some(sight), ..self }
    }

    /// The same, for flows that may use this realm alone.
    pub fn for_realm(self, managed: Option<ManagedRealm>) -> Self {
        Self { managed, ..self }
    }

    fn client(&mut self, origin: &Origin) -> Result<reqwest::Client, SetUpFailed> {
        if let Some((known, client)) = &self.client
            && known == origin
        {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls(origin)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .https_only(!origin.is_loopback_http())
            .user_agent(concat!("firstkey/", env!("CARGO_PKG_VERSION")))
            .connector_layer(self.left.clone())
            .pool_idle_timeout(IDLE)
            .connect_timeout(self.limits.connect)
            .read_timeout(self.limits.read)
            .timeout(self.limits.total);
        if let Route::Through(proxy) = ProxyWish::route(self.proxy.as_ref(), origin) {
            builder = builder.proxy(reqwest::Proxy::all(proxy.url()).map_err(|_| SetUpFailed)?);
        }
        let client = builder.build().map_err(|_| SetUpFailed)?;
        self.client = Some((origin.clone(), client.clone()));
        Ok(client)
    }

    /// Plain HTTP exists only on loopback and needs no roots, so none are loaded for it.
    fn tls(&self, origin: &Origin) -> Result<ClientConfig, SetUpFailed> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|_| SetUpFailed)?;
        if origin.is_loopback_http() {
            return Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth());
        }
        let verifier = self.trust.verifier(provider, self.sight.as_ref()).map_err(|NoTrust| SetUpFailed)?;
        // The name is rustls's; the verifier is the platform's own, and nothing is switched off.
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

/// What a request is to the transport.
pub struct Call<'a> {
    /// Where it goes.
    pub origin: &'a Origin,
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The path.
    pub path: &'a str,
    /// JSON, or no body and no content type.
    pub body: Option<&'a [u8]>,
    /// A token for the `Authorization` header.
    pub bearer: Option<&'a [u8]>,
    /// Further headers.
    pub headers: &'a [(&'static str, String)],
}

impl HttpServer {
    /// Sends one request, once.
    pub async fn call(&mut self, call: Call<'_>) -> Result<Response, NoAnswer> {
        // A connection that the pool may still hold stands already.
        self.left.begin(self.answered.take().is_some_and(|then| then.elapsed() <= IDLE * 2));
        let client = self.client(call.origin).map_err(|SetUpFailed| NoAnswer::Certificate)?;
        let url = format!("{}{}", call.origin.as_str(), call.path);
        let method = reqwest::Method::from_bytes(call.method.as_bytes()).map_err(|_| NoAnswer::Broken)?;
        let mut request = client.request(method, url);
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        if let Some(bearer) = call.bearer {
            let mut value = Zeroizing::new(Vec::with_capacity(bearer.len() + 7));
            value.extend_from_slice(b"Bearer ");
            value.extend_from_slice(bearer);
            let mut value = HeaderValue::from_bytes(&value).map_err(|_| NoAnswer::Broken)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        for (name, value) in call.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.map_err(|error| no_answer(&error, self.left.may_have()))?;
        self.answered = Some(Instant::now());
        if let Some(sight) = &self.sight {
            sight.saw_date(header(response.headers(), &DATE));
        }
        let answer = read(response).await.map_err(|error| no_answer(&error, true));
        self.answered = Some(Instant::now());
        answer
    }
}

impl HttpServer {
    async fn pass(&mut self, request: &Outbound, bearer: Option<&[u8]>) -> Result<Response, NoAnswer> {
        let headers: Vec<_> = request.headers().collect();
        let method = request.endpoint().method();
        let body = (method == Method::Post).then(|| request.body());
        let (origin, path, method) = (request.origin(), request.target(), method.as_str());
        self.call(Call { origin, method, path, body, bearer, headers: &headers }).await
    }
}

impl Server for HttpServer {
    fn managed(&self) -> Option<&ManagedRealm> {
        self.managed.as_ref()
    }

    fn route(&self, origin: &Origin) -> Route<'_> {
        ProxyWish::route(self.proxy.as_ref(), origin)
    }

    async fn send(&mut self, request: &Outbound) -> Result<Response, NoAnswer> {
        self.pass(request, None).await
    }

    async fn send_in(&mut self, session: &SessionToken, request: &Outbound) -> Result<Response, NoAnswer> {
        // EXPOSE: the server made it and takes it back.
        let bearer = Zeroizing::new(Base64UrlUnpadded::encode_string(session.expose()).into_bytes());
        self.pass(request, Some(&bearer)).await
    }

    fn may_have_left(&self) -> bool {
        self.left.may_have()
    }
}

/// Reads status, the four headers that matter, and as much of the body as is allowed.
async fn read(mut response: reqwest::Response) -> Result<Response, reqwest::Error> {
    let status = response.status().as_u16();
    let headers = response.headers();
    let mut answer = Response {
        status,
        content_type: header(headers, &CONTENT_TYPE),
        retry_after: header(headers, &RETRY_AFTER).and_then(|text| text.parse().ok()),
        signed: only(headers, AnswerSignature::HEADER),
        framing: if headers.contains_key(CONTENT_ENCODING) { Framing::Encoded } else { Framing::Plain },
        body: Zeroizing::new(Vec::new()),
    };
    if answer.framing == Framing::Encoded || response.status().is_redirection() {
        return Ok(answer);
    }
    // The buffer never grows, so no copy of an answer stays behind in freed memory.
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            answer.framing = Framing::TooLarge;
            return Ok(answer);
        }
        body.extend_from_slice(&chunk);
    }
    answer.body = body;
    Ok(answer)
}

/// A header that may be there once; where it is there twice, neither counts.
fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

fn header(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Sorts an error of the transport by what it means for the person; `left` is whether a connection
/// stood.
fn no_answer(error: &reqwest::Error, left: bool) -> NoAnswer {
    if error.is_timeout() {
        if left { NoAnswer::TimedOut } else { NoAnswer::NotConnected }
    } else if let Some(why) = causes(error).find_map(certificate_trouble) {
        why
    } else if error.is_connect() {
        let unresolved = causes(error).any(|inner| inner.to_string().starts_with("dns error"));
        if unresolved { NoAnswer::NoSuchHost } else { NoAnswer::NoConnection }
    } else {
        NoAnswer::Broken
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// What was wrong with a certificate, if that was the trouble. An `io::Error` is no link of the
/// chain that its contents are in, so it is unwrapped, however often it was wrapped.
fn certificate_trouble(error: &(dyn Error + 'static)) -> Option<NoAnswer> {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let mut error = error;
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        error = inner;
    }
    match error.downcast_ref()? {
        rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
        ) => Some(NoAnswer::CertificateDates),
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => Some(NoAnswer::Certificate),
        _ => None,
    }
}
