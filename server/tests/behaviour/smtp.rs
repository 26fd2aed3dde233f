//! Letters over SMTP: encrypted, patient, and never lost or doubled without need.

use crate::common::mail_server::{At, Do, LOGIN, MailServer, Setup, Taken, tls_for};
use crate::common::mime::Mail;
use crate::common::{Deployment, Invitation, Server, okta_user, wait_for};
use firstkey_server::{MailOut, NewOrganisation};
use reqwest::Method;
use serde_json::json;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Plain SMTP on this machine.
fn plainly(mail: &MailServer) -> MailOut {
    MailOut::Smtp { url: format!("smtp://127.0.0.1:{}", mail.port), password: None, ca_file: None }
}

fn with_login(url: String, ca_file: PathBuf) -> MailOut {
    MailOut::Smtp { url, password: Some(Zeroizing::new(LOGIN.1.to_owned())), ca_file: Some(ca_file) }
}

/// Waits until so many letters were taken; time passes meanwhile, so that pauses end.
async fn taken(deployment: &Deployment, mail: &MailServer, count: usize) -> Vec<Taken> {
    wait_for(|| {
        deployment.pass(60);
        let taken = mail.taken();
        (taken.len() >= count).then_some(taken)
    })
    .await
}

fn invitation(letter: &Taken) -> Invitation {
    let mail = Mail::read(&letter.data);
    Invitation::of_link(mail.link(), &mail.text)
}

/// One person, one letter, through a mail server that does what the script says.
async fn one_letter(setup: Setup, script: &[(At, Do)]) -> (Deployment, MailServer, Server) {
    let deployment = Deployment::new().await;
    let mail = MailServer::start(setup, script).await;
    let server = deployment.serve_with_mail(plainly(&mail)).await;
    server.provision(&deployment, "ada@example.org").await;
    (deployment, mail, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_comes_first_then_the_login_then_the_letter() {
    let deployment = Deployment::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let tls = tls_for("localhost", folder.path());
    let setup = Setup { start_tls: Some(tls), wants_login: true, ..Setup::default() };
    let mail = MailServer::start(setup, &[]).await;
    let url = format!("smtp://{}@localhost:{}?tls=required", LOGIN.0, mail.port);
    let server = deployment.serve_with_mail(with_login(url, folder.path().join("ca.pem"))).await;
    server.provision(&deployment, "ada@example.org").await;
    let letters = taken(&deployment, &mail, 1).await;
    assert!(letters[0].encrypted && letters[0].logged_in, "{:?}", letters[0].mail);
    assert_eq!(letters[0].rcpt, "RCPT TO:<ada@example.org>");
    assert_eq!(server.claim(&invitation(&letters[0]), &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_from_the_first_byte_works_too() {
    let deployment = Deployment::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let tls = tls_for("localhost", folder.path());
    let setup = Setup { implicit_tls: Some(tls), wants_login: true, ..Setup::default() };
    let mail = MailServer::start(setup, &[]).await;
    let url = format!("smtps://{}@localhost:{}", LOGIN.0, mail.port);
    let server = deployment.serve_with_mail(with_login(url, folder.path().join("ca.pem"))).await;
    server.provision(&deployment, "ada@example.org").await;
    let letters = taken(&deployment, &mail, 1).await;
    assert!(letters[0].encrypted && letters[0].logged_in);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_with_another_certificate_gets_neither_password_nor_letter() {
    let deployment = Deployment::new().await;
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let _ = tls_for("localhost", folder.path());
    let tls = tls_for("localhost", other.path());
    let setup = Setup { start_tls: Some(tls), wants_login: true, ..Setup::default() };
    let mail = MailServer::start(setup, &[]).await;
    let url = format!("smtp://{}@localhost:{}?tls=required", LOGIN.0, mail.port);
    let server = deployment.serve_with_mail(with_login(url, folder.path().join("ca.pem"))).await;
    server.provision(&deployment, "ada@example.org").await;
    wait_for(|| {
        deployment.pass(60);
        (mail.connections() >= 3).then_some(())
    })
    .await;
    assert!(mail.taken().is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_without_starttls_gets_nothing() {
    let deployment = Deployment::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let _ = tls_for("localhost", folder.path());
    let mail = MailServer::start(Setup { wants_login: true, ..Setup::default() }, &[]).await;
    let url = format!("smtp://{}@localhost:{}?tls=required", LOGIN.0, mail.port);
    let server = deployment.serve_with_mail(with_login(url, folder.path().join("ca.pem"))).await;
    server.provision(&deployment, "ada@example.org").await;
    wait_for(|| {
        deployment.pass(60);
        (mail.connections() >= 3).then_some(())
    })
    .await;
    assert!(mail.taken().is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_now_is_tried_again_until_it_is_taken() {
    let script = [
        (At::Greeting, Do::Say("421 4.3.2 too busy")),
        (At::Greeting, Do::HangUp),
        (At::Mail, Do::Say("451 4.3.0 later")),
        (At::Mail, Do::Say("550 5.7.1 who are you")),
        (At::Rcpt, Do::Say("554 5.7.1 Relay access denied")),
        (At::Rcpt, Do::Say("450 4.2.1 mailbox busy")),
        (At::Rcpt, Do::Say("421 4.7.0 slow down")),
        (At::Data, Do::Say("451 4.3.0 later")),
        (At::Data, Do::HangUp),
    ];
    let (deployment, mail, server) = one_letter(Setup::default(), &script).await;
    let letters = taken(&deployment, &mail, 1).await;
    assert!(mail.script_is_done());
    assert_eq!(mail.connections(), script.len() + 1, "one try for each fault, and one more");
    assert_eq!(letters.len(), 1);
    assert_eq!(server.claim(&invitation(&letters[0]), &[1; 32]).await.status, 200);
    server.stop().await;
}

/// Waits until so many letters are known to have been refused for now.
async fn all_wait(deployment: &Deployment, count: usize) {
    let realm = deployment.realm().await;
    let looking = async {
        while realm.letters(vec!["refused".to_owned()], 10).await.expect("a list").len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), looking).await.expect("they were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_wait_share_a_connection() {
    let deployment = Deployment::new().await;
    let people = ["ada@example.org", "grace@example.org", "mary@example.org"];
    let mail = MailServer::start(Setup::default(), &[(At::Greeting, Do::Say("421 4.3.2 too busy")); 3]).await;
    let server = deployment.serve_with_mail(plainly(&mail)).await;
    for person in people {
        server.provision(&deployment, person).await;
    }
    // Time stands still, so each letter has been tried once and waits. That the last was refused
    // has to be written down, too, or its pause would begin later.
    wait_for(|| mail.script_is_done().then_some(())).await;
    all_wait(&deployment, people.len()).await;
    deployment.pass(60);
    let letters = wait_for(|| Some(mail.taken()).filter(|taken| taken.len() == 3)).await;
    let mut to: Vec<_> = letters.iter().map(|letter| letter.rcpt.clone()).collect();
    to.sort();
    assert_eq!(to, people.map(|person| format!("RCPT TO:<{person}>")));
    assert_eq!(mail.connections(), 4, "three that failed, one for all");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_parts_hold_the_whole_link_byte_for_byte_however_long_the_names_are() {
    for seven_bits in [false, true] {
        a_letter_with_long_names(seven_bits).await;
    }
}

async fn a_letter_with_long_names(seven_bits: bool) {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let name = "Übergroße Gesellschaft für Schlüssel & <Söhne>";
    let new = NewOrganisation { name: name.into(), contact: Some("it@example.org".into()), min_profile: None };
    let org = realm.add_organisation(new).await.expect("added");
    let token = realm.add_scim_token(org).await.expect("token");
    let mail = MailServer::start(Setup { seven_bits, ..Setup::default() }, &[]).await;
    let server = deployment.serve_with_mail(plainly(&mail)).await;
    let mut user = okta_user("ada@example.org");
    user["displayName"] = json!(format!("Žofie {} Ångström", "é".repeat(60)));
    assert_eq!(server.scim(&token, Method::POST, "/Users", Some(&user)).await.status, 201);
    let letters = taken(&deployment, &mail, 1).await;
    assert!(letters[0].data.is_ascii() || !seven_bits, "it takes seven bits only");
    assert!(letters[0].data.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    let letter = Mail::read(&letters[0].data);
    let link = letter.link();
    // People and filters look at the source, too.
    let source = String::from_utf8_lossy(&letters[0].data);
    let as_it_is = source.lines().filter(|line| *line == link).count();
    assert_eq!(as_it_is, usize::from(!seven_bits), "{source}");
    let rest = link.strip_prefix("https://accounts.example.org/i#fkinv2.").expect("a link");
    assert_eq!(rest.split('.').map(str::len).collect::<Vec<_>>(), [22, 43, 22]);
    assert_eq!(letter.text.lines().filter(|line| *line == link).count(), 1);
    let html = letter.html.lines().filter(|line| line.contains(link)).collect::<Vec<_>>();
    assert_eq!(html, [format!("<a href=\"{link}\" style=\"word-break: break-all\">{link}</a>")]);
    assert!(letter.text.lines().any(|line| line == "firstkey accept"));
    assert!(letter.html.contains("<pre>firstkey accept</pre>"));
    // "&" and "<Söhne>": in a header as they are without the brackets, in HTML escaped.
    assert_eq!(
        letter.header("subject"),
        "Übergroße Gesellschaft für Schlüssel & Söhne invites you to finish your account"
    );
    assert!(letter.html.contains("Schl&#252;ssel &amp;"), "{}", letter.html);
    assert_eq!(letter.header("auto-submitted"), "auto-generated");
    assert_eq!(server.claim(&invitation(&letters[0]), &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_fetches_nothing_and_follows_nobody() {
    let (deployment, mail, server) = one_letter(Setup::default(), &[]).await;
    let letters = taken(&deployment, &mail, 1).await;
    let html = Mail::read(&letters[0].data).html.to_lowercase();
    for needle in ["<img", "<script", "<link", "<iframe", "<style", "<form", "url(", "@import", "src=", "background="] {
        assert!(!html.contains(needle), "{needle}: {html}");
    }
    assert_eq!(html.matches("href=").count(), 1, "{html}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_becomes_a_header_or_an_address() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let names = [
        "Ada Bcc: eve@evil.example",
        "Ada, eve@evil.example",
        "\"Ada\" <eve@evil.example>",
        "=?utf-8?q?Ada=0D=0ABcc:_eve=40evil.example?=",
        "Ada\u{2028}Bcc: eve@evil.example",
        "Ada (comment) ; group: ;",
        "\\\",<>()[]:;@.",
    ];
    let mail = MailServer::start(Setup::default(), &[]).await;
    let server = deployment.serve_with_mail(plainly(&mail)).await;
    for (number, name) in names.iter().enumerate() {
        let new = NewOrganisation { name: (*name).into(), ..NewOrganisation::default() };
        let org = realm.add_organisation(new).await.expect("added");
        let token = realm.add_scim_token(org).await.expect("token");
        let mut user = okta_user(&format!("ada{number}@example.org"));
        user["displayName"] = json!(name);
        assert_eq!(server.scim(&token, Method::POST, "/Users", Some(&user)).await.status, 201);
    }
    let wanted = ["from", "to", "subject", "message-id", "auto-submitted", "mime-version", "date", "content-type"];
    for letter in taken(&deployment, &mail, names.len()).await {
        assert!(letter.mail.starts_with("MAIL FROM:<firstkey@accounts.example.org>"), "{}", letter.mail);
        let decoded = Mail::read(&letter.data);
        let mut found = decoded.header_names();
        found.sort_unstable();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        let to = letter.rcpt.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
        assert_eq!(decoded.header("to"), to);
        let from = decoded.header("from");
        assert!(from.ends_with("<firstkey@accounts.example.org>"), "{from}");
        assert_eq!(from.matches('@').count(), 1, "{from}");
        assert!(!decoded.text.contains("evil.example") && !decoded.html.contains("evil.example"));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_beyond_ascii_are_spelled_as_the_mail_system_spells_them() {
    let deployment = Deployment::new().await;
    let mail = MailServer::start(Setup { utf8: true, ..Setup::default() }, &[]).await;
    let server = deployment.serve_with_mail(plainly(&mail)).await;
    server.provision(&deployment, "ada@bücher.example").await;
    let letters = taken(&deployment, &mail, 1).await;
    assert_eq!(letters[0].rcpt, "RCPT TO:<ada@xn--bcher-kva.example>");
    assert!(!letters[0].mail.contains("SMTPUTF8"));
    assert_eq!(Mail::read(&letters[0].data).header("to"), "ada@xn--bcher-kva.example");
    server.provision(&deployment, "žofie@example.org").await;
    let letters = taken(&deployment, &mail, 2).await;
    assert_eq!(letters[1].rcpt, "RCPT TO:<žofie@example.org>");
    assert!(letters[1].mail.contains("SMTPUTF8"), "{}", letters[1].mail);
    let letter = Mail::read(&letters[1].data);
    assert_eq!(letter.header("to"), "žofie@example.org");
    assert_eq!(server.claim(&invitation(&letters[1]), &[1; 32]).await.status, 200);
    server.stop().await;
}
