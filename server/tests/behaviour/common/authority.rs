//! A certificate authority of our own, and servers' files signed by it.

use firstkey_server::TlsFiles;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// The authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    /// Its certificate, as a file has it.
    pub(crate) pem: String,
}

/// A certificate and its key, not yet on disk.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let signed = params.self_signed(&key).expect("signed");
        Self { certificate: signed.der().clone(), pem: signed.pem(), issuer: Issuer::new(params, key) }
    }

    /// For `name`, good between the beginnings of the two years.
    pub(crate) fn issue(&self, name: &str, years: (i32, i32)) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        Issued { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// What a client that trusts this authority alone is made from.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Arc::new(config.expect("versions").with_root_certificates(roots).with_no_client_auth())
    }
}

impl Issued {
    /// What `openssl req -x509` makes: signed by itself, and an authority's own.
    pub(crate) fn of_an_authority(name: &str, years: (i32, i32)) -> Self {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("signed");
        Self { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// Writes both files as a renewing program does, each by a rename.
    pub(crate) fn write(&self, folder: &Path) -> TlsFiles {
        put(folder, "certificate.pem", &self.certificate, 0o644);
        put(folder, "key.pem", &self.key, 0o600);
        TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }
}

/// Puts a file in place whole.
pub(crate) fn put(folder: &Path, name: &str, text: &str, mode: u32) {
    let aside = folder.join(format!("{name}.new"));
    std::fs::write(&aside, text).expect("written");
    std::fs::set_permissions(&aside, PermissionsExt::from_mode(mode)).expect("our own file");
    std::fs::rename(&aside, folder.join(name)).expect("in place");
}
