//! Puts many mutants into one build, each behind a switch, so that a mutant costs the tests that
//! reach it and no compiler.
//!
//!     firstkey-weave LIST ROOT CRATE DROPPED > INDEX
//!
//! LIST is what `cargo mutants --list --json` prints, ROOT a copy of the source in which files are
//! rewritten in place, CRATE the folder in it whose library gets `mutant.rs`, DROPPED a file with
//! the numbers of mutants that do not compile, one a line, and why behind it. INDEX is JSON: for
//! each mutant its number, name and, if it is in the build, where its text stands in the woven
//! file. What is not there says why.
//!
//! Promise: without a switch the woven program does what the source does. Must never: run on
//! anything but a copy.

mod place;
mod sites;
mod text;

use place::Lines;
use serde::{Deserialize, Serialize};
use sites::Site;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::{env, fs, io};
use text::Edit;

/// A mutant of the list.
#[derive(Deserialize)]
struct Mutant {
    name: String,
    file: String,
    genre: String,
    #[serde(default)]
    replacement: String,
    span: place::Span,
    function: Option<Function>,
}

/// The function that it is in.
#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    return_type: String,
}

impl Mutant {
    fn returns(&self) -> &str {
        self.function.as_ref().map_or("", |function| &function.return_type)
    }
}

/// What became of it.
#[derive(Serialize)]
struct Entry {
    number: usize,
    name: String,
    file: String,
    genre: String,
    /// Bytes of its own text in the woven file: `[start, end]` pairs.
    texts: Vec<[usize; 2]>,
    /// Why it is not in the build.
    left_out: Option<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [list, root, library, dropped] = arguments.as_slice() else {
        return Err("firstkey-weave LIST ROOT CRATE DROPPED > INDEX".into());
    };
    let root = Path::new(root);
    let mutants: Vec<Mutant> = serde_json::from_slice(&fs::read(list)?)?;
    let dropped = fs::read_to_string(dropped)?;
    let dropped: HashMap<&str, &str> = dropped.lines().filter_map(|line| line.split_once(' ')).collect();

    let mut entries = BTreeMap::new();
    let files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    for file in files {
        let source = fs::read_to_string(root.join(file))?;
        let lines = Lines::of(&source);
        let sites = sites::of(&syn::parse_file(&source)?, &lines);
        let mut edits: Vec<Edit> = Vec::new();
        for (number, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.file == file) {
            let found = if let Some(why) = dropped.get(number.to_string().as_str()) {
                Err((*why).to_owned())
            } else if mutant.genre == "FnValue" && mutant.returns().contains("impl ") {
                Err("returns a type without a name".to_owned())
            } else {
                Site::find(&sites, &mutant.genre, lines.range(&mutant.span))
                    .and_then(|site| Edit::of(number, site, &mutant.replacement, &source))
                    .ok_or_else(|| format!("no place for {}", mutant.genre))
            };
            let left_out = match found {
                Ok(edit) => {
                    edits.push(edit);
                    None
                }
                Err(why) => Some(why),
            };
            let entry = Entry {
                number,
                name: mutant.name.clone(),
                file: file.to_owned(),
                genre: mutant.genre.clone(),
                texts: Vec::new(),
                left_out,
            };
            entries.insert(number, entry);
        }
        let woven = text::weave(&source, edits);
        for (number, range) in woven.places {
            if let Some(entry) = entries.get_mut(&number) {
                entry.texts.push(range);
            }
        }
        fs::write(root.join(file), woven.text)?;
    }

    let library = root.join(library).join("src");
    fs::write(library.join("mutant.rs"), include_str!("switch.rs"))?;
    let head = fs::read_to_string(library.join("lib.rs"))?;
    if !head.contains("pub mod mutant;") {
        // After everything else, so that no line moves.
        fs::write(
            library.join("lib.rs"),
            format!("{head}\n/// Which mutant this process is.\n#[allow(missing_docs)]\npub mod mutant;\n"),
        )?;
    }
    serde_json::to_writer(io::stdout().lock(), &entries.values().collect::<Vec<_>>())?;
    Ok(())
}
