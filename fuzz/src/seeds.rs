//! Writes the seed corpus that `firstkey_testkit::seeds` and the bodies of `plugin_protocol` and
//! `age_file` make into `seeds/<target>/`, in place of what is there. Targets whose seeds are
//! written by hand are left alone.

#[allow(dead_code, reason = "the body is for the target")]
#[path = "../../tests/support/plugin_protocol.rs"]
mod plugin_protocol;

#[allow(dead_code, reason = "the body is for the target")]
#[path = "../../tests/support/age_file.rs"]
mod age_file;

use firstkey_testkit::seeds::Seed;
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut seeds = firstkey_testkit::seeds::all();
    plugin_protocol::seeds(&mut |name, text| {
        seeds.push(Seed { target: "plugin_protocol", name: name.to_owned(), bytes: text.into_bytes() });
    });
    age_file::seeds(&mut |name, bytes| {
        seeds.push(Seed { target: "age_file", name: name.to_owned(), bytes });
    });
    for target in seeds.iter().map(|seed| folder.join(seed.target)) {
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
    }
    for seed in seeds {
        let place = folder.join(seed.target);
        fs::create_dir_all(&place)?;
        fs::write(place.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
