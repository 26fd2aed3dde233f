//! Whether a byte of a request can have left this computer.
//!
//! A layer around the connector of the HTTP client: it sees the moment at which a connection
//! stands, TLS and proxy included. Before that moment no byte of a request has anywhere to go.
//!
//! Promise: "nothing left" is said only where no connection stood since the request began. A
//! connection that may be used again counts as one. Must never: look into a connection, or change
//! how one is made.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// What is known of the last request.
#[derive(Clone, Debug, Default)]
pub(super) struct Left(Arc<AtomicBool>);

impl Left {
    /// A request begins; `reuses` says whether a connection that stands may carry it.
    pub(super) fn begin(&self, reuses: bool) {
        self.0.store(reuses, Ordering::SeqCst);
    }

    /// Whether a byte of it may have left.
    pub(super) fn may_have(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl<S> Layer<S> for Left {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner, left: self.clone() }
    }
}

/// A connector that notes when a connection stands.
#[derive(Clone)]
pub(super) struct Connector<S> {
    inner: S,
    left: Left,
}

impl<R, S> Service<R> for Connector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (connecting, left) = (self.inner.call(request), self.left.clone());
        Box::pin(async move {
            let connection = connecting.await?;
            left.0.store(true, Ordering::SeqCst);
            Ok(connection)
        })
    }
}

#[cfg(test)]
#[path = "left_tests.rs"]
mod tests;
