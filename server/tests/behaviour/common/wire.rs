//! HTTP by hand, for what no polite client does.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Longest wait for anything; whoever waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn connect(server: SocketAddr) -> TcpStream {
    TcpStream::connect(server).await.expect("the server listens")
}

/// From an address of this machine: all that begin with 127 are.
pub(crate) async fn connect_from(address: &str, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(format!("{address}:0").parse().expect("an address")).expect("an address of this machine");
    socket.connect(server).await.expect("the server listens")
}

/// A GET of a path, the connection kept open.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: accounts.example.org\r\n\r\n")
}

/// Sends a request and reads one answer of known length; gives its status.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &str) -> u16 {
    stream.write_all(request.as_bytes()).await.expect("sent");
    answer(stream).await
}

/// Reads one answer; gives its status.
pub(crate) async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> u16 {
    let read = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a whole head"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |n| n.parse().expect("a number"));
        stream.read_exact(&mut vec![0; length]).await.expect("a whole body");
        head.split(' ').nth(1).expect("a status").parse().expect("a number")
    };
    tokio::time::timeout(PATIENCE, read).await.expect("an answer in time")
}

/// Reads until the server ends the connection.
pub(crate) async fn rest<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server hangs up");
    // A reset is an end too.
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}
