//! Bodies of the fuzz targets for what identity providers and people's clients send, with their
//! oracles.
//!
//! Promise: deterministic, no I/O. Must never: be part of a program that somebody uses; it exists
//! only for tests and under the feature `fuzzing`.

pub mod api_any;
pub mod api_bodies;
pub mod scim_filter;
pub mod scim_patch;
pub mod scim_user;

use crate::scim::schema::Resource;
use serde_json::{Map, Value, json};

/// The targets by name: for whoever plays one without a fuzzer.
pub const TARGETS: [(&str, fn(&[u8])); 5] = [
    ("api_bodies", api_bodies::run),
    ("scim_filter", scim_filter::run),
    ("scim_patch", scim_patch::run),
    ("scim_user", scim_user::run),
    ("api_any", api_any::run),
];

/// Resources that filters and patches are tried on, spelled as the schema spells them.
fn samples(resource: Resource) -> Vec<Map<String, Value>> {
    let all = match resource {
        Resource::User => json!([
            {"userName": "a"},
            {
                "userName": "Ada@Example.org", "externalId": "Ext", "active": true, "title": "T", "displayName": "Ada",
                "name": {"givenName": "Ada", "familyName": "King"}, "nickName": "É",
                "emails": [{"value": "ada@work.org", "type": "work", "primary": true}, {"value": "ADA@home.org", "type": "home"}],
                "phoneNumbers": [{"type": "mobile"}, {"value": "1"}], "addresses": [{"formatted": "a\nb", "type": "work"}],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "a"}},
            },
            {"userName": "b", "active": false, "roles": [{"value": "a", "primary": false}], "x509Certificates": [{"value": "QQ=="}]},
        ]),
        Resource::Group => json!([{"displayName": "a"}, {"displayName": "Team", "externalId": "a"}]),
    };
    all.as_array().into_iter().flatten().filter_map(|one| one.as_object().cloned()).collect()
}

/// Whether `password` is a name anywhere at the top or in an extension.
fn names_password(document: &Map<String, Value>) -> bool {
    document.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("password")
            || (name.contains(':')
                && value
                    .as_object()
                    .is_some_and(|inner| inner.keys().any(|name| name.eq_ignore_ascii_case("password"))))
    })
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, api_any};
    use firstkey_testkit::chance::Seeded;
    use rand_core::RngCore;
    use std::path::Path;

    /// Those that read one text.
    fn readers() -> impl Iterator<Item = fn(&[u8])> {
        TARGETS.into_iter().filter(|(name, _)| *name != "api_any").map(|(_, run)| run)
    }

    /// So many bytes.
    fn drawn(chance: &mut Seeded, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        chance.fill_bytes(&mut bytes);
        bytes
    }

    #[test]
    fn every_seed_of_the_fuzz_targets_keeps_their_promises() {
        for (name, body) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(name);
            let seeds: Vec<_> = std::fs::read_dir(folder).expect("the seeds").collect();
            assert!(seeds.len() >= 10, "{name}");
            for seed in seeds {
                body(&std::fs::read(seed.expect("a seed").path()).expect("readable"));
            }
        }
    }

    #[test]
    fn runs_of_the_whole_api_by_chance_keep_the_promises() {
        let runs = std::env::var("API_ANY_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(200);
        let mut chance = Seeded::new(0x5eed_5eed);
        for round in 0..runs {
            let length = 8 + round % 150;
            api_any::run(&drawn(&mut chance, length));
        }
    }

    #[test]
    fn the_good_bodies_among_the_seeds_are_taken_and_pass_every_oracle() {
        use crate::api::bodies::{PATHS, accepts};
        use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/api_bodies");
        for (at, path) in PATHS.into_iter().enumerate() {
            let seed = std::fs::read(folder.join(format!("{at:02}"))).expect("a seed");
            let id = |from: usize| seed[from..from + 16].try_into().expect("16 bytes");
            let context = AccountContext { realm: RealmId::heard(id(1)), account: AccountId::heard(id(17)) };
            assert!(accepts(path, &seed[33..], &context), "{path}");
        }
    }

    #[test]
    fn s08_what_is_far_too_large_is_answered_like_anything_else() {
        let title = format!("{{\"userName\":\"a\",\"title\":\"{}\"}}", "x".repeat(1 << 20));
        let deep =
            format!("{{\"Operations\":[{{\"op\":\"add\",\"path\":\"emails[{}\",\"value\":1}}]}}", "(".repeat(5000));
        let many = format!("{{\"roles\":[{}0]}}", "\"x\",".repeat(200_000));
        for large in [
            "(".repeat(5000),
            "(".repeat(1 << 20),
            "not(".repeat(5000),
            "[".repeat(100_000),
            "{\"a\":".repeat(100_000),
            vec!["title pr"; 100_000].join(" or "),
            format!("title eq \"{}\"", "\\".repeat(1 << 20)),
            title,
            deep,
            many,
        ] {
            for body in readers() {
                body(large.as_bytes());
            }
        }
    }

    #[test]
    fn bytes_of_chance_keep_the_promises() {
        let mut chance = Seeded::new(0x5eed_5eed);
        for round in 0..20_000_usize {
            let bytes = drawn(&mut chance, 8 + round % 100);
            for body in readers() {
                body(&bytes);
            }
        }
    }
}
