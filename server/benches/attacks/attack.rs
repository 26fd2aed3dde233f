//! The attacks: what each needs, what it sends, and what else it shows.

use crate::deployment::Deployment;
use crate::http::{Client, request};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Where attackers come from.
const THERE: &str = "127.0.0.2";
/// Members of a large group.
const MEMBERS: usize = 20_000;

pub struct Attack {
    pub name: &'static str,
    pub what: &'static str,
    kind: Kind,
}

enum Kind {
    Patch,
    Pages,
    Seats,
    Crowd,
    Groups,
    Walks,
    Bodies,
    MadeUp,
}

pub const ATTACKS: [Attack; 8] = [
    Attack { name: "patch", what: "PATCH of 1 MiB with 40,000 keys, on 6 connections", kind: Kind::Patch },
    Attack { name: "pages", what: "pages of 100 people of 200 KiB, hardly read, on 60 connections", kind: Kind::Pages },
    Attack { name: "seats", what: "2,100 connections from one address that say nothing", kind: Kind::Seats },
    Attack {
        name: "crowd",
        what: "the same pages, hardly read, on 2,048 connections from 128 addresses",
        kind: Kind::Crowd,
    },
    Attack { name: "groups", what: "PUT of 20,000 other members again and again", kind: Kind::Groups },
    Attack { name: "walks", what: "filters that look at all of 20,000 people, on 32 connections", kind: Kind::Walks },
    Attack { name: "bodies", what: "bodies of 1 MiB that never end, on 400 connections", kind: Kind::Bodies },
    Attack {
        name: "made-up",
        what: "logins and recoveries of made-up addresses, on 8 connections",
        kind: Kind::MadeUp,
    },
];

/// What was made before: a request, or several that take turns.
pub type Prepared = Vec<Vec<u8>>;

impl Attack {
    pub async fn prepare(&self, deployment: &Deployment) -> Prepared {
        let token = deployment.tokens[0].as_str();
        match self.kind {
            Kind::Patch => {
                let addresses = vec!["{\"country\":\"D\"}"; 200].join(",");
                let user = format!("{{\"userName\":\"victim@example.org\",\"addresses\":[{addresses}]}}");
                let user = create(deployment, &user).await;
                let keys: Vec<String> = (0..40_000).map(|at| format!("\"{}\":\"D\"", spelled(at))).collect();
                let body = format!("{{\"Operations\":[{{\"op\":\"add\",\"value\":{{{}}}}}]}}", keys.join(","));
                vec![request("PATCH", &format!("/scim/v2/Users/{user}"), Some(token), &body)]
            }
            Kind::Pages | Kind::Crowd => {
                for at in 0..100 {
                    create(deployment, &user(&format!("large{at}"), 200 * 1024)).await;
                }
                vec![request("GET", "/scim/v2/Users?count=100", Some(token), "")]
            }
            Kind::Seats => vec![b"GET / HTTP/1.1\r\nX-Slow: ".to_vec()],
            Kind::Groups => {
                let ids = people(deployment, 2 * MEMBERS).await;
                let bodies: Vec<String> = ids.chunks(MEMBERS).map(group_of).collect();
                let made = request("POST", "/scim/v2/Groups", Some(token), "{\"displayName\":\"Everybody\"}");
                let group = id(&answer(deployment, &made, 201).await);
                let path = format!("/scim/v2/Groups/{group}?excludedAttributes=members");
                bodies.iter().map(|body| request("PUT", &path, Some(token), body)).collect()
            }
            Kind::Walks => {
                people(deployment, MEMBERS).await;
                vec![request("GET", "/scim/v2/Users?filter=title%20co%20%22x%22&count=1", Some(token), "")]
            }
            Kind::Bodies => {
                let whole = request("POST", "/scim/v2/Users", Some(token), &"x".repeat(1024 * 1024));
                vec![whole[..whole.len() - 1].to_vec()]
            }
            Kind::MadeUp => Vec::new(),
        }
    }

    /// The attackers, who go on until they are stopped.
    pub fn begin(&self, to: SocketAddr, prepared: &Prepared) -> Vec<JoinHandle<()>> {
        let again = |count: usize| (0..count).map(|_| tokio::spawn(repeat(to, prepared.clone()))).collect();
        match self.kind {
            Kind::Patch => again(6),
            Kind::Groups => again(2),
            Kind::Walks => again(32),
            Kind::Pages => holding(60, 1, to, &prepared[0], true),
            Kind::Seats => holding(2_100, 1, to, &prepared[0], false),
            Kind::Crowd => holding(2_048, 128, to, &prepared[0], true),
            Kind::Bodies => holding(400, 1, to, &prepared[0], false),
            Kind::MadeUp => (0..8).map(|_| tokio::spawn(made_up(to))).collect(),
        }
    }

    /// What else is to be seen afterwards.
    pub fn also(&self, deployment: &Deployment) -> String {
        match self.kind {
            Kind::MadeUp => {
                let rows = "SELECT count(*) FROM audit WHERE event NOT LIKE 'person.%' AND event NOT LIKE 'invite.%'";
                format!("{} entries in the audit log", deployment.ask(rows))
            }
            _ => String::new(),
        }
    }
}

/// One of 65,536 spellings of one path.
fn spelled(at: usize) -> String {
    let mut bit = 0;
    let spell = |letter: char| {
        bit += usize::from(letter != '.');
        if letter != '.' && (at >> (bit - 1)) & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    "addresses.country".chars().map(spell).collect()
}

/// Sends the requests in turns.
async fn repeat(to: SocketAddr, requests: Prepared) {
    loop {
        let Some(mut client) = Client::connect(THERE, to).await else { continue };
        for request in requests.iter().cycle() {
            if client.send(request).await.is_none() {
                break;
            }
        }
    }
}

/// So many connections, from so many addresses.
fn holding(connections: usize, addresses: usize, to: SocketAddr, bytes: &[u8], sips: bool) -> Vec<JoinHandle<()>> {
    let from = |at: usize| if addresses == 1 { THERE.to_owned() } else { format!("127.0.1.{}", 1 + at % addresses) };
    (0..connections).map(|at| tokio::spawn(hold(from(at), to, bytes.to_vec(), sips))).collect()
}

/// Sends once and keeps the connection, taking a little of the answer now and then.
async fn hold(from: String, to: SocketAddr, bytes: Vec<u8>, sips: bool) {
    loop {
        let Some(mut client) = Client::connect(&from, to).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        if client.push(&bytes).await.is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        loop {
            if sips {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            if client.sip().await.is_none() {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn made_up(to: SocketAddr) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    loop {
        let Some(mut client) = Client::connect(THERE, to).await else { continue };
        loop {
            let email = format!("made-up-{}@example.org", NUMBER.fetch_add(1, Ordering::Relaxed));
            let start = request("POST", "/v1/recovery/start", None, &format!("{{\"email\":\"{email}\"}}"));
            let params = request("POST", "/v1/login/params", None, &format!("{{\"email\":\"{email}\"}}"));
            if client.send(&start).await.is_none() || client.send(&params).await.is_none() {
                break;
            }
        }
    }
}

fn user(name: &str, large: usize) -> String {
    let mut addresses = Vec::new();
    let mut left = large;
    while left > 0 {
        let some = left.min(60_000);
        addresses.push(format!("{{\"formatted\":\"{}\"}}", "x".repeat(some)));
        left -= some;
    }
    format!("{{\"userName\":\"{name}@example.org\",\"active\":false,\"addresses\":[{}]}}", addresses.join(","))
}

fn group_of(ids: &[String]) -> String {
    let members: Vec<String> = ids.iter().map(|id| format!("{{\"value\":\"{id}\"}}")).collect();
    format!("{{\"displayName\":\"Everybody\",\"members\":[{}]}}", members.join(","))
}

async fn answer(deployment: &Deployment, request: &[u8], want: u16) -> Value {
    let mut client = Client::connect("127.0.0.1", deployment.address).await.expect("the server listens");
    let status = client.send(request).await;
    assert_eq!(status, Some(want), "{}", String::from_utf8_lossy(&client.body));
    serde_json::from_slice(&client.body).expect("JSON")
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

async fn create(deployment: &Deployment, user: &str) -> String {
    let made = request("POST", "/scim/v2/Users", Some(&deployment.tokens[0]), user);
    id(&answer(deployment, &made, 201).await)
}

/// So many people of the organisation that attacks, written behind the server's back: a limit of
/// requests would make this long.
async fn people(deployment: &Deployment, count: usize) -> Vec<String> {
    create(deployment, &user("first", 0)).await;
    deployment.multiply(count)
}
