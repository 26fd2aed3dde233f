//! How much one caller may ask, counted by a clock that stands still until it is moved.

use crate::common::{Answer, Deployment, Server, okta_user};
use firstkey_server::{Front, LEAST_FOR_SCIM, Limits, Rate, ServeOptions};
use reqwest::Method;
use serde_json::json;

const TWO: Option<Rate> = Some(Rate { per_second: 2, burst: 5 });

async fn serve(deployment: &Deployment, limits: Limits, proxies: &[&str]) -> Server {
    let trusted_proxies = proxies.iter().map(|text| text.parse().expect("a network")).collect();
    let options = ServeOptions { limits, front: Front::Plain { trusted_proxies }, ..deployment.options() };
    deployment.serve_as(options).await
}

async fn landing(server: &Server, forwarded: &str) -> Answer {
    server.send(Method::GET, "/i", &[("x-forwarded-for", forwarded)], Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scim_token_is_served_twenty_five_requests_a_second_for_ever_and_told_when_it_is_too_much() {
    let deployment = Deployment::new().await;
    let least = Rate { per_second: LEAST_FOR_SCIM, burst: 2 * LEAST_FOR_SCIM };
    let server = serve(&deployment, Limits { scim: Some(least), ..Limits::default() }, &[]).await;
    let list = async || server.scim(&deployment.token, Method::GET, "/Users?count=0", None).await;
    for second in 0..20 {
        for _ in 0..LEAST_FOR_SCIM {
            assert_eq!(list().await.status, 200, "second {second}");
        }
        deployment.pass(1);
    }
    let mut good = 0;
    let mut refused = list().await;
    while refused.status == 200 && good < 1000 {
        good += 1;
        refused = list().await;
    }
    assert_eq!(good, 2 * LEAST_FOR_SCIM, "the burst");
    assert_eq!((refused.status, refused.retry_after), (429, Some(1)));
    assert_eq!(refused.media_type, "application/scim+json");
    assert_eq!(refused.json()["status"], "429");
    let create = server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user("ada@example.org"))).await;
    assert_eq!(create.status, 429, "and nothing is done");
    deployment.pass(1);
    assert_eq!(list().await.json()["totalResults"], 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_wrong_tokens_is_refused_and_never_in_the_way_of_a_right_one() {
    let deployment = Deployment::new().await;
    let scim = Some(Rate { per_second: LEAST_FOR_SCIM, burst: 1000 });
    let server = serve(&deployment, Limits { scim, source: TWO, account: None }, &[]).await;
    let wrong = format!("fksc_{}", "A".repeat(43));
    for token in [wrong.as_str(), "nonsense"] {
        for _ in 0..20 {
            let answer = server.scim(token, Method::GET, "/Users?count=0", None).await;
            assert!(matches!(answer.status, 401 | 429), "{answer:?}");
        }
        assert_eq!(server.scim(token, Method::GET, "/Users?count=0", None).await.status, 429);
    }
    for _ in 0..100 {
        assert_eq!(server.scim(&deployment.token, Method::GET, "/Users?count=0", None).await.status, 200);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_source_has_its_own_measure_and_nobody_chooses_theirs_by_a_header() {
    let deployment = Deployment::new().await;
    let limits = Limits { source: TWO, ..Limits::default() };
    let server = serve(&deployment, limits, &[]).await;
    for (n, want) in [200, 200, 200, 200, 200, 429, 429].into_iter().enumerate() {
        assert_eq!(
            landing(&server, &format!("198.51.100.{n}")).await.status,
            want,
            "{n}: a stranger's header counts for nothing"
        );
    }
    let refused = server.post("/v1/login/params", &json!({"email": "ada@example.org"})).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after), ("too-many", Some(1)));
    assert_eq!(server.send(Method::GET, "/healthz", &[], Vec::new()).await.status, 200, "health is always answered");
    deployment.pass(1);
    assert_eq!(landing(&server, "x").await.status, 200);
    server.stop().await;

    let server = serve(&deployment, limits, &["127.0.0.1"]).await;
    for n in 0..20 {
        assert_eq!(
            landing(&server, &format!("192.0.2.66, 198.51.100.{n}")).await.status,
            200,
            "{n}: the proxy's word counts"
        );
    }
    for (n, want) in [200, 200, 200, 200, 429].into_iter().enumerate() {
        let made_up = format!("192.0.2.{n}, 198.51.100.7");
        assert_eq!(landing(&server, &made_up).await.status, want, "{n}: what the client put before it does not");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_to_one_account_are_counted_whether_it_exists_or_not() {
    let deployment = Deployment::new().await;
    let server = serve(&deployment, Limits { account: TWO, ..Limits::default() }, &[]).await;
    server.provision(&deployment, "ada@example.org").await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(server.post("/v1/login/params", &json!({"email": email})).await.status);
        }
        assert_eq!(answers, [200, 200, 200, 200, 200, 429], "{email}");
    }
    assert_eq!(
        server.post("/v1/login/params", &json!({"email": "ADA@example.org "})).await.status,
        429,
        "one account, one key"
    );
    assert_eq!(server.post("/v1/login/params", &json!({"email": "eve@example.org"})).await.status, 200);
    server.stop().await;
}
