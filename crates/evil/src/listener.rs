//! A socket on loopback, and a thread for each connection to it.
//!
//! Promises: who was accepted is served; once it refuses, the system answers that nobody listens.
//! Must never: listen where another machine can reach it, which is for the caller to see to.

use std::io::Result;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

type Serve = Arc<dyn Fn(TcpStream) + Send + Sync>;
type Threads = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// Listens until it is told not to, or dropped.
pub struct Listener {
    address: SocketAddr,
    serve: Serve,
    open: Mutex<Option<Open>>,
    serving: Threads,
}

/// The listening socket, and the thread that accepts.
struct Open {
    socket: TcpListener,
    thread: JoinHandle<()>,
}

impl Listener {
    /// Listens there; port 0 is any that is free.
    pub fn open(at: impl ToSocketAddrs, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Result<Self> {
        let socket = TcpListener::bind(at)?;
        let address = socket.local_addr()?;
        let own = Self { address, serve: Arc::new(serve), open: Mutex::default(), serving: Arc::default() };
        own.accept(socket)?;
        Ok(own)
    }

    fn accept(&self, socket: TcpListener) -> Result<()> {
        let (listener, serve, serving) = (socket.try_clone()?, Arc::clone(&self.serve), Arc::clone(&self.serving));
        let thread = std::thread::spawn(move || {
            // Ends when the socket is shut down.
            while let Ok((stream, _)) = listener.accept() {
                let serve = Arc::clone(&serve);
                let one = std::thread::spawn(move || serve(stream));
                let mut all = look(&serving);
                all.retain(|earlier| !earlier.is_finished());
                all.push(one);
            }
        });
        *look(&self.open) = Some(Open { socket, thread });
        Ok(())
    }

    /// Where this listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, or where else it listens.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Refuses every connection from now on; those that stand go on.
    pub fn refuse(&self) {
        let Some(Open { socket, thread }) = look(&self.open).take() else { return };
        // The library shuts down streams only; to the kernel a socket is a socket. A socket that is
        // shut down already is one that refuses.
        drop(TcpStream::from(OwnedFd::from(socket)).shutdown(Shutdown::Both));
        drop(thread.join());
    }

    /// Listens again where it did before.
    pub fn listen_again(&self) -> Result<()> {
        self.accept(TcpListener::bind(self.address)?)
    }

    /// Waits until everybody who came was served.
    pub fn settle(&self) {
        let next = || look(&self.serving).pop();
        while let Some(one) = next() {
            // A thread that panicked has said so.
            drop(one.join());
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.refuse();
    }
}

fn look<T>(at: &Mutex<T>) -> MutexGuard<'_, T> {
    at.lock().unwrap_or_else(PoisonError::into_inner)
}
