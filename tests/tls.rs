//! HTTPS as it really is: the real client against a real TLS server, with good certificates and bad ones.

mod support;

use firstkey_server::NewOrganisation;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use support::client::{Desk, Run, run};
use support::deployment::Deployment;
use tokio::net::{TcpListener, TcpStream};

const EMAIL: &str = "ada@example.org";

/// A certificate authority of our own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server certificate for `name`, good between the two years.
    fn server(&self, name: &str, years: (i32, i32)) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate and its key")
    }
}

/// Ends TLS in front of `behind`; the thread ends with the test process.
fn tls_front(config: ServerConfig, behind: SocketAddr) -> SocketAddr {
    let (ready, is_ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
            ready.send(listener.local_addr().expect("bound")).expect("the test waits");
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let (Ok(mut tls), Ok(mut plain)) =
                        (acceptor.accept(stream).await, TcpStream::connect(behind).await)
                    {
                        drop(tokio::io::copy_bidirectional(&mut tls, &mut plain).await);
                    }
                });
            }
        });
    });
    is_ready.recv().expect("the front listens")
}

/// A whole `accept` over TLS with that certificate; the authority is given by `--ca-file` if `trusted`.
fn accept_over_tls(authority: &Authority, config: ServerConfig, trusted: bool) -> (Run, Vec<String>) {
    let organisation = NewOrganisation { name: "Example Corp".into(), contact: None, min_profile: Some(1) };
    let mut server =
        Deployment::start_at(organisation, |wire| format!("https://{}", tls_front(config, wire.address())));
    let link = server.invite(EMAIL);
    assert!(link.starts_with("https://127.0.0.1:"), "{link}");
    let desk = Desk::new();
    let mut command = desk.accept(&link, EMAIL);
    if trusted {
        command.arg("--ca-file").arg(desk.write("ca.pem", authority.pem.as_bytes()));
    }
    (run(&mut command), server.wire.paths())
}

#[test]
fn an_account_is_finished_over_https_with_an_authority_that_was_named() {
    let authority = Authority::new();
    let (run, paths) = accept_over_tls(&authority, authority.server("127.0.0.1", (2025, 2096)), true);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.last()["event"], "done");
    assert_eq!(paths.len(), 6);
}

#[test]
fn n01_bad_certificates_are_refused_and_nothing_is_sent() {
    let (authority, other) = (Authority::new(), Authority::new());
    let cases = [
        ("an authority that nobody trusts", authority.server("127.0.0.1", (2025, 2096)), false),
        ("another authority than the one that was named", other.server("127.0.0.1", (2025, 2096)), true),
        ("a certificate that ended", authority.server("127.0.0.1", (2020, 2021)), true),
        ("a certificate that has not begun", authority.server("127.0.0.1", (2095, 2096)), true),
        ("a certificate for another host", authority.server("accounts.example.org", (2025, 2096)), true),
    ];
    for (what, config, trusted) in cases {
        let (run, paths) = accept_over_tls(&authority, config, trusted);
        assert_eq!(run.code, Some(75), "{what}: {run:?}");
        assert!(run.last()["message"].as_str().is_some_and(|text| text.contains("ertificate")), "{what}: {run:?}");
        assert_eq!(paths, Vec::<String>::new(), "{what}");
    }
}

#[test]
fn a_file_without_certificates_is_refused_before_anything_is_sent() {
    let desk = Desk::new();
    let link = format!("https://127.0.0.1:9/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43));
    for contents in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        let mut command = desk.accept(&link, EMAIL);
        command.arg("--ca-file").arg(desk.write("ca.pem", contents.as_bytes()));
        let run = run(&mut command);
        assert_eq!(run.code, Some(5), "{contents:?}: {run:?}");
    }
}
