//! Reminders: another letter to whoever has not finished.

use crate::common::mail_server::{MailServer, Setup};
use crate::common::person::Person;
use crate::common::{Deployment, Invitation, letters_in, okta_user_named, wait_for};
use firstkey_server::MailOut;
use firstkey_server::admin::ChangedOrganisation;
use reqwest::Method;

const DAY: i64 = 86_400;
const ADA: &str = "ada@example.org";

async fn remind(deployment: &Deployment, remind: &str) {
    let change = ChangedOrganisation { remind: Some(remind.into()), ..ChangedOrganisation::default() };
    let realm = deployment.realm().await;
    realm.change_organisation(deployment.org, change).await.expect("a schedule");
}

fn invitations_to(deployment: &Deployment, email: &str) -> Vec<String> {
    let header = format!("To: {email}\n");
    let is_one = |raw: &String| raw.contains("#fkinv2.") && raw.contains(&header);
    letters_in(&deployment.mail()).into_iter().filter(is_one).collect()
}

/// Lets two sweeps pass, so that whatever the first one queued was seen by another.
async fn sweeps(deployment: &Deployment, server: &crate::common::Server, round: u32) {
    // A letter that was provisioned after the sweep comes after what the sweep queued.
    deployment.pass(700);
    let entries = || deployment.ask("SELECT count(*) FROM outbox WHERE done_at IS NULL");
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        let mut quiet = 0;
        while quiet < 300 {
            quiet = if entries() == "0" { quiet + 1 } else { 0 };
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("it comes to rest");
    let created = server
        .scim(&deployment.token, Method::POST, "/Users", Some(&okta_user_named(&format!("round{round}@example.net"))))
        .await;
    assert_eq!(created.status, 201);
    deployment.invitation_to(&format!("round{round}@example.net")).await;
}

/// Every letter is out, and the moment is written down from which the next reminder is counted: a
/// letter lies in its folder a little earlier.
async fn handed_over(deployment: &Deployment) {
    let open = "SELECT count(*) FROM outbox WHERE done_at IS NULL";
    wait_for(|| (deployment.ask(open) == "0").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_has_a_link_of_its_own_and_prolongs_no_earlier_one() {
    let deployment = Deployment::new().await;
    remind(&deployment, "3d,7d").await;
    let server = deployment.serve().await;
    server.provision(&deployment, ADA).await;
    let first = deployment.invitation_to(ADA).await;
    handed_over(&deployment).await;
    deployment.pass(3 * DAY);
    let letters = wait_for(|| Some(invitations_to(&deployment, ADA)).filter(|all| all.len() == 2)).await;
    let second = Invitation::read(&letters[1]);
    assert_eq!(first.invite_id, second.invite_id, "the same invitation");
    assert_ne!(first.token, second.token);
    for link in [&first, &second] {
        assert_eq!(server.claim(link, &[1; 32]).await.status, 200, "both links are good");
    }
    // The second reminder comes when the invitation has ended; the links of before stay ended.
    handed_over(&deployment).await;
    deployment.pass(4 * DAY + 60);
    let letters = wait_for(|| Some(invitations_to(&deployment, ADA)).filter(|all| all.len() == 3)).await;
    let third = Invitation::read(&letters[2]);
    for link in [&first, &second] {
        assert_eq!(server.claim(link, &[2; 32]).await.problem(), "invite-expired");
    }
    let claimed = server.claim(&third, &[3; 32]).await;
    assert_eq!(claimed.status, 200, "{claimed:?}");
    Person::claim(&server, &third).await.enrol(&server).await;
    handed_over(&deployment).await;
    deployment.pass(30 * DAY);
    sweeps(&deployment, &server, 1).await;
    assert_eq!(invitations_to(&deployment, ADA).len(), 3, "nobody who has finished is reminded");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_who_is_suspended_or_whose_letter_came_back() {
    let deployment = Deployment::new().await;
    remind(&deployment, "1d").await;
    let server = deployment.serve().await;
    let provision = async |email: &str| {
        let made = server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user_named(email))).await;
        assert_eq!(made.status, 201);
        deployment.invitation_to(email).await;
        made.json()["id"].as_str().expect("an id").to_owned()
    };
    let grace = provision("grace@example.org").await;
    provision(ADA).await;
    provision("edsger@example.org").await;
    server.set_active(&deployment, &grace, false).await;
    deployment.meddle(&format!(
        "UPDATE outbox SET bounced_at = {}, trouble = 'came back (5.1.1)' WHERE to_key = '{ADA}'",
        deployment.start
    ));
    handed_over(&deployment).await;
    deployment.pass(DAY);
    wait_for(|| Some(invitations_to(&deployment, "edsger@example.org")).filter(|all| all.len() == 2)).await;
    sweeps(&deployment, &server, 1).await;
    for email in [ADA, "grace@example.org"] {
        assert_eq!(invitations_to(&deployment, email).len(), 1, "{email}");
    }
    let by_hand = deployment.realm().await.remind(None, None, 0, true, None).await.expect("listed");
    assert!(by_hand.iter().all(|one| one.email.as_deref() != Some(ADA)), "{by_hand:?}");
    let unfinished = deployment.realm().await.unfinished(None, DAY, 10).await.expect("people");
    let ada = unfinished.iter().find(|one| one.email.as_deref() == Some(ADA)).expect("she is seen");
    assert_eq!((ada.reason, ada.letter, ada.reminders), (Some("mail-refused"), Some("bounced"), Some(0)));
    let edsger = unfinished.iter().find(|one| one.email.as_deref() == Some("edsger@example.org")).expect("he is seen");
    assert_eq!((edsger.letter, edsger.reminders, edsger.claims), (Some("sent"), Some(1), Some(0)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_down_counts_no_reminder_as_sent() {
    let deployment = Deployment::new().await;
    remind(&deployment, "1d,2d,3d").await;
    let mail = MailServer::start(Setup::default(), &[]).await;
    let out = |port| MailOut::Smtp { url: format!("smtp://127.0.0.1:{port}"), password: None, ca_file: None };
    let server = deployment.serve_with_mail(out(mail.port)).await;
    server.provision(&deployment, ADA).await;
    let is_sent = "SELECT count(*) FROM outbox WHERE done_at IS NOT NULL AND trouble IS NULL";
    wait_for(|| (deployment.ask(is_sent) == "1").then_some(())).await;
    server.stop().await;
    // Nobody listens there.
    let down = deployment.serve_with_mail(out(9)).await;
    deployment.pass(DAY);
    let queued = "SELECT count(*) FROM outbox";
    wait_for(|| (deployment.ask(queued) == "2").then_some(())).await;
    for _ in 0..3 {
        deployment.pass(DAY);
        wait_for(|| {
            (deployment.ask("SELECT count(*) FROM outbox WHERE attempts > 0 AND done_at IS NULL") == "1").then_some(())
        })
        .await;
    }
    assert_eq!(deployment.ask(queued), "2", "one waits, and no other is queued");
    let people = deployment.realm().await.unfinished(None, 0, 10).await.expect("people");
    assert_eq!((people[0].letter, people[0].reminders), (Some("refused"), Some(0)));
    down.stop().await;
}
