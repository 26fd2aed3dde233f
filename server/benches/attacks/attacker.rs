//! The attackers as a process of their own, which the machine serves last.

use crate::attack::{ATTACKS, Prepared};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const FLAG: &str = "--attacker";

/// The process, seen from the one that measures; it ends with this.
pub struct Attackers {
    child: Child,
    _requests: TempDir,
}

impl Attackers {
    pub fn start(attack: &str, to: SocketAddr, prepared: &Prepared) -> Self {
        let requests = TempDir::new().expect("a temporary folder");
        for (at, request) in prepared.iter().enumerate() {
            std::fs::write(requests.path().join(format!("{at:04}")), request).expect("written");
        }
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(program).args([FLAG, attack, &to.to_string()]).arg(requests.path());
        let child = command.stdin(Stdio::null()).spawn().expect("the attackers start");
        Self { child, _requests: requests }
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What that process was asked for.
pub struct Attacker {
    name: String,
    to: SocketAddr,
    requests: PathBuf,
}

impl Attacker {
    pub fn asked() -> Option<Self> {
        let mut words = std::env::args().skip(1);
        (words.next()? == FLAG).then_some(())?;
        let (name, to, requests) = (words.next()?, words.next()?.parse().ok()?, words.next()?.into());
        Some(Self { name, to, requests })
    }

    /// Attacks until it is ended.
    pub async fn run(self) {
        let attack = ATTACKS.iter().find(|attack| attack.name == self.name).expect("an attack of that name");
        let mut files: Vec<PathBuf> =
            self.requests.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        let prepared = files.iter().map(|file| std::fs::read(file).expect("a request")).collect();
        for attacker in attack.begin(self.to, &prepared) {
            drop(attacker.await);
        }
    }
}
