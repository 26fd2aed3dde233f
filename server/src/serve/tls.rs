//! TLS: a certificate and its key from two files, read again when they change.
//!
//! Promises: a pair is used only if it is whole, fits together, is of this time and for the
//! origin's name; a pair that is none of that leaves the earlier one in use and is named in the
//! log; connections go on with what they began with. Must never: read a key that other users of the
//! machine can read.

use super::certificate::{Validity, validity};
use crate::calendar;
use crate::config::TlsFiles;
use crate::http::App;
use crate::origin::Origin;
use crate::secret_file::{SecretFileError, private_file};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use zeroize::Zeroizing;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A pair cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsTrouble {
    /// The certificate file cannot be read.
    #[error("The certificate file {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key file cannot be read, or others can read it.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// There is no certificate in it.
    #[error("{0} holds no certificate in PEM (-----BEGIN CERTIFICATE-----).")]
    NoCertificate(PathBuf),
    /// There is no key in it.
    #[error("{0} holds no private key in PEM (-----BEGIN PRIVATE KEY-----).")]
    NoKey(PathBuf),
    /// The key needs a passphrase.
    #[error(
        "The key in {0} is encrypted with a passphrase, which nobody types when a server starts. Write it without one: openssl pkey -in {0} -out NEW, readable by the server's user alone."
    )]
    Encrypted(PathBuf),
    /// A text that begins with a mark, or is no ASCII.
    #[error(
        "{0} begins with a byte order mark, as some editors write it, so PEM cannot be found in it. Save it as plain text without one."
    )]
    Marked(PathBuf),
    /// Clients refuse an authority's own certificate.
    #[error(
        "The certificate says that it is an authority's (CA:TRUE), as `openssl req -x509` makes it, and clients refuse such a one for a server. Make it with -addext basicConstraints=critical,CA:FALSE, or sign one with an authority of your own."
    )]
    Authority,
    /// They are not a pair, or of an unknown kind.
    #[error("The certificate and the key cannot be used together: {0}. Use the key that the certificate was made for.")]
    Pair(rustls::Error),
    /// It is not of this time.
    #[error(
        "The certificate is valid from {begins} until {ends}, and not now. Get a new one: clients refuse this one."
    )]
    Time {
        /// The first moment.
        begins: String,
        /// The last.
        ends: String,
    },
    /// It is for somebody else.
    #[error("The certificate is not for {0}, where clients connect. Get one for that name.")]
    Name(String),
}

/// A pair that can be used.
pub(crate) struct Pair {
    config: Arc<ServerConfig>,
    /// When the certificate begins, in seconds since 1970.
    pub(crate) begins: i64,
    /// When it ends.
    pub(crate) ends: i64,
}

impl Pair {
    /// Reads and judges both files.
    pub(crate) fn read(files: &TlsFiles, origin: &Origin, now: i64) -> Result<Self, TlsTrouble> {
        let pem = std::fs::read(&files.certificate)
            .map_err(|source| TlsTrouble::Unreadable { path: files.certificate.clone(), source })?;
        if is_marked(&pem) {
            return Err(TlsTrouble::Marked(files.certificate.clone()));
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| TlsTrouble::NoCertificate(files.certificate.clone()))?;
        let pem = private_file(&files.key)?;
        if is_marked(&pem) {
            return Err(TlsTrouble::Marked(files.key.clone()));
        }
        if is_encrypted(&pem) {
            return Err(TlsTrouble::Encrypted(files.key.clone()));
        }
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsTrouble::NoKey(files.key.clone()))?;
        let own = chain[0].clone();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsTrouble::Pair)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsTrouble::Pair)?;
        let Validity { begins, ends } = judge(&own, origin, now)?;
        Ok(Self { config: Arc::new(config), begins, ends })
    }

    /// For the numbers, and for who tells of what ends.
    fn tell(&self, app: &App) {
        app.metrics.certificate_begins.store(self.begins.try_into().unwrap_or(0), Ordering::Relaxed);
        app.metrics.certificate_ends.store(self.ends.try_into().unwrap_or(0), Ordering::Relaxed);
    }
}

/// A byte order mark in any of its forms.
fn is_marked(pem: &[u8]) -> bool {
    [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| pem.starts_with(mark))
}

/// A key of PKCS #8 or of OpenSSL's old form that a passphrase opens.
fn is_encrypted(pem: &[u8]) -> bool {
    let says = |text: &[u8]| pem.windows(text.len()).any(|part| part == text);
    says(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || says(b"Proc-Type: 4,ENCRYPTED")
}

/// Whether clients would refuse it because it is an authority's own: judged as they judge it.
fn is_an_authoritys(certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: i64) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(certificate.clone().into_owned()).is_err() {
        return false;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let Ok(client) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return false;
    };
    let seconds = u64::try_from(now).unwrap_or(0);
    let judged = client.verify_server_cert(
        certificate,
        &[],
        name,
        &[],
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
    );
    judged.is_err_and(|error| format!("{error:?}").contains("CaUsedAsEndEntity"))
}

/// From when until when the certificate is good, if it is good now and for the origin.
fn judge(certificate: &CertificateDer<'_>, origin: &Origin, now: i64) -> Result<Validity, TlsTrouble> {
    let wrong_name = || TlsTrouble::Name(origin.host().to_owned());
    let parsed = ParsedCertificate::try_from(certificate).map_err(TlsTrouble::Pair)?;
    let name = ServerName::try_from(origin.host().to_owned()).map_err(|_| wrong_name())?;
    verify_server_name(&parsed, &name).map_err(|_| wrong_name())?;
    let time = validity(certificate).ok_or(TlsTrouble::Pair(rustls::Error::General("it has no dates".to_owned())))?;
    if (time.begins..=time.ends).contains(&now) {
        if is_an_authoritys(certificate, &name, now) { Err(TlsTrouble::Authority) } else { Ok(time) }
    } else {
        Err(TlsTrouble::Time { begins: calendar::for_people(time.begins), ends: calendar::for_people(time.ends) })
    }
}

/// The pair in use.
pub(super) struct Tls {
    files: TlsFiles,
    used: RwLock<Arc<ServerConfig>>,
    /// The files as they were just before they were read: what changes from then on is not missed.
    first: [Mark; 2],
}

impl Tls {
    /// Opens the files; a server does not start with a pair that clients would refuse.
    pub(super) fn open(files: TlsFiles, app: &App) -> Result<Self, TlsTrouble> {
        let first = marks(&files);
        let pair = Pair::read(&files, &app.origin, app.clock.now())?;
        pair.tell(app);
        Ok(Self { files, used: RwLock::new(pair.config), first })
    }

    /// What the next connection uses.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.used.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files until it is dropped, and reads them again whenever they changed.
    pub(super) async fn watch(self: Arc<Self>, app: Arc<App>) {
        let mut seen = Some(self.first);
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.look().await;
            if now == seen {
                continue;
            }
            seen = now;
            self.read_again(&app).await;
        }
    }

    /// Reads the files; a pair that cannot be used leaves the present one in use.
    pub(super) async fn read_again(self: &Arc<Self>, app: &Arc<App>) {
        let (tls, reader) = (Arc::clone(self), Arc::clone(app));
        // Whoever reads files waits for disks.
        let read =
            tokio::task::spawn_blocking(move || Pair::read(&tls.files, &reader.origin, reader.clock.now())).await;
        match read {
            Ok(Ok(pair)) => {
                app.log.event("tls.reloaded", &[("ends", &calendar::instant(pair.ends))]);
                pair.tell(app);
                *self.used.write().unwrap_or_else(PoisonError::into_inner) = pair.config;
            }
            Ok(Err(trouble)) => app.log.event("tls.reload.refused", &[("reason", &trouble)]),
            Err(_) => app.log.event("tls.reload.failed", &[]),
        }
    }

    async fn look(&self) -> Option<[Mark; 2]> {
        let files = self.files.clone();
        tokio::task::spawn_blocking(move || marks(&files)).await.ok()
    }
}

/// What tells one version of a file from another: whose it is and who may read it, and what is in
/// it. Times and numbers alone would not do: a file system gives the number of a removed file to
/// the next one, and two changes can carry the same time.
type Mark = Option<(u32, u32, Option<[u8; 32]>)>;

fn marks(files: &TlsFiles) -> [Mark; 2] {
    [mark(&files.certificate), mark(&files.key)]
}

fn mark(path: &Path) -> Mark {
    let about = std::fs::metadata(path).ok()?;
    let contents = std::fs::read(path).map(Zeroizing::new);
    Some((about.uid(), about.mode(), contents.ok().map(|bytes| Sha256::digest(&*bytes).into())))
}
