//! The behaviour tests once more, with the data in PostgreSQL instead of the embedded database.
#![cfg(unix)]

const POSTGRES: bool = true;

#[path = "behaviour/common/mod.rs"]
mod common;

#[path = "behaviour/backup.rs"]
mod backup;
#[path = "behaviour/enrolment.rs"]
mod enrolment;
#[path = "behaviour/http.rs"]
mod http;
#[path = "behaviour/invites.rs"]
mod invites;
#[path = "behaviour/letters.rs"]
mod letters;
#[path = "behaviour/login.rs"]
mod login;
#[path = "behaviour/people.rs"]
mod people;
#[path = "behaviour/scim/mod.rs"]
mod scim;
#[path = "behaviour/several.rs"]
mod several;
#[path = "behaviour/story.rs"]
mod story;

/// What is not about data in the database.
const ELSEWHERE: [&str; 3] = ["common", "commands", "key_file"];

#[test]
fn every_behaviour_is_tested_over_both_databases() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a test program");
    let modules = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect()
    };
    let here = modules(&read("on_postgres.rs"));
    for module in modules(&read("behaviour/main.rs")) {
        assert!(here.contains(&module) || ELSEWHERE.contains(&module.as_str()), "{module} is not tested here");
    }
}
