//! The managed configuration as a person without rights meets it: the real program, and a real
//! `/etc` of its own, which only the super-user can lay out.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]

mod support;

use serde_json::json;
use std::process::{Command, Stdio};
use support::client::{Desk, PASSWORD, Run, run};
use support::deployment::Deployment;
use support::nobody::{as_nobody, must_be_root};

const EMAIL: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

/// Runs the command as nobody, in an `/etc` that holds this configuration alone; `then` is done to
/// it by the super-user first.
fn run_managed(desk: &Desk, config: &str, then: &str, command: &Command) -> Run {
    must_be_root();
    let lowered = as_nobody(desk, command);
    let lay_out = "mount -t tmpfs -o mode=755 none /etc && mkdir -m 755 /etc/firstkey && cd /etc/firstkey \
         && printf %s \"$1\" > config.toml && chmod 644 config.toml && eval \"$2\" && cd / && shift 2 \
         && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["-m", "sh", "-ec", lay_out, "sh", config, then]).arg(lowered.get_program()).args(lowered.get_args());
    inside.env_clear().envs(lowered.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(inside.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null()))
}

fn refused(run: &Run, exit: i32, code: &str) {
    assert_eq!((run.code, &run.last()["code"]), (Some(exit), &json!(code)), "{run:?}");
}

#[test]
fn what_is_managed_holds_where_the_person_says_nothing_and_config_says_where_it_comes_from() {
    let desk = Desk::new();
    let managed = "server = \"accounts.example.org\"\nproxy = \"http://proxy.example.org:3128\"\n";
    let config = |arguments: &[&str]| run_managed(&desk, managed, "", desk.command().arg("config").args(arguments));
    assert_eq!(
        config(&[]).stdout,
        "server  https://accounts.example.org  (set by your organisation)\n\
         email   (not set)\n\
         proxy   http://proxy.example.org:3128  (set by your organisation)\n\
         \n\
         Your organisation manages this computer:\n\
         /etc/firstkey/config.toml\n"
    );
    assert_eq!(config(&["get", "server"]).stdout, "https://accounts.example.org\n");
    assert_eq!(config(&["set", "server", "own.example.org"]).code, Some(0));
    let shown = config(&["--json"]).last();
    assert_eq!(
        shown,
        json!({
            "server": "https://own.example.org", "email": null, "proxy": "http://proxy.example.org:3128",
            "from": {"server": "own", "proxy": "managed"},
        })
    );
    let doctor = run_managed(&desk, "server = \"10.0.0.1\"\n", "", desk.command().args(["doctor", "--json"]));
    let bad = doctor.events().into_iter().find(|event| event["id"] == "managed").expect("it is looked at");
    assert_eq!(bad["state"], "bad", "an address of a network is no server: {bad}");
}

#[test]
fn a_file_that_a_person_could_have_written_stops_every_command_that_would_use_it() {
    let desk = Desk::new();
    let managed = "server = \"accounts.example.org\"\n";
    for mend in [
        "chown 65534 config.toml",
        "chown 65534 /etc/firstkey",
        "chmod g+w config.toml",
        "chmod o+w /etc/firstkey",
        "chmod 777 /etc",
        "chmod 600 config.toml",
        "mv config.toml /etc/x && mkdir -m 777 /etc/open && cp /etc/x /etc/open/x && ln -s /etc/open/x config.toml",
    ] {
        refused(&run_managed(&desk, managed, mend, desk.command().args(["config", "--json"])), 5, "managed-config");
        let login = run_managed(&desk, managed, mend, desk.command().args(["login", "--no-input", "--json"]));
        refused(&login, 5, "managed-config");
        // What uses nothing of it goes on.
        assert_eq!(run_managed(&desk, managed, mend, desk.command().arg("status")).code, Some(0), "{mend}");
    }
    refused(&run_managed(&desk, "sever = \"x\"\n", "", desk.command().args(["config", "--json"])), 5, "managed-config");
}

#[test]
fn no_variable_moves_the_file() {
    let desk = Desk::new();
    let own = desk.write("config.toml", b"server = \"evil.example.org\"\n");
    let mut command = desk.command();
    for name in ["FIRSTKEY_CONFIG", "FIRSTKEY_MANAGED", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "ProgramData"] {
        command.env(name, &own);
    }
    let shown =
        run_managed(&desk, "server = \"accounts.example.org\"\n", "", command.args(["config", "get", "server"]));
    assert_eq!(shown.stdout, "https://accounts.example.org\n");
    let shown = run_managed(&desk, "", "rm config.toml", command.args(["config", "get", "server"]));
    assert_ne!(shown.stdout, "https://evil.example.org\n");
}

#[test]
fn where_a_realm_is_pinned_its_invites_are_accepted_and_nothing_goes_anywhere_else() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let first = Desk::new().run_accept(&link, EMAIL);
    let realm = first.last()["realm_id"].as_str().expect("its id").to_owned();
    let (_, key) = link.rsplit_once('.').expect("a link of version 2");
    let pin = |origin: &str, realm: &str, key: &str| {
        format!("server = \"{origin}\"\n[realm]\nid = \"{realm}\"\nkey = \"{key}\"\n")
    };
    let origin = server.wire.origin();
    let desk = Desk::new();
    let link = server.invite(GRACE);
    let sent = || server.wire.seen().len();
    let before = sent();

    // Another server is pinned: neither the invite's nor a flag's is sent anything.
    let other = pin("https://accounts.example.org", &realm, key);
    refused(&run_managed(&desk, &other, "", &desk.accept(&link, GRACE)), 6, "refused-managed-server");
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut login = desk.command();
    login
        .args(["login", "--no-input", "--json", "--server", &origin, "--account", EMAIL, "--password-file"])
        .arg(password);
    refused(&run_managed(&desk, &other, "", &login), 6, "refused-managed-server");
    let set = run_managed(&desk, &other, "", desk.command().args(["config", "set", "server", &origin, "--json"]));
    refused(&set, 6, "refused-managed-server");
    // Another key.
    let other = pin(&origin, &realm, "AAECAwQFBgcICQoLDA0ODw");
    refused(&run_managed(&desk, &other, "", &desk.accept(&link, GRACE)), 6, "refused-managed-realm");
    assert_eq!(sent(), before, "nothing was sent");

    // Another realm: the server says so itself, before a password is asked for.
    let other = pin(&origin, "9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d", key);
    refused(&run_managed(&desk, &other, "", &desk.accept(&link, GRACE)), 6, "refused-managed-realm");
    refused(&run_managed(&desk, &other, "", &login), 6, "refused-managed-realm");

    let right = pin(&origin, &realm, key);
    let done = run_managed(&desk, &right, "", &desk.accept(&link, GRACE));
    assert_eq!((done.code, &done.last()["event"]), (Some(0), &json!("done")), "{done:?}");
}
