//! Whether an offer is sound, read without any of the parsers it is to judge (I3).

use serde_json::Value;

/// The members of an offer.
const MEMBERS: [&str; 14] = [
    "protocol",
    "suites",
    "realm_id",
    "organisation",
    "account",
    "mode",
    "policy",
    "expires_at",
    "server_time",
    "earlier_claims",
    "contact",
    "kdf",
    "reset",
    "knows",
];

/// Memory in KiB, passes and lanes of profiles 1 to 4.
const PROFILES: [(u64, u64, u64); 4] = [(65_536, 3, 4), (262_144, 3, 4), (1_048_576, 3, 4), (2_097_152, 1, 4)];

fn only(value: &Value, place: &str, known: &[&str]) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| format!("{place} is no object"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("{place} has the unknown member {name:?}")),
        None => Ok(()),
    }
}

fn whole(value: &Value, name: &str) -> Result<u64, String> {
    value[name].as_u64().ok_or_else(|| format!("{name} is no whole number"))
}

/// The profile that an offer must lead to at least, 2 to 4; an error if no password may be asked
/// for under it.
pub fn sound(body: &[u8]) -> Result<u64, String> {
    let offer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    only(&offer, "the offer", &MEMBERS)?;
    only(&offer["organisation"], "organisation", &["org_id", "name"])?;
    only(&offer["account"], "account", &["account_id", "email", "display_name"])?;
    only(&offer["earlier_claims"], "earlier_claims", &["count", "last_at", "keys"])?;
    if whole(&offer, "protocol")? != 1 || offer["mode"] != "enrol" {
        return Err("another protocol or mode".to_owned());
    }
    if !offer["suites"].as_array().is_some_and(|suites| suites.iter().any(|suite| suite.as_u64() == Some(1))) {
        return Err("no suite of ours".to_owned());
    }
    let policy = &offer["policy"];
    let least = whole(policy, "min_profile")?;
    let strong = (1..=4).contains(&least)
        && whole(policy, "min_length")? >= 15
        && (policy["recovery"] == "required" || policy["recovery"] == "recommended")
        && (policy["secret_key"] == "off" || policy["secret_key"] == "allowed" || policy["secret_key"] == "required");
    if !strong {
        return Err(format!("the policy is weaker than the built-in one: {policy}"));
    }
    let mut profile = least.max(2);
    if let Some(kdf) = offer.get("kdf") {
        only(kdf, "kdf", &["m", "t", "p"])?;
        let wanted = (whole(kdf, "m")?, whole(kdf, "t")?, whole(kdf, "p")?);
        let id = PROFILES.iter().zip(1_u64..).find_map(|(profile, id)| (*profile == wanted).then_some(id));
        match id {
            Some(id) if id >= least => profile = profile.max(id),
            _ => return Err(format!("{kdf} is no profile at or above {least}")),
        }
    }
    if let Some(reset) = offer.get("reset") {
        only(reset, "reset", &["key_gen", "started_at"])?;
        let key_gen = whole(reset, "key_gen")?;
        if !(2..=u64::from(u32::MAX)).contains(&key_gen) || whole(reset, "started_at")? > 1 << 53 {
            return Err(format!("{reset} is no reset"));
        }
    }
    Ok(profile)
}
