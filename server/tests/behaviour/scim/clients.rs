//! Lives of a person as two real clients tell them: an identity provider (Canaille) and a library
//! (scim2-client). Their requests were recorded; people act between them.

use super::conversation::Conversation;
use crate::common::person::Person;
use crate::common::{Deployment, Server, contains, letters_in};

const WRONG: &str = "grcae@example.org";
const GRACE: &str = "grace@example.org";

/// How the newest person of this user name stands.
async fn standing(deployment: &Deployment, name: &str) -> String {
    let people = deployment.realm().await.people(None, None, None, 100).await.expect("people");
    people.into_iter().rfind(|one| one.user_name.as_deref() == Some(name)).expect("the person").state
}

async fn finish(deployment: &Deployment, server: &Server, count: usize) -> Person {
    let invitation = deployment.invitation(count).await;
    assert!(invitation.raw.contains(&format!("To: {GRACE}\n")), "{}", invitation.raw);
    let grace = Person::claim(server, &invitation).await;
    assert_eq!(grace.email, GRACE);
    grace.enrol(server).await;
    assert_eq!(grace.log_in(server).await.status, 200, "the account opens");
    grace
}

/// Whom each invitation went to, in order.
fn invited(deployment: &Deployment) -> Vec<String> {
    let letters = letters_in(&deployment.mail()).into_iter().filter(|letter| letter.contains("#fkinv2."));
    let to = |letter: String| letter.lines().find_map(|line| line.strip_prefix("To: ").map(str::to_owned));
    letters.filter_map(to).collect()
}

/// Canaille looks a person up by `externalId`, replaces the whole at each change, sends the hash of
/// the password along, and empty texts for what its forms left empty.
#[tokio::test(flavor = "multi_thread")]
async fn canaille_creates_renames_corrects_locks_deletes_and_brings_back_a_person() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut canaille = Conversation::of("canaille", &deployment, &server);
    canaille.goes_on_to("admin").await;
    deployment.invitation_to("admin@example.org").await;
    canaille.goes_on_to("create-replace").await;
    let misspelt = deployment.invitation_to(WRONG).await;
    canaille.goes_on_to("rename").await;
    assert_eq!(server.claim(&misspelt, &[1; 32]).await.status, 200, "another name is the same invitation");
    canaille.goes_on_to("correct").await;
    let before_the_lock = deployment.invitation_to(GRACE).await;
    assert_eq!(server.claim(&misspelt, &[1; 32]).await.problem(), "invite-withdrawn");
    canaille.goes_on_to("lock").await;
    assert_eq!(server.claim(&before_the_lock, &[1; 32]).await.problem(), "suspended");
    assert_eq!(standing(&deployment, "grace.hopper").await, "suspended");
    canaille.goes_on_to("unlock").await;
    let grace = finish(&deployment, &server, 4).await;
    assert_eq!(server.claim(&before_the_lock, &[1; 32]).await.problem(), "invite-withdrawn");

    canaille.goes_on_to("rename-after").await;
    let shown = deployment.show(GRACE).await;
    assert_eq!((shown.state.as_str(), shown.email.as_deref()), ("complete", Some(GRACE)), "nothing moved");
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'person.address-differs'"), "1");
    canaille.goes_on_to("lock-after").await;
    assert_eq!(grace.log_in(&server).await.problem(), "suspended");
    canaille.goes_on_to("unlock-after").await;
    assert_eq!(grace.log_in(&server).await.status, 200);
    canaille.goes_on_to("delete").await;
    assert_eq!(grace.log_in(&server).await.problem(), "removed");

    canaille.goes_on_to("come-back").await;
    let again = finish(&deployment, &server, 5).await;
    assert_ne!(again.context.account, grace.context.account, "an account of its own");
    while !canaille.is_over() {
        canaille.goes_on_to("come-back-replace").await;
    }
    assert_eq!(standing(&deployment, "grace").await, "complete");
    assert_eq!(again.log_in(&server).await.status, 200);
    server.stop().await;
    assert_eq!(invited(&deployment), ["admin@example.org", WRONG, GRACE, GRACE, GRACE]);
    assert!(!contains(&deployment.stored_bytes(), b"pbkdf2"), "the hash of a password is kept nowhere");
}

/// scim2-client reads the schemas and sends what they allow; it replaces with the version that it
/// once read, and changes with PATCH.
#[tokio::test(flavor = "multi_thread")]
async fn scim2_client_creates_renames_corrects_deactivates_deletes_and_brings_back_a_person() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut client = Conversation::of("scim2-client", &deployment, &server);
    client.goes_on_to("create").await;
    let misspelt = deployment.invitation_to(WRONG).await;
    client.goes_on_to("rename").await;
    assert_eq!(server.claim(&misspelt, &[1; 32]).await.status, 200, "another name is the same invitation");
    client.goes_on_to("correct").await;
    let before = deployment.invitation_to(GRACE).await;
    assert_eq!(server.claim(&misspelt, &[1; 32]).await.problem(), "invite-withdrawn");
    client.goes_on_to("deactivate").await;
    assert_eq!(server.claim(&before, &[1; 32]).await.problem(), "suspended");
    client.goes_on_to("activate").await;
    let grace = finish(&deployment, &server, 3).await;
    assert_eq!(server.claim(&before, &[1; 32]).await.problem(), "invite-withdrawn");

    client.goes_on_to("rename-after").await;
    let shown = deployment.show(GRACE).await;
    assert_eq!((shown.state.as_str(), shown.email.as_deref()), ("complete", Some(GRACE)), "nothing moved");
    client.goes_on_to("deactivate-after").await;
    assert_eq!(grace.log_in(&server).await.problem(), "suspended");
    client.goes_on_to("activate-after").await;
    assert_eq!(grace.log_in(&server).await.status, 200);
    client.goes_on_to("gone").await;
    assert_eq!(grace.log_in(&server).await.problem(), "removed");

    client.goes_on_to("come-back").await;
    let again = finish(&deployment, &server, 4).await;
    assert_ne!(again.context.account, grace.context.account, "an account of its own");
    client.goes_on_to("taken").await;
    assert_eq!(standing(&deployment, "grace").await, "complete");

    // A new object while the old one is only deactivated: the same person joins with the account.
    client.goes_on_to("leave").await;
    assert_eq!(again.log_in(&server).await.problem(), "suspended");
    client.goes_on_to("return").await;
    assert!(client.is_over());
    let joining = Person::claim(&server, &deployment.invitation(5).await).await;
    assert_eq!(joining.context.account, again.context.account);
    let session = again.log_in(&server).await.json()["session"].as_str().expect("a session").to_owned();
    assert_eq!(joining.join(&server, &session).await.status, 200);
    assert_eq!(standing(&deployment, "grace.again").await, "complete");
    assert_eq!(again.log_in(&server).await.status, 200);
    server.stop().await;
    assert_eq!(invited(&deployment), [WRONG, GRACE, GRACE, GRACE, GRACE]);
}
