//! Canaries: after a whole run every secret is computed anew and looked for, in every encoding,
//! wherever the run left anything (I2).

mod support;

use firstkey_core::wire::link::InviteLink;
use firstkey_needles::Needles;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use support::client::{Desk, Run};
use support::deployment::Deployment;
use support::secrets::secrets;
use support::wire::{Act, Seen};

const EMAIL: &str = "ada@example.org";

/// Typed with a decomposed umlaut and a blank that is none, so that the prepared form differs from
/// the typed one.
const TYPED: &str = "velvet tu\u{308}ndra\u{a0}quorblix cobra lunar zanthemur";

/// A whole run of the real program, and everything that it left.
struct Story {
    server: Deployment,
    desk: Desk,
    link: String,
    run: Run,
    /// What `/proc` said of the process at each request.
    process: Vec<u8>,
    /// What went over the wire, before the test asked anything itself.
    requests: Vec<Seen>,
    answers: Vec<u8>,
}

impl Story {
    fn tell(make: impl FnOnce(&Desk) -> Command) -> Self {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        desk.write("invite.url", link.as_bytes());
        desk.write("password", TYPED.as_bytes());
        let mut command = make(&desk);

        let ((tell_pid, pid), (tell, told)) = (mpsc::channel::<u32>(), mpsc::channel());
        let mut known = None;
        server.wire.script(move |_, _| {
            let pid = *known.get_or_insert_with(|| pid.recv().expect("the test tells"));
            tell.send(about(pid)).expect("the test listens");
            Act::Forward
        });
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client starts");
        tell_pid.send(child.id()).expect("the wire waits");
        let Output { status, stdout, stderr } = child.wait_with_output().expect("the client ends");
        server.wire.script(|_, _| Act::Forward);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let run = Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        let process: Vec<_> = told.try_iter().collect();
        assert_eq!(process.len(), 7, "the process was looked at during each of the seven calls: {run:?}");
        let (requests, answers) = (server.wire.seen(), server.wire.answered());
        Self { server, desk, link, run, process: process.concat(), requests, answers }
    }
}

/// Command line and environment of a running process, as far as this user may see them.
fn about(pid: u32) -> Vec<u8> {
    let read = |name: &str| match std::fs::read(format!("/proc/{pid}/{name}")) {
        Ok(bytes) => bytes,
        // The process keeps everybody out, which is better still.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Vec::new(),
        Err(error) => panic!("{name} of a running process: {error}"),
    };
    let line = read("cmdline");
    assert!(!line.is_empty(), "a command line can always be read");
    [line, read("environ")].concat()
}

/// What a verbose, curious environment adds.
fn command(desk: &Desk) -> Command {
    let mut command = desk.command();
    command
        .env("TMPDIR", desk.path("tmp"))
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("SSLKEYLOGFILE", desk.path("tls-keys"))
        .args(["accept", "-v", "--no-input", "--json", "--profile", "1", "--yes-for", EMAIL, "--invite-file"])
        .arg(desk.path("invite.url"))
        .arg("--password-file")
        .arg(desk.path("password"))
        .arg("--kit-out")
        .arg(desk.path("kit.txt"));
    std::fs::create_dir(desk.path("tmp")).expect("a new folder");
    command
}

/// Every file below a folder, with its name.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            let contents = std::fs::read(&entry).expect("readable");
            found.push((entry, contents));
        }
    }
    found
}

fn sent(requests: &[Seen]) -> Vec<u8> {
    requests.iter().flat_map(|seen| [seen.head.as_bytes(), &seen.body].concat()).collect()
}

#[test]
fn after_a_whole_run_no_secret_is_anywhere_but_in_the_kit() {
    let story = Story::tell(command);
    assert_eq!(story.run.code, Some(0), "{:?}", story.run);
    let code = story.desk.recovery_code();
    let mut needles = secrets(&story.server, EMAIL, TYPED, &code);
    // In no list of words, so that no fingerprint can hold them by chance.
    for word in ["quorblix", "zanthemur"] {
        needles.add("a word of the password", word.as_bytes());
    }
    needles.assert_finds_what_is_planted();

    needles.assert_absent("a request", &sent(&story.requests));
    needles.assert_absent("an answer", &story.answers);
    needles.assert_absent("standard output", story.run.stdout.as_bytes());
    needles.assert_absent("standard error", story.run.stderr.as_bytes());
    needles.assert_absent("the command line or the environment", &story.process);
    let (mut kit, mut password) = (0, 0);
    for (path, contents) in files(story.desk.home.path()) {
        needles.assert_absent("a file name", path.as_os_str().as_encoded_bytes());
        match path.file_name().and_then(|name| name.to_str()) {
            // The search is blind if it does not find what is there.
            Some("kit.txt") => {
                kit = needles.found_in(&contents).len();
                let only = needles.found_in(&contents).iter().all(|name| name.contains("code"));
                assert!(only, "the kit holds more than the code: {:?}", needles.found_in(&contents));
            }
            Some("password") => password = needles.found_in(&contents).len(),
            _ => needles.assert_absent(&path.display().to_string(), &contents),
        }
    }
    assert!(kit >= 2 && password >= 3, "the kit and the password file hold what they hold: {kit} {password}");
    assert!(!story.desk.path("tls-keys").exists(), "no TLS secrets are written for anybody");
    assert_eq!(std::fs::read_dir(story.desk.path("tmp")).expect("a folder").count(), 0, "no temporary files");
    for (path, contents) in files(&story.server.data()) {
        needles.assert_absent(&path.display().to_string(), &contents);
    }
    for letter in story.server.letters.all() {
        needles.assert_absent("a letter", letter.as_bytes());
    }
    for flags in [&["audit", "--last"][..], &["audit", "--last", "--raw"], &["audit", "--last", "--json"]] {
        let output = story.desk.command().args(flags).output().expect("the client starts");
        assert!(output.status.success() && output.stdout.len() > 200);
        needles.assert_absent("the audit", &[output.stdout, output.stderr].concat());
    }
}

#[test]
fn the_token_of_the_invite_is_in_one_request_and_nowhere_else() {
    let story = Story::tell(command);
    assert_eq!(story.run.code, Some(0), "{:?}", story.run);
    let link = InviteLink::read(story.link.as_bytes()).expect("a link");
    let mut token = Needles::default();
    token.add("the token", link.token().expose());
    let (claims, others): (Vec<_>, Vec<_>) =
        story.requests.iter().cloned().partition(|seen| seen.path == "/v1/invites/claim");
    let found = token.found_in(&sent(&claims));
    assert!(found.len() == 1 && found[0].starts_with("the token as base64"), "as the wire format has it: {found:?}");
    token.assert_absent("another request", &sent(&others));
    token.assert_absent("an answer", &story.answers);
    token.assert_absent("the output", format!("{}{}", story.run.stdout, story.run.stderr).as_bytes());
    token.assert_absent("the command line or the environment", &story.process);
    for (path, contents) in files(story.desk.home.path()) {
        if !path.ends_with("invite.url") {
            token.assert_absent(&path.display().to_string(), &contents);
        }
    }
    for (path, contents) in files(&story.server.data()) {
        token.assert_absent(&path.display().to_string(), &contents);
    }
}

#[test]
fn under_an_open_umask_everything_is_for_its_owner_alone() {
    let story = Story::tell(|desk| {
        let inner = command(desk);
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
        shell.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
        shell
    });
    assert_eq!(story.run.code, Some(0), "{:?}", story.run);
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(&story.desk.state()), 0o700);
    assert_eq!(mode(&story.desk.path("kit.txt")), 0o600);
    let state = files(&story.desk.state());
    assert!(!state.is_empty());
    for (path, _) in state {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert!(path.extension().is_none_or(|end| end != "pending"), "nothing is pending: {}", path.display());
    }
}
