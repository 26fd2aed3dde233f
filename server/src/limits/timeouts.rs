//! Time limits for both directions of a connection: a body has to arrive, and an answer has to be
//! taken.
//!
//! Promise: a client that sends or reads too slowly is cut off, so that a few of them cannot hold
//! every connection of the server; taking a byte now and then is too slow as well.

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For the TLS handshake, for a request's head, and between two requests.
    pub headers: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For taking an answer, and a second more for each 4 KiB of it that were taken.
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
    is_whole: Arc<AtomicBool>,
}

/// Whether a body has been read to its end.
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    pub(crate) fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl TimedBody {
    /// The body, and how far it has been read.
    pub(crate) fn new(body: Incoming, time: Duration) -> (Self, Progress) {
        let is_whole = Arc::new(AtomicBool::new(body.is_end_stream()));
        let progress = Progress(Arc::clone(&is_whole));
        (Self { body, end: Box::pin(sleep(time)), is_whole }, progress)
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
            if frame.is_none() || self.body.is_end_stream() {
                self.is_whole.store(true, Ordering::Release);
            }
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

/// Bytes a second at which an answer must be taken in the long run.
const SLOWEST: u64 = 4 * 1024;

/// A connection that fails if what is to be written is taken too slowly.
pub(crate) struct TimedStream<S> {
    stream: S,
    time: Duration,
    waiting: Option<Waiting>,
}

/// Since when there is something that the client has not taken, and how much it has taken since.
struct Waiting {
    since: Instant,
    taken: u64,
    end: Pin<Box<Sleep>>,
}

impl<S> TimedStream<S> {
    pub(crate) fn new(stream: S, time: Duration) -> Self {
        Self { stream, time, waiting: None }
    }

    /// Not yet: there is a time at which it is too late.
    fn wait<T>(&mut self, task: &mut Context<'_>) -> Poll<io::Result<T>> {
        let time = self.time;
        let waiting =
            self.waiting.get_or_insert_with(|| Waiting { since: Instant::now(), taken: 0, end: Box::pin(sleep(time)) });
        ready!(waiting.end.as_mut().poll(task));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Some was taken.
    fn took(&mut self, task: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Pending => self.wait(task),
            Poll::Ready(outcome) => {
                if let (Some(waiting), Ok(bytes)) = (&mut self.waiting, &outcome) {
                    waiting.taken += *bytes as u64;
                    let earned = Duration::from_millis(waiting.taken * 1000 / SLOWEST);
                    waiting.end.as_mut().reset(waiting.since + self.time + earned);
                }
                Poll::Ready(outcome)
            }
        }
    }

    /// All was taken.
    fn done(&mut self, task: &mut Context<'_>, outcome: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        if outcome.is_pending() {
            return self.wait(task);
        }
        self.waiting = None;
        outcome
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
        self.took(task, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(task);
        self.done(task, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(task);
        self.done(task, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(task, slices);
        self.took(task, outcome)
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

    /// Writes to a reader that takes so many bytes each `pause`.
    async fn written(bytes: usize, each: usize, pause: Duration) -> std::io::Result<()> {
        let (stream, mut reader) = tokio::io::duplex(1024);
        let mut taken = TimedStream::new(stream, Duration::from_secs(20));
        let reading = tokio::spawn(async move {
            let mut some = vec![0; each];
            while let Ok(1..) = tokio::io::AsyncReadExt::read(&mut reader, &mut some).await {
                tokio::time::sleep(pause).await;
            }
        });
        let written = taken.write_all(&vec![0; bytes]).await;
        drop(taken);
        reading.await.expect("it ends");
        written
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_byte_now_and_then_is_cut_off_too() {
        let error = written(1_000_000, 1, Duration::from_secs(1)).await.expect_err("it would take eleven days");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_8_kib_a_second_is_not() {
        written(1_000_000, 1024, Duration::from_millis(125)).await.expect("two minutes are fine");
    }
}
