//! The deliverer: takes letters out of the outbox, one after the other, until there are none; then
//! waits for the next.

use super::smtp::Outcome;
use super::text::Deployment;
use super::{Post, notice, text};
use crate::http::App;
use crate::store::{Letter, NoticeLetter, StoreError, Taken};
use crate::token::Token;
use firstkey_core::crypto::realm_key::RealmKey;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks although nobody rang: another program may have written a letter, or a pause
/// may be over.
const LOOK: Duration = Duration::from_secs(1);
/// How often a letter that takes long is asked for again, so that no other server takes it: a third
/// of what it was given for.
const HOLD: Duration = Duration::from_secs(20);

/// Runs until it is dropped.
pub(crate) async fn deliver(app: Arc<App>, post: Post) {
    let bell = app.store.letters_waiting();
    // Letters that an earlier run took and did not live to send.
    note(&app, app.store.free_letters().await);
    loop {
        while one(&app, &post).await {}
        post.rest().await;
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Delivers one letter; false if there was none.
pub(crate) async fn one(app: &App, post: &Post) -> bool {
    match app.store.letter_is_due(app.clock.now()).await {
        Ok(true) => {}
        Ok(false) => return false,
        Err(error) => {
            note(app, Err(error));
            return false;
        }
    }
    let token = Token::mint();
    let server = Deployment {
        realm: app.realm,
        origin: &app.origin,
        now: app.clock.now(),
        key: RealmKey::of_seed(&app.keys.realm),
        flags: &app.command_flags,
    };
    let (letter, words) = match app.store.take_letter(token.hash(), post.name_a_letter(), app.clock.now()).await {
        Ok(Taken::Letter(letter)) => {
            let words = text::write(&letter, &token, &server);
            let Letter { seq, attempts, message_id, to, .. } = *letter;
            (Envelope { seq, attempts, message_id, to }, words)
        }
        Ok(Taken::Notice(letter)) => {
            let words = notice::write(&letter, &server);
            let NoticeLetter { seq, attempts, message_id, to, .. } = *letter;
            (Envelope { seq, attempts, message_id, to }, words)
        }
        Ok(Taken::Later) => return true,
        Ok(Taken::None) => return false,
        Err(error) => {
            note(app, Err(error));
            return false;
        }
    };
    let file = format!("{:08}-{}", letter.seq, letter.attempts);
    // Boxed: a whole conversation with a mail server is a large future.
    let sending = Box::pin(post.send(&letter.to, &words, &letter.message_id, &file));
    let outcome = held(app, letter.seq, sending).await;
    let (now, tries) = (app.clock.now(), letter.attempts + 1);
    let event = |name| app.log.event(name, &[("letter", &letter.seq), ("attempt", &tries)]);
    let kept = match outcome {
        Outcome::Sent => {
            event("letter.sent");
            app.store.letter_sent(letter.seq, now).await
        }
        Outcome::Later(trouble) => {
            event("letter.failed");
            app.store.letter_failed(letter.seq, letter.attempts, trouble, now).await
        }
        Outcome::InDoubt(trouble) => {
            event("letter.in-doubt");
            app.store.letter_in_doubt(letter.seq, trouble, now).await
        }
        Outcome::Refused(trouble) => {
            event("letter.refused");
            app.store.letter_refused(letter.seq, trouble, now).await
        }
    };
    note(app, kept);
    true
}

/// What is on the outside.
struct Envelope {
    seq: i64,
    attempts: i64,
    message_id: String,
    to: String,
}

/// Sends, and keeps the letter meanwhile: a mail server may think for minutes.
async fn held(app: &App, seq: i64, mut sending: Pin<Box<impl Future<Output = Outcome>>>) -> Outcome {
    loop {
        tokio::select! {
            outcome = &mut sending => return outcome,
            () = tokio::time::sleep(HOLD) => note(app, app.store.letter_held(seq, app.clock.now()).await),
        }
    }
}

fn note(app: &App, outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        app.log.event("database.failed", &[("error", &error)]);
    }
}
