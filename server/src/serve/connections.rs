//! Connections: accepted, counted, given TLS if there is any, served, and ended in good order.
//!
//! Promises: no more connections than were allowed are open; each step of a client has a time
//! limit; after the signal to stop nothing new is accepted, and running requests are finished
//! within the grace. Must never: serve plain HTTP to a client that is neither on this machine nor a
//! named proxy.

use super::tls::Tls;
use crate::config::Front;
use crate::http::App;
use crate::limits::{Network, Source, TimedBody, TimedStream, Times};
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// After an error of accept itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an idle connection may take to notice the end.
const QUIET: Duration = Duration::from_millis(500);

/// What all connections of one listener share.
pub(super) struct Shared {
    pub(super) app: Arc<App>,
    pub(super) router: Router,
    pub(super) admission: Admission,
    pub(super) times: Times,
    /// Most connections at one time.
    pub(super) most: usize,
}

/// Who is let in, and how.
pub(super) enum Admission {
    /// With TLS, everybody.
    Tls(Arc<Tls>),
    /// Plain: this machine and these networks, and among them whose word counts on where a request
    /// comes from.
    Plain { admitted: Vec<Network>, proxies: Vec<Network> },
}

impl Admission {
    pub(super) fn plain(front: &Front) -> Self {
        let proxies = match front {
            Front::Plain { trusted_proxies } => trusted_proxies.clone(),
            Front::Tls(_) => Vec::new(),
        };
        Self::Plain { admitted: proxies.clone(), proxies }
    }

    fn admits(&self, peer: IpAddr) -> bool {
        match self {
            Self::Tls(_) => true,
            Self::Plain { admitted, .. } => {
                peer.to_canonical().is_loopback() || admitted.iter().any(|n| n.contains(peer))
            }
        }
    }

    fn proxies(&self) -> &[Network] {
        match self {
            Self::Tls(_) => &[],
            Self::Plain { proxies, .. } => proxies,
        }
    }
}

/// Serves until `shutdown` is done and what was running is finished or out of time.
pub(super) async fn serve(shared: Shared, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
    let shared = Arc::new(shared);
    let seats = Arc::new(Semaphore::new(shared.most));
    let (ending, ended) = watch::channel(false);
    let mut running = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let next = async {
            let seat = Arc::clone(&seats).acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
            Some(_) = running.join_next() => continue,
        };
        let Ok(seat) = seat else { break };
        match accepted {
            Ok((stream, peer)) if shared.admission.admits(peer.ip()) => {
                let (shared, ended) = (Arc::clone(&shared), ended.clone());
                running.spawn(async move {
                    let _seat = seat;
                    let _counted = Counted::new(&shared.app.metrics.connections);
                    one(&shared, stream, peer.ip(), ended).await;
                });
            }
            // Not the address: it may be a person's.
            Ok(_) => shared.app.log.event("connection.refused", &[("reason", &"plain HTTP from a stranger")]),
            Err(error) => {
                shared.app.log.event("accept.failed", &[("error", &error)]);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    // Nobody listens any more if there are no connections.
    let _ = ending.send(true);
    let finished = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(shared.times.grace, finished).await.is_err() {
        shared.app.log.event("shutdown.cut-off", &[("connections", &running.len())]);
        running.shutdown().await;
    }
}

struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn one(shared: &Arc<Shared>, stream: TcpStream, peer: IpAddr, ended: watch::Receiver<bool>) {
    // Small answers are sent at once; if the system does not want to, they come later.
    drop(stream.set_nodelay(true));
    let stream = TimedStream::new(stream, shared.times.write);
    match &shared.admission {
        Admission::Plain { .. } => talk(shared, stream, peer, ended).await,
        Admission::Tls(tls) => {
            let handshake = TlsAcceptor::from(tls.config()).accept(stream);
            // Clients that do not trust us, scanners, and whoever says nothing: theirs to mend.
            if let Ok(Ok(stream)) = tokio::time::timeout(shared.times.headers, handshake).await {
                talk(shared, stream, peer, ended).await;
            }
        }
    }
}

async fn talk<S>(shared: &Arc<Shared>, stream: S, peer: IpAddr, mut ended: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let busy = Arc::new(AtomicUsize::new(0));
    let service = {
        let (shared, busy) = (Arc::clone(shared), Arc::clone(&busy));
        let router = TowerToHyperService::new(shared.router.clone());
        service_fn(move |request: hyper::Request<Incoming>| {
            let source = Source::read(peer, request.headers(), shared.admission.proxies());
            let time = shared.times.body;
            let mut request = request.map(|body| Body::new(TimedBody::new(body, time)));
            request.extensions_mut().insert(source);
            let (answer, busy) = (router.call(request), Arc::clone(&busy));
            busy.fetch_add(1, Ordering::SeqCst);
            async move {
                let answer = answer.await;
                busy.fetch_sub(1, Ordering::SeqCst);
                answer
            }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.times.headers)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // How a connection ends is the client's affair.
        _ = connection.as_mut() => return,
        _ = ended.wait_for(|ended| *ended) => connection.as_mut().graceful_shutdown(),
    }
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = tokio::time::sleep(QUIET) => if busy.load(Ordering::SeqCst) == 0 { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Admission;
    use crate::config::Front;
    use std::net::IpAddr;

    #[test]
    fn plain_http_is_for_this_machine_and_the_proxies_that_were_named() {
        let admits = |proxies: &[&str], peer: &str| {
            let trusted_proxies = proxies.iter().map(|text| text.parse().expect("a network")).collect();
            let peer: IpAddr = peer.parse().expect("an address");
            Admission::plain(&Front::Plain { trusted_proxies }).admits(peer)
        };
        for here in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(admits(&[], here), "{here}");
        }
        for there in ["10.0.0.1", "203.0.113.9", "2001:db8::1", "0.0.0.0", "::ffff:10.0.0.1"] {
            assert!(!admits(&[], there), "{there}");
        }
        assert!(admits(&["10.0.0.0/8"], "10.1.2.3") && admits(&["10.0.0.0/8"], "::ffff:10.1.2.3"));
        assert!(!admits(&["10.0.0.0/8"], "203.0.113.9"));
    }
}
