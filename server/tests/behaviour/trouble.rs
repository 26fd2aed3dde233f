//! A disk that is full and a database that is down: what is said, what is not lost, and that the
//! server recovers by itself.

use crate::common::cluster::Cluster;
use crate::common::{Answer, Deployment, ORIGIN, Server, okta_user, wait_for};
use firstkey_server::{Log, MailOut, NewOrganisation, Realm, ServeOptions, serve};
use reqwest::Method;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// A server as a process of its own, with its log in a file.
struct Process {
    child: Child,
    server: Server,
    log: std::path::PathBuf,
}

impl Process {
    fn start(deployment: &Deployment) -> Self {
        let log = deployment.data().with_file_name("log");
        // A write beyond the limit is an error then, as on a full disk, and not the end of the
        // process.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "trap '' 25; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_firstkey-server")])
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--mail-dir"])
            .arg(deployment.mail())
            .arg("--data")
            .arg(deployment.data())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("the server starts");
        let server = Server::of_process(&mut child);
        Self { child, server, log }
    }

    /// No file may grow beyond so many bytes.
    fn limit(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).expect("our own child");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        drop(self.child.wait());
    }
}

async fn create(server: &Server, deployment: &Deployment, n: usize) -> Answer {
    server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user(&format!("person{n}@example.org")))).await
}

async fn count(server: &Server, token: &str) -> u64 {
    server.scim(token, Method::GET, "/Users?count=0", None).await.json()["totalResults"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_that_was_acknowledged_is_lost_and_work_goes_on_when_there_is_room() {
    let deployment = Deployment::new().await;
    let process = Process::start(&deployment);
    let server = &process.server;
    assert_eq!(create(server, &deployment, 0).await.status, 201);
    process.limit(Some(256 * 1024));
    let mut stored = 1;
    let refused = loop {
        let answer = create(server, &deployment, stored).await;
        if answer.status != 201 {
            break answer;
        }
        stored += 1;
        assert!(stored < 5000, "the disk never got full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(
        refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("nothing was changed")),
        "{refused:?}"
    );
    assert_eq!(
        count(server, &deployment.token).await,
        stored as u64,
        "what was acknowledged is there, and nothing else"
    );
    let log = std::fs::read_to_string(&process.log).expect("a log");
    assert!(
        log.lines().any(|line| line.contains("level=warn event=database.failed error=")),
        "the cause is named: {log}"
    );
    assert_eq!(server.send(Method::GET, "/healthz", &[], Vec::new()).await.status, 200);

    process.limit(None);
    assert_eq!(create(server, &deployment, stored).await.status, 201, "without a restart");
    assert_eq!(count(server, &deployment.token).await, stored as u64 + 1);
    drop(process);
    deployment.realm().await.audit_verify(None).await.expect("the audit log is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_is_named_and_used_again_when_it_is_back() {
    let Some(mut cluster) = Cluster::durable() else { return };
    let dir = tempfile::tempdir().expect("a folder for the test");
    let realm =
        Realm::init_with(&dir.path().join("data"), ORIGIN, None, Some(&cluster.new_database())).await.expect("init");
    let org = realm
        .add_organisation(NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() })
        .await
        .expect("an organisation");
    let token = realm.add_scim_token(org).await.expect("a token");
    let kept = Arc::new(Mutex::new(String::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = Server::elsewhere(listener.local_addr().expect("bound"));
    let options = ServeOptions {
        log: Log::Kept(Arc::clone(&kept)),
        ..ServeOptions::new(MailOut::Folder(dir.path().join("mail")))
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(serve(realm, listener, options, async { drop(stopped.await) }));
    let create = async |n: u32| {
        server.scim(&token, Method::POST, "/Users", Some(&okta_user(&format!("person{n}@example.org")))).await
    };
    let ready = async || server.send(Method::GET, "/readyz", &[], Vec::new()).await;
    assert_eq!((create(1).await.status, ready().await.status), (201, 200));

    cluster.stop();
    let refused = create(2).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    // What was found a moment ago may be said again.
    let becomes_unready = async {
        loop {
            let answer = ready().await;
            if answer.status != 200 {
                break answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let unready = tokio::time::timeout(Duration::from_secs(120), becomes_unready).await.expect("it is said soon");
    assert_eq!(unready.status, 503);
    assert_eq!(String::from_utf8_lossy(&unready.bytes), "not ready: the database does not answer\n");
    assert_eq!(server.send(Method::GET, "/healthz", &[], Vec::new()).await.status, 200, "the process itself is up");
    wait_for(|| kept.lock().expect("not poisoned").contains("event=database.failed").then_some(())).await;

    cluster.start_again();
    let back = async {
        while ready().await.status != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), back).await.expect("it recovers by itself");
    assert_eq!(create(3).await.status, 201);
    assert!(count(&server, &token).await >= 2, "nothing that was acknowledged is lost");
    drop(stop);
    running.await.expect("it ends").expect("it ends well");
}
