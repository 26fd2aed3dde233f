//! Everybody else: another organisation's provider, people who log in, newcomers. Each sends at a
//! steady pace, whether it was answered or not.

use crate::deployment::Deployment;
use crate::http::{Client, request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

const HERE: &str = "127.0.0.1";
/// Between two requests of each kind.
const PACE: Duration = Duration::from_millis(40);
const NEWCOMERS: Duration = Duration::from_millis(250);

/// Makes a request with a number of its own.
type Make = Box<dyn Fn(usize) -> Vec<u8> + Send>;

/// How long everybody waited, in milliseconds.
#[derive(Default)]
pub struct Seen {
    all: Vec<f64>,
    newcomers: Vec<f64>,
    failed: usize,
}

impl Seen {
    fn at(times: &[f64], share: f64) -> f64 {
        let last = times.len().saturating_sub(1);
        times.get(((times.len() as f64 * share) as usize).min(last)).copied().unwrap_or_default()
    }

    pub fn p99(&self) -> f64 {
        Self::at(&self.all, 0.99)
    }

    pub fn longest_newcomer(&self) -> f64 {
        Self::at(&self.newcomers, 1.0)
    }

    pub fn millis(time: f64) -> String {
        if time < 100.0 { format!("{time:.1} ms") } else { format!("{time:.0} ms") }
    }

    pub fn all(&self) -> String {
        let [half, most, longest] = [0.5, 0.99, 1.0].map(|share| Self::millis(Self::at(&self.all, share)));
        let failed = if self.failed > 0 { format!("; {} not answered well", self.failed) } else { String::new() };
        format!("{half}, {most}, {longest}{failed}")
    }
}

/// One after the other from one connection each: creates, look-ups, logins. And newcomers, each on
/// a connection of their own.
pub async fn run(deployment: &Deployment, long: Duration) -> Seen {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = || NUMBER.fetch_add(1, Ordering::Relaxed);
    let (address, token) = (deployment.address, deployment.tokens[1].clone());
    let mut running = JoinSet::new();
    let until = Instant::now() + long;
    let create_token = token.clone();
    let kinds: [(Make, u16); 3] = [
        (
            Box::new(move |at| {
                let user = format!(
                    "{{\"userName\":\"o{at}@example.org\",\"externalId\":\"o{at}\",\"active\":true,\
                     \"emails\":[{{\"primary\":true,\"value\":\"o{at}@example.org\"}}]}}"
                );
                request("POST", "/scim/v2/Users", Some(&create_token), &user)
            }),
            201,
        ),
        (
            Box::new(move |at| {
                let filter = format!("/scim/v2/Users?filter=userName%20eq%20%22o{at}%40example.org%22");
                request("GET", &filter, Some(&token), "")
            }),
            200,
        ),
        (
            Box::new(move |at| {
                request("POST", "/v1/login/params", None, &format!("{{\"email\":\"o{at}@example.org\"}}"))
            }),
            200,
        ),
    ];
    for (make, want) in kinds {
        running.spawn(async move {
            let mut seen = Seen::default();
            let mut client = None;
            let mut ticks = interval(PACE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while Instant::now() < until {
                // From when it was due, so that a queue counts.
                let due: Instant = ticks.tick().await.into_std();
                if client.is_none() {
                    client = Client::connect(HERE, address).await;
                }
                let answered = match &mut client {
                    Some(client) => client.send(&make(number())).await,
                    None => None,
                };
                seen.all.push(due.elapsed().as_secs_f64() * 1000.0);
                if answered != Some(want) {
                    seen.failed += 1;
                    client = None;
                }
            }
            seen
        });
    }
    running.spawn(async move {
        let mut seen = Seen::default();
        let mut ticks = interval(NEWCOMERS);
        while Instant::now() < until {
            ticks.tick().await;
            let began = Instant::now();
            let answered = match Client::connect(HERE, address).await {
                Some(mut client) => client.send(&request("GET", "/readyz", None, "")).await,
                None => None,
            };
            seen.newcomers.push(began.elapsed().as_secs_f64() * 1000.0);
            seen.failed += usize::from(answered != Some(200));
        }
        seen
    });
    let mut whole = Seen::default();
    for seen in running.join_all().await {
        whole.all.extend(seen.all);
        whole.newcomers.extend(seen.newcomers);
        whole.failed += seen.failed;
    }
    whole.all.sort_by(f64::total_cmp);
    whole.newcomers.sort_by(f64::total_cmp);
    whole
}
