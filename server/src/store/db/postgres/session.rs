//! Whether a session is ours, or lent by a pooler for a transaction at a time.
//!
//! A pooler answers with a key of its own where a server sends the number of the process that
//! serves the session; `pg_backend_pid()` says the real one. Where the two differ, nothing may be
//! left in the session: no settings, and no prepared statement, whose name could be another
//! client's by the next transaction. The number is taken from the request that would cancel a
//! statement, which is written into memory and sent to nobody.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Length, code, process and the shortest secret.
const CANCEL: usize = 16;
/// What asks for TLS first: length and code.
const ASK_TLS: usize = 8;

/// The number of the process that the other end said serves this session.
pub(super) async fn announced_process(client: &Client, is_over_tls: bool) -> Option<i32> {
    let (mut ours, theirs) = tokio::io::duplex(1024);
    if is_over_tls {
        // Yes, TLS can be spoken here.
        ours.write_all(b"S").await.ok()?;
    }
    client.cancel_token().cancel_query_raw(theirs, Memory).await.ok()?;
    let mut said = Vec::new();
    ours.read_to_end(&mut said).await.ok()?;
    let request = said.get(if is_over_tls { ASK_TLS } else { 0 }..)?;
    let process = request.get(8..12).filter(|_| request.len() >= CANCEL)?;
    Some(i32::from_be_bytes(process.try_into().ok()?))
}

/// "TLS" over memory: nothing is sent.
struct Memory;

struct Pipe(DuplexStream);

impl TlsConnect<DuplexStream> for Memory {
    type Stream = Pipe;
    type Error = Infallible;
    type Future = Ready<Result<Pipe, Infallible>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(Pipe(stream)))
    }
}

impl TlsStream for Pipe {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
