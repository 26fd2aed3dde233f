//! Requests and answers as bytes on a wire: one of each for a connection.
//!
//! Promises: a request is kept as it was received, to the byte. Must never: read more than it needs
//! to know where a body ends.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// The largest request that is taken in; the client's are below 64 KiB.
const LARGEST: usize = 1 << 20;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    /// The head, as received.
    pub(super) head: String,
    /// The body, as received.
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Empty for none.
    pub(super) content_type: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// Reads one; `None` if the other side said nothing.
    pub(super) fn read(stream: &TcpStream) -> std::io::Result<Option<Self>> {
        let mut reader = BufReader::new(stream).take(LARGEST as u64);
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            if line.trim_end().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
        });
        let mut body = vec![0; length.unwrap_or(0).min(LARGEST)];
        reader.read_exact(&mut body)?;
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        Ok(Some(Self { method, path, head, body }))
    }

    /// Every byte of it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Asks the server that listens there.
    pub(super) fn ask(&self, server: SocketAddr) -> std::io::Result<Reply> {
        let mut stream = TcpStream::connect(server)?;
        let head: String = self
            .head
            .lines()
            .skip(1)
            .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
            .map(|line| format!("{line}\r\n"))
            .collect();
        write!(stream, "{} {} HTTP/1.1\r\n{head}Connection: close\r\n\r\n", self.method, self.path)?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Reply::read(&answer).ok_or_else(|| Error::new(ErrorKind::InvalidData, "the honest server's answer is not HTTP"))
    }
}

impl Reply {
    fn read(bytes: &[u8]) -> Option<Self> {
        let split = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..split]).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut content_type = String::new();
        let mut headers = Vec::new();
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-type" => value.trim().clone_into(&mut content_type),
                "content-length" | "connection" | "transfer-encoding" | "date" => {}
                _ => headers.push((name.to_owned(), value.trim().to_owned())),
            }
        }
        Some(Self { status, content_type, headers, body: bytes[split + 4..].to_vec() })
    }

    /// As it goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head =
            format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n", self.status, self.body.len());
        if !self.content_type.is_empty() {
            head.push_str(&format!("Content-Type: {}\r\n", self.content_type));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}
