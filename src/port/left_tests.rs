use crate::drive::Server;
use crate::port::http::{HttpServer, Limits};
use crate::port::trust::Trust;
use firstkey_core::flow::stop::NoAnswer;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

/// Long enough for loopback, short enough for a test.
const SHORT: Limits =
    Limits { connect: Duration::from_millis(300), read: Duration::from_secs(20), total: Duration::from_secs(20) };

/// An authority, so that the one that runs the test needs none.
fn trust() -> Trust {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    Trust { named: vec![own.cert.der().clone()], instead: None }
}

fn server() -> HttpServer {
    HttpServer::new(SHORT, trust(), None)
}

fn request(scheme: &str, port: u16) -> Outbound {
    let origin = Origin::read(&format!("{scheme}://localhost:{port}")).expect("an origin");
    Outbound::bare(&origin, Endpoint::Logout)
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

#[test]
fn where_nobody_listens_nothing_leaves() {
    let (listener, port) = listener();
    drop(listener);
    let mut server = server();
    let answer = run(server.send(&request("http", port)));
    assert_eq!(answer.err(), Some(NoAnswer::NoConnection));
    assert!(!server.may_have_left());
}

#[test]
fn where_tls_never_comes_to_an_end_nothing_leaves_and_it_is_no_answer_that_is_late() {
    let (_listener, port) = listener();
    let mut server = server();
    // The kernel takes the connection; nobody speaks on it.
    let answer = run(server.send(&request("https", port)));
    assert_eq!(answer.err(), Some(NoAnswer::NotConnected));
    assert!(!server.may_have_left());
}

#[test]
fn whoever_is_stopped_while_connecting_has_sent_nothing() {
    let (_listener, port) = listener();
    let mut server = HttpServer::new(Limits { connect: Duration::from_secs(20), ..SHORT }, trust(), None);
    let request = request("https", port);
    run(async {
        tokio::select! {
            biased;
            _ = server.send(&request) => panic!("nobody answers"),
            () = tokio::task::yield_now() => {}
        }
    });
    assert!(!server.may_have_left());
}

/// One connection: answered if `answers`, then gone, and nobody listens any more.
fn once(answers: bool) -> (std::thread::JoinHandle<()>, u16) {
    let (listener, port) = listener();
    let peer = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("the client");
        drop(listener);
        let mut heard = [0; 4096];
        assert!(connection.read(&mut heard).expect("a request") > 0);
        if answers {
            connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("written");
        }
    });
    (peer, port)
}

#[test]
fn a_connection_that_breaks_may_have_carried_the_request() {
    let (peer, port) = once(false);
    let mut server = server();
    assert_eq!(run(server.send(&request("http", port))).err(), Some(NoAnswer::Broken));
    assert!(server.may_have_left());
    peer.join().expect("it heard a request");
}

#[test]
fn a_connection_that_stands_counts_also_if_it_may_be_used_again() {
    let (peer, port) = once(true);
    let mut server = server();
    let request = request("http", port);
    run(async {
        assert!(server.send(&request).await.is_ok());
        assert!(server.may_have_left());
        peer.join().expect("it answered");
        assert!(server.send(&request).await.is_err());
        assert!(server.may_have_left(), "the pool may have had the connection of before");
        assert_eq!(server.send(&request).await.err(), Some(NoAnswer::NoConnection));
        assert!(!server.may_have_left(), "and now it has none");
    });
}
