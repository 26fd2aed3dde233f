//! Requests and answers as bytes on a wire: one of each for a connection. The hostile server speaks
//! with it, and so do the tests of the client.
//!
//! Promises: a request is kept as it was received, to the byte. Must never: read more than it needs
//! to know where a body ends.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// The largest request that is taken in; the client's are below 64 KiB.
const LARGEST: usize = 1 << 20;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    /// As in its first line.
    pub method: String,
    /// As in its first line, with the query.
    pub path: String,
    /// The head, as received.
    pub head: String,
    /// The body, as received.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Three digits.
    pub status: u16,
    /// Empty for none.
    pub content_type: String,
    /// All others but those about the connection.
    pub headers: Vec<(String, String)>,
    /// Whatever is behind the head.
    pub body: Vec<u8>,
}

impl Seen {
    /// One to send, with these headers and its length.
    pub fn new(method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\n", body.len());
        Self { method: method.to_owned(), path: path.to_owned(), head, body }
    }

    /// Reads one; `None` if the other side said nothing.
    pub fn read(stream: impl Read) -> std::io::Result<Option<Self>> {
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
        let length = header(&head, "content-length").and_then(|length| length.parse::<usize>().ok());
        let mut body = vec![0; length.unwrap_or(0).min(LARGEST)];
        reader.read_exact(&mut body)?;
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        Ok(Some(Self { method, path, head, body }))
    }

    /// What stands behind the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Every byte of it.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Asks the server that listens there.
    pub fn ask(&self, server: SocketAddr) -> std::io::Result<Reply> {
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

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.into_iter().find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.trim()))
}

impl Reply {
    /// A JSON answer with status 200.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: "application/json".into(), headers: Vec::new(), body: body.into() }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none, which an honest server's always is.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).expect("invariant: the honest server answers JSON")
    }

    /// The same answer with `Retry-After`.
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.headers.push(("Retry-After".into(), seconds.to_string()));
        self
    }

    /// The same answer with another JSON body.
    pub fn with(mut self, value: &Value) -> Self {
        self.body = value.to_string().into_bytes();
        self
    }

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
    pub fn bytes(&self) -> Vec<u8> {
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

/// A head, or a body, that ends when the client takes no more.
pub fn endless(client: &mut impl Write, head: bool) -> std::io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\n")?;
    if head {
        loop {
            client.write_all(b"X-More: 0123456789abcdef0123456789abcdef\r\n")?;
        }
    }
    client.write_all(b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    loop {
        client.write_all(b"10\r\n0000000000000000\r\n")?;
    }
}
