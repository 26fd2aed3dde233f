//! The behaviour tests once more, with the data in PostgreSQL instead of the embedded database.
#![cfg(unix)]

const POSTGRES: bool = true;

#[path = "behaviour/common/mod.rs"]
mod common;

#[path = "behaviour/administrator.rs"]
mod administrator;
#[path = "behaviour/backup.rs"]
mod backup;
#[path = "behaviour/brake.rs"]
mod brake;
#[path = "behaviour/by_hand.rs"]
mod by_hand;
#[path = "behaviour/colleagues.rs"]
mod colleagues;
#[path = "behaviour/delivery.rs"]
mod delivery;
#[path = "behaviour/enrolment.rs"]
mod enrolment;
#[path = "behaviour/erasure.rs"]
mod erasure;
#[path = "behaviour/http.rs"]
mod http;
#[path = "behaviour/invites.rs"]
mod invites;
#[path = "behaviour/letters.rs"]
mod letters;
#[path = "behaviour/life.rs"]
mod life;
#[path = "behaviour/lifecycle.rs"]
mod lifecycle;
#[path = "behaviour/login.rs"]
mod login;
#[path = "behaviour/logs.rs"]
mod logs;
#[path = "behaviour/numbers.rs"]
mod numbers;
#[path = "behaviour/password.rs"]
mod password;
#[path = "behaviour/people.rs"]
mod people;
#[path = "behaviour/readiness.rs"]
mod readiness;
#[path = "behaviour/realm_key.rs"]
mod realm_key;
#[path = "behaviour/recovery.rs"]
mod recovery;
#[path = "behaviour/reminders.rs"]
mod reminders;
#[path = "behaviour/reset.rs"]
mod reset;
#[path = "behaviour/scim/mod.rs"]
mod scim;
#[path = "behaviour/scim_log.rs"]
mod scim_log;
#[path = "behaviour/server_key.rs"]
mod server_key;
#[path = "behaviour/sessions.rs"]
mod sessions;
#[path = "behaviour/several.rs"]
mod several;
#[path = "behaviour/smtp.rs"]
mod smtp;
#[path = "behaviour/staged.rs"]
mod staged;
#[path = "behaviour/statement.rs"]
mod statement;
#[path = "behaviour/story.rs"]
mod story;
#[path = "behaviour/thief.rs"]
mod thief;
#[path = "behaviour/tokens.rs"]
mod tokens;
#[path = "behaviour/told_apart.rs"]
mod told_apart;
#[path = "behaviour/upgrade.rs"]
mod upgrade;

/// What is not about data in the database.
const ELSEWHERE: [&str; 12] = [
    "audit",
    "common",
    "commands",
    "configuration",
    "databases",
    "documents",
    "key_file",
    "limits",
    "processes",
    "slow",
    "tls",
    "trouble",
];

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
