//! Clients that are slow, that never end, or that are still there when the server is told to stop.

use crate::common::{Deployment, wire};
use firstkey_server::{ServeOptions, Times};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

fn times(edit: impl FnOnce(&mut Times)) -> Times {
    let mut times = Times { headers: LONG, body: LONG, write: LONG, grace: LONG };
    edit(&mut times);
    times
}

fn half_a_request() -> String {
    "POST /v1/login/params HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"email\":\"".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_finishes_a_head_is_hung_up_on_and_so_is_whoever_says_nothing() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { times: times(|t| t.headers = SHORT), ..deployment.options() };
    let server = deployment.serve_as(options).await;
    for start in ["", "GET", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = wire::connect(server.socket).await;
        stream.write_all(start.as_bytes()).await.expect("sent");
        let said = wire::rest(&mut stream).await;
        assert!(!said.contains("200"), "{start}: {said}");
    }
    let mut idle = wire::connect(server.socket).await;
    assert_eq!(wire::ask(&mut idle, &wire::get("/healthz")).await, 200);
    assert_eq!(wire::rest(&mut idle).await, "", "an idle connection is closed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_is_refused_and_the_connection_closed() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { times: times(|t| t.body = SHORT), ..deployment.options() };
    let server = deployment.serve_as(options).await;
    for path in ["/v1/login/params", "/scim/v2/Users"] {
        let mut stream = wire::connect(server.socket).await;
        let head = half_a_request().replace("/v1/login/params", path);
        let bearer = format!("Host: x\r\nAuthorization: Bearer {}\r\n", deployment.token.as_str());
        stream.write_all(head.replace("Host: x\r\n", &bearer).as_bytes()).await.expect("sent");
        let said = wire::rest(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 400") && said.contains("did not arrive whole"), "{path}: {said}");
    }
    let mut chunked = wire::connect(server.socket).await;
    let head = half_a_request()
        .replace("Content-Length: 27", "Transfer-Encoding: chunked")
        .replace("{\"email", "1b\r\n{\"email");
    chunked.write_all(head.as_bytes()).await.expect("sent");
    let said = wire::rest(&mut chunked).await;
    assert!(said.starts_with("HTTP/1.1 400"), "slow is not too large: {said}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_served_than_were_allowed() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { times: times(|_| ()), connections: 2, ..deployment.options() };
    let server = deployment.serve_as(options).await;
    let mut two = [wire::connect(server.socket).await, wire::connect(server.socket).await];
    for stream in &mut two {
        stream.write_all(half_a_request().as_bytes()).await.expect("sent");
    }
    // Both are being read when the first is answered: they were accepted in this order.
    let mut third = wire::connect(server.socket).await;
    third.write_all(wire::get("/healthz").as_bytes()).await.expect("the system takes it");
    two[0].write_all(b"ada@example.org\"}").await.expect("sent");
    assert_eq!(wire::answer(&mut two[0]).await, 200);
    for _ in 0..50 {
        assert_eq!(wire::ask(&mut two[0], &wire::get("/healthz")).await, 200);
        let mut byte = [0];
        assert!(third.try_read(&mut byte).is_err(), "the third waits");
    }
    two[1].write_all(b"ada@example.org\"}").await.expect("sent");
    assert_eq!(wire::answer(&mut two[1]).await, 200);
    drop(two);
    assert_eq!(wire::answer(&mut third).await, 200, "a free seat is taken");
    drop(third);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_nothing_leaves_the_seat_to_somebody_who_waits() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { times: times(|_| ()), connections: 3, ..deployment.options() };
    let server = deployment.serve_as(options).await;
    let mut idle = wire::connect(server.socket).await;
    assert_eq!(wire::ask(&mut idle, &wire::get("/healthz")).await, 200);
    let mut silent = wire::connect(server.socket).await;
    let mut busy = wire::connect(server.socket).await;
    busy.write_all(half_a_request().as_bytes()).await.expect("sent");
    for _ in 0..4 {
        let mut newcomer = wire::connect_from("127.0.0.2", server.socket).await;
        assert_eq!(wire::ask(&mut newcomer, &wire::get("/healthz")).await, 200);
    }
    let newcomer = async || wire::connect_from("127.0.0.2", server.socket).await;
    let mut two = [newcomer().await, newcomer().await];
    for newcomer in &mut two {
        assert_eq!(wire::ask(newcomer, &wire::get("/healthz")).await, 200, "a seat was left");
    }
    assert_eq!([wire::rest(&mut idle).await, wire::rest(&mut silent).await], ["", ""]);
    busy.write_all(b"ada@example.org\"}").await.expect("sent");
    assert_eq!(wire::answer(&mut busy).await, 200, "whoever is being answered stays");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_source_is_served_while_the_first_one_holds_all_that_it_may() {
    const EACH: usize = 16;
    let deployment = Deployment::new().await;
    let options = ServeOptions { times: times(|_| ()), connections: 8 * EACH, ..deployment.options() };
    let server = deployment.serve_as(options).await;
    let mut first = Vec::new();
    for _ in 0..EACH {
        first.push(wire::connect(server.socket).await);
        assert_eq!(wire::ask(first.last_mut().expect("one"), &wire::get("/healthz")).await, 200);
    }
    let mut one_more = wire::connect(server.socket).await;
    one_more.write_all(wire::get("/healthz").as_bytes()).await.expect("the system takes it");
    let mut second = wire::connect_from("127.0.0.2", server.socket).await;
    for _ in 0..50 {
        assert_eq!(wire::ask(&mut second, &wire::get("/healthz")).await, 200);
        let mut byte = [0];
        assert!(one_more.try_read(&mut byte).is_err(), "the first source has all that it may");
    }
    first.pop();
    assert_eq!(wire::answer(&mut one_more).await, 200, "it waited for its own");
    drop((first, one_more, second));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_finished_after_the_signal_to_stop_and_nothing_new_begins() {
    let deployment = Deployment::new().await;
    let mut server = deployment.serve_as(ServeOptions { times: times(|_| ()), ..deployment.options() }).await;
    let mut idle = wire::connect(server.socket).await;
    assert_eq!(wire::ask(&mut idle, &wire::get("/healthz")).await, 200);
    let mut running = wire::connect(server.socket).await;
    running.write_all(half_a_request().as_bytes()).await.expect("sent");
    // The server has read the head as soon as it counts the connection as busy; asking on another
    // makes sure that it runs.
    assert_eq!(wire::ask(&mut idle, &wire::get("/healthz")).await, 200);
    server.begin_to_stop();
    assert_eq!(wire::rest(&mut idle).await, "", "an idle connection is closed at once");
    let refused = async {
        while TcpStream::connect(server.socket).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, refused).await.expect("nobody listens any more");
    running.write_all(b"ada@example.org\"}").await.expect("sent");
    assert_eq!(wire::answer(&mut running).await, 200, "the running request is answered");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_keep_the_server_from_stopping() {
    let deployment = Deployment::new().await;
    let mut server =
        deployment.serve_as(ServeOptions { times: times(|t| t.grace = SHORT), ..deployment.options() }).await;
    let mut stream = wire::connect(server.socket).await;
    stream.write_all(half_a_request().as_bytes()).await.expect("sent");
    let mut other = wire::connect(server.socket).await;
    assert_eq!(wire::ask(&mut other, &wire::get("/healthz")).await, 200);
    server.begin_to_stop();
    tokio::time::timeout(LONG / 2, server.stop()).await.expect("it ends");
    assert_eq!(wire::rest(&mut stream).await, "");
}
