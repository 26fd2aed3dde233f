//! The lying server without a client: whoever wants to points one at it, or a fuzzer, or a person.
//!
//! Promises: each request is said as it comes, with the lies that answer it. Must never: show a
//! body, which may hold what a broken client should not have sent.

use super::message::Seen;
use super::scenario::{Case, Command};
use super::stage::Stage;
use serde_json::json;
use std::error::Error;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

/// Sets the stage for one case, says where it is, and stays until the program is ended.
#[allow(clippy::print_stdout, reason = "this is what the command is for")]
pub fn wait(client: &Path, case: &Case, as_json: bool) -> Result<(), Box<dyn Error>> {
    // Ended in order, so that the temporary folder goes away; from before anybody is told that it
    // is there.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut ended, mut pressed) = runtime.block_on(async {
        Ok::<_, std::io::Error>((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    })?;
    let mut stage = Stage::set(client)?;
    let scene = stage.prepare(case)?;
    let listener: fn(&Seen, &[&str]) = if as_json { said_as_json } else { said };
    let _playing = stage.begin(case, &scene, Some(listener));
    let command = stage.command(case, &scene);
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if as_json {
        println!(
            "{}",
            json!({"event": "waiting", "case": case.name, "title": case.title, "link": scene.link, "email": scene.email,
                "command": words})
        );
    } else {
        println!("{} ({}): {}\n", case.name, case.attack, case.title);
        match (&scene.link, case.command) {
            (Some(link), Command::Accept) => println!("The invite, for {}:\n\n{link}\n", scene.email),
            _ => println!("The account is that of {}.\n", scene.email),
        }
        println!("What the scenario would run:\n\n{}\n", words.join(" "));
        println!("Requests are shown as they come. Ctrl-C ends it.");
    }
    runtime.block_on(async {
        tokio::select! {
            _ = pressed.recv() => {}
            _ = ended.recv() => {}
        }
    });
    Ok(())
}

#[allow(clippy::print_stdout, reason = "this is what the command is for")]
fn said(seen: &Seen, lies: &[&str]) {
    let lies = if lies.is_empty() { "honest".to_owned() } else { format!("LIES: {}", lies.join(", ")) };
    println!("{:<6} {:<40.40} {lies}", clean(&seen.method), clean(&seen.path));
}

#[allow(clippy::print_stdout, reason = "this is what the command is for")]
fn said_as_json(seen: &Seen, lies: &[&str]) {
    let size = seen.body.len();
    println!("{}", json!({"event": "request", "method": seen.method, "path": seen.path, "bytes": size, "lies": lies}));
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}
