//! Writes the seed corpus that `firstkey::fuzzing::seeds` makes into `seeds/<target>/`, in place of what is there.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for seed in firstkey::fuzzing::seeds::all() {
        let place = folder.join(seed.target);
        fs::create_dir_all(&place)?;
        fs::write(place.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
