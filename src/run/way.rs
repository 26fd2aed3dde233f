//! How a command reaches servers: whom to trust, which proxy, and which realm alone is allowed.
//!
//! Promise: a flag comes before a variable, a variable before the managed configuration; a pinned
//! realm comes before all of them. Must never: send anything.

use super::trust::trust;
use crate::managed::Managed;
use crate::port::http::{HttpServer, Limits};
use crate::port::proxy::ProxyWish;
use crate::port::trust::Trust;
use firstkey_core::flow::stop::Halt;
use std::path::Path;

/// The authorities: those of `--ca-file`, or else of the managed file, beside the others.
///
/// # Errors
/// A signal; a file that cannot be read.
pub(super) fn authorities(ca_file: Option<&Path>, managed: &Managed) -> Result<Trust, Halt> {
    trust(ca_file.or(managed.ca_file.as_deref()))
}

/// The proxy: that of the environment, or else the managed one.
pub(super) fn proxy(managed: &Managed) -> Option<ProxyWish> {
    proxy_by(managed, |name| std::env::var(name).ok())
}

fn proxy_by(managed: &Managed, variable: impl Fn(&str) -> Option<String>) -> Option<ProxyWish> {
    ProxyWish::from_lookup(&variable).or_else(|| {
        ProxyWish::from_lookup(|name| match name {
            "HTTPS_PROXY" => managed.proxy.clone(),
            // What the person has set is the person's own: they may reach more without it.
            "NO_PROXY" | "no_proxy" => variable(name).or_else(|| managed.no_proxy.clone()),
            _ => None,
        })
    })
}

/// Connections to be; nothing is opened yet.
pub(super) fn server(trusted: Trust, managed: &Managed) -> HttpServer {
    HttpServer::new(Limits::default(), trusted, proxy(managed)).for_realm(managed.realm.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::wire::origin::Origin;

    fn shown(managed: &Managed, variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, to)| (*to).to_owned());
        proxy_by(managed, variable).map(|wish| wish.shown().to_owned())
    }

    #[test]
    fn the_persons_own_proxy_comes_before_the_managed_one() {
        let managed = Managed::read("proxy = \"http://a.example.org:1\"\nno_proxy = \"b.example.org\"").expect("good");
        assert_eq!(shown(&managed, &[]).as_deref(), Some("a.example.org:1"));
        assert_eq!(shown(&managed, &[("https_proxy", "http://c:2")]).as_deref(), Some("c:2"));
        assert_eq!(shown(&Managed::default(), &[]), None);
        let direct = |variables: &[(&str, &str)], host: &str| {
            let variable = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, to)| (*to).to_owned());
            let wish = proxy_by(&managed, variable);
            let origin = Origin::read(&format!("https://{host}")).expect("an origin");
            ProxyWish::route(wish.as_ref(), &origin) == crate::port::proxy::Route::Direct
        };
        assert!(direct(&[], "b.example.org") && !direct(&[], "d.example.org"));
        assert!(direct(&[("NO_PROXY", "d.example.org")], "d.example.org"), "a variable of the person's own");
        assert!(!direct(&[("HTTPS_PROXY", "http://c:2")], "b.example.org"), "the managed list is for that proxy");
    }
}
