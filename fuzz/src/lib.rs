//! What the fuzz targets share: their table, the ways of playing one, and the habits of a run.
//!
//! ```text
//!   firstkey-testkit   firstkey (fuzzing)   firstkey-server (fuzzing)      bodies and oracles
//!            \               |               /
//!             +------- this table ---------+
//!            /        |        |        \
//!      libFuzzer     AFL   honggfuzz    play                                who chooses inputs
//! ```

pub mod example;
pub mod habits;
pub mod havoc;

/// The decorations of mail programs; a module of its own, since the tests of the client have it.
#[cfg(feature = "client")]
#[allow(dead_code, reason = "the list of decorations is for the tests")]
#[path = "../../tests/support/pasted_link.rs"]
mod pasted_link;

#[cfg(feature = "client")]
#[allow(dead_code, reason = "the seeds are for the program that writes them")]
#[path = "../../tests/support/plugin_protocol.rs"]
mod plugin_protocol;

#[cfg(feature = "client")]
#[allow(dead_code, reason = "the seeds are for the program that writes them")]
#[path = "../../tests/support/age_file.rs"]
mod age_file;

use firstkey_testkit::seeds::Seed;
pub use firstkey_testkit::targets::Target;

/// All targets that are compiled in.
pub fn all() -> Vec<Target> {
    let mut targets = firstkey_testkit::targets::ALL.to_vec();
    targets.push(Target::new("example", example::run));
    #[cfg(feature = "client")]
    {
        targets.push(Target::new("pasted_link", pasted_link::run));
        targets.push(Target::new("plugin_protocol", plugin_protocol::run));
        targets.push(Target::new("age_file", age_file::run));
        targets.extend(firstkey::fuzzing::TARGETS.map(|(name, run)| Target::new(name, run)));
    }
    #[cfg(feature = "server")]
    targets.extend(firstkey_server::fuzzing::TARGETS.map(|(name, run)| Target::new(name, run)));
    targets
}

/// All seeds that are made by code and not by hand.
pub fn made_seeds() -> Vec<Seed> {
    let mut seeds = firstkey_testkit::seeds::all();
    for name in 0..16_u8 {
        seeds.push(Seed { target: "example", name: format!("odd-{name:02}"), bytes: vec![b'a', b'b', name, b'c', 1] });
    }
    #[cfg(feature = "client")]
    {
        plugin_protocol::seeds(&mut |name, text| {
            seeds.push(Seed { target: "plugin_protocol", name: name.to_owned(), bytes: text.into_bytes() });
        });
        age_file::seeds(&mut |name, bytes| {
            seeds.push(Seed { target: "age_file", name: name.to_owned(), bytes });
        });
        firstkey::fuzzing::seeds(&mut |target, name, bytes| {
            seeds.push(Seed { target, name: name.to_owned(), bytes });
        });
    }
    seeds
}

/// The target of this name.
///
/// # Panics
/// When it is not compiled in.
pub fn named(name: &str) -> Target {
    let found = all().into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("{name} is no target of this build: --features client, server?"))
}

/// The entry of a target's program, for whichever fuzzer the features name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        #[cfg(feature = "libfuzzer")]
        mod entry {
            static TARGET: ::std::sync::LazyLock<$crate::Target> = ::std::sync::LazyLock::new(|| $crate::named($name));
            ::libfuzzer_sys::fuzz_target!(init: $crate::habits::begin($name), |data: &[u8]| (TARGET.run)(data));
        }

        #[cfg(not(feature = "libfuzzer"))]
        fn main() {
            let target = $crate::named($name);
            $crate::habits::play(target);
        }
    };
}
