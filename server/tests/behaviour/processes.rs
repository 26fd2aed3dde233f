//! The server as a process: signals, and a second one on the same folder.

use crate::common::{Deployment, Server, wait_for};
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Process {
    child: Child,
    server: Server,
    log: PathBuf,
}

fn command(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(["serve", "--json", "--config"]).arg(config);
    command
}

impl Process {
    fn start(config: &Path) -> Self {
        let log = config.with_extension("log");
        let mut child = command(config)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("the server starts");
        let server = Server::of_process(&mut child);
        Self { child, server, log }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    async fn ask(&self) -> u16 {
        let json = [("content-type", "application/json")];
        self.server.send(Method::POST, "/v1/login/params", &json, b"{}".to_vec()).await.status
    }

    async fn until_logged(&self, event: &str) {
        wait_for(|| std::fs::read_to_string(&self.log).expect("a log").contains(event).then_some(())).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        drop(self.child.wait());
    }
}

fn configure(deployment: &Deployment, limits: &str) -> PathBuf {
    let config = deployment.data().with_file_name("server.toml");
    let text = format!("data = \"data\"\nlisten = \"127.0.0.1:0\"\n[mail]\nfolder = \"letters\"\n{limits}");
    std::fs::write(&config, text).expect("written");
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reads_the_configuration_again_and_never_ends_the_server() {
    let deployment = Deployment::new().await;
    let few = "[limits]\nsource_per_second = 1\nsource_burst = 1\n";
    let process = Process::start(&configure(&deployment, few));
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(process.ask().await);
    }
    assert!(answers.contains(&429), "{answers:?}");

    configure(&deployment, "[limits]\nsource_per_second = 0\n");
    process.signal(Signal::HUP);
    process.until_logged("event=configuration.reloaded needs_restart=false").await;
    for _ in 0..20 {
        assert_eq!(process.ask().await, 400, "the new limits hold");
    }

    for broken in ["[limits]\nscim_per_second = 1\n", "[limit]\n", "nonsense"] {
        configure(&deployment, broken);
        let before = std::fs::read_to_string(&process.log).expect("a log").matches("configuration.refused").count();
        process.signal(Signal::HUP);
        wait_for(|| {
            let log = std::fs::read_to_string(&process.log).expect("a log");
            (log.matches("level=warn event=configuration.refused").count() > before).then_some(())
        })
        .await;
        assert_eq!(process.ask().await, 400, "it goes on with what it has");
    }
    configure(&deployment, "[log]\nformat = \"json\"\n");
    process.signal(Signal::HUP);
    process.until_logged("event=configuration.reloaded needs_restart=true").await;
    assert_eq!(process.ask().await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_is_refused_until_the_first_has_ended() {
    let deployment = Deployment::new().await;
    let config = configure(&deployment, "");
    let first = Process::start(&config);
    let mut second = command(&config).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut listens = String::new();
    BufReader::new(second.stdout.take().expect("piped")).read_line(&mut listens).expect("text");
    if !listens.is_empty() {
        // One that serves does not end by itself.
        second.kill().expect("it runs");
    }
    let second = second.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!((listens.as_str(), second.status.code()), ("", Some(1)), "{said}");
    assert!(said.contains("Another server serves the folder"), "{said}");
    assert_eq!(first.ask().await, 400, "the first does not mind");
    // Killed, so that it could not tidy up.
    drop(first);
    let again = Process::start(&config);
    assert_eq!(again.ask().await, 400);
    for name in ["firstkey.db", "firstkey.db-wal", "serve.lock"] {
        let about = std::fs::metadata(deployment.data().join(name)).expect(name);
        assert_eq!(about.mode() & 0o777, 0o600, "{name} is the server's alone, whatever the umask");
    }
}
