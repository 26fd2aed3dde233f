//! Fuzz body: what a server writes on a connection, byte for byte.
//!
//! The first byte chooses: 0, and the rest is written as it is; else the rest is a status line,
//! headers and a body by choices. Oracle: one request is made and no other, whatever is answered;
//! an answer that is taken is within the limits; a redirect and a coded body are named and not
//! followed; whoever hears no answer hears why.

use crate::port::http::{Call, HttpServer, Limits};
use firstkey_core::wire::inbound::{self, Framing};
use firstkey_core::wire::json::MAX_BODY;
use firstkey_core::wire::origin::Origin;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// A server that writes what it is told to and counts what it is asked.
struct Raw {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    answers: Sender<Vec<u8>>,
}

static RAW: LazyLock<Mutex<Raw>> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let (answers, told) = channel();
    let raw = Raw { address: listener.local_addr().expect("an address"), asked: Arc::default(), answers };
    let asked = Arc::clone(&raw.asked);
    std::thread::spawn(move || serve(&listener, &asked, &told));
    Mutex::new(raw)
});

fn serve(listener: &TcpListener, asked: &AtomicUsize, answers: &Receiver<Vec<u8>>) {
    for connection in listener.incoming() {
        let Ok(mut connection) = connection else { continue };
        asked.fetch_add(1, Ordering::SeqCst);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n{}") && connection.read_exact(&mut byte).is_ok() {
            head.push(byte[0]);
        }
        // A second request has no answer: it was not to be made.
        if let Ok(answer) = answers.recv_timeout(Duration::from_secs(1)) {
            let _ = connection.write_all(&answer);
        }
    }
}

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    let answer = if choice == 0 { rest.to_vec() } else { made(choice, rest) };
    let raw = RAW.lock().unwrap_or_else(PoisonError::into_inner);
    let before = raw.asked.load(Ordering::SeqCst);
    raw.answers.send(answer).expect("invariant: the server never ends");
    let origin = Origin::read(&format!("http://{}", raw.address)).expect("invariant: loopback");
    let call = Call {
        origin: &origin,
        method: "POST",
        path: "/v1/login/params",
        body: Some(b"{}"),
        bearer: None,
        headers: &[],
    };
    let limits =
        Limits { connect: Duration::from_secs(5), read: Duration::from_secs(5), total: Duration::from_secs(5) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let heard = runtime.block_on(HttpServer::new(limits, crate::port::trust::Trust::default(), None).call(call));
    assert_eq!(raw.asked.load(Ordering::SeqCst), before + 1, "one request is made and no other");
    let Ok(response) = heard else { return };
    assert!((100..=999).contains(&response.status), "status {}", response.status);
    assert!(response.body.len() <= MAX_BODY, "{} bytes of body", response.body.len());
    if response.framing != Framing::Plain || (300..400).contains(&response.status) {
        assert!(response.body.is_empty(), "the body of what is refused is read");
        let read = response.read(inbound::read_receipt);
        assert!(read.is_err(), "a redirect or a coded body is taken for an answer");
    }
    let _ = response.read(inbound::read_login_params).map(drop);
}

/// A status line, headers and a body by choices.
fn made(choice: u8, rest: &[u8]) -> Vec<u8> {
    const STATUSES: [&str; 8] =
        ["200 OK", "302 Found", "204 No Content", "429 Slow", "500 Oops", "301 Moved", "103 Early", "999 x"];
    const HEADERS: [&str; 12] = [
        "Content-Type: application/json",
        "Location: /v1/elsewhere",
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
        "Content-Length: 2",
        "Content-Length: 99999999999999999999",
        "Retry-After: 5",
        "Retry-After: Fri, 27 Nov 2026 17:00:00 GMT",
        "Set-Cookie: a=b",
        "Content-Type: application/problem+json; charset=latin1",
        "Connection: keep-alive",
        "Content-Length: 70000",
    ];
    let mut answer = format!("HTTP/1.1 {}\r\n", STATUSES[usize::from(choice) % STATUSES.len()]);
    let (chosen, body) = rest.split_at(rest.len().min(usize::from(choice >> 3) % 5));
    for header in chosen {
        answer.push_str(HEADERS[usize::from(*header) % HEADERS.len()]);
        answer.push_str("\r\n");
    }
    let mut answer = format!("{answer}\r\n").into_bytes();
    // One byte may stand for many: a body over the limit.
    if let [0xff, byte, many, ..] = body {
        answer.extend(std::iter::repeat_n(*byte, usize::from(*many) * 512));
    } else {
        answer.extend_from_slice(body);
    }
    answer
}

/// Every status with every header, a body over the limit, and bytes that are no answer.
pub(super) fn seeds(add: &mut dyn FnMut(&str, Vec<u8>)) {
    let raw = |text: &str| [&[0], text.as_bytes()].concat();
    add("good", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
    add("redirect", raw("HTTP/1.1 302 Found\r\nLocation: /v1/elsewhere\r\nContent-Length: 0\r\n\r\n"));
    add("chunked", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"));
    add("both-lengths", raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"));
    add("old", raw("HTTP/0.9 200\r\n\r\n"));
    add("nothing", raw(""));
    add("cut", raw("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"));
    for header in 0..12 {
        for status in [1, 2] {
            add(&format!("made-{status}-{header:02}"), vec![8 | status, header, b'{', b'}']);
        }
    }
    add("over-the-limit", vec![8, 0, 0xff, b'x', 200]);
}
