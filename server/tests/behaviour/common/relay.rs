//! A network between a server and its database that can stop carrying anything, without a word to
//! either end: what a frozen machine or a lost network looks like.

use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Carries what comes to a port of this machine to a socket.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    is_frozen: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (is_frozen, frozen) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (socket, frozen) = (socket.clone(), frozen.clone());
                tokio::spawn(async move {
                    // Nobody there: it is closed, as a machine without the service does.
                    let Ok(server) = UnixStream::connect(socket).await else { return };
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::join!(carry(from_client, to_server, frozen.clone()), carry(from_server, to_client, frozen));
                });
            }
        });
        Self { address, is_frozen, task }
    }

    /// From now on nothing is carried, and nobody is told.
    pub(crate) fn freeze(&self) {
        self.is_frozen.send_replace(true);
    }

    /// What waited arrives, and the rest too.
    pub(crate) fn thaw(&self) {
        self.is_frozen.send_replace(false);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut frozen: watch::Receiver<bool>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if frozen.wait_for(|frozen| !frozen).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    if frozen.wait_for(|frozen| !frozen).await.is_ok() {
        drop(to.shutdown().await);
    }
}
