//! Connections: accepted, counted, given TLS if there is any, served, and ended in good order.
//!
//! Promises: no more connections than were allowed are served, and one source has a share of them;
//! each step of a client has a time limit; a connection that does nothing leaves its seat to one
//! that waits; what a connection buffers is bounded; after the signal to stop nothing new is
//! accepted, and running requests are finished within the grace. Must never: serve plain HTTP to a
//! client that is neither on this machine nor a named proxy.

use super::tls::Tls;
use crate::config::Front;
use crate::http::App;
use crate::limits::{HeldBody, Holding, Network, Seats, Source, TimedBody, TimedStream, Times};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// After an error of accept itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an idle connection may take to notice the end.
const QUIET: Duration = Duration::from_millis(500);
/// Most bytes of a request's head, and of an answer that waits in this program.
const BUFFER: usize = 64 * 1024;
/// Bytes of an answer that wait in the system, which takes twice of it.
const SEND_BUFFER: usize = 128 * 1024;

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

    /// Whose seat a connection takes; none for a proxy of ours, behind which there are many.
    fn seated(&self, peer: IpAddr) -> Option<IpAddr> {
        let is_proxy = self.proxies().iter().any(|network| network.contains(peer));
        (!is_proxy).then(|| Source(peer.to_canonical()).counted())
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
    let seats = Arc::new(Seats::new(shared.most));
    let (ending, ended) = watch::channel(false);
    let mut running = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
            Some(_) = running.join_next() => continue,
        };
        match accepted {
            // Whoever waits for a seat is not served, but takes a file and some memory.
            Ok(_) if running.len() >= shared.most.saturating_mul(2) => turned_away(&shared),
            Ok((stream, peer)) if shared.admission.admits(peer.ip()) => {
                let (shared, seats, ended) = (Arc::clone(&shared), Arc::clone(&seats), ended.clone());
                running.spawn(async move { one(&shared, &seats, stream, peer.ip(), ended).await });
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

/// No line in the log for each: there may be many.
fn turned_away(shared: &Shared) {
    shared.app.metrics.turned_away.fetch_add(1, Ordering::Relaxed);
}

async fn one(shared: &Arc<Shared>, seats: &Seats, stream: TcpStream, peer: IpAddr, mut ended: watch::Receiver<bool>) {
    let seat = tokio::select! {
        seat = tokio::time::timeout(shared.times.headers, seats.take(shared.admission.seated(peer))) => seat,
        _ = ended.wait_for(|ended| *ended) => return,
    };
    let Ok(Some(_seat)) = seat else { return turned_away(shared) };
    let _counted = Counted::new(&shared.app.metrics.connections);
    // Small answers are sent at once, and of large ones the system holds a little; if it does not
    // want to, they come later, and it holds more.
    drop(stream.set_nodelay(true));
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER);
    let stream = TimedStream::new(stream, shared.times.write);
    match &shared.admission {
        Admission::Plain { .. } => talk(shared, seats, stream, peer, ended).await,
        Admission::Tls(tls) => {
            let handshake = TlsAcceptor::from(tls.config()).accept(stream);
            let handshake = tokio::time::timeout(shared.times.headers, handshake);
            let stream = tokio::select! {
                stream = handshake => stream,
                () = seats.asked_to_leave(|| true, || 0) => return,
            };
            // Clients that do not trust us, scanners, and whoever says nothing: theirs to mend.
            if let Ok(Ok(stream)) = stream {
                talk(shared, seats, stream, peer, ended).await;
            }
        }
    }
}

/// What happens on a connection.
#[derive(Default)]
struct Activity {
    /// Requests whose answers were not taken yet.
    busy: AtomicUsize,
    /// Requests whose answers were.
    done: AtomicUsize,
}

struct Busy(Arc<Activity>);

impl Busy {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.busy.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
        self.0.done.fetch_add(1, Ordering::SeqCst);
    }
}

async fn talk<S>(shared: &Arc<Shared>, seats: &Seats, stream: S, peer: IpAddr, mut ended: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::default());
    let service = {
        let (shared, activity) = (Arc::clone(shared), Arc::clone(&activity));
        let router = TowerToHyperService::new(shared.router.clone());
        service_fn(move |request: hyper::Request<Incoming>| {
            let source = Source::read(peer, request.headers(), shared.admission.proxies());
            let time = shared.times.body;
            let (head, body) = request.into_parts();
            let (body, progress) = TimedBody::new(body, time);
            let mut request = hyper::Request::from_parts(head, Body::new(body));
            request.extensions_mut().insert(source);
            let (answer, busy) = (router.call(request), Busy::new(&activity));
            async move {
                let mut answer = answer.await?;
                let holding = answer.extensions_mut().remove::<Holding>();
                // An answer before the body was taken in: what follows on the connection is not the
                // next request.
                if !progress.is_whole() {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer.map(|body| HeldBody::new(body, (busy, holding))))
            }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.times.headers)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let is_idle = || activity.busy.load(Ordering::SeqCst) == 0;
    tokio::select! {
        // How a connection ends is the client's affair.
        _ = connection.as_mut() => return,
        () = seats.asked_to_leave(is_idle, || activity.done.load(Ordering::SeqCst)) => {}
        _ = ended.wait_for(|ended| *ended) => {}
    }
    connection.as_mut().graceful_shutdown();
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = tokio::time::sleep(QUIET) => if is_idle() { return },
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
