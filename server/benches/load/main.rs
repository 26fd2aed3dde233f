//! Load on the account server: the real program as a process, durable commits, a plain client on
//! loopback.
//!
//! ```text
//! cargo bench -p firstkey-server                          both databases, 10,000 people
//! cargo bench -p firstkey-server -- --people 1000000      and look-ups among a million
//! cargo bench -p firstkey-server -- sqlite                one database only
//! cargo bench -p firstkey-server -- --before PROGRAM      an older program first, on each database
//! ```
//!
//! PostgreSQL runs in a cluster of its own with fsync on; without its programs that half says so
//! and is left out.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark starts processes, reads the clock and prints"
)]

mod client;
mod completions;
mod figures;
#[path = "../program/mod.rs"]
mod program;

/// As in the tests, whose deployment and person are used for completions.
const POSTGRES: bool = false;
#[path = "../../tests/behaviour/common/mod.rs"]
mod common;

use client::Client;
use figures::many;
use program::Running;
use std::path::{Path, PathBuf};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let people =
        arguments.iter().position(|word| word == "--people").and_then(|at| arguments.get(at + 1)?.parse().ok());
    let people: usize = people.unwrap_or(10_000);
    figures::conditions();
    let before = arguments.iter().position(|word| word == "--before").and_then(|at| arguments.get(at + 1));
    let mut programs: Vec<_> = before.map(|path| ("before", PathBuf::from(path))).into_iter().collect();
    programs.push(("this version", PathBuf::from(env!("CARGO_BIN_EXE_firstkey-server"))));
    let both = !has("sqlite") && !has("postgres");
    if both || has("sqlite") {
        for (when, program) in &programs {
            println!("\n## SQLite, {when}");
            story(&start(program, None), people);
        }
        completions::run();
    }
    if both || has("postgres") {
        match common::cluster::Cluster::durable() {
            Some(cluster) => {
                for (when, program) in &programs {
                    println!("\n## PostgreSQL, {when}");
                    story(&start(program, Some(&cluster.new_database())), people);
                }
            }
            None => eprintln!("NOT MEASURED: PostgreSQL is not installed"),
        }
    }
}

fn start(program: &Path, database: Option<&str>) -> Running {
    Running::start(program, &["Example Corp"], "", database)
}

fn connect(server: &Running) -> Client {
    Client::new(server.address(), &server.tokens()[0])
}

fn story(server: &Running, people: usize) {
    let client = || connect(server);
    for (concurrency, each) in [(1, 1_000), (8, 1_000), (32, 500)] {
        let figures = many(server, concurrency, each, client, |client, at| {
            let name = format!("invited-{concurrency}-{at}");
            let status = client.send("POST", "/Users", &user(&name, true));
            assert_eq!(status, 201, "{}", client.body());
        });
        figures.print(&format!("creates with an invite, {concurrency} at a time"));
    }
    println!("  resident memory {} MiB", server.mib("VmRSS"));
    looked_up(server, "few thousand");
    let before = std::time::Instant::now();
    let done = many(server, 32, people / 32 + 1, client, |client, at| {
        assert_eq!(client.send("POST", "/Users", &user(&format!("staged-{at}"), false)), 201, "{}", client.body());
    });
    println!("  {} staged people in {:.0} s", done.count(), before.elapsed().as_secs_f64());
    looked_up(server, &format!("{people} and more"));
    group(server);
    println!("  resident memory {} MiB", server.mib("VmRSS"));
    if let Ok(file) = std::fs::metadata(server.database()) {
        println!("  database file {} MiB", file.len() / (1024 * 1024));
    }
}

fn looked_up(server: &Running, among: &str) {
    let client = || connect(server);
    let found = many(server, 8, 500, client, |client, at| {
        let status =
            client.send("GET", &format!("/Users?filter=userName%20eq%20%22invited-8-{at}%40example.org%22"), "");
        assert!(status == 200 && client.body().contains("\"totalResults\":1"), "{}", client.body());
    });
    found.print(&format!("look-ups among {among}, 8 at a time"));
    let found = many(server, 8, 500, client, |client, at| {
        let status = client.send("GET", &format!("/Users?filter=externalId%20eq%20%22invited-8-{at}%22"), "");
        assert!(status == 200 && client.body().contains("\"totalResults\":1"), "{}", client.body());
    });
    found.print(&format!("look-ups by externalId among {among}, 8 at a time"));
    let tag = among.replace(' ', "-");
    let made = many(server, 8, 250, client, |client, at| {
        assert_eq!(client.send("POST", "/Users", &user(&format!("late-{tag}-{at}"), true)), 201, "{}", client.body());
    });
    made.print(&format!("creates among {among}, 8 at a time"));
}

/// A group of 10,000: made, one member added and taken out, all replaced.
fn group(server: &Running) {
    let mut client = connect(server);
    let mut members = Vec::new();
    let mut start = 1;
    while members.len() < 10_000 {
        let status = client.send("GET", &format!("/Users?startIndex={start}&count=200&attributes=id"), "");
        assert_eq!(status, 200, "{}", client.body());
        let page: serde_json::Value = serde_json::from_str(client.body()).expect("JSON");
        let page = page["Resources"].as_array().expect("a list").clone();
        assert!(!page.is_empty(), "there are 10,000 people");
        start += page.len();
        members.extend(page.iter().map(|one| format!("{{\"value\":{}}}", one["id"])));
    }
    members.truncate(10_000);
    let body = format!(
        "{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Everybody\",\"members\":[{}]}}",
        members[1..].join(",")
    );
    let mut timed = |what: &str, method: &str, path: &str, body: &str| {
        let began = std::time::Instant::now();
        let status = client.send(method, path, body);
        assert!(matches!(status, 200 | 201 | 204), "{status} {}", client.body());
        println!("  {what}: {:.0} ms", began.elapsed().as_secs_f64() * 1000.0);
        client.body().to_owned()
    };
    let made = timed("a group of 9,999 made", "POST", "/Groups", &body);
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    let path = format!("/Groups/{}?excludedAttributes=members", made["id"].as_str().expect("an id"));
    let patch = |operation: &str| format!("{{\"schemas\":[\"{PATCH}\"],\"Operations\":[{operation}]}}");
    let add = format!("{{\"op\":\"add\",\"path\":\"members\",\"value\":[{}]}}", members[0]);
    timed("one PATCH adds the 10,000th", "PATCH", &path, &patch(&add));
    let remove = format!("{{\"op\":\"remove\",\"path\":\"members\",\"value\":[{}]}}", members[0]);
    timed("one PATCH takes one out", "PATCH", &path, &patch(&remove));
    let replace = format!("{{\"op\":\"replace\",\"path\":\"members\",\"value\":[{}]}}", members.join(","));
    timed("one PATCH replaces all 10,000", "PATCH", &path, &patch(&replace));
}

fn user(name: &str, active: bool) -> String {
    format!(
        "{{\"schemas\":[\"{CORE}\"],\"userName\":\"{name}@example.org\",\"name\":{{\"givenName\":\"Ada\",\"familyName\":\"Lovelace\"}},\
         \"emails\":[{{\"primary\":true,\"value\":\"{name}@example.org\",\"type\":\"work\"}}],\"displayName\":\"Ada Lovelace\",\
         \"externalId\":\"{name}\",\"groups\":[],\"active\":{active}}}"
    )
}
