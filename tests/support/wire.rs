//! The wire between client and server: records every request, and answers as a test wants.
//!
//! One request per connection; the client is told so. What the test does not touch is forwarded to
//! the real server unchanged.

pub use firstkey_evil::message::{Reply, Seen};

use firstkey_evil::listener::Listener;
use firstkey_evil::message::endless;
use firstkey_evil::realm_key::{RealmKey, account_named};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

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
    listener: Arc<Listener>,
    played: Played,
}

/// What it is told, and what it saw.
#[derive(Clone)]
struct Played {
    log: Arc<Mutex<Vec<Seen>>>,
    upstream: Arc<Mutex<Option<SocketAddr>>>,
    script: Arc<Mutex<Script>>,
    answers: Arc<Mutex<Vec<u8>>>,
    /// The realm's key, while the server itself is the liar.
    key: Arc<Mutex<Option<RealmKey>>>,
    /// The account that was named to the client last.
    account: Arc<Mutex<Option<[u8; 16]>>>,
}

impl Wire {
    /// Listens on a free loopback port; forwards everything until told otherwise.
    pub fn listen() -> Self {
        Self::listen_at("127.0.0.1")
    }

    /// Starts one at another address of this computer.
    pub fn listen_at(address: &str) -> Self {
        let played = Played {
            log: Arc::default(),
            upstream: Arc::default(),
            script: Arc::new(Mutex::new(Box::new(|_, _| Act::Forward))),
            answers: Arc::default(),
            key: Arc::default(),
            account: Arc::default(),
        };
        let own = played.clone();
        let listener = Listener::open((address, 0), move |stream| drop(own.serve(stream)));
        Self { listener: Arc::new(listener.expect("loopback has a free port")), played }
    }

    /// Refuses every connection from now on; those that stand go on.
    pub fn refuse(&self) {
        self.listener.refuse();
    }

    /// Waits until the server has done whatever it was asked, also where nobody waits for the
    /// answer any more.
    pub fn settle(&self) {
        self.listener.settle();
    }

    /// Listens again where it did before.
    pub fn listen_again(&self) {
        self.listener.listen_again().expect("the address is still free");
    }

    /// Every byte of every answer so far, as it went back.
    pub fn answered(&self) -> Vec<u8> {
        self.played.answers.lock().expect("not poisoned").clone()
    }

    /// `http://127.0.0.1:PORT`, or where else it listens.
    pub fn origin(&self) -> String {
        self.listener.origin()
    }

    /// Where this listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Where the real server listens.
    pub fn forward_to(&self, upstream: SocketAddr) {
        *self.played.upstream.lock().expect("not poisoned") = Some(upstream);
    }

    /// From now on the lies are the server's own: it signs them with the key of its realm.
    pub fn lie_as_the_server(&self, key: RealmKey) {
        *self.played.key.lock().expect("not poisoned") = Some(key);
    }

    /// From now on the answers are passed on without the server's signature, as if it were one of
    /// before.
    pub fn strip_signatures(&self) {
        self.script(|_, _| {
            Act::Change(Box::new(|mut reply| {
                reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("firstkey-signed"));
                reply
            }))
        });
        self.lie_as_a_proxy();
    }

    /// From now on they are those of somebody between, who has no key.
    pub fn lie_as_a_proxy(&self) {
        *self.played.key.lock().expect("not poisoned") = None;
    }

    /// Decides what happens to each request; the number counts the requests to the same path before
    /// it.
    pub fn script(&self, script: impl FnMut(&Seen, usize) -> Act + Send + 'static) {
        *self.played.script.lock().expect("not poisoned") = Box::new(script);
    }

    /// Everything that was received so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.played.log.lock().expect("not poisoned").clone()
    }

    /// The paths that were asked for so far.
    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Asks the real server.
    pub fn ask(&self, seen: &Seen) -> std::io::Result<Reply> {
        self.played.ask(seen)
    }
}

impl Played {
    /// Asks the real server.
    fn ask(&self, seen: &Seen) -> std::io::Result<Reply> {
        let reply = seen.ask(self.upstream.lock().expect("not poisoned").expect("a real server stands behind"))?;
        if let Some(account) = account_named(&seen.path, &reply) {
            *self.account.lock().expect("not poisoned") = Some(account);
        }
        Ok(reply)
    }

    /// A lie, signed if it is the server's.
    fn lie(&self, client: &mut TcpStream, seen: &Seen, mut reply: Reply) -> std::io::Result<()> {
        let account = *self.account.lock().expect("not poisoned");
        if let Some(key) = &*self.key.lock().expect("not poisoned") {
            key.sign(seen, account, &mut reply);
        }
        self.answer(client, &reply)
    }

    fn answer(&self, client: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
        let bytes = reply.bytes();
        self.answers.lock().expect("not poisoned").extend_from_slice(&bytes);
        client.write_all(&bytes)
    }

    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(seen) = Seen::read(&client)? else { return Ok(()) };
        let act = {
            let mut log = self.log.lock().expect("not poisoned");
            let before = log.iter().filter(|earlier| earlier.path == seen.path).count();
            log.push(seen.clone());
            drop(log);
            (self.script.lock().expect("not poisoned"))(&seen, before)
        };
        match act {
            Act::Forward => self.answer(&mut client, &self.ask(&seen)?),
            Act::Change(change) => self.lie(&mut client, &seen, change(self.ask(&seen)?)),
            Act::Answer(reply) => self.lie(&mut client, &seen, reply),
            Act::Raw(bytes) => client.write_all(&bytes),
            Act::CutBefore => Ok(()),
            Act::CutAfter => self.ask(&seen).map(drop),
            Act::Truncate(length) => {
                let whole = self.ask(&seen)?.bytes();
                client.write_all(&whole[..length.min(whole.len())])
            }
            Act::Silence => client.read(&mut [0; 1]).map(drop),
            Act::Endless => endless(&mut client, false),
        }
    }
}
