//! The fuzz targets whose bodies are here, by name: for whoever plays one without a fuzzer.

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its program in `fuzz/`, and of its folder of seeds.
    pub name: &'static str,
    /// Plays one input; panics when an oracle finds something.
    pub run: fn(&[u8]),
    /// The run in words, where it is one of steps.
    pub transcript: Option<fn(&[u8]) -> Vec<String>>,
}

impl Target {
    /// One whose run is no row of steps.
    pub const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, transcript: None }
    }
}

/// All of them.
pub const ALL: [Target; 12] = [
    Target::new("link", super::link::run),
    Target::new("envelope", super::envelope::run),
    Target::new("inbound", super::inbound::run),
    Target { name: "flow_any", run: super::flow_any::run, transcript: Some(super::flow_any::transcript) },
    Target::new("flow_unlock", super::account_any::unlock),
    Target::new("flow_recover", super::account_any::change),
    Target::new("recovery_text", super::recovery_text::run),
    Target::new("pins", super::pins::run),
    Target::new("shown", super::shown::run),
    Target::new("infisical_link", super::infisical::link::run),
    Target::new("infisical_inbound", super::infisical::inbound::run),
    Target::new("flow_infisical", super::infisical::flow::run),
];

/// The target of this name.
pub fn named(name: &str) -> Option<Target> {
    ALL.into_iter().find(|target| target.name == name)
}
