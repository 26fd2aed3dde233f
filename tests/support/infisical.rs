//! A server of the other dialect on loopback, made from the facts; lies and generations as a test
//! wants them.

pub use firstkey_testkit::infisical::fake;

use fake::Fake;
use firstkey_evil::listener::Listener;
use firstkey_evil::message::{Reply, Seen};
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// The server, and what it saw.
pub struct Stand {
    pub fake: Arc<Mutex<Fake>>,
    heads: Arc<Mutex<Vec<String>>>,
    listener: Listener,
}

impl Stand {
    /// Opens it.
    pub fn new(fake: Fake) -> Self {
        let (fake, heads) = (Arc::new(Mutex::new(fake)), Arc::new(Mutex::new(Vec::new())));
        let (behind, seen) = (fake.clone(), heads.clone());
        let listener = Listener::open("127.0.0.1:0", move |stream| drop(serve(stream, &behind, &seen)));
        Self { fake, heads, listener: listener.expect("loopback") }
    }

    /// Its address.
    pub fn origin(&self) -> String {
        self.listener.origin()
    }

    /// A whole link.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// `METHOD path` of every request.
    pub fn paths(&self) -> Vec<String> {
        self.fake.lock().expect("sound").paths()
    }

    /// The head of every request.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("sound").clone()
    }

    /// Everything that was received.
    pub fn received(&self) -> Vec<u8> {
        let fake = self.fake.lock().expect("sound");
        let mut all: Vec<u8> = fake.log.iter().flat_map(|one| one.body.clone()).collect();
        all.extend(self.heads().concat().into_bytes());
        all
    }

    /// Does something to the server.
    pub fn with<T>(&self, what: impl FnOnce(&mut Fake) -> T) -> T {
        what(&mut self.fake.lock().expect("sound"))
    }
}

fn serve(mut stream: TcpStream, fake: &Mutex<Fake>, heads: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let Some(seen) = Seen::read(&stream)? else { return Ok(()) };
    let reply = fake.lock().expect("sound").handle(
        &seen.method,
        &seen.path,
        seen.header("authorization").and_then(|value| value.strip_prefix("Bearer ")),
        seen.header("user-agent").is_some(),
        seen.header("content-type").map(|_| seen.body.as_slice()),
    );
    heads.lock().expect("sound").push(seen.head.clone());
    let fake::Reply::Answer { status, content_type, headers, body } = reply else { return Ok(()) };
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    stream.write_all(&Reply { status, content_type: content_type.to_owned(), headers, body }.bytes())
}
