//! TLS by the server itself, plain HTTP only where it is harmless, and certificates that change
//! while it runs.

use crate::common::authority::{Authority, Issued, put};
use crate::common::{Deployment, ORIGIN, Server, wait_for, wire};
use firstkey_server::{Front, Log, MailOut, Realm, ServeError, ServeOptions, Times, TlsFiles, TlsTrouble, serve};
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const NAME: &str = "accounts.example.org";
/// A key that a passphrase opens, as far as a server looks at it.
const ENCRYPTED: &str =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3DQEFDTBK\n-----END ENCRYPTED PRIVATE KEY-----\n";
const YEARS: (i32, i32) = (2026, 2096);

async fn connect(server: &Server, authority: &Authority) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = wire::connect(server.socket).await;
    TlsConnector::from(authority.client()).connect(ServerName::try_from(NAME).expect("a name"), stream).await
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().expect("the server has one")[0].clone().into_owned()
}

/// Waits until a new connection is shown this certificate.
async fn until_shown(server: &Server, authority: &Authority, certificate: &CertificateDer<'static>) {
    for _ in 0..1000 {
        if shown(&connect(server, authority).await.expect("a good pair is in use")) == *certificate {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the new certificate was never shown");
}

async fn serve_tls(deployment: &Deployment, files: TlsFiles, log: Log) -> Server {
    deployment.serve_as(ServeOptions { front: Front::Tls(files), log, ..deployment.options() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_served_and_plain_http_is_not_answered_there() {
    let (deployment, authority) = (Deployment::new().await, Authority::new());
    let server = serve_tls(&deployment, authority.issue(NAME, YEARS).write(&deployment.data()), Log::Silent).await;
    let mut stream = connect(&server, &authority).await.expect("TLS");
    assert_eq!(wire::ask(&mut stream, &wire::get("/healthz")).await, 200);
    assert_eq!(wire::ask(&mut stream, &wire::get("/i")).await, 200);
    let mut plain = wire::connect(server.socket).await;
    tokio::io::AsyncWriteExt::write_all(&mut plain, wire::get("/healthz").as_bytes()).await.expect("sent");
    assert!(!wire::rest(&mut plain).await.contains("200"));
    assert!(connect(&server, &Authority::new()).await.is_err(), "another authority's client refuses");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_or_nonsense_instead_of_a_handshake_is_hung_up_on() {
    let (deployment, authority) = (Deployment::new().await, Authority::new());
    let front = Front::Tls(authority.issue(NAME, YEARS).write(&deployment.data()));
    let times = Times { headers: std::time::Duration::from_millis(200), ..Times::default() };
    let server = deployment.serve_as(ServeOptions { front, times, ..deployment.options() }).await;
    for said in [&b""[..], b"\x16\x03\x01\x02", b"SSH-2.0-nobody\r\n"] {
        let mut stream = wire::connect(server.socket).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, said).await.expect("sent");
        assert!(!wire::rest(&mut stream).await.contains("HTTP"));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_pair_is_used_by_the_next_connection_and_open_ones_go_on() {
    let (deployment, authority) = (Deployment::new().await, Authority::new());
    let (first, second) = (authority.issue(NAME, YEARS), authority.issue(NAME, YEARS));
    let server = serve_tls(&deployment, first.write(&deployment.data()), Log::Silent).await;
    let mut open = connect(&server, &authority).await.expect("TLS");
    assert_eq!(shown(&open), first.der);
    assert_eq!(wire::ask(&mut open, &wire::get("/healthz")).await, 200);
    second.write(&deployment.data());
    until_shown(&server, &authority, &second.der).await;
    assert_eq!(wire::ask(&mut open, &wire::get("/healthz")).await, 200, "the open connection was not dropped");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_new_pair_leaves_the_old_one_in_use_and_is_named() {
    let (deployment, authority) = (Deployment::new().await, Authority::new());
    let good = authority.issue(NAME, YEARS);
    let kept = Arc::new(Mutex::new(String::new()));
    let server = serve_tls(&deployment, good.write(&deployment.data()), Log::Kept(Arc::clone(&kept))).await;
    // It has read the pair before it is broken.
    until_shown(&server, &authority, &good.der).await;
    let folder = deployment.data();
    let broken: [(&str, &dyn Fn(&Path)); 10] = [
        ("cannot be used together", &|folder| put(folder, "key.pem", &authority.issue(NAME, YEARS).key, 0o600)),
        ("holds no certificate", &|folder| put(folder, "certificate.pem", "nonsense", 0o644)),
        ("holds no private key", &|folder| put(folder, "key.pem", "nonsense", 0o600)),
        ("and not now", &|folder| drop(authority.issue(NAME, (2020, 2021)).write(folder))),
        ("is not for accounts.example.org", &|folder| drop(authority.issue("www.example.org", YEARS).write(folder))),
        ("chmod 600", &|folder| put(folder, "key.pem", &good.key, 0o644)),
        ("CA:TRUE", &|folder| drop(Issued::of_an_authority(NAME, YEARS).write(folder))),
        ("openssl pkey -in", &|folder| put(folder, "key.pem", ENCRYPTED, 0o600)),
        ("byte order mark", &|folder| put(folder, "certificate.pem", &format!("\u{feff}{}", good.certificate), 0o644)),
        ("cannot be read", &|folder| std::fs::remove_file(folder.join("certificate.pem")).expect("removed")),
    ];
    for (reason, break_it) in broken {
        good.write(&folder);
        let before = kept.lock().expect("not poisoned").len();
        break_it(&folder);
        wait_for(|| {
            let log = kept.lock().expect("not poisoned")[before..].to_owned();
            log.lines().any(|line| line.contains("tls.reload.refused") && line.contains(reason)).then_some(())
        })
        .await;
        let mut stream = connect(&server, &authority).await.expect("the earlier pair is in use");
        assert_eq!(shown(&stream), good.der, "{reason}");
        assert_eq!(wire::ask(&mut stream, &wire::get("/healthz")).await, 200);
    }
    let repaired = authority.issue(NAME, YEARS);
    repaired.write(&folder);
    until_shown(&server, &authority, &repaired.der).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_with_a_pair_that_clients_would_refuse() {
    let (deployment, authority) = (Deployment::new().await, Authority::new());
    let start = async |files: TlsFiles| {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let options = ServeOptions { front: Front::Tls(files), ..deployment.options() };
        serve(deployment.realm().await, listener, options, async {}).await
    };
    for years in [(2020, 2021), (2095, 2096)] {
        let refused = start(authority.issue(NAME, years).write(&deployment.data())).await;
        assert!(matches!(refused, Err(ServeError::Tls(TlsTrouble::Time { .. }))), "{refused:?}");
    }
    let refused = start(authority.issue("www.example.org", YEARS).write(&deployment.data())).await;
    assert!(matches!(refused, Err(ServeError::Tls(TlsTrouble::Name(_)))), "{refused:?}");
    start(authority.issue(NAME, YEARS).write(&deployment.data())).await.expect("a good pair");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_for_this_machine_or_behind_a_proxy_with_an_https_origin() {
    let deployment = Deployment::new().await;
    let everywhere = "0.0.0.0:0";
    let start = async |origin: &str, listen: &str, proxies: &[&str]| {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let realm = Realm::init(&dir.path().join("data"), origin, None).await.expect("init");
        // Bound, but nothing is served before the rules were asked.
        let listener = TcpListener::bind(listen).await.expect("a free port");
        let trusted_proxies = proxies.iter().map(|text| text.parse().expect("a network")).collect();
        let mail = MailOut::Folder(dir.path().join("mail"));
        let options =
            ServeOptions { front: Front::Plain { trusted_proxies }, log: Log::Silent, ..ServeOptions::new(mail) };
        serve(realm, listener, options, async {}).await
    };
    assert!(matches!(start(ORIGIN, everywhere, &[]).await, Err(ServeError::NotLoopback(_))));
    start(ORIGIN, "127.0.0.1:0", &[]).await.expect("this machine");
    start("http://localhost", "127.0.0.1:0", &[]).await.expect("this machine");
    let refused = start("http://localhost", "127.0.0.1:0", &["127.0.0.1"]).await;
    assert!(matches!(refused, Err(ServeError::OriginNotHttps(_))), "{refused:?}");
    start(ORIGIN, "127.0.0.1:0", &["127.0.0.1"]).await.expect("a proxy in front");
    let files = Authority::new().issue(NAME, YEARS).write(&deployment.data());
    assert!(
        Front::Tls(files).check("0.0.0.0:443".parse().expect("an address"), deployment.realm().await.origin()).is_ok()
    );
}
