//! What a run begins with: a fuzzer finds seeds and dictionary by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Set for the process that has what it needs.
const BEGUN: &str = "FIRSTKEY_FUZZ_BEGUN";

/// This folder, where the program was built.
fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Arguments that a libFuzzer run of `target` lacks: its dictionary and its seeds. None for a run
/// that plays single files, merges or minimises, and none where a folder of seeds is gone, as in an
/// image that has only the programs.
fn lacking(target: &str, given: &[OsString], folder: &Path) -> Vec<OsString> {
    let texts: Vec<_> = given.iter().map(|argument| argument.to_string_lossy()).collect();
    let flag = |name: &str| texts.iter().any(|text| text.starts_with(name));
    let places: Vec<_> =
        texts.iter().filter(|text| !text.starts_with('-')).map(|text| PathBuf::from(&**text)).collect();
    // The first folder is where what is found goes; without one there is nowhere.
    let searches = !places.is_empty() && places.iter().all(|place| place.is_dir());
    if !searches || ["-merge=1", "-minimize_crash=1", "-cleanse_crash=1", "-runs=0"].iter().any(|name| flag(name)) {
        return Vec::new();
    }
    let (words, seeds) =
        (folder.join("dictionaries").join(format!("{target}.dict")), folder.join("seeds").join(target));
    let mut lacking = Vec::new();
    if !flag("-dict=") && words.is_file() {
        lacking.push(format!("-dict={}", words.display()).into());
    }
    let same = |place: &PathBuf| place.canonicalize().ok() == seeds.canonicalize().ok();
    if seeds.is_dir() && !places.iter().any(same) {
        lacking.push(seeds.into());
    }
    lacking
}

/// Begins a libFuzzer run of `target` anew with what it lacks, so that plain `cargo fuzz run` has
/// seeds and dictionary.
#[cfg(unix)]
pub fn begin(target: &str) {
    use std::os::unix::process::CommandExt;
    let given: Vec<_> = std::env::args_os().skip(1).collect();
    if std::env::var_os(BEGUN).is_some() {
        return;
    }
    let lacking = lacking(target, &given, folder());
    let Ok(program) = std::env::current_exe() else { return };
    if !lacking.is_empty() {
        let why = std::process::Command::new(program).args(given).args(lacking).env(BEGUN, "1").exec();
        eprintln!("seeds and dictionary could not be added: {why}");
    }
}

/// Nothing is added on other systems.
#[cfg(not(unix))]
pub fn begin(_: &str) {}

/// Lets AFL choose the inputs.
#[cfg(feature = "afl")]
pub fn play(target: crate::Target) {
    afl::fuzz!(|data: &[u8]| (target.run)(data));
}

/// Lets honggfuzz choose the inputs.
#[cfg(all(feature = "honggfuzz", not(feature = "afl")))]
pub fn play(target: crate::Target) {
    loop {
        honggfuzz::fuzz!(|data: &[u8]| {
            (target.run)(data);
        });
    }
}

/// Plays the files that the program is given, and all in the folders.
#[cfg(not(any(feature = "afl", feature = "honggfuzz")))]
pub fn play(target: crate::Target) {
    for place in std::env::args_os().skip(1).map(PathBuf::from) {
        for file in files(&place) {
            (target.run)(&std::fs::read(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display())));
        }
    }
}

/// A file, or the files of a folder, by name.
pub fn files(place: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(place) {
        Ok(entries) => {
            let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
            files.sort();
            files
        }
        Err(_) => vec![place.to_owned()],
    }
}
