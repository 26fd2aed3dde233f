//! What is seen of a server on the way to its answer: its certificates, what the verifier made of
//! them, the version of TLS, its clock.
//!
//! Promise: a watched connection is made and refused exactly as one that nobody watches. Must
//! never: answer in the verifier's place.

use crate::doctor::certificate::Certificate;
use crate::doctor::network::{Chain, Distrust, TlsVersion};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};

/// What was seen; a new one for each server.
#[derive(Debug, Default)]
pub struct Sight(Mutex<Seen>);

#[derive(Clone, Debug, Default)]
struct Seen {
    chain: Option<Chain>,
    date: Option<u64>,
}

impl Sight {
    /// The certificates, if it came to them.
    pub fn chain(&self) -> Option<Chain> {
        self.seen(|seen| seen.chain.clone())
    }

    /// The server's clock, in seconds since 1970, if it said.
    pub fn date(&self) -> Option<u64> {
        self.seen(|seen| seen.date)
    }

    pub(super) fn saw_date(&self, header: Option<String>) {
        let date = header.and_then(|text| httpdate::parse_http_date(&text).ok());
        let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        self.seen(|seen| seen.date = date.map(|since| since.as_secs()));
    }

    fn saw_version(&self, version: TlsVersion) {
        self.seen(|seen| seen.chain.iter_mut().for_each(|chain| chain.version = Some(version)));
    }

    fn seen<T>(&self, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A verifier that is watched.
#[derive(Debug)]
pub(super) struct Watched<V> {
    verifier: V,
    sight: Arc<Sight>,
}

impl<V: ServerCertVerifier> Watched<V> {
    pub(super) fn new(verifier: V, sight: Arc<Sight>) -> Self {
        Self { verifier, sight }
    }
}

impl<V: ServerCertVerifier> ServerCertVerifier for Watched<V> {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify_server_cert(own, others, name, ocsp, now);
        let chain = Chain {
            version: None,
            length: 1 + others.len(),
            own: Certificate::read(own),
            last: others.last().and_then(|last| Certificate::read(last)),
            distrust: verdict.as_ref().err().map(distrust),
            now: now.as_secs(),
        };
        self.sight.seen(|seen| seen.chain = Some(chain));
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.sight.saw_version(TlsVersion::V12);
        self.verifier.verify_tls12_signature(message, own, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.sight.saw_version(TlsVersion::V13);
        self.verifier.verify_tls13_signature(message, own, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[rustls::DistinguishedName]> {
        self.verifier.root_hint_subjects()
    }
}

fn distrust(error: &Error) -> Distrust {
    let Error::InvalidCertificate(error) = error else { return Distrust::Other };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Ended,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotBegun,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::OtherName,
        CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
        CertificateError::Revoked => Distrust::Revoked,
        _ => Distrust::Other,
    }
}
