use crate::drive::Server;
use crate::port::http::{HttpServer, Limits};
use firstkey_core::flow::stop::NoAnswer;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

/// Long enough for loopback, short enough for a test.
const SHORT: Limits =
    Limits { connect: Duration::from_millis(300), read: Duration::from_secs(20), total: Duration::from_secs(20) };

fn server() -> HttpServer {
    HttpServer::new(SHORT, Vec::new(), None)
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
    let mut server = HttpServer::new(Limits { connect: Duration::from_secs(20), ..SHORT }, Vec::new(), None);
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

#[test]
fn a_connection_that_stands_counts_also_if_it_breaks_or_is_used_again() {
    let (listener, port) = listener();
    let peer = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("the client");
        let mut heard = [0; 4096];
        let _ = connection.read(&mut heard).expect("a request");
        connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("written");
        let _ = connection.read(&mut heard);
        // Gone, without an answer to the second one; and nobody listens any more.
        drop(listener);
    });
    let mut server = server();
    let request = request("http", port);
    run(async {
        assert!(server.send(&request).await.is_ok());
        assert!(server.may_have_left());
        assert_eq!(server.send(&request).await.err(), Some(NoAnswer::Broken));
        assert!(server.may_have_left(), "it went on the connection of before");
    });
    peer.join().expect("it answered");
}
