//! The way to a server and what stands at its end.
//!
//! Promise: whether a server is reached, believed and understood is what the client's own
//! connection said. Must never: believe what an unproven server says of itself; a certificate that
//! was refused is shown as what it claims.

use super::certificate::Certificate;
use super::{Family, State};
use crate::port::proxy::ProxySource;
use firstkey_core::flow::stop::NoAnswer;
use firstkey_core::wire::inbound::{ProblemName, Response};
use firstkey_core::wire::refusal::Refusal;

/// Seconds of difference that nothing depends on.
const CLOCK_TOLERANCE: u64 = 5 * 60;
/// Seconds of difference from which certificates look expired, or not yet good.
const CLOCK_BAD: u64 = 24 * 60 * 60;
/// A certificate that ends within this many seconds should have been renewed.
const ENDS_SOON: u64 = 7 * 24 * 60 * 60;

/// The proxy.
#[derive(Clone, Debug)]
pub enum Proxy {
    /// None.
    None,
    /// This one, without its credentials.
    Named {
        /// Host and port.
        shown: String,
        /// Who named it.
        source: ProxySource,
    },
    /// Something that is no address.
    Unusable {
        /// What it is, without credentials.
        shown: String,
    },
}

impl Proxy {
    pub(super) fn state(&self) -> State {
        match self {
            Self::None | Self::Named { .. } => State::Ok,
            Self::Unusable { .. } => State::Bad,
        }
    }
}

/// The name of a server.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name.
    pub host: String,
    /// How many addresses it has here; `None` if it could not be resolved.
    pub addresses: Option<usize>,
    /// Whether a proxy resolves it instead.
    pub by_proxy: bool,
}

impl Name {
    pub(super) fn state(&self) -> State {
        if self.by_proxy || self.addresses.is_some_and(|count| count > 0) { State::Ok } else { State::Bad }
    }
}

/// The way to a server.
#[derive(Clone, Copy, Debug)]
pub enum Connection {
    /// It was reached.
    Stands,
    /// It was not.
    Failed(NoAnswer),
}

impl Connection {
    pub(super) fn state(self) -> State {
        match self {
            Self::Stands => State::Ok,
            Self::Failed(_) => State::Bad,
        }
    }
}

/// The versions of TLS that this program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// 1.2.
    V12,
    /// 1.3.
    V13,
}

impl TlsVersion {
    /// Its number.
    pub fn name(self) -> &'static str {
        match self {
            Self::V12 => "1.2",
            Self::V13 => "1.3",
        }
    }
}

/// Why a certificate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It has ended, or this computer's clock is ahead.
    Ended,
    /// It has not begun, or this computer's clock is behind.
    NotBegun,
    /// It is for another name.
    OtherName,
    /// Nobody whom this computer trusts made it.
    UnknownIssuer,
    /// Its issuer took it back.
    Revoked,
    /// Something else.
    Other,
}

/// What a server showed to prove who it is.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Nothing: plain HTTP, which only loopback may be.
    Plain,
    /// Certificates.
    Chain(Box<Chain>),
}

/// The certificates of a server.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The version of TLS, if it came to that.
    pub version: Option<TlsVersion>,
    /// How many certificates were sent.
    pub length: usize,
    /// The server's own; `None` if it cannot be read.
    pub own: Option<Certificate>,
    /// The last one that was sent, where there are several.
    pub last: Option<Certificate>,
    /// Why it was refused, if it was.
    pub distrust: Option<Distrust>,
    /// What time this computer takes it to be.
    pub now: u64,
}

impl Chain {
    /// Whether it ends soon.
    pub fn ends_soon(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.not_after.saturating_sub(self.now) < ENDS_SOON)
    }
}

impl Shown {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Chain(chain) if chain.distrust.is_some() => State::Bad,
            Self::Chain(chain) if chain.ends_soon() => State::Attention,
            Self::Plain | Self::Chain(_) => State::Ok,
        }
    }
}

/// What answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A server of firstkey's own protocol.
    Speaks,
    /// One that is busy or broken.
    Away,
    /// A web page or a redirect: a log-in page of the network, mostly.
    WebPage,
    /// Something else, with this status.
    Strange(u16),
}

impl Answer {
    /// What an answer to a log-out without a session says of whoever gave it.
    pub fn of(response: &Response) -> Self {
        match response.read(|_| Ok(())) {
            Ok(Err(problem)) if matches!(problem.name, ProblemName::TooMany | ProblemName::Unavailable) => Self::Away,
            Ok(Err(_)) => Self::Speaks,
            Err(Refusal::Redirect | Refusal::WebPage) => Self::WebPage,
            Ok(Ok(())) | Err(_) => Self::Strange(response.status),
        }
    }

    pub(super) fn state(self) -> State {
        match self {
            Self::Speaks => State::Ok,
            // A server of the other dialect answers so, and its accounts work.
            Self::Strange(_) => State::Attention,
            Self::Away | Self::WebPage => State::Bad,
        }
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::Away => Family::Network,
            Self::Speaks | Self::Strange(_) | Self::WebPage => Family::Server,
        }
    }
}

/// A server's clock and ours, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Ours, when the answer came.
    pub here: u64,
    /// The server's, if it said.
    pub there: Option<u64>,
}

impl Clock {
    /// Seconds between them.
    pub fn apart(&self) -> Option<u64> {
        self.there.map(|there| self.here.abs_diff(there))
    }

    /// Whether so little that nothing depends on it.
    pub fn agrees(&self) -> bool {
        self.apart().is_some_and(|apart| apart <= CLOCK_TOLERANCE)
    }

    pub(super) fn state(&self) -> State {
        match self.apart() {
            Some(apart) if apart <= CLOCK_TOLERANCE => State::Ok,
            Some(apart) if apart > CLOCK_BAD => State::Bad,
            Some(_) | None => State::Attention,
        }
    }
}
