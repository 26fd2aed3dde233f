//! Whether people who exist are told apart from others by how long an answer takes. Nothing is
//! asserted about time, which a test cannot do on a machine that others use: what is asserted is
//! that both get answers of one form, and what is measured is printed.
//!
//! ```text
//! FIRSTKEY_PAIRS=5000 cargo test -p firstkey-server --test behaviour told_apart -- --nocapture
//! FIRSTKEY_PAIRS=5000 cargo test -p firstkey-server --test on_postgres told_apart -- --nocapture
//! ```

use crate::common::person::Person;
use crate::common::{Deployment, Server, b64};
use serde_json::{Value, json};
use std::time::Instant;

/// People who have finished, and as many who do not exist.
const PEOPLE: usize = 8;
/// Seconds between two questions about one account: forty a day are free.
const PAUSE: i64 = 2200;

struct Asked {
    path: &'static str,
    known: Vec<Value>,
    unknown: Vec<Value>,
}

/// Microseconds that an answer takes.
async fn time(server: &Server, path: &str, body: &Value) -> f64 {
    let began = Instant::now();
    let answer = server.post(path, body).await;
    let took = began.elapsed().as_secs_f64() * 1e6;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    took
}

/// Mean and standard error.
fn mean(differences: &[f64]) -> (f64, f64) {
    let count = f64::from(u32::try_from(differences.len()).expect("not so many"));
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|each| (each - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "what was measured is for whoever asks for it")]
async fn how_much_longer_an_answer_about_nobody_takes_is_printed() {
    let pairs: usize = std::env::var("FIRSTKEY_PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(8);
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (mut people, mut emails) = (Vec::new(), Vec::new());
    for at in 0..PEOPLE {
        let email = format!("person{at}@example.org");
        server.provision(&deployment, &email).await;
        let person = Person::claim(&server, &deployment.invitation_to(&email).await).await;
        person.enrol(&server).await;
        people.push(person);
        emails.push(email);
    }
    let address = |email: &String| json!({"email": email});
    let nobody: Vec<_> = (0..PEOPLE).map(|at| format!("nobody{at}@example.org")).collect();
    let ke1 = b64(&people[0].begin_login().1.0);
    let start = |id: &[u8; 16]| json!({"account_id": b64(id), "ke1": ke1});
    let mut unknown_ids = Vec::new();
    for email in &nobody {
        let params = server.post("/v1/login/params", &address(email)).await.json();
        unknown_ids.push(json!({"account_id": params["account_id"], "ke1": ke1}));
    }
    let asked = [
        Asked {
            path: "/v1/login/params",
            known: emails.iter().map(address).collect(),
            unknown: nobody.iter().map(address).collect(),
        },
        Asked {
            path: "/v1/login/start",
            known: people.iter().map(|person| start(&person.context.account.0)).collect(),
            unknown: unknown_ids,
        },
        Asked {
            path: "/v1/recovery/start",
            known: emails.iter().map(address).collect(),
            unknown: nobody.iter().map(address).collect(),
        },
    ];
    for Asked { path, known, unknown } in asked {
        let (mut longer, mut took) = (Vec::new(), Vec::new());
        for pair in 0..pairs {
            if pair % PEOPLE == 0 {
                deployment.pass(PAUSE);
            }
            let (one, other) = (&known[pair % PEOPLE], &unknown[pair % PEOPLE]);
            // Who is asked about first changes with each round.
            let (known, unknown) = if (pair / PEOPLE).is_multiple_of(2) {
                let known = time(&server, path, one).await;
                (known, time(&server, path, other).await)
            } else {
                let unknown = time(&server, path, other).await;
                (time(&server, path, one).await, unknown)
            };
            longer.push(unknown - known);
            took.push(known);
        }
        let ((mean, error), (usual, _)) = (mean(&longer), mean(&took));
        let database = if crate::POSTGRES { "PostgreSQL" } else { "SQLite" };
        println!(
            "{database} {path}: nobody takes {mean:+.1} us longer, standard error {error:.1}, of {usual:.0}; {pairs} pairs"
        );
    }
    server.stop().await;
}
