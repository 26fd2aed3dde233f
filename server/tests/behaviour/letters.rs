//! Letters: what they say, what they never carry, and that they arrive.

use crate::common::mime::Mail;
use crate::common::person::Person;
use crate::common::{Deployment, okta_user};
use firstkey_server::admin::ChangedOrganisation;
use firstkey_server::{MailOut, NewOrganisation};
use reqwest::Method;
use serde_json::json;
use std::net::TcpListener;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_shows_the_command_and_the_link_alone_on_their_lines() {
    let deployment = Deployment::new().await;
    // 2026-11-23; no command is asked here, so that no other clock is read.
    deployment.clock.store(1_795_392_000, Ordering::SeqCst);
    let server = deployment.serve().await;
    let mut user = okta_user("ada@example.org");
    user["displayName"] = json!("Žofie Ångström");
    server.scim(&deployment.token, Method::POST, "/Users", Some(&user)).await;
    let invitation = deployment.invitation(1).await;
    let lines: Vec<&str> = invitation.raw.lines().collect();
    let command = lines.iter().position(|line| *line == "firstkey accept").expect("the command alone on its line");
    let link = lines.iter().position(|line| *line == invitation.link).expect("the link alone on its line");
    assert!(command < link);
    assert_eq!(
        invitation.link,
        format!(
            "https://accounts.example.org/i#fkinv2.{}.{}.{}",
            invitation.invite_id, invitation.token, invitation.binding
        )
    );
    let lengths = (invitation.invite_id.len(), invitation.token.len(), invitation.binding.len());
    assert_eq!(lengths, (22, 43, 22));
    assert!(invitation.raw.contains("Žofie Ångström"));
    assert!(invitation.raw.contains("Example Corp"));
    assert!(invitation.raw.contains("Expires  in 7 days, Monday, 30 November 2026, 00:00 UTC"), "{}", invitation.raw);
    assert!(invitation.raw.contains("it@example.org"), "whom to ask");
    server.stop().await;
}

/// What `SHA256SUMS` of a release says.
const SUMS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  firstkey_0.1.0-1_amd64.deb
89abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567  firstkey-server_0.1.0-1_amd64.deb
fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210  firstkey-0.1.0-windows-x86_64.msi
";

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_says_how_to_get_the_program_as_the_organisation_said_it() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let server = deployment.serve().await;
    let mut seen = 0;
    for (url, text, sums, needles, lacking) in [
        (None, None, None, &["ask it@example.org"][..], "sha256sum"),
        (None, Some("Open <b>Software</b> Center."), None, &["Open <b>Software</b> Center."], "Do not take it"),
        (Some("https://get.example.org/firstkey"), None, None, &["\nhttps://get.example.org/firstkey\n"], "curl"),
        (
            None,
            None,
            Some(SUMS),
            &[
                "Open <b>Software</b> Center.",
                "Windows (Intel or AMD):",
                "Debian, Ubuntu (Intel or AMD):\n\ncurl -fLO https://get.example.org/firstkey/firstkey_0.1.0-1_amd64.deb &&\n\
                 echo \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  firstkey_0.1.0-1_amd64.deb\" | sha256sum -c &&\n\
                 sudo apt install ./firstkey_0.1.0-1_amd64.deb\n",
            ],
            "firstkey-server_",
        ),
        (Some(""), Some(""), Some(""), &["ask it@example.org"], "sha256sum"),
    ] {
        let own = |value: Option<&str>| value.map(str::to_owned);
        let change = ChangedOrganisation {
            install_url: own(url),
            install_text: own(text),
            install_sums: own(sums),
            ..ChangedOrganisation::default()
        };
        if (url, text, sums) != (None, None, None) {
            realm.change_organisation(deployment.org, change).await.expect("changed");
        }
        seen += 1;
        server.provision(&deployment, &format!("ada{seen}@example.org")).await;
        let letter = deployment.invitation(seen).await.raw.replace("\r\n", "\n");
        for needle in needles {
            assert!(letter.contains(needle), "{needle}: {letter}");
        }
        let mail = Mail::read(letter.as_bytes());
        assert!(!mail.text.contains(lacking), "{lacking}: {letter}");
        // In HTML the same words, none of them as markup.
        assert!(!mail.html.contains("<b>"), "{}", mail.html);
        assert!(mail.html.contains("<th scope=\"row\"") && mail.html.contains("in 7 days"), "{}", mail.html);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_header_has_no_say_in_the_link() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let bearer = format!("Bearer {}", deployment.token.as_str());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/scim+json"),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ];
    let body = okta_user("ada@example.org").to_string().into_bytes();
    let created = server.send(Method::POST, "/scim/v2/Users", &headers, body).await;
    assert_eq!(created.status, 201);
    assert!(!String::from_utf8_lossy(&created.bytes).contains("evil.example"));
    assert!(!deployment.invitation(1).await.raw.contains("evil.example"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_bring_no_links_lines_or_headers_into_a_letter() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Evil http://evil.example Corp".into(), ..NewOrganisation::default() };
    let org = realm.add_organisation(new).await.expect("added");
    let token = realm.add_scim_token(org).await.expect("token");
    let server = deployment.serve().await;
    let names = [
        "click https://evil.example/x now",
        "evil.example",
        "www.evil.example/a?b",
        "mailto:eve@evil.example",
        "hxxp evil.example:8080/path",
        "\u{202E}elpmaxe.live",
        "<a href=evil.example>Ada</a>",
        "[Ada](http://evil.example)",
        "ｅｖｉｌ．example",
    ];
    for (number, name) in names.iter().enumerate() {
        let mut user = okta_user(&format!("ada{number}@example.org"));
        user["displayName"] = json!(name);
        let created = server.scim(&token, Method::POST, "/Users", Some(&user)).await;
        assert_eq!(created.status, 201);
        assert_eq!(created.json()["displayName"], *name, "stored as it was sent");
    }
    let letters = deployment.letters(names.len()).await;
    for letter in letters {
        assert!(!letter.to_lowercase().contains("evil.example"), "{letter}");
        assert!(!letter.contains('\u{202E}'));
        let mail = Mail::read(letter.as_bytes());
        assert_eq!(mail.text.matches("://").count(), 1, "the one link is ours: {letter}");
        assert_eq!(mail.html.matches("://").count(), 2, "the same, as an address and as its text: {letter}");
    }
    for field in ["displayName", "userName"] {
        let mut user = okta_user("grace@example.org");
        user[field] = json!("Ada\r\nBcc: eve@evil.example");
        let refused = server.scim(&token, Method::POST, "/Users", Some(&user)).await;
        assert_eq!((refused.status, refused.json()["scimType"].as_str()), (400, Some("invalidValue")), "{field}");
    }
    let mut user = okta_user("grace@example.org");
    user["emails"][0]["value"] = json!("grace@example.org\r\nBcc: eve@evil.example");
    assert_eq!(server.scim(&token, Method::POST, "/Users", Some(&user)).await.status, 400);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_committed_and_not_delivered_is_delivered_after_a_restart() {
    let deployment = Deployment::new().await;
    // A mail server that is not there: the port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let server = deployment
        .serve_with_mail(MailOut::Smtp { url: format!("smtp://127.0.0.1:{port}"), password: None, ca_file: None })
        .await;
    server.provision(&deployment, "ada@example.org").await;
    server.stop().await;
    // Long enough for every pause between tries.
    deployment.pass(3600);
    let server = deployment.serve().await;
    let invitation = deployment.invitation(1).await;
    assert_eq!(server.claim(&invitation, &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_sent_again_carries_another_token_and_either_copy_works() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let first = deployment.invitation(1).await;
    server.stop().await;
    // As if the server had died after the letter left and before that was written down.
    deployment.meddle("UPDATE outbox SET done_at = NULL, lease_until = 0");
    let server = deployment.serve().await;
    let second = deployment.invitation(2).await;
    assert_eq!(first.invite_id, second.invite_id);
    assert_ne!(first.token, second.token);
    // Nobody knows which of them arrived.
    assert_eq!(server.claim(&first, &[1; 32]).await.status, 200);
    assert_eq!(server.claim(&second, &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn completion_is_told_to_the_person_and_the_administrator_with_the_fingerprint() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&server, &deployment.invitation(1).await).await;
    person.enrol(&server).await;
    let letters = deployment.letters(3).await;
    let shown = deployment.show("ada@example.org").await;
    let words = person.fingerprint(&shown);
    let told: Vec<_> = letters.iter().filter(|letter| flat(letter).contains(&words)).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().any(|letter| letter.contains("To: ada@example.org")));
    assert!(told.iter().any(|letter| letter.contains("To: it@example.org")));
    assert!(told.iter().all(|letter| !letter.contains("://")), "no link");
    server.stop().await;
}

/// The letter as one line.
fn flat(letter: &str) -> String {
    letter.split_whitespace().collect::<Vec<_>>().join(" ")
}
