//! The running server: HTTP on a listener that the caller made, and the deliverer beside it.

use crate::http::App;
use crate::log::Log;
use crate::mail::{MailOut, MailOutError, Post, deliver};
use crate::origin::Origin;
use crate::realm::{INVITE_TTL, Realm};
use crate::{api, scim};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;

/// How a server runs.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where letters go.
    pub mail: MailOut,
    /// The address that letters come from; `firstkey@<host of the origin>` if not given.
    pub mail_from: Option<String>,
    /// How long an invitation lives, in seconds.
    pub invite_ttl: i64,
    /// Whether events are logged.
    pub log: Log,
}

impl ServeOptions {
    /// The defaults: invitations live 7 days, events go to standard error.
    pub fn new(mail: MailOut) -> Self {
        Self { mail, mail_from: None, invite_ttl: INVITE_TTL, log: Log::default() }
    }

    /// Whether letters could go out; [`serve`] checks the same, this is for saying so before anything listens.
    pub fn check(&self, origin: &Origin) -> Result<(), MailOutError> {
        self.post(origin).map(drop)
    }

    fn post(&self, origin: &Origin) -> Result<Post, MailOutError> {
        Post::open(&self.mail, self.mail_from.as_deref(), origin)
    }
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Plain HTTP to other machines.
    #[error("Plain HTTP is only for this machine: listen on 127.0.0.1 or [::1], not on {0}.")]
    NotLoopback(SocketAddr),
    /// Letters cannot go out.
    #[error(transparent)]
    Mail(#[from] MailOutError),
    /// The listener failed.
    #[error("The server cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// Serves until `shutdown` is done; running requests are finished first.
pub async fn serve(
    realm: Realm,
    listener: TcpListener,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let post = options.post(&realm.origin)?;
    let app = Arc::new(App {
        realm: realm.id,
        origin: realm.origin,
        store: realm.store,
        keys: realm.keys,
        clock: realm.clock,
        invite_ttl: options.invite_ttl,
        log: options.log,
    });
    let deliverer = tokio::spawn(deliver(Arc::clone(&app), post));
    let served = axum::serve(listener, router(app)).with_graceful_shutdown(shutdown).await;
    // A letter in the middle of being sent is sent again by the next run.
    deliverer.abort();
    drop(deliverer.await);
    Ok(served?)
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(api::router())
        .nest("/scim/v2", scim::router())
        .route("/scim/v2/", scim::root())
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), log_request))
        .with_state(app)
}

/// One line per request: the route, not the path, so that neither ids of people nor query strings are written.
async fn log_request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let response = next.run(request).await;
    let millis = started.elapsed().as_millis();
    app.log.event(
        "request",
        &[("method", &method), ("route", &route), ("status", &response.status().as_u16()), ("ms", &millis)],
    );
    response
}
