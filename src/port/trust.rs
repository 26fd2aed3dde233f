//! Whom to take for a server: the authorities that a connection is judged by.
//!
//! Promise: certificates alone; what is in a file was read before it came here. Must never: read a
//! file, or take an authority for one that nobody named.

use super::sight::{Sight, Watched};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;

/// Authorities.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Those of `--ca-file`, beside all others.
    pub named: Vec<CertificateDer<'static>>,
    /// Those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, in the place of the system's own.
    pub instead: Option<Vec<CertificateDer<'static>>>,
}

/// There is no authority, or one that was named is none.
#[derive(Debug, thiserror::Error)]
#[error("there are no usable authorities")]
pub(super) struct NoTrust;

impl Trust {
    /// The verifier that goes by them; told to `sight`, if there is one.
    pub(super) fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
        sight: Option<&Arc<Sight>>,
    ) -> Result<Arc<dyn ServerCertVerifier>, NoTrust> {
        let named = self.named.iter().cloned();
        let Some(instead) = &self.instead else {
            // Windows makes an engine of its own for extra ones, and some of its kin have none.
            let verifier = if self.named.is_empty() {
                rustls_platform_verifier::Verifier::new(provider)
            } else {
                rustls_platform_verifier::Verifier::new_with_extra_roots(named, provider)
            };
            return Ok(watched(verifier.map_err(|_| NoTrust)?, sight));
        };
        let mut roots = RootCertStore::empty();
        for authority in named {
            roots.add(authority).map_err(|_| NoTrust)?;
        }
        // A file of a system has one or the other that rustls does not read.
        roots.add_parsable_certificates(instead.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.ok().and_then(Arc::into_inner).ok_or(NoTrust)?;
        Ok(watched(verifier, sight))
    }
}

fn watched<V: ServerCertVerifier + 'static>(verifier: V, sight: Option<&Arc<Sight>>) -> Arc<dyn ServerCertVerifier> {
    match sight {
        Some(sight) => Arc::new(Watched::new(verifier, sight.clone())),
        None => Arc::new(verifier),
    }
}
