//! Whole enrolments: claim, start and complete, with a client that does everything but Argon2id.
//! Client and server share the machine, so the server alone would do more.

use super::common::Deployment;
use super::common::person::Person;
use std::time::Instant;

/// Enough to see a rate.
const PEOPLE: usize = 400;

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let deployment = Deployment::new().await;
        let server = deployment.serve().await;
        for at in 0..PEOPLE {
            server.provision(&deployment, &format!("person{at}@example.org")).await;
        }
        let invitations = deployment.invitations(PEOPLE).await;
        let began = Instant::now();
        for group in invitations.chunks(8) {
            let all = group.iter().map(|invitation| async {
                let person = Person::claim(&server, invitation).await;
                person.enrol(&server).await;
            });
            futures_util::future::join_all(all).await;
        }
        println!(
            "  completions (claim, start, complete; client included), 8 at a time: {:.0} a second",
            PEOPLE as f64 / began.elapsed().as_secs_f64()
        );
        server.stop().await;
    });
}
