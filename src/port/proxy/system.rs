//! The proxy that a system has in its settings, read from the system's own words.
//!
//! Promise: pure; a proxy for HTTPS alone counts, and what is no entry names no server. Not read: a
//! script that chooses a proxy (PAC), and a network that is asked for one (WPAD), which anybody on
//! it could answer.

use super::{Entry, Hosts, NoProxy, ProxyWish, first_word, plain};

impl ProxyWish {
    /// From what `scutil --proxy` prints on macOS.
    pub fn from_scutil(text: &str) -> Option<Self> {
        let lines = || text.lines().filter_map(|line| line.split_once(" : "));
        let value = |name: &str| lines().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
        if value("HTTPSEnable") != Some("1") {
            return None;
        }
        let host = value("HTTPSProxy").filter(|host| !host.is_empty())?;
        let port = value("HTTPSPort").unwrap_or("80");
        // The list is the only part whose keys are numbers.
        let listed = lines().filter(|(key, _)| key.trim().bytes().all(|byte| byte.is_ascii_digit()));
        let mut entries: Vec<Entry> = listed.filter_map(|(_, value)| exception(value.trim())).collect();
        if value("ExcludeSimpleHostnames") == Some("1") {
            entries.push(Entry { hosts: Hosts::Dotless, port: None });
        }
        Self::of_system(&format!("{}:{port}", bracketed(host)), entries)
    }

    /// From the settings of Windows: `host:port`, or one for each protocol (`http=a:1;https=b:2`);
    /// and servers that are reached without it, separated by semicolons.
    pub fn from_windows(proxy: &str, bypass: &str) -> Option<Self> {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| c == ';' || c.is_whitespace());
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let named = words(proxy);
        let of_https = named.iter().find_map(|word| first_word(word, "https="));
        let of_all = named.iter().map(String::as_str).find(|word| !word.contains('='));
        let entries = words(bypass).iter().filter_map(|word| exception(word)).collect();
        Self::of_system(of_https.or(of_all)?, entries)
    }

    fn of_system(address: &str, entries: Vec<Entry>) -> Option<Self> {
        let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let wish = Self { url, direct: NoProxy { entries } };
        wish.is_usable().then_some(wish)
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// An entry of the system's list. Unlike in `NO_PROXY`, a name is that host alone.
fn exception(word: &str) -> Option<Entry> {
    if word.eq_ignore_ascii_case("<local>") {
        return Some(Entry { hosts: Hosts::Dotless, port: None });
    }
    // macOS cuts the zeros off: `169.254/16`.
    if let Some((address, bits)) = word.split_once('/')
        && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let missing = 3_usize.saturating_sub(address.matches('.').count());
        return Entry::read(&format!("{address}{}/{bits}", ".0".repeat(missing)));
    }
    let entry = Entry::read(word)?;
    Some(match entry.hosts {
        Hosts::Domain(_) => {
            let (name, port) = super::split_port(word.split_once("://").map_or(word, |(_, rest)| rest));
            Entry { hosts: Hosts::Pattern(plain(name.trim_end_matches('/'))), port }
        }
        _ => entry,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCUTIL: &str = "<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intern.example.org
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : plain.example.org
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : proxy.example.org
  SOCKSEnable : 0
}
";

    fn through(wish: &ProxyWish, host: &str) -> bool {
        !wish.direct.names(host, 443)
    }

    #[test]
    fn the_proxy_of_a_mac_is_the_one_for_https_with_its_exceptions() {
        let wish = ProxyWish::from_scutil(SCUTIL).expect("there is one");
        assert_eq!(wish.shown(), "proxy.example.org:8443");
        assert!(through(&wish, "accounts.example.org") && through(&wish, "a.intern.example.org"));
        for direct in ["printer.local", "169.254.1.7", "intern.example.org"] {
            assert!(!through(&wish, direct), "{direct}");
        }
        assert!(wish.direct.names("intranet", 443), "a name without a dot");
        assert_eq!(ProxyWish::from_scutil(&SCUTIL.replace("HTTPSEnable : 1", "HTTPSEnable : 0")), None);
        assert_eq!(ProxyWish::from_scutil("<dictionary> {\n}\n"), None);
        assert_eq!(ProxyWish::from_scutil(""), None);
    }

    #[test]
    fn the_proxy_of_windows_is_the_one_for_https_or_for_everything() {
        let shown = |proxy: &str| ProxyWish::from_windows(proxy, "").map(|wish| wish.shown().to_owned());
        assert_eq!(shown("proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(shown("http://proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(shown("http=a:1;https=b:2;ftp=c:3").as_deref(), Some("b:2"));
        assert_eq!(shown("HTTPS=b:2").as_deref(), Some("b:2"));
        for none in ["", ";", "http=a:1", "socks=a:1080", "http=a:1;ftp=b:2"] {
            assert_eq!(shown(none), None, "{none}");
        }
        let wish = ProxyWish::from_windows("p:1", "*.corp;10.*; <local>;accounts.example.org").expect("one");
        for (host, is_through) in [
            ("a.corp", false),
            ("10.1.2.3", false),
            ("accounts.example.org", false),
            ("b.accounts.example.org", true),
            ("other.example.org", true),
        ] {
            assert_eq!(through(&wish, host), is_through, "{host}");
        }
        assert!(wish.direct.names("intranet", 443) && !wish.direct.names("intranet.example.org", 443));
    }

    proptest! {
        #[test]
        fn any_settings_are_read(text in ".{0,200}", bypass in ".{0,80}", lines in "([A-Za-z0-9]{1,12} : .{0,20}\n){0,8}") {
            let _ = ProxyWish::from_scutil(&text);
            let _ = ProxyWish::from_scutil(&format!("HTTPSEnable : 1\n{lines}"));
            if let Some(wish) = ProxyWish::from_windows(&text, &bypass) {
                prop_assert!(wish.is_usable());
            }
        }
    }
}
