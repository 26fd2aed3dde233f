//! A throw-away pgbouncer in front of the test's PostgreSQL: sessions are lent for one transaction
//! at a time, and there are fewer of them than clients.

use super::cluster::{Cluster, as_owner, owner};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub(crate) struct Pooler {
    folder: TempDir,
    child: Child,
}

impl Pooler {
    /// `None`, said loudly, where pgbouncer is not installed.
    #[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
    pub(crate) fn start(cluster: &Cluster, mode: &str) -> Option<Self> {
        let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let Some(program) = places.into_iter().map(Path::new).find(|path| path.exists()) else {
            assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "pgbouncer is not installed");
            eprintln!("NOT TESTED: pgbouncer is not installed (Debian: apt-get install pgbouncer)");
            return None;
        };
        let folder = TempDir::with_prefix("fk-pool-").expect("a temporary folder");
        let at = folder.path().display();
        // A session that is lent for as long as a client is there is needed for each connection.
        let sessions = if mode == "session" { 10 } else { 3 };
        let settings = format!(
            "[databases]\n* = host={} port=5432 user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n\
             unix_socket_dir = {at}\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 200\n\
             logfile = {at}/log\n",
            cluster.folder().display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("written");
        if let Some((user, group)) = owner() {
            chown(folder.path(), Some(user), Some(group)).expect("a folder of the pooler's user");
            chown(&file, Some(user), Some(group)).expect("its settings");
        }
        let child = as_owner(program)
            .arg("-q")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer starts");
        let pooler = Self { folder, child };
        for _ in 0..600 {
            if pooler.socket().exists() {
                return Some(pooler);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(pooler.folder.path().join("log")).unwrap_or_default();
        panic!("pgbouncer never listened: {log}");
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join(".s.PGSQL.6432")
    }

    /// How that database is reached through it.
    pub(crate) fn address(&self, database: &str) -> String {
        let name = database.rsplit('/').next().expect("an address has a name");
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:6432/{name}")
    }
}

impl Pooler {
    /// The one value of a query, asked in one of the sessions that it lends.
    pub(crate) fn ask(&self, database: &str, query: &str) -> String {
        let name = database.rsplit('/').next().expect("an address has a name");
        let answer = Command::new("psql")
            .args(["-XAtq", "-U", "postgres", "-p", "6432", "-h"])
            .arg(self.folder.path())
            .args(["-d", name, "-c", query])
            .output()
            .expect("psql starts");
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8_lossy(&answer.stdout).trim_end().to_owned()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
