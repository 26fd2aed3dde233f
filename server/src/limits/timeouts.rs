//! Time limits for both directions of a connection: a body has to arrive, and an answer has to be
//! taken.
//!
//! Promise: a client that sends or reads too slowly is cut off, so that a few of them cannot hold
//! every connection of the server.

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For the TLS handshake, for a request's head, and between two requests.
    pub headers: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For taking some of an answer.
    pub write: Duration,
    /// For what is running when the server is told to stop.
    pub grace: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { headers: seconds(30), body: seconds(15), write: seconds(20), grace: seconds(25) }
    }
}

/// A body that fails if it has not arrived whole in time.
pub(crate) struct TimedBody {
    body: Incoming,
    end: Pin<Box<Sleep>>,
}

impl TimedBody {
    pub(crate) fn new(body: Incoming, time: Duration) -> Self {
        Self { body, end: Box::pin(sleep(time)) }
    }
}

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
pub(crate) struct TooSlow;

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Trouble;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Trouble>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(task) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.end.as_mut().poll(task));
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that fails if nothing of what is to be written is taken for some time.
pub(crate) struct TimedStream<S> {
    stream: S,
    time: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    pub(crate) fn new(stream: S, time: Duration) -> Self {
        Self { stream, time, waiting: None }
    }

    fn judge<T>(&mut self, task: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waiting = None;
            return outcome;
        }
        let time = self.time;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(waiting.as_mut().poll(task));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.judge(task, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(task);
        self.judge(task, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(task);
        self.judge(task, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(task, slices);
        self.judge(task, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::TimedStream;
    use std::io::ErrorKind;
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_nothing_is_cut_off() {
        let (stream, _reader) = tokio::io::duplex(16);
        let mut taken = TimedStream::new(stream, Duration::from_secs(20));
        let written = tokio::time::timeout(Duration::from_secs(60), taken.write_all(&[0; 1000])).await;
        let error = written.expect("cut off before that").expect_err("nobody reads");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_is_not() {
        let (stream, mut reader) = tokio::io::duplex(16);
        let mut taken = TimedStream::new(stream, Duration::from_secs(20));
        let reading = tokio::spawn(async move {
            let mut all = 0;
            let mut some = [0; 8];
            while let Ok(count @ 1..) = tokio::io::AsyncReadExt::read(&mut reader, &mut some).await {
                all += count;
                tokio::time::sleep(Duration::from_secs(19)).await;
            }
            all
        });
        taken.write_all(&[0; 100]).await.expect("it is read, slowly");
        drop(taken);
        assert_eq!(reading.await.expect("it ends"), 100);
    }
}
