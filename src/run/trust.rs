//! The authorities that flags and variables name, read before anything is asked or sent.
//!
//! Promise: what `--ca-file`, `SSL_CERT_FILE` or `SSL_CERT_DIR` names holds nobody (a pipe that
//! stays silent ends with Ctrl-C), and is read up to a limit. Must never: send anything, or fall
//! back to the system's authorities where a variable names others.

use crate::port::trust::Trust;
use crate::ui::input::{self, MAX_CERTIFICATES, Unread, read_plain, read_up_to};
use firstkey_core::flow::stop::{Halt, StorageTrouble};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Files of all folders together that are looked at; a system's own folder has a few hundred names.
const MOST_FILES: usize = 4_096;
/// Bytes of all of them together. A system's own folder has about 450,000, links counted once.
const MOST_BYTES: usize = 8 * MAX_CERTIFICATES;

/// What the variables name.
#[derive(Debug, Default)]
struct Variables {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Variables {
    /// As OpenSSL reads them: one file, and folders between colons. `None` if neither names
    /// anything.
    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let file = lookup("SSL_CERT_FILE").map(PathBuf::from);
        let folders = lookup("SSL_CERT_DIR").unwrap_or_default();
        let folders: Vec<_> = std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect();
        (file.is_some() || !folders.is_empty()).then_some(Self { file, folders })
    }
}

/// The authorities of `--ca-file` and of the variables.
///
/// # Errors
/// A signal; the file of `--ca-file`, whatever is wrong with it; a file or folder of a variable
/// that is too long, or where nothing else names an authority.
pub(super) fn trust(ca_file: Option<&Path>) -> Result<Trust, Halt> {
    let named = ca_file.map_or(Ok(Vec::new()), certificates)?;
    // Elsewhere the system's own verifier does not read them.
    let variables = if cfg!(any(target_vendor = "apple", windows)) {
        None
    } else {
        Variables::from_lookup(|name| std::env::var_os(name))
    };
    let instead = variables.map(|variables| gather(&variables, named.is_empty())).transpose()?;
    Ok(Trust { named, instead })
}

/// The certificates in a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Halt> {
    let pem = read_plain(path, MAX_CERTIFICATES)?;
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match roots {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err(Unread::Trouble(StorageTrouble::Damaged).of(&path.display().to_string())),
    }
}

fn gather(variables: &Variables, is_needed: bool) -> Result<Vec<CertificateDer<'static>>, Halt> {
    let mut found = Vec::new();
    // What cannot be read matters if nothing is left without it: systems set these for files that
    // not every machine has.
    let mut trouble = None;
    if let Some(path) = &variables.file {
        match input::open(path).map_err(Unread::from).and_then(|file| read_up_to(&file, MAX_CERTIFICATES)) {
            Ok(pem) => found.extend(readable(&pem)),
            Err(unread @ (Unread::Stopped | Unread::Trouble(StorageTrouble::TooLong))) => {
                return Err(unread.of(&name("SSL_CERT_FILE", path)));
            }
            Err(unread) => trouble = Some(unread.of(&name("SSL_CERT_FILE", path))),
        }
    }
    let mut left = Left { files: MOST_FILES, bytes: MOST_BYTES, seen: HashSet::new() };
    for folder in &variables.folders {
        match left.folder(folder) {
            Ok(authorities) => found.extend(authorities),
            Err(unread @ (Unread::Stopped | Unread::Trouble(StorageTrouble::TooLong))) => {
                return Err(unread.of(&name("SSL_CERT_DIR", folder)));
            }
            Err(unread) => trouble = trouble.or(Some(unread.of(&name("SSL_CERT_DIR", folder)))),
        }
    }
    if found.is_empty() && is_needed {
        let (variable, path) = match (&variables.file, variables.folders.first()) {
            (Some(file), _) => ("SSL_CERT_FILE", file.as_path()),
            (None, folder) => ("SSL_CERT_DIR", folder.map_or(Path::new(""), PathBuf::as_path)),
        };
        let damaged = || Unread::Trouble(StorageTrouble::Damaged).of(&name(variable, path));
        return Err(trouble.unwrap_or_else(damaged));
    }
    Ok(found)
}

/// As a sentence names it.
fn name(variable: &str, path: &Path) -> String {
    format!("{} ({variable})", path.display())
}

/// Every certificate that can be read, passing over the rest: such files have comments and more.
fn readable(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok)
}

/// How much more is read.
struct Left {
    files: usize,
    bytes: usize,
    /// A folder has several names for each file.
    seen: HashSet<(u64, u64)>,
}

impl Left {
    /// The certificates in the plain files of a folder; pipes, devices and folders are passed over.
    fn folder(&mut self, folder: &Path) -> Result<Vec<CertificateDer<'static>>, Unread> {
        let mut found = Vec::new();
        let entries = std::fs::read_dir(folder).map_err(|error| input::kind(&error))?;
        for entry in entries.flatten() {
            self.files = self.files.checked_sub(1).ok_or(StorageTrouble::TooLong)?;
            let Some(file) = plain(&entry.path(), &mut self.seen) else { continue };
            let pem = match read_up_to(&file, MAX_CERTIFICATES) {
                Ok(pem) => pem,
                Err(Unread::Trouble(trouble)) if trouble != StorageTrouble::TooLong => continue,
                Err(unread) => return Err(unread),
            };
            self.bytes = self.bytes.checked_sub(pem.len()).ok_or(StorageTrouble::TooLong)?;
            found.extend(readable(&pem));
        }
        Ok(found)
    }
}

/// A plain file that was not opened before.
fn plain(path: &Path, seen: &mut HashSet<(u64, u64)>) -> Option<File> {
    let file = input::open(path).ok()?;
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    seen.insert(input::which(&file)?).then_some(file)
}

#[cfg(all(test, unix))]
#[path = "trust_tests.rs"]
mod tests;
