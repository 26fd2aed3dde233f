//! Several servers of one deployment: nothing that matters is in the memory of one.

use super::common::person::Person;
use super::common::{Deployment, okta_user};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_a_flow_may_go_to_another_server() {
    let deployment = Deployment::new().await;
    let (one, two) = (deployment.serve().await, deployment.serve().await);
    let id = one.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&two, &deployment.invitation(1).await).await;
    let upload = person.make_upload(&one).await;
    let first = person.complete(&two, &upload).await;
    assert_eq!(first.status, 200, "{first:?}");
    // An answer that got lost is asked for again elsewhere.
    assert_eq!(person.complete(&one, &upload).await, first);
    assert_eq!(person.log_in_with(&one, &two, "correct horse battery staple").await.status, 200);
    two.set_active(&deployment, &id, false).await;
    assert_ne!(person.log_in_with(&two, &one, "correct horse battery staple").await.status, 200);
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_the_middle_of_an_enrolment_is_replaced_by_any_other() {
    let deployment = Deployment::new().await;
    let (one, two) = (deployment.serve().await, deployment.serve().await);
    one.provision(&deployment, "ada@example.org").await;
    let person = Person::claim(&one, &deployment.invitation(1).await).await;
    let upload = person.make_upload(&one).await;
    one.stop().await;
    assert_eq!(person.complete(&two, &upload).await.status, 200);
    assert_eq!(person.log_in(&two).await.status, 200);
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_make_one_account_of_one_user_name_and_send_one_letter() {
    let deployment = Deployment::new().await;
    let (one, two) = (deployment.serve().await, deployment.serve().await);
    for round in 0..25 {
        let user = okta_user(&format!("ada{round}@example.org"));
        let at = |server| deployment_create(server, &deployment, &user);
        let (a, b, c, d) = tokio::join!(at(&one), at(&two), at(&one), at(&two));
        let mut statuses = [a, b, c, d];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
    }
    assert_eq!(deployment.invitations(25).await.len(), 25);
    one.stop().await;
    two.stop().await;
    assert_eq!(deployment.realm().await.audit_chain().await.expect("the log").broken_at, None);
}

async fn deployment_create(server: &super::common::Server, deployment: &Deployment, user: &serde_json::Value) -> u16 {
    server.scim(&deployment.token, Method::POST, "/Users", Some(user)).await.status
}
