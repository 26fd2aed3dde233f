//! Requests that are being answered: how many of one source, and of one SCIM token, at one time.
//!
//! Promises: requests of one source behind a proxy of ours are held to what its connections would
//! be held to without the proxy; a SCIM token has few at one time and waits for its own, so that
//! what one organisation holds in memory is bounded. An answer counts until the last of it was
//! taken.

use super::shares::{Permit, Shares};
use crate::token::TokenHash;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Requests of one SCIM token that are worked on at one time.
pub(crate) const OF_A_TOKEN: u32 = 48;
/// And those that may wait for that.
const WAITING: u32 = 80;

/// The requests of a running server.
pub(crate) struct InFlight {
    sources: Shares<IpAddr>,
    each: u32,
    tokens: Shares<[u8; 32]>,
}

/// What a request holds until its answer was taken. Kept among the extensions of the answer.
#[derive(Clone)]
pub(crate) struct Holding(#[allow(dead_code, reason = "kept for its drop")] Arc<(Permit, Option<Permit>)>);

impl InFlight {
    /// At most `each` of one source.
    pub(crate) fn new(each: u32) -> Self {
        let plenty = Shares::<IpAddr>::PLENTY;
        Self { sources: Shares::new(plenty, each), each, tokens: Shares::new(plenty, OF_A_TOKEN) }
    }

    /// One more request; waits for others of its token. None if there are too many.
    pub(crate) async fn begin(&self, source: IpAddr, token: Option<TokenHash>) -> Option<Holding> {
        let source = self.sources.take_unless_crowded(source, 1, self.each).await?;
        let token = match token {
            Some(token) => Some(self.tokens.take_unless_crowded(token.0, 1, OF_A_TOKEN + WAITING).await?),
            None => None,
        };
        Some(Holding(Arc::new((source, token))))
    }
}

/// An answer's body that holds something until the last of its bytes was taken.
pub(crate) struct HeldBody<T> {
    body: Body,
    held: Arc<T>,
}

impl<T: Send + Sync + 'static> HeldBody<T> {
    pub(crate) fn new(body: Body, held: T) -> Self {
        Self { body, held: Arc::new(held) }
    }
}

/// Bytes that hold it too: they wait in the connection after the body itself is gone.
struct Held<T>(Bytes, #[allow(dead_code, reason = "kept for its drop")] Arc<T>);

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Send + Sync + 'static> hyper::body::Body for HeldBody<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(task));
        let held = Arc::clone(&self.held);
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| Bytes::from_owner(Held(bytes, held))))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::{HeldBody, InFlight, OF_A_TOKEN, WAITING};
    use crate::token::TokenHash;
    use axum::body::Body;
    use futures_util::{FutureExt, StreamExt};
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_source_and_a_token_have_their_measure_and_others_have_their_own() {
        let requests = InFlight::new(1000);
        let token = |name: &[u8]| Some(TokenHash::of(name));
        let begin = |name: &'static [u8]| requests.begin(HERE, token(name)).now_or_never();
        let held: Vec<_> = (0..OF_A_TOKEN).map(|_| begin(b"a").flatten().expect("begun")).collect();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(requests.begin(HERE, token(b"a")))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()), "they wait");
        assert!(begin(b"a").expect("at once").is_none(), "too many");
        assert!(begin(b"b").flatten().is_some());
        drop(held);
        assert!(waiting[0].as_mut().now_or_never().flatten().is_some());
        let one = InFlight::new(1);
        let _held = one.begin(HERE, None).now_or_never().flatten().expect("begun");
        assert!(one.begin(HERE, None).now_or_never().expect("at once").is_none());
        assert!(one.begin(IpAddr::V4(Ipv4Addr::BROADCAST), None).now_or_never().flatten().is_some());
    }

    #[test]
    fn an_answer_counts_until_its_bytes_are_gone() {
        let counted = Arc::new(());
        let body = HeldBody::new(Body::from("answer"), Arc::clone(&counted));
        let mut body = Body::new(body).into_data_stream();
        let bytes = body.next().now_or_never().flatten().expect("some").expect("bytes");
        drop(body);
        assert_eq!((bytes.as_ref(), Arc::strong_count(&counted)), (&b"answer"[..], 2));
        drop(bytes);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
