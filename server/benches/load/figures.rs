//! Doing something many times from several threads, and what came out.

use super::program::Running;
use std::time::{Duration, Instant};

pub struct Figures {
    times: Vec<Duration>,
    whole: Duration,
    /// Of the server, for all of them.
    processor: Duration,
}

/// `each` times on each of `concurrency` threads; every call gets a number of its own.
pub fn many<C, N, D>(server: &Running, concurrency: usize, each: usize, new: N, act: D) -> Figures
where
    N: Fn() -> C + Sync,
    D: Fn(&mut C, usize) + Sync,
{
    let (began, before) = (Instant::now(), server.processor());
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..concurrency)
            .map(|thread| {
                let (new, act) = (&new, &act);
                scope.spawn(move || {
                    let mut client = new();
                    (0..each)
                        .map(|at| {
                            let began = Instant::now();
                            act(&mut client, thread * each + at);
                            began.elapsed()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no call failed")).collect()
    });
    let mut figures = Figures { times, whole: began.elapsed(), processor: server.processor().saturating_sub(before) };
    figures.times.sort();
    figures
}

impl Figures {
    pub fn count(&self) -> usize {
        self.times.len()
    }

    pub fn print(&self, what: &str) {
        let at = |share: f64| {
            let index = ((self.times.len() as f64 * share) as usize).min(self.times.len() - 1);
            self.times[index].as_secs_f64() * 1000.0
        };
        println!(
            "  {what}: {:.0} a second; p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms; \
             {:.0} us of the server's processor each",
            self.times.len() as f64 / self.whole.as_secs_f64(),
            at(0.5),
            at(0.99),
            at(1.0),
            self.processor.as_secs_f64() * 1e6 / self.times.len() as f64
        );
    }
}

/// What the figures depend on.
pub fn conditions() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo");
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    println!("processor{model}, {} cores", std::thread::available_parallelism().map_or(0, usize::from));
    println!("load {}", read("/proc/loadavg").trim());
    println!("one write of 4 KiB and fsync: {:.2} ms", fsync_millis());
}

/// The median of what a durable write costs where the databases lie.
fn fsync_millis() -> f64 {
    use std::io::Write;
    let mut file = tempfile::tempfile().expect("a temporary file");
    let mut times: Vec<_> = (0..50)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&[1; 4096]).and_then(|()| file.sync_all()).expect("written");
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
