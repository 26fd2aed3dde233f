//! What becomes of letters: refused, doubtful, limited, sent back, and what an administrator sees
//! of it.

use crate::common::mail_server::{At, Do, MailServer, Setup, Taken};
use crate::common::mime::Mail;
use crate::common::{Deployment, Invitation, Server, wait_for};
use firstkey_server::{Bounce, MailOut, ShownLetter};

const ADA: &str = "ada@example.org";

async fn start(script: &[(At, Do)]) -> (Deployment, MailServer, Server) {
    let deployment = Deployment::new().await;
    let mail = MailServer::start(Setup::default(), script).await;
    let out = MailOut::Smtp { url: format!("smtp://127.0.0.1:{}", mail.port), password: None, ca_file: None };
    let server = deployment.serve_with_mail(out).await;
    server.provision(&deployment, ADA).await;
    (deployment, mail, server)
}

/// Waits, while time passes in steps of a minute, until something is so.
async fn until<T>(deployment: &Deployment, mut look: impl FnMut() -> Option<T>) -> T {
    wait_for(|| {
        deployment.pass(60);
        look()
    })
    .await
}

/// Waits until the only letter has come to its end.
async fn end_of_letter(deployment: &Deployment) -> ShownLetter {
    for _ in 0..20_000 {
        deployment.pass(60);
        let letter = deployment.show(ADA).await.letters.remove(0);
        if letter.gave_up_at.is_some() || letter.sent_at.is_some() {
            return letter;
        }
    }
    panic!("the letter came to no end");
}

/// Waits until the newest letter about Ada is as wanted.
async fn newest(deployment: &Deployment, wanted: impl Fn(&ShownLetter) -> bool) -> ShownLetter {
    let looking = async {
        loop {
            let letter = deployment.show(ADA).await.letters.remove(0);
            if wanted(&letter) {
                return letter;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), looking).await.expect("it came to that")
}

fn is_sent(letter: &ShownLetter) -> bool {
    letter.sent_at.is_some()
}

fn invitation(letter: &Taken) -> Invitation {
    let mail = Mail::read(&letter.data);
    Invitation::of_link(mail.link(), &mail.text)
}

async fn opens(server: &Server, letter: &Taken) -> bool {
    server.claim(&invitation(letter), &[1; 32]).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_refused_for_good_is_not_tried_again_and_the_administrator_sees_why() {
    for (at, answer) in [(At::Rcpt, "550 5.1.1 no such user"), (At::End, "554 5.7.1 user unknown")] {
        let (deployment, mail, server) = start(&[(at, Do::Say(answer))]).await;
        let letter = end_of_letter(&deployment).await;
        assert!(letter.gave_up_at.is_some() && letter.sent_at.is_none() && letter.next_try_at.is_none(), "{letter:?}");
        assert!(letter.trouble.as_deref().is_some_and(|trouble| trouble.contains(&answer[4..])), "{letter:?}");
        let listed = deployment.realm().await.letters(vec!["gave-up".to_owned()], 10).await.expect("a list");
        assert_eq!((listed.len(), listed[0].email.as_deref(), listed[0].attempts), (1, Some(ADA), 1));
        deployment.pass(86_400);
        // The next letter goes out by itself; the refused one does not come with it.
        server.provision(&deployment, "grace@example.org").await;
        let taken = until(&deployment, || {
            Some(mail.taken()).filter(|taken| taken.last().is_some_and(|last| last.rcpt.contains("grace")))
        })
        .await;
        assert_eq!(taken.iter().filter(|letter| letter.rcpt.contains("grace")).count(), 1);
        assert_eq!(taken.iter().filter(|letter| letter.rcpt.contains("ada")).count(), usize::from(at == At::End));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_refused_delays_every_letter_and_after_the_repair_each_arrives_once() {
    let refusals = [
        (At::End, Do::Say("554 5.2.252 SendAsDenied; not allowed to send as this sender")),
        (At::End, Do::Say("550 5.4.5 Daily user sending quota exceeded")),
        (At::Rcpt, Do::Say("554 5.7.1 Relay access denied")),
    ];
    let (deployment, mail, server) = start(&refusals).await;
    until(&deployment, || mail.script_is_done().then_some(())).await;
    let letter = end_of_letter(&deployment).await;
    assert!(letter.sent_at.is_some() && letter.gave_up_at.is_none(), "{letter:?}");
    let taken = mail.taken();
    assert_eq!((taken.len(), letter.attempts), (3, 4), "two of them were refused at their end");
    assert_eq!([opens(&server, &taken[0]).await, opens(&server, &taken[2]).await], [false, true]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_letter_costs_one_more_copy_and_both_copies_work() {
    let (deployment, mail, server) = start(&[(At::End, Do::HangUp)]).await;
    let taken = until(&deployment, || Some(mail.taken()).filter(|taken| taken.len() >= 2)).await;
    assert_eq!(taken.iter().map(|letter| letter.told).collect::<Vec<_>>(), [false, true]);
    let names: Vec<_> = taken.iter().map(|letter| Mail::read(&letter.data).header("message-id")).collect();
    assert_eq!(names[0], names[1], "a mail system that drops doubles drops the second");
    assert_ne!(invitation(&taken[0]).token, invitation(&taken[1]).token);
    assert_eq!(invitation(&taken[0]).invite_id, invitation(&taken[1]).invite_id);
    assert!(opens(&server, &taken[0]).await, "so the first must work");
    assert!(opens(&server, &taken[1]).await, "and so must the second, for systems that do not");
    let letter = end_of_letter(&deployment).await;
    assert!(letter.sent_at.is_some() && letter.trouble.is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_never_answers_to_a_letter_gets_three_copies_and_no_more() {
    let (deployment, mail, server) = start(&[(At::End, Do::HangUp); 9]).await;
    let letter = end_of_letter(&deployment).await;
    assert!(letter.gave_up_at.is_some(), "{letter:?}");
    assert_eq!(letter.attempts, 3);
    let taken = mail.taken();
    assert_eq!(taken.len(), 3);
    for copy in &taken {
        assert!(opens(&server, copy).await, "each may be the one that arrived");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_after_a_lost_answer_is_ten_minutes_at_least() {
    let (deployment, mail, server) = start(&[(At::End, Do::HangUp)]).await;
    wait_for(|| (mail.taken().len() == 1).then_some(())).await;
    newest(&deployment, |letter| letter.trouble.is_some()).await;
    deployment.pass(599);
    // Another person's letter shows that the deliverer has looked meanwhile.
    server.provision(&deployment, "grace@example.org").await;
    wait_for(|| mail.taken().iter().any(|letter| letter.rcpt.contains("grace")).then_some(())).await;
    assert_eq!(mail.taken().iter().filter(|letter| letter.rcpt.contains("ada")).count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_certainly_did_not_arrive_takes_its_token_with_it() {
    let (deployment, mail, server) = start(&[(At::End, Do::Say("451 4.3.0 disk full"))]).await;
    let taken = until(&deployment, || Some(mail.taken()).filter(|taken| taken.len() >= 2)).await;
    assert!(!opens(&server, &taken[0]).await);
    assert!(opens(&server, &taken[1]).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_five_letters_an_hour_and_the_others_wait() {
    let (deployment, mail, server) = start(&[]).await;
    let realm = deployment.realm().await;
    for number in 1..=4 {
        wait_for(|| (mail.taken().len() == number).then_some(())).await;
        newest(&deployment, is_sent).await;
        realm.resend_invite(ADA, None, None).await.expect("queued");
    }
    wait_for(|| (mail.taken().len() == 5).then_some(())).await;
    newest(&deployment, is_sent).await;
    realm.resend_invite(ADA, None, None).await.expect("queued");
    // Somebody else's letter passes the one that waits.
    server.provision(&deployment, "grace@example.org").await;
    wait_for(|| mail.taken().iter().any(|letter| letter.rcpt.contains("grace")).then_some(())).await;
    let to_ada = || mail.taken().into_iter().filter(|letter| letter.rcpt.contains("ada")).collect::<Vec<_>>();
    assert_eq!(to_ada().len(), 5);
    let waiting = deployment.show(ADA).await.letters.remove(0);
    assert!(waiting.next_try_at.is_some() && waiting.attempts == 0, "{waiting:?}");
    deployment.pass(3600);
    wait_for(|| (to_ada().len() == 6).then_some(())).await;
    let letters = to_ada();
    for old in &letters[..5] {
        assert!(!opens(&server, old).await, "a new invitation voids the ones before");
    }
    assert!(opens(&server, &letters[5]).await, "nothing was lost");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_for_a_week_is_given_up_and_shown() {
    let deployment = Deployment::new().await;
    let mail = MailServer::start(Setup::default(), &[(At::Greeting, Do::Say("421 4.3.2 busy")); 5]).await;
    let out = MailOut::Smtp { url: format!("smtp://127.0.0.1:{}", mail.port), password: None, ca_file: None };
    let server = deployment.serve_with_mail(out).await;
    server.provision(&deployment, ADA).await;
    wait_for(|| (mail.connections() > 0).then_some(())).await;
    deployment.pass(7 * 86_400);
    let letter = end_of_letter(&deployment).await;
    assert!(letter.gave_up_at.is_some(), "{letter:?}");
    assert!(mail.taken().is_empty());
    server.stop().await;
}

fn bounce(message_id: Option<&str>, recipient: &str, action: &str) -> String {
    let returned = message_id.map_or_else(String::new, |id| {
        format!("--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\nTo: somebody@example.net\r\n\r\n")
    });
    format!(
        "From: MAILER-DAEMON@mail.example.org\r\nTo: firstkey@accounts.example.org\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.org\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n\
         Action: {action}\r\nStatus: 5.1.1\r\n\r\n{returned}--b1--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_back_is_marked_by_its_name_or_its_address_and_nothing_else_changes() {
    let (deployment, mail, server) = start(&[]).await;
    let taken = until(&deployment, || Some(mail.taken()).filter(|taken| !taken.is_empty())).await;
    newest(&deployment, is_sent).await;
    let realm = deployment.realm().await;
    let name = Mail::read(&taken[0].data).header("message-id");
    let read = async |mail: String| realm.read_bounce(mail.as_bytes()).await.expect("read");
    assert_eq!(read("Subject: away\r\n\r\nUntil Monday.\r\n".to_owned()).await, Bounce::NoReport);
    assert_eq!(read(bounce(Some(&name), ADA, "delayed")).await, Bounce::NotFinal);
    assert_eq!(read(bounce(Some("<other@example.org>"), "eve@example.org", "failed")).await, Bounce::NotOurs);
    assert!(deployment.show(ADA).await.letters[0].bounced_at.is_none());

    let account_id = deployment.show(ADA).await.account_id;
    let marked = Bounce::Marked { account_id: Some(account_id), status: Some("5.1.1".into()) };
    // Forwarded first: the report names an address that nobody here knows.
    assert_eq!(read(bounce(Some(&name), "somewhere@example.net", "failed")).await, marked);
    let letter = deployment.show(ADA).await.letters.remove(0);
    assert!(letter.bounced_at.is_some() && letter.trouble.as_deref() == Some("came back (5.1.1)"), "{letter:?}");
    assert_eq!(realm.letters(vec!["bounced".to_owned()], 10).await.expect("a list").len(), 1);
    assert!(opens(&server, &taken[0]).await, "anybody can write a report");

    realm.resend_invite(ADA, None, None).await.expect("queued");
    until(&deployment, || (mail.taken().len() == 2).then_some(())).await;
    newest(&deployment, is_sent).await;
    assert_eq!(read(bounce(None, "ADA@example.org", "failed")).await, marked, "without a name, by the address");
    assert!(deployment.show(ADA).await.letters[0].bounced_at.is_some());
    server.stop().await;
}
