//! A proxy on loopback that records every request and lies as a scenario says; what nobody lies
//! about is the honest server's answer, unchanged.
//!
//! Promises: listens on 127.0.0.1 and nowhere else; one request for each connection, and the client
//! is told so; a lie that could not be told is written down as trouble. Must never: be reached from
//! another machine, or answer honestly in silence where it was to lie.

use super::lie::{Act, Kind, Lie, Moment, Names};
use super::listener::Listener;
use super::message::{Reply, Seen, endless};
use super::realm_key::{RealmKey, account_named};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a connection may stand still: longer than any client waits, shorter than for ever.
const STILL: Duration = Duration::from_secs(120);

/// What is done, and what was seen, in one run of a client.
#[derive(Default)]
pub(super) struct Play {
    pub(super) lies: Vec<Lie>,
    pub(super) names: Names,
    /// What somebody else was answered, for lies that need it.
    pub(super) others: Vec<(String, Reply)>,
    /// The requests so far.
    pub(super) requests: Vec<Seen>,
    /// Honest answers so far, by path, whether the client got them or not.
    pub(super) honest: Vec<(String, Reply)>,
    /// How often each lie was told.
    pub(super) told: Vec<usize>,
    /// Lies that could not be told, and why.
    pub(super) troubles: Vec<String>,
    /// Signs the lies, if the server itself is the liar.
    pub(super) key: Option<Arc<RealmKey>>,
    /// Told of each request, and of the lies that answer it.
    pub(super) listener: Option<fn(&Seen, &[&str])>,
}

impl Play {
    pub(super) fn new(lies: Vec<Lie>, names: Names) -> Self {
        Self { told: vec![0; lies.len()], lies, names, ..Self::default() }
    }
}

/// A play that is on.
#[derive(Clone, Default)]
pub(super) struct Playing(Arc<Mutex<Play>>);

impl Playing {
    pub(super) fn look(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The proxy.
pub(super) struct Proxy {
    listener: Listener,
    playing: Arc<Mutex<Playing>>,
    upstream: Arc<Mutex<Option<SocketAddr>>>,
}

impl Proxy {
    /// Listens on a free port of loopback.
    pub(super) fn listen() -> std::io::Result<Self> {
        let (playing, upstream) = (Arc::<Mutex<Playing>>::default(), Arc::<Mutex<Option<SocketAddr>>>::default());
        let (current, behind) = (Arc::clone(&playing), Arc::clone(&upstream));
        let listener = Listener::open(("127.0.0.1", 0), move |stream| {
            // A connection belongs to the play that was on when it came.
            let playing = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let behind = *behind.lock().unwrap_or_else(PoisonError::into_inner);
            // The other end may be gone at any time; then there is nobody to tell.
            drop(serve(stream, &playing, behind));
        })?;
        Ok(Self { listener, playing, upstream })
    }

    /// `http://127.0.0.1:PORT`.
    pub(super) fn origin(&self) -> String {
        self.listener.origin()
    }

    /// Where the honest server listens.
    pub(super) fn stand_before(&self, upstream: SocketAddr) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = Some(upstream);
    }

    /// Begins another play; connections of the one before go on in it.
    pub(super) fn play(&self, play: Play) -> Playing {
        let playing = Playing(Arc::new(Mutex::new(play)));
        *self.playing.lock().unwrap_or_else(PoisonError::into_inner) = playing.clone();
        playing
    }
}

/// What becomes of one request, decided at once.
enum Decision {
    Honest(Vec<(usize, Lie)>),
    Act(Act),
}

fn decide(play: &mut Play, seen: &Seen) -> Decision {
    let number = 1 + play.requests.iter().filter(|earlier| earlier.path == seen.path).count();
    play.requests.push(seen.clone());
    let meant = |lie: &Lie| lie.path == seen.path && lie.nth.is_none_or(|nth| nth == number);
    let chosen: Vec<(usize, Lie)> =
        play.lies.iter().enumerate().filter(|(_, lie)| meant(lie)).map(|(at, lie)| (at, lie.clone())).collect();
    if let Some(listener) = play.listener {
        listener(seen, &chosen.iter().map(|(_, lie)| lie.deed.as_str()).collect::<Vec<_>>());
    }
    let act = chosen.iter().find_map(|(at, lie)| match &lie.kind {
        Kind::Act(act) => Some((*at, act.clone())),
        Kind::Change(_) => None,
    });
    match act {
        Some((at, act)) => {
            play.told[at] += 1;
            Decision::Act(act)
        }
        None => Decision::Honest(chosen),
    }
}

fn serve(mut client: TcpStream, playing: &Playing, upstream: Option<SocketAddr>) -> std::io::Result<()> {
    client.set_read_timeout(Some(STILL))?;
    client.set_write_timeout(Some(STILL))?;
    let Some(seen) = Seen::read(&client)? else { return Ok(()) };
    let decision = decide(&mut playing.look(), &seen);
    let honestly = || {
        let upstream = upstream.ok_or(std::io::ErrorKind::NotConnected)?;
        let reply = seen.ask(upstream)?;
        playing.look().honest.push((seen.path.clone(), reply.clone()));
        Ok::<_, std::io::Error>(reply)
    };
    match decision {
        Decision::Honest(lies) => {
            let honest = honestly()?;
            let reply = tell(&mut playing.look(), &lies, &seen, honest);
            client.write_all(&reply.bytes())
        }
        Decision::Act(Act::Answer { reply, after }) => {
            if after {
                honestly()?;
            }
            let mut reply = Act::filled(&reply, &playing.look().names);
            sign(&playing.look(), &seen, &mut reply);
            client.write_all(&reply.bytes())
        }
        Decision::Act(Act::Raw(bytes)) => client.write_all(&bytes),
        Decision::Act(Act::Cut { after }) => {
            if after {
                honestly().map(drop)
            } else {
                Ok(())
            }
        }
        Decision::Act(Act::Truncate(length)) => {
            let whole = honestly()?.bytes();
            client.write_all(&whole[..length.min(whole.len())])
        }
        Decision::Act(Act::Silence) => client.read(&mut [0; 1]).map(drop),
        Decision::Act(Act::Endless { head }) => endless(&mut client, head),
    }
}

/// Applies the lies, one after the other.
fn tell(play: &mut Play, lies: &[(usize, Lie)], seen: &Seen, honest: Reply) -> Reply {
    let mut reply = honest;
    for (at, lie) in lies {
        let Kind::Change(change) = &lie.kind else { continue };
        // The newest honest answer is the one that is being changed.
        let earlier = play.honest.len().saturating_sub(1);
        let moment = Moment { seen, honest: &play.honest[..earlier], others: &play.others, names: &play.names };
        match change.told(reply.clone(), &moment) {
            Ok(changed) => {
                reply = changed;
                play.told[*at] += 1;
            }
            Err(trouble) => play.troubles.push(format!("`{}` at {}: {trouble}", lie.deed, lie.path)),
        }
    }
    if !lies.is_empty() {
        sign(play, seen, &mut reply);
    }
    reply
}

/// The server's signature, if it is the one who lies.
fn sign(play: &Play, seen: &Seen, reply: &mut Reply) {
    if let Some(key) = &play.key {
        let account = play.honest.iter().rev().find_map(|(path, reply)| account_named(path, reply));
        key.sign(seen, account, reply);
    }
}
