//! The wire between client and server: records every request, and answers as a test wants.
//!
//! One request per connection; the client is told so. What the test does not touch is forwarded to
//! the real server unchanged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method and path.
    pub method: String,
    pub path: String,
    /// The head, as received.
    pub head: String,
    /// The body, as received.
    pub body: Vec<u8>,
}

/// An answer as it goes back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON answer.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: "application/json".into(), headers: Vec::new(), body: body.into() }
    }

    /// The body as JSON.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the honest server answers JSON")
    }

    /// The same answer with `Retry-After`.
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.headers.push(("Retry-After".into(), seconds.to_string()));
        self
    }

    /// The same answer with another JSON body.
    pub fn with(mut self, value: &serde_json::Value) -> Self {
        self.body = value.to_string().into_bytes();
        self
    }
}

/// What to do with a request.
pub enum Act {
    /// Ask the real server and pass its answer on.
    Forward,
    /// Ask the real server and change its answer.
    Change(Box<dyn FnOnce(Reply) -> Reply + Send>),
    /// Do not ask the real server.
    Answer(Reply),
    /// Write these bytes and close.
    Raw(Vec<u8>),
    /// Close without an answer, before the server saw anything.
    CutBefore,
    /// Let the server do it, then close without an answer.
    CutAfter,
    /// Let the server do it, then send only so many bytes of the answer.
    Truncate(usize),
    /// Keep the connection open and say nothing until the client goes away.
    Silence,
    /// Send bytes for ever, as fast as they are taken.
    Endless,
}

type Script = Box<dyn FnMut(&Seen, usize) -> Act + Send>;

/// A recording, lying proxy.
#[derive(Clone)]
pub struct Wire {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Seen>>>,
    upstream: Arc<Mutex<Option<SocketAddr>>>,
    script: Arc<Mutex<Script>>,
    answers: Arc<Mutex<Vec<u8>>>,
    listening: Arc<Mutex<Option<Listening>>>,
    serving: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// The listening socket, and the thread that accepts.
struct Listening {
    socket: TcpListener,
    thread: JoinHandle<()>,
}

impl Wire {
    /// Listens on a free loopback port; forwards everything until told otherwise.
    pub fn listen() -> Self {
        Self::listen_at("127.0.0.1")
    }

    /// Starts one at another address of this computer.
    pub fn listen_at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("loopback has a free port");
        let wire = Self {
            address: listener.local_addr().expect("bound"),
            log: Arc::default(),
            upstream: Arc::default(),
            script: Arc::new(Mutex::new(Box::new(|_, _| Act::Forward))),
            answers: Arc::default(),
            listening: Arc::default(),
            serving: Arc::default(),
        };
        wire.accept(listener);
        wire
    }

    fn accept(&self, listener: TcpListener) {
        let socket = listener.try_clone().expect("a descriptor is free");
        let own = self.clone();
        let thread = std::thread::spawn(move || {
            // Ends when the socket is shut down.
            while let Ok((stream, _)) = listener.accept() {
                let (own, all) = (own.clone(), Arc::clone(&own.serving));
                let one = std::thread::spawn(move || drop(own.serve(stream)));
                all.lock().expect("not poisoned").push(one);
            }
        });
        *self.listening.lock().expect("not poisoned") = Some(Listening { socket, thread });
    }

    /// Refuses every connection from now on; those that stand go on.
    pub fn refuse(&self) {
        let Some(Listening { socket, thread }) = self.listening.lock().expect("not poisoned").take() else { return };
        // The library shuts down streams only; to the kernel a socket is a socket.
        let socket = TcpStream::from(OwnedFd::from(socket));
        socket.shutdown(Shutdown::Both).expect("a listening socket can be shut down");
        drop(socket);
        thread.join().expect("the thread ends with its socket");
    }

    /// Waits until the server has done whatever it was asked, also where nobody waits for the
    /// answer any more.
    pub fn settle(&self) {
        let next = || self.serving.lock().expect("not poisoned").pop();
        while let Some(one) = next() {
            // A script that panicked has said so.
            let _ = one.join();
        }
    }

    /// Listens again where it did before.
    pub fn listen_again(&self) {
        self.accept(TcpListener::bind(self.address).expect("the address is still free"));
    }

    /// Every byte of every answer so far, as it went back.
    pub fn answered(&self) -> Vec<u8> {
        self.answers.lock().expect("not poisoned").clone()
    }

    fn answer(&self, client: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        write_reply(&mut bytes, reply)?;
        self.answers.lock().expect("not poisoned").extend_from_slice(&bytes);
        client.write_all(&bytes)
    }

    /// `http://127.0.0.1:PORT`, or where else it listens.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where this listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the real server listens.
    pub fn forward_to(&self, upstream: SocketAddr) {
        *self.upstream.lock().expect("not poisoned") = Some(upstream);
    }

    /// Decides what happens to each request; the number counts the requests to the same path before
    /// it.
    pub fn script(&self, script: impl FnMut(&Seen, usize) -> Act + Send + 'static) {
        *self.script.lock().expect("not poisoned") = Box::new(script);
    }

    /// Everything that was received so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().expect("not poisoned").clone()
    }

    /// The paths that were asked for so far.
    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(seen) = read_request(&client)? else { return Ok(()) };
        let act = {
            let mut log = self.log.lock().expect("not poisoned");
            let before = log.iter().filter(|earlier| earlier.path == seen.path).count();
            log.push(seen.clone());
            drop(log);
            (self.script.lock().expect("not poisoned"))(&seen, before)
        };
        match act {
            Act::Forward => self.answer(&mut client, &self.ask(&seen)?),
            Act::Change(change) => self.answer(&mut client, &change(self.ask(&seen)?)),
            Act::Answer(reply) => self.answer(&mut client, &reply),
            Act::Raw(bytes) => client.write_all(&bytes),
            Act::CutBefore => Ok(()),
            Act::CutAfter => self.ask(&seen).map(drop),
            Act::Truncate(length) => {
                let mut whole = Vec::new();
                write_reply(&mut whole, &self.ask(&seen)?)?;
                client.write_all(&whole[..length.min(whole.len())])
            }
            Act::Silence => client.read(&mut [0; 1]).map(drop),
            Act::Endless => {
                client.write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                )?;
                loop {
                    client.write_all(b"10\r\n0000000000000000\r\n")?;
                }
            }
        }
    }

    /// Asks the real server.
    pub fn ask(&self, seen: &Seen) -> std::io::Result<Reply> {
        let upstream = self.upstream.lock().expect("not poisoned").expect("a real server stands behind");
        let mut server = TcpStream::connect(upstream)?;
        let head: String = seen
            .head
            .lines()
            .skip(1)
            .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
            .map(|line| format!("{line}\r\n"))
            .collect();
        write!(server, "{} {} HTTP/1.1\r\n{head}Connection: close\r\n\r\n", seen.method, seen.path)?;
        server.write_all(&seen.body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(parse_reply(&answer))
    }
}

fn read_request(stream: &TcpStream) -> std::io::Result<Option<Seen>> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:").map(|length| length.trim().parse().unwrap_or(0))
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().to_owned();
    Ok(Some(Seen { method, path, head, body }))
}

fn parse_reply(bytes: &[u8]) -> Reply {
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let mut content_type = String::new();
    let mut headers = Vec::new();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(':').expect("a header");
        match name.to_ascii_lowercase().as_str() {
            "content-type" => value.trim().clone_into(&mut content_type),
            "content-length" | "connection" | "transfer-encoding" | "date" => {}
            _ => headers.push((name.to_owned(), value.trim().to_owned())),
        }
    }
    Reply { status, content_type, headers, body: bytes[split + 4..].to_vec() }
}

fn write_reply(out: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    write!(out, "HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n", reply.status, reply.body.len())?;
    if !reply.content_type.is_empty() {
        write!(out, "Content-Type: {}\r\n", reply.content_type)?;
    }
    for (name, value) in &reply.headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    out.write_all(b"\r\n")?;
    out.write_all(&reply.body)?;
    out.flush()
}
