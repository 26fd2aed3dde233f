//! How people reach the server, as values.

use crate::limits::Network;
use serde::Deserialize;
use std::path::PathBuf;

/// How people reach a server.
#[derive(Clone, Debug)]
pub enum Front {
    /// Plain HTTP: from this machine, or from these proxies, which end TLS.
    Plain {
        /// Whose `X-Forwarded-For` is believed.
        trusted_proxies: Vec<Network>,
    },
    /// TLS by the server itself.
    Tls(TlsFiles),
}

/// Where certificate and key lie, in PEM; `[tls]` of the configuration file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its key; readable by its owner alone.
    pub key: PathBuf,
}
