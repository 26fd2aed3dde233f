//! A plain HTTP/1.1 client on one connection: as little as possible, so that the server is what is
//! measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

pub struct Client {
    stream: BufReader<TcpStream>,
    token: String,
    body: String,
}

impl Client {
    pub fn new(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufReader::new(stream), token: token.to_owned(), body: String::new() }
    }

    /// Sends a request below `/scim/v2`; gives the status.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> u16 {
        let head = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/scim+json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes()).expect("sent");
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().expect("a length");
            }
            chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("a whole body");
        while chunked {
            line.clear();
            self.stream.read_line(&mut line).expect("a chunk");
            let size = usize::from_str_radix(line.trim(), 16).expect("a size");
            let start = bytes.len();
            bytes.resize(start + size + 2, 0);
            self.stream.read_exact(&mut bytes[start..]).expect("a whole chunk");
            bytes.truncate(start + size);
            chunked = size > 0;
        }
        self.body = String::from_utf8(bytes).expect("UTF-8");
        status
    }

    pub fn body(&self) -> &str {
        &self.body
    }
}
