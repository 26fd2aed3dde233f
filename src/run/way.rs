//! How a command reaches servers: whom to trust, which proxy, and which realm alone is allowed.
//!
//! Promise: a flag comes before a variable, a variable before the managed configuration, and that
//! before the settings of the system; a pinned realm comes before all of them. Must never: send
//! anything.

use super::trust::trust;
use crate::managed::Managed;
use crate::port::http::{HttpServer, Limits};
use crate::port::process;
use crate::port::proxy::{ProxySource, ProxyWish};
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

/// The proxy, and who named it: the environment, or else the organisation, or else the system.
pub(super) fn proxy(managed: &Managed) -> Option<(ProxyWish, ProxySource)> {
    proxy_by(managed, |name| std::env::var(name).ok(), process::system_proxy)
}

fn proxy_by(
    managed: &Managed,
    variable: impl Fn(&str) -> Option<String>,
    system: impl Fn() -> Option<ProxyWish>,
) -> Option<(ProxyWish, ProxySource)> {
    let by = |source| move |wish| (wish, source);
    let own = ProxyWish::from_lookup(&variable).map(by(ProxySource::Environment));
    let theirs = || {
        let wish = ProxyWish::from_lookup(|name| match name {
            "HTTPS_PROXY" => managed.proxy.clone(),
            // What the person has set is the person's own: they may reach more without it.
            "NO_PROXY" | "no_proxy" => variable(name).or_else(|| managed.no_proxy.clone()),
            _ => None,
        });
        wish.map(by(ProxySource::Managed))
    };
    own.or_else(theirs).or_else(|| system().map(by(ProxySource::System)))
}

/// Connections to be; nothing is opened yet.
pub(super) fn server(trusted: Trust, managed: &Managed) -> HttpServer {
    HttpServer::new(Limits::default(), trusted, proxy(managed).map(|(wish, _)| wish)).for_realm(managed.realm.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::wire::origin::Origin;

    fn shown(managed: &Managed, variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, to)| (*to).to_owned());
        proxy_by(managed, variable, || None).map(|(wish, _)| wish.shown().to_owned())
    }

    #[test]
    fn the_persons_own_proxy_comes_before_the_managed_one() {
        let managed = Managed::read("proxy = \"http://a.example.org:1\"\nno_proxy = \"b.example.org\"").expect("good");
        assert_eq!(shown(&managed, &[]).as_deref(), Some("a.example.org:1"));
        assert_eq!(shown(&managed, &[("https_proxy", "http://c:2")]).as_deref(), Some("c:2"));
        assert_eq!(shown(&Managed::default(), &[]), None);
        let direct = |variables: &[(&str, &str)], host: &str| {
            let variable = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, to)| (*to).to_owned());
            let wish = proxy_by(&managed, variable, || None);
            let origin = Origin::read(&format!("https://{host}")).expect("an origin");
            ProxyWish::route(wish.as_ref().map(|(wish, _)| wish), &origin) == crate::port::proxy::Route::Direct
        };
        assert!(direct(&[], "b.example.org") && !direct(&[], "d.example.org"));
        assert!(direct(&[("NO_PROXY", "d.example.org")], "d.example.org"), "a variable of the person's own");
        assert!(!direct(&[("HTTPS_PROXY", "http://c:2")], "b.example.org"), "the managed list is for that proxy");
    }

    #[test]
    fn the_settings_of_the_system_come_last() {
        let managed = Managed::read("proxy = \"http://a.example.org:1\"").expect("good");
        let system = || ProxyWish::from_windows("s.example.org:3", "");
        let found = |managed: &Managed, set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, to)| (*to).to_owned());
            proxy_by(managed, variable, system).map(|(wish, source)| (wish.shown().to_owned(), source))
        };
        let named = |shown: &str, source| Some((shown.to_owned(), source));
        assert_eq!(found(&Managed::default(), &[]), named("s.example.org:3", ProxySource::System));
        assert_eq!(found(&managed, &[]), named("a.example.org:1", ProxySource::Managed));
        assert_eq!(found(&managed, &[("ALL_PROXY", "http://c:2")]), named("c:2", ProxySource::Environment));
    }
}
