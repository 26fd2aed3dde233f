//! What a managed configuration may say, and what is said of one that may not.

use super::*;
use proptest::prelude::*;

const WHOLE: &str = r#"
# Written by device management.
server = "accounts.example.org"   # the scheme may be left out
ca_file = '/etc/ssl/example "root".pem'
proxy = "http://proxy.example.org:3128"
no_proxy = "localhost, .corp.example.org"
install_text = "Open the \"Software Centre\" and choose firstkey."

[realm]
id = "9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d"
key = "AAECAwQFBgcICQoLDA0ODw"
"#;

fn bad(text: &str) -> (usize, BadLine) {
    match Managed::read(text) {
        Err(ManagedTrouble::Line { number, why }) => (number, why),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_whole_file_is_read_and_an_empty_one_sets_nothing() {
    let managed = Managed::read(WHOLE).expect("a good file");
    let realm = managed.realm.as_ref().expect("a realm is pinned");
    assert_eq!(managed.server.as_ref().map(Origin::as_str), Some("https://accounts.example.org"));
    assert_eq!(
        (&realm.origin, realm.realm.to_string().as_str()),
        (managed.server.as_ref().expect("set"), "9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d")
    );
    assert_eq!(realm.binding.map(|binding| binding.as_bytes()[15]), Some(15));
    assert_eq!(managed.ca_file, Some(PathBuf::from("/etc/ssl/example \"root\".pem")));
    assert_eq!(managed.install_text.as_deref(), Some("Open the \"Software Centre\" and choose firstkey."));
    assert!(ManagedKey::ALL.into_iter().all(|key| managed.has(key)));
    assert_eq!(Managed::read(&WHOLE.replace('\n', "\r\n")), Ok(managed), "written on Windows");
    for empty in ["", "\n\n", "# nothing\n", "[realm]\n"] {
        assert!(Managed::read(empty).expect("good").is_empty(), "{empty:?}");
    }
}

#[test]
fn a_line_that_is_wrong_is_named_by_its_number_and_refused() {
    let unknown = |name: &str, nearest| BadLine::Unknown { name: name.to_owned(), nearest };
    for (text, number, why) in [
        ("\nsever = \"a.example.org\"", 2, unknown("sever", "server")),
        ("classical_tls = \"yes\"", 1, unknown("classical_tls", "ca_file")),
        ("realm = \"x\"", 1, unknown("realm", "realm.id")),
        ("[realm]\nserver = \"a.example.org\"", 2, unknown("realm.server", "server")),
        ("[proxy]", 1, unknown("proxy", "proxy")),
        ("[realm]\n[server]", 2, unknown("server", "server")),
        ("[realm]\nid = \"9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d\"\n[realm]", 3, BadLine::Twice("realm".to_owned())),
        ("proxy = \"http://a:1\"\nproxy = \"http://a:1\"", 2, BadLine::Twice("proxy".to_owned())),
        ("server = accounts.example.org", 1, BadLine::NotText("server".to_owned())),
        ("server = true", 1, BadLine::NotText("server".to_owned())),
        ("server = [\"a.example.org\"]", 1, BadLine::NotText("server".to_owned())),
        ("server = \"a.example.org", 1, BadLine::NotText("server".to_owned())),
        ("server = \"a.example.org\" x", 1, BadLine::NotText("server".to_owned())),
        ("server = \"\"\"a.example.org\"\"\"", 1, BadLine::NotText("server".to_owned())),
        ("server = \"a\\x\"", 1, BadLine::NotText("server".to_owned())),
        ("server", 1, BadLine::NotALine),
        ("\"server\" = \"a.example.org\"", 1, BadLine::NotALine),
        ("ser.ver = \"a.example.org\"", 1, BadLine::NotALine),
        ("[[realm]]", 1, BadLine::NotALine),
        ("server = \"a.example.org\u{1b}\"", 1, BadLine::NotALine),
    ] {
        assert_eq!(bad(text), (number, why), "{text}");
    }
}

#[test]
fn a_value_that_an_option_cannot_have_is_refused() {
    for (text, key) in [
        ("server = \"http://a.example.org\"", ManagedKey::Server),
        ("server = \"ada@example.org\"", ManagedKey::Server),
        ("server = \"\"", ManagedKey::Server),
        ("ca_file = \"ca.pem\"", ManagedKey::CaFile),
        ("ca_file = \"\"", ManagedKey::CaFile),
        ("proxy = \"proxy.example.org:3128\"", ManagedKey::Proxy),
        ("proxy = \"http://ada:secret@proxy.example.org:3128\"", ManagedKey::Proxy),
        ("proxy = \"ftp://proxy.example.org\"", ManagedKey::Proxy),
        ("proxy = \"http://\"", ManagedKey::Proxy),
        ("no_proxy = \"\"", ManagedKey::NoProxy),
        ("install_text = \"one\\ntwo\"", ManagedKey::InstallText),
        ("install_text = \"a\\u001b[2J\"", ManagedKey::InstallText),
        ("[realm]\nid = \"9f1c2a4e\"", ManagedKey::RealmId),
        ("[realm]\nkey = \"AAECAwQFBgcICQoLDA0OD\"", ManagedKey::RealmKey),
        ("[realm]\nkey = \"AAECAwQFBgcICQoLDA0ODw==\"", ManagedKey::RealmKey),
        ("[realm]\nkey = \"AAECAwQFBgcICQoLDA0ODx\"", ManagedKey::RealmKey),
    ] {
        assert_eq!(bad(text).1, BadLine::Value(key), "{text}");
    }
    let long = format!("install_text = \"{}\"", "a".repeat(401));
    assert_eq!(bad(&long).1, BadLine::Value(ManagedKey::InstallText));
}

#[test]
fn a_pinned_realm_needs_its_server_and_a_pinned_key_its_realm() {
    let id = "[realm]\nid = \"9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d\"";
    assert_eq!(Managed::read(id), Err(ManagedTrouble::Missing(ManagedKey::Server)));
    let key = "server = \"a.example.org\"\n[realm]\nkey = \"AAECAwQFBgcICQoLDA0ODw\"";
    assert_eq!(Managed::read(key), Err(ManagedTrouble::Missing(ManagedKey::RealmId)));
}

#[test]
fn the_persons_own_server_comes_before_a_default_and_never_before_a_pinned_one() {
    let at = |host: &str| Origin::read(&format!("https://{host}")).expect("an origin");
    let own = |server: Option<&str>| Defaults { server: server.map(at), email: Some("ada@example.org".to_owned()) };
    let default = Managed::read("server = \"a.example.org\"").expect("good");
    let pinned = "server = \"a.example.org\"\n[realm]\nid = \"9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d\"";
    let pinned = Managed::read(pinned).expect("good");
    let shown = |managed: &Managed, server| {
        let both = managed.beside(&own(server));
        (both.server.expect("one is set").host().to_owned(), both.email.is_some())
    };
    assert_eq!(shown(&default, None), ("a.example.org".to_owned(), true));
    assert_eq!(shown(&default, Some("b.example.org")), ("b.example.org".to_owned(), true));
    assert_eq!(shown(&pinned, None), ("a.example.org".to_owned(), true));
    assert_eq!(shown(&pinned, Some("b.example.org")), ("a.example.org".to_owned(), false), "its address is not told");
    assert_eq!(Managed::default().beside(&own(None)), own(None));
}

proptest! {
    /// What is read, a reader of all of TOML reads in the same way.
    #[test]
    fn what_is_read_is_toml(text in "([a-z_]{1,9} ?= ?(\"([a-z\\\\\"#'. =tnu0-9]|\\\\u00e9){0,12}\"|'[a-z\\\\\"#. ]{0,9}')( #x)?\r?\n|#[ -~]{0,8}\n|\\[[a-z]{1,6}\\] ?\n){0,4}") {
        let mut ours = toml::Table::new();
        let mut table = None;
        let mut is_read = true;
        for line in text.split('\n') {
            match line::read_line(line) {
                Ok(Line::Empty) => {}
                Ok(Line::Table(name)) => {
                    is_read &= ours.insert(name.clone(), toml::Table::new().into()).is_none();
                    table = Some(name);
                }
                Ok(Line::Value(name, value)) => {
                    let at = match &table {
                        Some(table) => ours.get_mut(table).and_then(toml::Value::as_table_mut).expect("a table"),
                        None => &mut ours,
                    };
                    is_read &= at.insert(name, value.into()).is_none();
                }
                Err(_) => is_read = false,
            }
            if !is_read {
                break;
            }
        }
        if is_read {
            prop_assert_eq!(text.parse::<toml::Table>().ok(), Some(ours));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Managed::read(&text);
    }
}
