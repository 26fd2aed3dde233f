//! Databases as companies run them: one that falls silent, several hosts of which one can be
//! written to, a pooler in between, roles that may do only so much.

use crate::common::authority::Authority;
use crate::common::cluster::Cluster;
use crate::common::pooler::Pooler;
use crate::common::relay::Relay;
use crate::common::{Answer, ORIGIN, Server, okta_user_named};
use firstkey_server::{DatabaseWaits, Log, MailOut, NewOrganisation, Realm, RealmError, ServeOptions, serve};
use reqwest::Method;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// Limits for tests: what is silent is left soon, and what is only slow on a busy machine is not.
const SOON: DatabaseWaits =
    DatabaseWaits { connect: Duration::from_secs(3), statement: Duration::from_secs(4), lock: Duration::from_secs(2) };

/// A deployment whose servers may reach its database by different ways.
struct Shop {
    dir: TempDir,
    token: Zeroizing<String>,
}

struct Open {
    server: Server,
    log: Arc<Mutex<String>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Shop {
    async fn at(database: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let realm = Realm::init_with(&dir.path().join("data"), ORIGIN, None, Some(database)).await.expect("init");
        let new = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
        let org = realm.add_organisation(new).await.expect("an organisation");
        let token = realm.add_scim_token(org).await.expect("a token");
        Self { dir, token }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    async fn open(&self, database: &str) -> Open {
        self.open_waiting(database, SOON).await
    }

    async fn open_waiting(&self, database: &str, waits: DatabaseWaits) -> Open {
        let realm = Realm::open_waiting(&self.data(), Some(database), waits).await.expect("it opens");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Server::elsewhere(listener.local_addr().expect("bound"));
        let log = Arc::new(Mutex::new(String::new()));
        let mail = MailOut::Folder(self.dir.path().join("mail"));
        let options = ServeOptions { log: Log::Kept(Arc::clone(&log)), ..ServeOptions::new(mail) };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            serve(realm, listener, options, async { drop(stopped.await) }).await.expect("the server runs");
        });
        Open { server, log, stop, task }
    }

    async fn create(&self, open: &Open, name: &str) -> Answer {
        let user = okta_user_named(&format!("{name}@example.org"));
        open.server.scim(&self.token, Method::POST, "/Users", Some(&user)).await
    }

    async fn count(&self, open: &Open) -> u64 {
        let list = open.server.scim(&self.token, Method::GET, "/Users?count=0", None).await;
        list.json()["totalResults"].as_u64().expect("a number")
    }
}

impl Open {
    async fn ready(&self) -> (u16, String) {
        let answer = self.server.send(Method::GET, "/readyz", &[], Vec::new()).await;
        (answer.status, String::from_utf8_lossy(&answer.bytes).into_owned())
    }

    async fn until_ready(&self) {
        let back = async {
            while self.ready().await.0 != 200 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), back).await.expect("it recovers by itself");
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.expect("it ends well");
    }
}

/// How a cluster's database is reached over the network.
fn over(relays: &[&Relay], database: &str) -> String {
    let name = database.rsplit('/').next().expect("an address has a name");
    let hosts: Vec<_> = relays.iter().map(|relay| relay.address.to_string()).collect();
    format!("postgres://postgres@{}/{name}", hosts.join(","))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_falls_silent_is_left_and_callers_are_told_when_to_come_again() {
    let Some(cluster) = Cluster::of_this_process() else { return };
    let database = cluster.new_database();
    let shop = Shop::at(&database).await;
    let relay = Relay::to(cluster.socket()).await;
    let open = shop.open(&over(&[&relay], &database)).await;
    assert_eq!(shop.create(&open, "before").await.status, 201);
    assert_eq!(open.ready().await.0, 200);

    relay.freeze();
    // Each of these ends: nothing of this test would, if a wait had no limit.
    let all = async {
        let (write, read) = tokio::join!(
            shop.create(&open, "lost"),
            open.server.scim(&shop.token, Method::GET, "/Users?count=1", None)
        );
        for refused in [write, read, shop.create(&open, "later").await] {
            assert_eq!((refused.status, refused.retry_after), (503, Some(5)), "{refused:?}");
        }
        assert_eq!(open.ready().await, (503, "not ready: the database does not answer\n".to_owned()));
        assert_eq!(open.server.send(Method::GET, "/healthz", &[], Vec::new()).await.status, 200);
    };
    tokio::time::timeout(Duration::from_secs(90), all).await.expect("every wait has an end");
    let log = open.log.lock().expect("not poisoned").clone();
    assert!(log.contains("level=warn event=server.unready reason=silent"), "{log}");
    assert!(log.contains("the server has not answered for 4.5 s"), "{log}");

    relay.thaw();
    open.until_ready().await;
    assert_eq!(shop.create(&open, "after").await.status, 201);
    assert!(open.log.lock().expect("not poisoned").contains("event=server.ready"));
    open.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_frozen_with_the_writers_turn_does_not_keep_it() {
    let Some(cluster) = Cluster::of_this_process() else { return };
    let database = cluster.new_database();
    let shop = Shop::at(&database).await;
    let relay = Relay::to(cluster.socket()).await;
    let (frozen, other) = (shop.open(&over(&[&relay], &database)).await, shop.open(&database).await);
    assert_eq!(shop.create(&frozen, "first").await.status, 201);
    // What is under way is cut off somewhere: perhaps while it has the turn.
    let under_way = async {
        for at in 0..200 {
            if shop.create(&frozen, &format!("under-way-{at}")).await.status != 201 {
                return;
            }
        }
    };
    let freeze = async {
        for at in 0..20 {
            assert_eq!(shop.create(&other, &format!("other-{at}")).await.status, 201);
        }
        relay.freeze();
    };
    let works_again = async {
        freeze.await;
        let mut tries = 0;
        while shop.create(&other, "again").await.status == 503 {
            tries += 1;
            assert!(tries < 200, "the turn is never given back");
        }
        assert_eq!(shop.create(&other, "and-again").await.status, 201);
    };
    let both = async { tokio::join!(under_way, works_again) };
    tokio::time::timeout(Duration::from_secs(120), both).await.expect("every wait has an end");
    frozen.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_hosts_the_one_that_can_be_written_to_is_found_and_followed() {
    let Some(mut cluster) = Cluster::durable() else { return };
    let database = cluster.new_database();
    let shop = Shop::at(&database).await;
    let standby = cluster.standby();
    let (to_standby, to_primary) = (Relay::to(standby.socket()).await, Relay::to(cluster.socket()).await);
    // The standby first, and not a word of sessions.
    let open = shop.open(&over(&[&to_standby, &to_primary], &database)).await;
    for at in 0..20 {
        assert_eq!(shop.create(&open, &format!("person{at}")).await.status, 201, "it landed on the standby");
    }
    let only_standby = Realm::open_waiting(&shop.data(), Some(&over(&[&to_standby], &database)), SOON).await;
    let refused = only_standby.err().expect("nobody can write there").to_string();
    assert!(refused.contains("a standby"), "{refused}");

    standby.wait_for("SELECT count(*) FROM membership", "20", &database);
    // The primary is not ended: it falls silent, as a machine does that freezes.
    to_primary.freeze();
    standby.promote();
    // Whoever asks first may find out that the old one is silent.
    let moved = async { while shop.create(&open, "after").await.status != 201 {} };
    let log = || open.log.lock().expect("not poisoned").clone();
    tokio::time::timeout(Duration::from_secs(90), moved).await.unwrap_or_else(|_| panic!("{}", log()));
    assert_eq!(open.ready().await.0, 200);
    assert_eq!(shop.count(&open).await, 21, "nothing that was acknowledged and copied is lost");
    open.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_that_lends_sessions_for_a_transaction_every_write_is_made() {
    let Some(cluster) = Cluster::of_this_process() else { return };
    for mode in ["transaction", "session"] {
        let Some(pooler) = Pooler::start(cluster, mode) else { return };
        let database = cluster.new_database();
        let shop = Shop::at(&database).await;
        let through = pooler.address(&database);
        if mode == "session" {
            // As many clients as sessions, or one would wait for another's end.
            let open = shop.open(&through).await;
            assert_eq!(shop.create(&open, "ada").await.status, 201);
            open.stop().await;
            continue;
        }
        // Two servers that write without a pause wait for each other.
        let usual = DatabaseWaits::default();
        let (one, two) = (shop.open_waiting(&through, usual).await, shop.open_waiting(&through, usual).await);
        let ways = [&one, &two];
        let all = (0..200).map(|at| {
            let (open, shop) = (ways[at % 2], &shop);
            async move {
                let created = shop.create(open, &format!("person{at}")).await;
                let id = created.json()["id"].as_str().unwrap_or_default().to_owned();
                let read = open.server.scim(&shop.token, Method::GET, &format!("/Users/{id}"), None).await;
                (created.status, read.status)
            }
        });
        let answers = futures_util::future::join_all(all).await;
        assert!(answers.iter().all(|answer| *answer == (201, 200)), "{answers:?}");
        assert_eq!((shop.count(&one).await, one.ready().await.0), (200, 200));
        let open = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        cluster.wait_for(open, "0", &database);
        assert_eq!(pooler.ask(&database, "SELECT count(*) FROM pg_prepared_statements"), "0", "a name was left behind");
        assert_eq!(pooler.ask(&database, "SHOW default_transaction_read_only"), "off", "a setting was left behind");
        one.stop().await;
        two.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_spoken_to_with_tls_and_trusted_by_authority_and_name() {
    let (authority, other) = (Authority::new(), Authority::new());
    // Addresses of this machine that no other process of these tests has.
    let process = std::process::id();
    let [named, unnamed] = [77, 78].map(|net| format!("127.{net}.{}.{}", process / 250 % 250, process % 250 + 1));
    let issued = authority.issue(&named, (2020, 2090));
    let both = format!("{named},{unnamed}");
    let Some(cluster) = Cluster::with_tls(&issued.certificate, &issued.key, &both) else { return };
    let database = cluster.new_database();
    let name = database.rsplit('/').next().expect("a name");
    let dir = tempfile::tempdir().expect("a folder for the test");
    let [ours, theirs] = [("ours.pem", &authority), ("theirs.pem", &other)].map(|(file, authority)| {
        let path = dir.path().join(file);
        std::fs::write(&path, &authority.pem).expect("written");
        path.display().to_string()
    });
    let at = |host: &str, mode: &str, file: &str| {
        format!("postgres://postgres@{host}/{name}?sslmode={mode}&sslrootcert={file}")
    };
    let shop = Shop::at(&at(&named, "verify-full", &ours)).await;
    let open = shop.open(&at(&named, "verify-full", &ours)).await;
    assert_eq!(shop.create(&open, "ada").await.status, 201);
    let sessions = "SELECT bool_and(ssl) AND count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                    WHERE application_name = 'firstkey-server'";
    assert_eq!(cluster.ask(&database, sessions), "t", "every session is encrypted");
    open.stop().await;
    // Whatever the word is: who cannot be verified is not spoken to.
    for mode in ["require", "verify-ca", "verify-full"] {
        for (host, file) in [(&named, theirs.as_str()), (&unnamed, &ours), (&named, "system")] {
            let refused = Realm::open_waiting(&shop.data(), Some(&at(host, mode, file)), SOON).await;
            let refused = refused.err().expect("it could be anybody").to_string();
            assert!(refused.contains("certificate"), "{mode} {host} {file}: {refused}");
        }
    }
}

/// What a refusal says.
async fn refusal(data: &Path, database: &str) -> String {
    match Realm::init_with(data, ORIGIN, None, Some(database)).await {
        Err(error @ RealmError::Store(_)) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a role without rights made tables"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_a_role_lacks_is_named_and_nothing_is_half_made() {
    let Some(cluster) = Cluster::of_this_process() else { return };
    let database = cluster.new_database();
    let name = database.rsplit('/').next().expect("a name").to_owned();
    let role = |role: &str| database.replace("postgres@", &format!("{role}@"));
    let (maker, user) = (format!("maker_{name}"), format!("user_{name}"));
    cluster.meddle(&database, &format!("CREATE ROLE {maker} LOGIN; CREATE ROLE {user} LOGIN"));
    let dir = tempfile::tempdir().expect("a folder for the test");
    let data = dir.path().join("data");
    let refused = refusal(&data, &role(&maker)).await;
    assert!(refused.contains("GRANT USAGE, CREATE ON SCHEMA public TO"), "{refused}");
    assert!(!data.join("server.key").exists(), "a key was made for nothing");

    cluster.meddle(&database, &format!("GRANT USAGE, CREATE ON SCHEMA public TO {maker}"));
    drop(Realm::init_with(&data, ORIGIN, None, Some(&role(&maker))).await.expect("the same folder, once more"));
    let refused = Realm::open_with(&data, Some(&role(&user))).await.err().expect("no rights").to_string();
    assert!(refused.contains("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO"), "{refused}");
    cluster
        .meddle(&database, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}"));
    let realm =
        Realm::open_with(&data, Some(&role(&user))).await.expect("tables that are there need no right to make any");
    let new = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
    realm.add_organisation(new).await.expect("it can work");
}
