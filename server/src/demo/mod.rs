//! `demo`: the whole flow in one terminal, with a real server, real HTTP, a real letter and the
//! real client.
//!
//! Promises: everything shown was read back from where it lies (SCIM, the database, the client's
//! own record), nothing is made up; the temporary folder is removed at the end. Must never: listen
//! on anything but loopback, or reach into the client other than by its command line.

#![allow(clippy::print_stdout, reason = "the demo speaks to a person")]

mod client;
mod idp;
mod letter;
pub mod proof;
mod report;

use crate::config::MailOut;
use crate::outlet::out;
use crate::realm::{NewOrganisation, Realm};
use crate::scratch::Scratch;
use crate::serve::{ServeOptions, serve};
use crate::{Log, show::Shown};
use client::Client;
use std::error::Error;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The person of the demo, as Okta would push them.
pub(crate) const EMAIL: &str = "ada@example.org";

/// How the demo runs.
#[derive(Debug)]
pub(crate) struct DemoOptions {
    /// Made-up answers instead of a person.
    pub(crate) unattended: bool,
    /// The client's binary, where it is not to be built or found beside this one.
    pub(crate) client: Option<PathBuf>,
}

/// Why the demo did not come to its good end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoFailed {
    /// The client ended with another code than 0.
    #[error("The demo ended early: firstkey accept stopped with exit code {0}. Nothing is left behind.")]
    Client(i32),
    /// A check on what is stored failed.
    #[error("The demo FAILED: {0}")]
    Proof(String),
}

/// Runs the demo.
pub(crate) async fn run(options: DemoOptions) -> Result<(), Box<dyn Error>> {
    let client = Client::find(options.client.as_deref()).await?;
    let scratch = Scratch::make("demo")?;

    out!("1. An account server");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let data = scratch.path("server");
    let realm = Realm::init(&data, &origin, Some("it@example.org")).await?;
    let org = realm
        .add_organisation(NewOrganisation {
            name: "Example Corp".to_owned(),
            contact: Some("it@example.org".to_owned()),
            min_profile: None,
        })
        .await?;
    let token = realm.add_scim_token(org).await?;
    let letters = scratch.path("letters");
    let served = ServeOptions { log: Log::Silent, ..ServeOptions::new(MailOut::Folder(letters.clone())) };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(realm, listener, served, async move {
        drop(stopped.await);
    }));
    out!("   It listens on {origin}. Its data is in a temporary folder.\n");

    out!("2. The identity provider pushes a person by SCIM");
    let person = idp::create_person(&origin, &token).await?;
    out!("   POST /scim/v2/Users, as Okta sends it, with a placeholder password.\n   Answer: 201, id {}\n", person.id);

    out!("3. The server mails an invite");
    let letter = letter::wait_for(&letters).await?;
    out!("{}", letter.quoted());

    out!("4. The person finishes the account: firstkey accept\n");
    if !options.unattended {
        out!("Copy this link. The client asks for it next:\n\n{}\n", letter.link);
    }
    let outcome = if options.unattended {
        client.accept_unattended(scratch.folder(), &letter.link).await?
    } else {
        client.accept_with_person(scratch.folder()).await?
    };

    let opened = Realm::open(&data).await?;
    let stored = opened.show(EMAIL).await?;
    let scim = idp::read_person(&origin, &token, &person.id).await?;
    let record = client.audit(scratch.folder()).await?;
    report::print(&scim, &stored, &record);
    if let Some(answers) = &outcome {
        check(answers, &stored, scratch.folder(), &scim)?;
    }

    // It is gone already only if the server ended by itself, which the next line reports.
    let _ = stop.send(());
    server.await??;
    out!("The demo is over. Its temporary folder is removed.");
    Ok(())
}

/// What only the unattended demo can check, because it knows the answers.
fn check(answers: &client::Answers, stored: &Shown, scratch: &Path, scim: &str) -> Result<(), DemoFailed> {
    let checked = proof::open_with_kit(answers, stored).map_err(DemoFailed::Proof)?;
    out!("Checked: the recovery kit opens what the server stores. The keys inside have the fingerprint");
    out!("   {}", checked.fingerprint);
    let searched = proof::search(answers, &checked, &[scratch.join("server"), scratch.join("state")], scim)
        .map_err(DemoFailed::Proof)?;
    out!(
        "Checked: password, recovery code, account key and private keys are in none of {searched} files, in any encoding.\n"
    );
    Ok(())
}
