//! A throw-away PostgreSQL cluster for this test program: made at the first use, gone with the
//! process.
//!
//! It listens on a socket in a temporary folder and on no network. The keeper is a shell that waits
//! for our end of a pipe to close, so that no crash of a test leaves a server behind.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A running cluster.
pub(crate) struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    settings: &'static [&'static str],
    /// Ends when its standard input does.
    keeper: Child,
    next: AtomicU32,
}

/// For tests that kill nobody: quick, because nothing has to survive.
const FORGETFUL: &[&str] = &["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB"];

/// For tests that do. Recovery syncs the file system at once instead of file by file.
const DURABLE: &[&str] = &[
    "-c",
    "fsync=on",
    "-c",
    "synchronous_commit=on",
    "-c",
    "shared_buffers=256MB",
    "-c",
    "recovery_init_sync_method=syncfs",
];

/// What the keeper runs: the server until the pipe is closed, then it removes everything.
const KEEPER: &str = r#"
bin=$1 folder=$2
shift 2
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=400 -c log_min_messages=fatal "$@" >"$folder/log" 2>&1 &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

impl Cluster {
    /// The one of this process. `None`, said loudly, where PostgreSQL is not installed.
    pub(crate) fn of_this_process() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        CLUSTER.get_or_init(|| Self::start(FORGETFUL)).as_ref()
    }

    /// One that keeps its promises: every commit is on the disk.
    pub(crate) fn durable() -> Option<Self> {
        Self::start(DURABLE)
    }

    /// Kills every process of it, as a crash of the machine would, and starts it again on what is
    /// on the disk.
    pub(crate) fn crash(&mut self) {
        kill_process(Pid::from_child(&self.keeper), Signal::KILL).expect("it runs");
        drop(self.keeper.wait());
        let data = self.folder.join("data");
        for _ in 0..10_000 {
            let running = running_in(&data);
            if running.is_empty() {
                break;
            }
            for process in running {
                let _ = kill_process(process, Signal::KILL);
            }
            std::thread::yield_now();
        }
        assert!(running_in(&data).is_empty(), "the database does not die");
        // The dead may still have a number if nobody has buried them; these files would speak for
        // them.
        for file in ["data/postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"] {
            std::fs::remove_file(self.folder.join(file)).expect("the server ran");
        }
        self.keeper = keep(&self.bin, &self.folder, self.settings);
        self.wait();
    }

    /// One that listens at these addresses of this machine too, for who speaks TLS; the certificate
    /// and its key are texts.
    pub(crate) fn with_tls(certificate: &str, key: &str, addresses: &str) -> Option<Self> {
        // For as long as this process: a handful of bytes.
        let listen: &'static str = format!("listen_addresses={addresses}").leak();
        let settings: &'static [&'static str] = vec!["-c", "fsync=off", "-c", "ssl=on", "-c", listen].leak();
        Self::start_prepared(settings, |data| {
            for (name, text) in [("server.crt", certificate), ("server.key", key)] {
                let file = data.join(name);
                std::fs::write(&file, text).expect("written");
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its mode");
                if let Some((user, group)) = owner() {
                    chown(&file, Some(user), Some(group)).expect("a file of the database's user");
                }
            }
            let rules = std::fs::OpenOptions::new().append(true).open(data.join("pg_hba.conf"));
            rules.and_then(|mut file| file.write_all(b"hostssl all all 127.0.0.0/8 trust\n")).expect("its rules");
        })
    }

    fn start(settings: &'static [&'static str]) -> Option<Self> {
        Self::start_prepared(settings, |_| {})
    }

    /// The same; `prepare` is given the data's folder before the server starts.
    #[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn start_prepared(settings: &'static [&'static str], prepare: impl FnOnce(&Path)) -> Option<Self> {
        let Some(bin) = binaries() else {
            assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "PostgreSQL is not installed");
            eprintln!("NOT TESTED: PostgreSQL is not installed (Debian: apt-get install postgresql)");
            return None;
        };
        let folder = TempDir::with_prefix("fk-pg-").expect("a temporary folder").keep();
        if let Some((user, group)) = owner() {
            chown(&folder, Some(user), Some(group)).expect("a folder of the database's user");
        }
        let made = as_owner(&bin.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(folder.join("data"))
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        prepare(&folder.join("data"));
        let keeper = keep(&bin, &folder, settings);
        let cluster = Self { folder, bin, settings, keeper, next: AtomicU32::new(0) };
        cluster.wait();
        Some(cluster)
    }

    /// Ends it, as for maintenance; nothing is lost.
    pub(crate) fn stop(&self) {
        self.control(&["stop", "-m", "fast"]);
    }

    /// Starts it again after [`Cluster::stop`].
    pub(crate) fn start_again(&mut self) {
        kill_process(Pid::from_child(&self.keeper), Signal::KILL).expect("it waits for the end of this process");
        drop(self.keeper.wait());
        self.keeper = keep(&self.bin, &self.folder, self.settings);
        self.wait();
    }

    fn control(&self, arguments: &[&str]) {
        let done = as_owner(&self.bin.join("pg_ctl")).arg("-D").arg(self.folder.join("data")).args(arguments).output();
        let done = done.expect("pg_ctl starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The address of a new, empty database.
    pub(crate) fn new_database(&self) -> String {
        let name = format!("test{}", self.next.fetch_add(1, Ordering::Relaxed));
        let made = self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        assert!(made.is_ok(), "{made:?}");
        self.address(&name)
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// The folder of the socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A second server that follows this one.
    pub(crate) fn standby(&mut self) -> Self {
        let folder = TempDir::with_prefix("fk-pg-").expect("a temporary folder").keep();
        if let Some((user, group)) = owner() {
            chown(&folder, Some(user), Some(group)).expect("a folder of the database's user");
        }
        self.copy_to(&folder);
        self.start_again();
        let keeper = keep(&self.bin, &folder, self.settings);
        let standby = Self { folder, bin: self.bin.clone(), settings: self.settings, keeper, next: AtomicU32::new(0) };
        standby.wait();
        standby
    }

    /// A copy of what is on the disk, made while nothing runs, that follows this one.
    fn copy_to(&self, folder: &Path) {
        let data = folder.join("data");
        self.control(&["stop", "-m", "fast"]);
        let copied = as_owner(Path::new("cp")).arg("-a").args([&self.folder.join("data"), &data]).status();
        assert!(copied.expect("cp runs").success(), "the files are copied");
        let from = format!("primary_conninfo = 'host={} user=postgres'\n", self.folder.display());
        std::fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.auto.conf"))
            .and_then(|mut file| file.write_all(from.as_bytes()))
            .expect("its settings");
        std::fs::write(data.join("standby.signal"), b"").expect("its sign");
    }

    /// Makes a standby the server that is written to.
    pub(crate) fn promote(&self) {
        self.control(&["promote"]);
    }

    /// Waits until a query of that database gives that.
    pub(crate) fn wait_for(&self, query: &str, want: &str, address: &str) {
        for _ in 0..2400 {
            if self.ask(address, query) == want {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{query} never gave {want}");
    }

    /// How that database is reached.
    pub(crate) fn address(&self, name: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{name}")
    }

    /// Everything in the database of that address: values as text, bytes as they are.
    pub(crate) fn dump(&self, address: &str) -> Vec<u8> {
        let name = address.rsplit('/').next().expect("an address has a name");
        let dump = Command::new(self.bin.join("pg_dump"))
            .args(["--data-only", "--inserts", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .arg(name)
            .output()
            .expect("pg_dump starts");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let mut bytes = dump.stdout;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for part in text.split("'\\x").skip(1) {
            let hex = part.split('\'').next().unwrap_or_default();
            let pairs = (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok());
            bytes.extend(pairs);
        }
        bytes
    }

    /// Changes the database of that address.
    pub(crate) fn meddle(&self, address: &str, statement: &str) {
        let name = address.rsplit('/').next().expect("an address has a name");
        let changed = self.sql(name, statement);
        assert!(changed.is_ok(), "{changed:?}");
    }

    /// The one value of a query, as text.
    pub(crate) fn ask(&self, address: &str, query: &str) -> String {
        let name = address.rsplit('/').next().expect("an address has a name");
        self.sql(name, query).expect("one value").trim_end().to_owned()
    }

    /// A session that holds what writers of the database of that address take turns by.
    pub(crate) fn hold(&self, address: &str) -> Child {
        let name = address.rsplit('/').next().expect("an address has a name");
        let mut session = Command::new(self.bin.join("psql"))
            .args(["-XAtq", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-d", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let input = session.stdin.as_mut().expect("a pipe");
        input.write_all(b"BEGIN; SELECT pg_advisory_xact_lock(7381201); SELECT 'held';\n").expect("it reads");
        let mut said = BufReader::new(session.stdout.as_mut().expect("a pipe")).lines();
        assert!(said.any(|line| line.is_ok_and(|line| line == "held")), "the lock was not taken");
        session
    }

    fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let answer = Command::new(self.bin.join("psql"))
            .args(["-XAtq", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-d", database, "-c", statement])
            .output()
            .expect("psql starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if answer.status.success() { Ok(text(&answer.stdout)) } else { Err(text(&answer.stderr)) }
    }

    /// Until it answers; it takes a moment to start.
    fn wait(&self) {
        let mut said = String::new();
        for _ in 0..600 {
            match self.sql("postgres", "SELECT 1") {
                Ok(_) => return,
                Err(error) => said = error,
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("the database never answered: {said}\n{log}");
    }
}

/// The processes that work in that folder. Each of PostgreSQL's has a session of its own, so there
/// is no group to kill.
fn running_in(data: &Path) -> Vec<Pid> {
    let processes = std::fs::read_dir("/proc").expect("the list of processes").flatten();
    let working =
        processes.filter(|process| std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data));
    working.filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?)).collect()
}

/// Starts the server below a keeper.
fn keep(bin: &Path, folder: &Path, settings: &[&str]) -> Child {
    let mut shell = as_owner(Path::new("/bin/sh"));
    shell.args(["-c", KEEPER, "keeper"]).args([bin, folder]).args(settings);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell")
}

/// Where the server's programs are.
fn binaries() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = installed.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    folders
        .into_iter()
        .rev()
        .chain(on_path.unwrap_or_default())
        .find(|folder| ["initdb", "postgres", "psql", "pg_dump"].iter().all(|name| folder.join(name).exists()))
}

/// PostgreSQL refuses to run as root: then it runs as its own user.
pub(crate) fn owner() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the list of users");
    let line = |name: &str| users.lines().find(|line| line.starts_with(&format!("{name}:"))).map(str::to_owned);
    let line = line("postgres").or_else(|| line("nobody")).expect("a user that is not root");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().expect("a number"));
    Some((fields.next().expect("a user"), fields.next().expect("a group")))
}

pub(crate) fn as_owner(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = owner() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env_remove("PGDATABASE").env_remove("PGHOST").env_remove("PGUSER");
    command
}
