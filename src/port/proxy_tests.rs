use super::*;
use proptest::prelude::*;

fn names(no_proxy: &str, host: &str) -> bool {
    NoProxy::read(no_proxy).names(host, 443)
}

#[test]
fn no_proxy_is_read_as_people_write_it() {
    let host = "accounts.example.org";
    for named in [
        "accounts.example.org",
        "foo, accounts.example.org",
        "foo ,\taccounts.example.org , bar",
        "foo accounts.example.org",
        "*",
        "foo,*",
        ".example.org",
        "example.org",
        "*.example.org",
        "org",
        "ACCOUNTS.Example.ORG",
        "accounts.example.org.",
        "accounts.example.org:443",
        "https://accounts.example.org",
        "https://accounts.example.org/path",
        "acc*.example.org",
        "accounts.*",
    ] {
        assert!(names(named, host), "{named}");
    }
    for other in [
        "",
        ",",
        ".",
        "foo",
        "counts.example.org",
        "xample.org",
        ".accounts.example",
        "www.accounts.example.org",
        "accounts.example.org:8443",
        "accounts.example.orgs",
        "10.0.0.0/8",
        "accounts.example.org/24",
        "b*.example.org",
    ] {
        assert!(!names(other, host), "{other}");
    }
}

#[test]
fn addresses_and_networks_name_hosts_that_are_addresses() {
    for (named, host, is_named) in [
        ("10.1.2.3", "10.1.2.3", true),
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "11.1.2.3", false),
        ("10.1.2.3/32", "10.1.2.3", true),
        ("0.0.0.0/0", "192.0.2.7", true),
        ("10.0.0.0/33", "10.1.2.3", false),
        ("192.168.*", "192.168.7.1", true),
        ("::1", "[::1]", true),
        ("[::1]", "::1", true),
        ("[::1]:443", "[::1]", true),
        ("[::1]:80", "[::1]", false),
        ("2001:DB8::/32", "[2001:db8:7::1]", true),
        ("[2001:db8::]/32", "2001:db9::1", false),
        ("::/0", "192.0.2.7", false),
        ("0.0.0.0/0", "::1", false),
    ] {
        assert_eq!(names(named, host), is_named, "{named} {host}");
    }
}

fn wish(url: &str, no_proxy: &str) -> ProxyWish {
    let set = |name: &str| match name {
        "https_proxy" => Some(url.to_owned()),
        "no_proxy" => Some(no_proxy.to_owned()),
        _ => None,
    };
    ProxyWish::from_lookup(set).expect("set")
}

#[test]
fn a_server_that_no_proxy_names_and_this_computer_are_reached_directly() {
    let at = |text| Origin::read(text).expect("an origin");
    let wish = wish("http://proxy.example.org:3128", "corp, keys.example.org:8443");
    let through = |origin| ProxyWish::route(Some(&wish), &at(origin)) == Route::Through(&wish);
    assert!(through("https://keys.example.org"));
    for direct in ["https://keys.example.org:8443", "https://keys.corp", "http://localhost:8080", "http://127.0.0.1:1"]
    {
        assert!(!through(direct), "{direct}");
    }
    assert_eq!(ProxyWish::route(None, &at("https://keys.example.org")), Route::Direct);
}

#[test]
fn a_proxy_is_shown_without_its_credentials() {
    assert_eq!(wish("http://user:secret@proxy.example.org:3128/", "").shown(), "proxy.example.org:3128");
    assert_eq!(wish("proxy.example.org:3128", "").shown(), "proxy.example.org:3128");
}

#[test]
fn an_empty_variable_is_no_proxy() {
    assert_eq!(ProxyWish::from_lookup(|_| Some(" ".to_owned())), None);
}

proptest! {
    #[test]
    fn a_domain_names_itself_and_what_is_below_it_and_nothing_that_only_ends_like_it(
        domain in "[a-z]{1,8}(\\.[a-z]{2,5}){0,2}",
        below in "[a-z]{1,8}",
        form in prop::sample::select(vec!["", ".", "*."]),
    ) {
        let entry = format!("{form}{domain}");
        prop_assert!(names(&entry, &domain));
        let lower = format!("{below}.{domain}");
        prop_assert!(names(&entry, &lower));
        let glued = format!("{below}{domain}");
        prop_assert!(!names(&entry, &glued));
    }

    #[test]
    fn any_text_is_read_and_any_host_is_compared(text in ".{0,80}", host in ".{0,40}", port: u16) {
        let _ = NoProxy::read(&text).names(&host, port);
    }
}

#[test]
fn a_proxy_without_an_address_cannot_be_used_and_servers_that_are_reached_without_it_are_known() {
    let wish = |url: &str, direct: &str| {
        let lookup = |name: &str| match name {
            "HTTPS_PROXY" => Some(url.to_owned()),
            "NO_PROXY" => Some(direct.to_owned()),
            _ => None,
        };
        ProxyWish::from_lookup(lookup).expect("a proxy is named")
    };
    let good = "http://ada:secret@proxy.example.org:3128";
    assert!(wish(good, "").is_usable());
    for bad in ["http://", "http://[::1"] {
        assert!(!wish(bad, "").is_usable(), "{bad}");
    }
    assert_eq!(wish(good, "").url(), good, "the connection needs what is not shown");
    assert_eq!(wish(good, "").shown(), "proxy.example.org:3128");
    assert!(wish(good, "corp.example.org").has_exceptions());
    assert!(!wish(good, "").has_exceptions());
}
