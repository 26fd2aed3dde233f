//! The configuration file and `check`, by the real program.

use crate::common::Deployment;
use crate::common::authority::{Authority, put};
use crate::common::mail_server::{At, Do, MailServer, Setup};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firstkey-server")).args(arguments).output().expect("the program runs")
}

/// The same for a program that is expected to refuse: if it runs after all, it is ended, and its
/// output is that of a server.
fn run_briefly(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    for _ in 0..3000 {
        if child.try_wait().expect("our own child").is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // It has ended, unless something is wrong.
    drop(child.kill());
    child.wait_with_output().expect("its output")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// What `check` says of each thing.
fn check(config: &Path, more: &[&str]) -> (Option<i32>, Vec<(String, bool, String)>) {
    let output = run(&[&["check", "--json", "--config", text(config)], more].concat());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let list = value["checks"].as_array().expect("a list");
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = list
        .iter()
        .map(|f| (word(f, "what"), f["ok"] == true, format!("{} {}", word(f, "says"), word(f, "todo"))))
        .collect();
    (output.status.code(), all)
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_nothing_wrong_with_a_good_server_and_names_what_is() {
    let deployment = Deployment::new().await;
    let data = deployment.data();
    let folder = data.parent().expect("a folder").to_owned();
    let authority = Authority::new();
    let good = authority.issue("accounts.example.org", (2026, 2096));
    good.write(&folder);
    let config = folder.join("server.toml");
    let base = "data = \"data\"\nlisten = \"0.0.0.0:8443\"\n[tls]\ncertificate = \"certificate.pem\"\nkey = \"key.pem\"\n[mail]\n";
    std::fs::write(&config, format!("{base}folder = \"letters\"\n")).expect("written");
    let (code, found) = check(&config, &[]);
    assert!(found.iter().all(|(_, ok, _)| *ok), "{found:?}");
    assert_eq!(code, Some(0));
    let things: Vec<&str> = found.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(
        things,
        ["configuration", "folder", "database", "key file", "listening", "certificate", "tokens", "mail"]
    );

    let wrong = |what: &str, needle: &str, more: &[&str]| {
        let (code, found) = check(&config, more);
        assert_eq!(code, Some(1), "{what}");
        let finding = found.iter().find(|(thing, ok, _)| thing == what && !ok);
        let (.., says) = finding.unwrap_or_else(|| panic!("{what} is wrong: {found:?}"));
        assert!(says.contains(needle), "{what}: {says}");
    };
    authority.issue("www.example.org", (2026, 2096)).write(&folder);
    wrong("certificate", "not for accounts.example.org", &[]);
    authority.issue("accounts.example.org", (2020, 2021)).write(&folder);
    wrong("certificate", "and not now", &[]);
    put(&folder, "key.pem", &good.key, 0o640);
    put(&folder, "certificate.pem", &good.certificate, 0o640);
    wrong("certificate", "chmod 600", &[]);
    good.write(&folder);
    wrong("mail", "mail server", &["--smtp", "smtp://127.0.0.1:1"]);
    // What answers has to take the sender and a recipient.
    for (step, needle) in [(At::Mail, "from firstkey@accounts.example.org"), (At::Rcpt, "letters to it@example.org")] {
        let relay = MailServer::start(Setup::default(), &[(step, Do::Say("550 5.7.1 relaying denied"))]).await;
        wrong("mail", needle, &["--smtp", &format!("smtp://127.0.0.1:{}", relay.port)]);
        assert!(relay.taken().is_empty() && relay.script_is_done(), "no letter was sent");
    }
    wrong("ports", "192.0.2.1:9 cannot be listened on", &["--admin-listen", "192.0.2.1:9"]);
    // A token that ends soon, and one that has ended, is told before leavers stay.
    let day = 86_400;
    for (ends, needle) in [(deployment.start + 13 * day, "expires"), (deployment.start - day, "leavers keep access")] {
        deployment.meddle(&format!("UPDATE scim_token SET expires_at = {ends}"));
        wrong("tokens", needle, &[]);
        wrong("tokens", "Example Corp", &[]);
    }
    deployment.meddle(&format!("UPDATE scim_token SET expires_at = {}", deployment.start + 365 * day));
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).expect("our own folder");
    wrong("folder", "chmod 700", &[]);
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).expect("our own folder");
    std::fs::set_permissions(data.join("server.key"), PermissionsExt::from_mode(0o644)).expect("our own file");
    wrong("folder", "chmod 600", &[]);
    // `serve` refuses what `check` calls wrong, before it listens.
    let serve = |needle: &str| {
        let output = run_briefly(&["serve", "--json", "--config", text(&config)]);
        assert!(output.stdout.is_empty(), "{}", said(&output));
        assert!(output.status.code() == Some(1) && said(&output).contains(needle), "{needle}: {}", said(&output));
    };
    serve("chmod 600");
    std::fs::set_permissions(data.join("server.key"), PermissionsExt::from_mode(0o600)).expect("our own file");
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).expect("our own folder");
    serve("chmod 700");
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o700)).expect("our own folder");
    put(&data, "database.url", "postgres://u:secret@localhost/x", 0o644);
    serve("chmod 600");
    wrong("folder", "database.url", &[]);
    std::fs::remove_file(data.join("database.url")).expect("ours");
    let key = std::fs::read(data.join("server.key")).expect("the key");
    std::fs::write(data.join("server.key"), [1; 165]).expect("written");
    wrong("key file", "damaged", &[]);
    std::fs::write(data.join("server.key"), key).expect("written");
    wrong("database", "firstkey-server init", &["--data", text(&folder)]);
    let (code, _) = check(&config, &[]);
    assert_eq!(code, Some(0), "and all is well again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_cannot_say_is_refused_before_anything_listens() {
    let deployment = Deployment::new().await;
    let config = deployment.data().with_file_name("server.toml");
    let mail = "[mail]\nfolder = \"letters\"\n";
    for (file, needle) in [
        (format!("lisen = \"127.0.0.1:0\"\n{mail}"), "The nearest is `listen`"),
        (format!("data = \"data\"\nlisten = \"127.0.0.1:0\"\n{mail}[limits]\nscim_per_second = 10\n"), "at least 25"),
        (format!("data = \"data\"\nlisten = \"127.0.0.1:0\"\n{mail}[times]\ngrace = 0\n"), "times.grace"),
        ("data = \"data\"\nlisten = \"127.0.0.1:0\"\n".to_owned(), "where letters go"),
        (format!("data = \"data\"\n{mail}"), "where to listen"),
        (format!("listen = \"127.0.0.1:0\"\n{mail}"), "where the server's folder is"),
        (format!("data = \"data\"\nlisten = \"0.0.0.0:0\"\n{mail}"), "Plain HTTP is only for this machine"),
        (format!("data = \"data\"\nlisten = 8080\n{mail}"), "listen"),
        ("data = \"data\"\nlisten = \"127.0.0.1:0\"\n[mail]\nsmtp = \"smtps://user@mail.example.org\"\nsmtp_password_file = \"password\"\n".to_owned(), "chmod 600"),
    ] {
        std::fs::write(&config, &file).expect("written");
        put(&deployment.data().with_file_name(""), "password", "secret", 0o644);
        let output = run_briefly(&["serve", "--json", "--config", text(&config)]);
        assert_eq!(output.status.code(), Some(1), "{file}: {}", said(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(needle), "{file}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{file}: it must not have listened");
        assert!(!said(&output).contains("secret\n"), "{file}");
    }
    let output = run_briefly(&["serve", "--config", "/nonexistent/server.toml"]);
    assert!(said(&output).contains("/nonexistent/server.toml cannot be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_takes_its_folder_from_the_file_and_a_flag_comes_before_it() {
    let deployment = Deployment::new().await;
    let config = deployment.data().with_file_name("server.toml");
    std::fs::write(&config, "data = \"data\"\n").expect("written");
    let output = run(&["org", "add", "Other Corp", "--json", "--config", text(&config)]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = run(&["org", "add", "Other Corp", "--config", text(&config), "--data", "/nonexistent"]);
    assert!(said(&output).contains("/nonexistent holds no server"), "{}", said(&output));
    assert_eq!(run(&["org", "add", "Other Corp"]).status.code(), Some(2), "one of the two is needed");
}

#[test]
fn a_password_of_the_database_is_refused_as_an_argument_and_read_from_a_private_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let (data, file) = (dir.path().join("data"), dir.path().join("address"));
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let address = format!("postgres://firstkey:hunter-two-and-more@127.0.0.1:{free}/firstkey");
    let init = |option: &str, value: &str| {
        run(&["init", "--origin", "http://localhost:8080", "--data", text(&data), option, value])
    };
    let refused = init("--database", &address);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains("--database-file"), "{}", said(&refused));
    assert!(!data.join("server.key").exists() && !data.join("database.url").exists(), "nothing was made");

    std::fs::write(&file, format!("{address}\n")).expect("our own folder");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("our own file");
    let open = init("--database-file", text(&file));
    assert_eq!(open.status.code(), Some(1), "{}", said(&open));
    assert!(said(&open).contains("644") && said(&open).contains(text(&file)), "{}", said(&open));

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("our own file");
    let tried = init("--database-file", text(&file));
    assert_eq!(tried.status.code(), Some(1), "{}", said(&tried));
    assert!(said(&tried).contains("refused"), "the database was asked: {}", said(&tried));
    for output in [&refused, &open, &tried] {
        assert!(!said(output).contains("hunter-two"), "{}", said(output));
    }
}
