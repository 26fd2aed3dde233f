//! HTTPS as it really is: the real client against a real TLS server, with good certificates and bad
//! ones.

mod support;

use firstkey_server::NewOrganisation;
use rustls::ServerConfig;
use support::authority::{Authority, tls_front};
use support::client::{Desk, Run, run};
use support::deployment::Deployment;

const EMAIL: &str = "ada@example.org";

/// A whole `accept` over TLS with that certificate; the authority is given by `--ca-file` if
/// `trusted`.
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
    // Whoever can set a variable must not get the keys of the connection (N04).
    let run = run(command.env("SSLKEYLOGFILE", desk.path("keys-of-connections")));
    assert!(!desk.path("keys-of-connections").exists(), "the keys of a connection were written");
    (run, server.wire.paths())
}

#[test]
fn n04_an_account_is_finished_over_https_with_an_authority_that_was_named_and_no_key_of_it_is_written() {
    let authority = Authority::new();
    let (run, paths) = accept_over_tls(&authority, authority.server("127.0.0.1", (2025, 2096)), true);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.last()["event"], "done");
    assert_eq!(paths.len(), 7);
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
