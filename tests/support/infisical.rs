//! A server of the other dialect on loopback, made from the facts; lies and generations as a test
//! wants them.

pub use firstkey_testkit::infisical::fake;

use fake::{Fake, Reply};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The server, and what it saw.
pub struct Stand {
    pub fake: Arc<Mutex<Fake>>,
    heads: Arc<Mutex<Vec<String>>>,
    address: SocketAddr,
    open: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Stand {
    /// Opens it.
    pub fn new(fake: Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let (fake, open) = (Arc::new(Mutex::new(fake)), Arc::new(Mutex::new(true)));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let thread = {
            let (fake, open, heads) = (fake.clone(), open.clone(), heads.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if !*open.lock().expect("sound") {
                        break;
                    }
                    if let Ok(stream) = stream {
                        serve(&stream, &fake, &heads);
                        let _ = stream.shutdown(Shutdown::Both);
                    }
                }
            })
        };
        Self { fake, heads, address, open, thread: Some(thread) }
    }

    /// Its address.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
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

impl Drop for Stand {
    fn drop(&mut self) {
        *self.open.lock().expect("sound") = false;
        // One last visitor, so that the loop looks.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &TcpStream, fake: &Mutex<Fake>, heads: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let header = |name: &str| {
        let lower = |line: &str| {
            line.split_once(':').map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        head.lines().skip(1).filter_map(lower).find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let mut first = head.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let body = header("content-type").map(|_| body);
    let reply = fake.lock().expect("sound").handle(
        method,
        path,
        bearer.as_deref(),
        header("user-agent").is_some(),
        body.as_deref(),
    );
    heads.lock().expect("sound").push(head.clone());
    let Reply::Answer { status, content_type, headers, body } = reply else { return };
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str("\r\n");
    let mut stream = stream;
    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&body));
}
