//! The running server: HTTP on a listener that the caller made, and the deliverer beside it.
//!
//! `connections` accepts and ends them, `tls` keeps the certificate, `rate_limit` refuses a caller
//! who asks too much, `admin` answers administrators and their machines.

mod admin;
mod certificate;
mod connections;
mod expiring;
mod rate_limit;
mod readiness;
mod reload;
mod scim_requests;
mod sweep;
mod tls;

pub(crate) use tls::Pair;
pub use tls::TlsTrouble;

use crate::config::{Front, MailOut};
use crate::http::App;
use crate::limits::{
    CONNECTIONS, InFlight, Large, Limiter, Limits, Metrics, Network, Registrations, Seats, Times, method_name,
};
use crate::log::Log;
use crate::mail::{MailOutError, Post, deliver};
use crate::origin::Origin;
use crate::realm::{INVITE_TTL, Realm};
use crate::scim_log::ScimLog;
use crate::{api, scim, scim_log};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use connections::{Admission, Shared};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tls::Tls;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

/// How long the last rows of the SCIM request log may take.
const LAST_ROWS: Duration = Duration::from_secs(3);

/// How a server runs.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where letters go.
    pub mail: MailOut,
    /// The address that letters come from; `firstkey@<host of the origin>` if not given.
    pub mail_from: Option<String>,
    /// The flags with which a command finds this server, for letters to administrators: with a
    /// blank before them, or empty.
    pub command_flags: String,
    /// How long an invitation lives, in seconds.
    pub invite_ttl: i64,
    /// How long what is left of removed people is kept, in seconds; for ever if not given.
    pub erase_removed_after: Option<i64>,
    /// Whether events are logged.
    pub log: Log,
    /// How people reach it.
    pub front: Front,
    /// How much one caller may ask.
    pub limits: Limits,
    /// How long clients may take.
    pub times: Times,
    /// Most connections at one time.
    pub connections: usize,
    /// Where administrators ask for health and numbers.
    pub admin: Option<Admin>,
    /// What an administrator changes while the server runs.
    pub reloads: Option<mpsc::Receiver<Reload>>,
}

/// The configuration was read again.
#[derive(Debug)]
pub enum Reload {
    /// These limits hold from now on, and the certificate's files are read.
    Taken {
        /// How much one caller may ask.
        limits: Limits,
        /// Whether something else was changed, which only a restart takes up.
        needs_restart: bool,
    },
    /// It cannot be used; nothing changes.
    Refused(String),
}

/// The administrator's listener.
#[derive(Debug)]
pub struct Admin {
    /// Made by the caller.
    pub listener: TcpListener,
    /// Who may ask beside this machine itself.
    pub from: Vec<Network>,
}

impl ServeOptions {
    /// The defaults: invitations live 7 days, events go to standard error, plain HTTP on this
    /// machine, and no limits for callers, who are all at home.
    pub fn new(mail: MailOut) -> Self {
        Self {
            mail,
            mail_from: None,
            command_flags: String::new(),
            invite_ttl: INVITE_TTL,
            erase_removed_after: None,
            log: Log::default(),
            front: Front::Plain { trusted_proxies: Vec::new() },
            limits: Limits::default(),
            times: Times::default(),
            connections: CONNECTIONS,
            admin: None,
            reloads: None,
        }
    }

    /// Whether letters could go out, and whether clients would take the certificate at this
    /// moment; [`serve`] checks the same, this is for saying so before anything listens.
    pub fn check(&self, origin: &Origin, now: i64) -> Result<(), ServeError> {
        self.post(origin)?;
        if let Front::Tls(files) = &self.front {
            Pair::read(files, origin, now)?;
        }
        Ok(())
    }

    fn post(&self, origin: &Origin) -> Result<Post, MailOutError> {
        Post::open(&self.mail, self.mail_from.as_deref(), origin)
    }
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Plain HTTP to other machines.
    #[error(
        "Plain HTTP is only for this machine: listen on 127.0.0.1 or [::1], not on {0}; or give a certificate (--tls-certificate, --tls-key), or name the proxy that terminates TLS (--trusted-proxy)."
    )]
    NotLoopback(SocketAddr),
    /// People would come by another way than the origin says.
    #[error(
        "Clients connect to {0}, which is not https://, so a certificate or a proxy in front has no use. Create the server again with `init --origin https://...`."
    )]
    OriginNotHttps(String),
    /// The certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsTrouble),
    /// Letters cannot go out.
    #[error(transparent)]
    Mail(#[from] MailOutError),
    /// The listener failed.
    #[error("The server cannot listen: {0}")]
    Listen(#[from] io::Error),
}

impl Front {
    /// Whether a server may listen there; [`serve`] asks the same.
    pub fn check(&self, listen: SocketAddr, origin: &Origin) -> Result<(), ServeError> {
        let plain = match self {
            Self::Plain { trusted_proxies } => trusted_proxies.is_empty(),
            Self::Tls(_) => false,
        };
        if plain {
            return if listen.ip().is_loopback() { Ok(()) } else { Err(ServeError::NotLoopback(listen)) };
        }
        if origin.as_str().starts_with("https://") {
            Ok(())
        } else {
            Err(ServeError::OriginNotHttps(origin.to_string()))
        }
    }
}

/// Serves until `shutdown` is done; running requests are finished first.
pub async fn serve(
    realm: Realm,
    listener: TcpListener,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    options.front.check(listener.local_addr()?, &realm.origin)?;
    let post = options.post(&realm.origin)?;
    let app = Arc::new(App {
        realm: realm.id,
        origin: realm.origin,
        contact: realm.contact,
        store: realm.store,
        keys: realm.keys,
        clock: realm.clock,
        command_flags: options.command_flags,
        invite_ttl: options.invite_ttl,
        erase_removed_after: options.erase_removed_after,
        log: options.log,
        limits: Limiter::new(options.limits),
        registrations: Registrations::default(),
        in_flight: InFlight::new(Seats::new(options.connections).each()),
        large: Large::default(),
        metrics: Metrics::default(),
        scim_log: ScimLog::default(),
        unready: std::sync::Mutex::default(),
    });
    let log = app.log.clone();
    app.store.tell(move |error| log.event("database.failed", &[("error", error)]));
    let mut beside = Vec::new();
    let mut certificate = None;
    let admission = match &options.front {
        Front::Plain { .. } => Admission::plain(&options.front),
        Front::Tls(files) => {
            let tls = Arc::new(Tls::open(files.clone(), &app)?);
            beside.push(tokio::spawn(Arc::clone(&tls).watch(Arc::clone(&app))));
            certificate = Some(Arc::clone(&tls));
            Admission::Tls(tls)
        }
    };
    let (stop, stopped) = watch::channel(false);
    let shared = |router, admission| Shared {
        app: Arc::clone(&app),
        router,
        admission,
        times: options.times,
        most: options.connections,
    };
    if let Some(Admin { listener, from }) = options.admin {
        let shared = shared(admin::router(Arc::clone(&app)), Admission::Plain { admitted: from, proxies: Vec::new() });
        let mut stopped = stopped.clone();
        // It answers until the other has finished: "not ready" would not be true before.
        beside.push(tokio::spawn(async move {
            connections::serve(shared, listener, async move { drop(stopped.wait_for(|stop| *stop).await) }).await;
        }));
    }
    if let Some(reloads) = options.reloads {
        beside.push(tokio::spawn(reload::run(Arc::clone(&app), reloads, certificate)));
    }
    beside.push(tokio::spawn(deliver(Arc::clone(&app), post)));
    beside.push(tokio::spawn(sweep::run(Arc::clone(&app))));
    beside.push(tokio::spawn(expiring::run(Arc::clone(&app))));
    let logging = tokio::spawn({
        let (app, stopped) = (Arc::clone(&app), stopped.clone());
        async move { scim_log::keep(&app.scim_log, &app.store, stopped).await }
    });
    app.log.event("server.started", &[("version", &env!("CARGO_PKG_VERSION"))]);
    connections::serve(shared(router(Arc::clone(&app)), admission), listener, shutdown).await;
    // A letter in the middle of being sent is sent again by the next run.
    let _ = stop.send(true);
    // What was answered in the last second is written, unless the database does not answer.
    drop(tokio::time::timeout(LAST_ROWS, logging).await);
    for task in beside {
        task.abort();
        drop(task.await);
    }
    app.log.event("server.stopped", &[]);
    Ok(())
}

/// Every route of the server, with what counts and limits requests.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(api::router())
        .nest("/scim/v2", scim::router())
        .route("/scim/v2/", scim::root())
        .route("/readyz", get(admin::ready))
        .fallback(api::elsewhere)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), rate_limit::apply))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), scim_requests::record))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), note_request))
        .with_state(app)
}

/// One line and one count per request: the route, not the path, so that neither ids of people nor
/// query strings are written.
async fn note_request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let method = method_name(request.method());
    let response = next.run(request).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics.request(&route, method, status, took);
    app.log.event("request", &[("method", &method), ("route", &route), ("status", &status), ("ms", &took.as_millis())]);
    response
}
