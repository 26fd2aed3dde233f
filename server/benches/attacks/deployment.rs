//! The real program in a process of its own, with two organisations.

use crate::program::Running;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

pub struct Deployment {
    running: Running,
    pub address: SocketAddr,
    /// Of the organisation that attacks, and of the other one.
    pub tokens: [String; 2],
}

impl Deployment {
    /// New, with the usual limits of a server for many people: those that hold as soon as others
    /// than this machine can ask.
    pub fn start(program: &Path) -> Self {
        let running = Running::start(program, &["Attackers", "Others"], "scim_per_second = 100\n", None);
        let tokens = [0, 1].map(|at| running.tokens()[at].clone());
        Self { address: running.address(), tokens, running }
    }

    /// Most memory that it had since it was started.
    pub fn most_resident_mib(&self) -> u64 {
        self.running.mib("VmHWM")
    }

    /// Processor time that it took so far.
    pub fn processor(&self) -> Duration {
        self.running.processor()
    }

    /// A whole number from the database.
    pub fn ask(&self, query: &str) -> i64 {
        let database = rusqlite::Connection::open(self.running.database()).expect("the database");
        database.query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// Writes as many people of the first organisation as there are to be, like the first of them.
    /// Gives their ids.
    pub fn multiply(&self, count: usize) -> Vec<String> {
        let database = rusqlite::Connection::open(self.running.database()).expect("the database");
        let columns = |table: &str, changed: &[(&str, &str)]| {
            let mut names = database.prepare("SELECT name FROM pragma_table_info(?1)").expect("a query");
            let names = names.query_map([table], |row| row.get::<_, String>(0)).expect("columns");
            let names: Vec<String> = names.map(|name| name.expect("a name")).collect();
            let value = |name: &String| {
                changed.iter().find(|(one, _)| one == name).map_or(name.clone(), |(_, value)| (*value).to_owned())
            };
            (names.join(", "), names.iter().map(value).collect::<Vec<_>>().join(", "))
        };
        // A version 4 UUID by its number, for accounts and people alike.
        let id = "unhex(printf('%012x40008000%012x', n, n))";
        let name = "printf('many%d@example.org', n)";
        let account = columns("account", &[("account_id", id), ("email", "NULL"), ("email_key", "NULL")]);
        let person = [("user_id", id), ("account_id", id), ("user_name", name), ("user_name_key", name)];
        let person = columns("membership", &[&person[..], &[("email", "NULL"), ("external_id", "NULL")]].concat());
        let numbers =
            format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})");
        let first = "WHERE user_name = 'first@example.org'";
        let statements = format!(
            "BEGIN IMMEDIATE;
             {numbers} INSERT INTO account ({}) SELECT {} FROM numbers, account
                 WHERE account_id = (SELECT m.account_id FROM membership m {first});
             {numbers} INSERT INTO membership ({}) SELECT {} FROM numbers, membership {first};
             UPDATE organisation SET people = people + {count} WHERE org_id = (SELECT org_id FROM membership {first});
             COMMIT",
            account.0, account.1, person.0, person.1
        );
        database.execute_batch(&statements).expect("people are written");
        (1..=count).map(|n| format!("{:08x}-{:04x}-4000-8000-{n:012x}", n >> 16, n & 0xffff)).collect()
    }
}
