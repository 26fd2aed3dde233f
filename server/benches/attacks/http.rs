//! A plain HTTP/1.1 client on one connection, from an address of this machine that it chooses.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    stream: BufReader<TcpStream>,
    pub body: Vec<u8>,
}

/// A request as bytes.
pub fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let media = if path.starts_with("/scim") { "application/scim+json" } else { "application/json" };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Client {
    /// None if nobody answers.
    pub async fn connect(from: &str, to: SocketAddr) -> Option<Self> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(format!("{from}:0").parse().ok()?).ok()?;
        let stream = timeout(PATIENCE, socket.connect(to)).await.ok()?.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream: BufReader::new(stream), body: Vec::new() })
    }

    /// Sends and reads the answer; its status. None if there was none.
    pub async fn send(&mut self, request: &[u8]) -> Option<u16> {
        timeout(PATIENCE, self.exchange(request)).await.ok()?
    }

    /// Sends and reads nothing.
    pub async fn push(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.get_mut().write_all(bytes).await.ok()
    }

    /// Takes a few bytes of what comes.
    pub async fn sip(&mut self) -> Option<usize> {
        let mut some = [0; 512];
        self.stream.get_mut().read(&mut some).await.ok().filter(|bytes| *bytes > 0)
    }

    async fn exchange(&mut self, request: &[u8]) -> Option<u16> {
        self.push(request).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await.ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
            chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        }
        self.body.clear();
        while chunked {
            line.clear();
            self.stream.read_line(&mut line).await.ok()?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            let start = self.body.len();
            self.body.resize(start + size + 2, 0);
            self.stream.read_exact(&mut self.body[start..]).await.ok()?;
            self.body.truncate(start + size);
            chunked = size > 0;
        }
        if length > 0 {
            self.body.resize(length, 0);
            self.stream.read_exact(&mut self.body).await.ok()?;
        }
        Some(status)
    }
}
