//! Ready means: a write could be committed now.

use super::common::Deployment;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_ready_only_while_nobody_else_holds_the_turn_to_write() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ready = async || {
        let answer = server.send(Method::GET, "/readyz", &[], Vec::new()).await;
        (answer.status, String::from_utf8_lossy(&answer.bytes).into_owned())
    };
    let until = async |status: u16| {
        let there = async {
            loop {
                let answer = ready().await;
                if answer.0 == status {
                    return answer.1;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), there).await.expect("it says so in the end")
    };
    assert_eq!(until(200).await, "ready\n");
    let held = deployment.hold_the_writer();
    assert_eq!(until(503).await, "not ready: another program holds the database\n");
    drop(held);
    assert_eq!(until(200).await, "ready\n");
    server.stop().await;
}
