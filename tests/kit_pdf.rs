//! The kit on paper, looked at as the picture that a printer makes of it.
//!
//! Needs Debian's `poppler-utils` and `zbar-tools`. Without them it says so and tests nothing,
//! which is a failure under `FIRSTKEY_CI`.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]
#![allow(clippy::print_stderr, reason = "what is not tested is said")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use support::client::{Desk, PASSWORD, run};
use support::deployment::Deployment;

const EMAIL: &str = "ada@example.org";

/// What a tool prints; `None` where it is not installed.
fn tool(name: &str, arguments: &[&str], file: &Path) -> Option<Vec<u8>> {
    let Ok(output) = Command::new(name).args(arguments).arg(file).output() else {
        assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "{name} is not installed");
        eprintln!("NOT TESTED: {name} is not installed; see the head of this file");
        return None;
    };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Width, height, and the gray values of a page at 100 dots an inch.
fn picture(page: &Path) -> Option<(usize, usize, Vec<u8>)> {
    let pgm = tool("pdftoppm", &["-r", "100", "-gray", "-singlefile"], page)?;
    let mut parts = pgm.splitn(4, u8::is_ascii_whitespace);
    let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse::<usize>().ok();
    assert_eq!(&pgm[..2], b"P5", "a gray picture");
    number();
    let (width, height) = (number().expect("a width"), number().expect("a height"));
    Some((width, height, pgm[pgm.len() - width * height..].to_vec()))
}

#[test]
fn the_printed_kit_shows_the_code_as_text_and_as_qr_on_both_papers_and_is_a_kit() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let mut earlier = desk.path("kit.txt");
    for (paper, size) in [("a4", (827, 1170)), ("letter", (850, 1100))] {
        let page = desk.path(&format!("kit-{paper}.pdf"));
        let password = desk.write("pw", PASSWORD.as_bytes());
        let mut command = desk.command();
        command.args(["kit", "--no-input", "--json", "--paper", paper, "--password-file"]).arg(&password);
        let made = run(command.arg("--kit-out").arg(&page));
        assert_eq!((made.code, made.last()["deed"].as_str()), (Some(0), Some("kit-changed")), "{made:?}");
        assert_eq!(std::fs::metadata(&page).expect("a page").permissions().mode() & 0o777, 0o600);

        // It is the account's kit, and the one before is dead.
        let prove = |kit: &Path| {
            let mut command = desk.command();
            command.args(["verify", "--no-input", "--json", "--password-file"]).arg(&password);
            run(command.arg("--kit-file").arg(kit)).code
        };
        assert_eq!((prove(&page), prove(&earlier)), (Some(0), Some(10)), "{paper}");
        earlier.clone_from(&page);

        let Some(text) = tool("pdftotext", &["-layout"], &page).map(|_| page.with_extension("txt")) else { return };
        let text = std::fs::read_to_string(text).expect("the text of the page");
        let code = text.lines().find_map(|line| line.trim().strip_prefix("recovery-code: ")).expect("a code").trim();
        for shown in [EMAIL, "firstkey recover", "account-id:", "keep it like a passport"] {
            assert!(text.contains(shown), "{shown} is not in\n{text}");
        }
        assert_eq!(text.matches(code).count(), 2, "small, and large");

        let Some((width, height, gray)) = picture(&page) else { return };
        assert!(width.abs_diff(size.0) <= 1 && height.abs_diff(size.1) <= 1, "{paper}: {width} by {height}");
        let inked = |x: usize, y: usize| gray[y * width + x] < 128;
        let edge = 30;
        let inside = |x: usize, y: usize| (edge..width - edge).contains(&x) && (edge..height - edge).contains(&y);
        let ink: Vec<_> =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| inked(*x, *y)).collect();
        assert!(ink.len() > 5_000 && ink.iter().all(|(x, y)| inside(*x, *y)), "nothing is cut off by a printer");

        let png = desk.path("page.png");
        let stem = desk.path("page");
        let drawn = Command::new("pdftoppm").args(["-r", "150", "-png", "-singlefile"]).arg(&page).arg(stem).status();
        assert!(drawn.expect("it is installed").success());
        let Some(read) = tool("zbarimg", &["--quiet", "--raw"], &png) else { return };
        assert_eq!(String::from_utf8_lossy(&read).trim(), code, "a camera reads the same");
    }
}

/// `accept` with the kit in that file.
fn accepted_with(desk: &Desk, link: &str, email: &str, kit: &Path) -> support::client::Run {
    let (invite, password) = (desk.write("i", link.as_bytes()), desk.write("p", PASSWORD.as_bytes()));
    let mut command = desk.command();
    command.args(["accept", "--no-input", "--json", "--yes-for", email, "--profile", "1"]);
    run(command.arg("--invite-file").arg(invite).arg("--password-file").arg(password).arg("--kit-out").arg(kit))
}

#[test]
fn an_address_with_accents_is_shown_on_the_page_and_the_page_is_a_kit() {
    const EMAIL: &str = "j\u{e9}r\u{f4}me@example.org";
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let page = desk.path("kit.pdf");
    let done = accepted_with(&desk, &link, EMAIL, &page);
    assert_eq!(done.code, Some(0), "{done:?}");
    let password = desk.write("pw", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["verify", "--no-input", "--json", "--password-file"]).arg(&password);
    let verified = run(command.arg("--kit-file").arg(&page));
    assert_eq!((verified.code, verified.last()["deed"].as_str()), (Some(0), Some("kit-verified")), "{verified:?}");
    let Some(text) = tool("pdftotext", &["-layout"], &page).map(|_| page.with_extension("txt")) else { return };
    let text = std::fs::read_to_string(text).expect("the text of the page");
    assert!(text.contains(EMAIL) && !text.contains('?'), "{text}");
}

#[test]
fn a_name_that_the_page_cannot_show_is_refused_before_keys_are_made_and_leaves_no_file() {
    const EMAIL: &str = "\u{7528}\u{6237}@example.org";
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let page = desk.path("kit.pdf");
    let refused = accepted_with(&desk, &link, EMAIL, &page);
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(5), Some("kit-letters")), "{refused:?}");
    assert!(refused.stderr.contains(".txt"), "{refused:?}");
    assert_eq!(server.wire.paths(), ["/v1/invites/claim"], "no key was made");
    assert!(!page.exists());
    let done = accepted_with(&desk, &link, EMAIL, &desk.path("kit.txt"));
    assert_eq!(done.code, Some(0), "{done:?}");
    let before = server.wire.paths().len();
    let password = desk.write("pw", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["kit", "--no-input", "--json", "--password-file"]).arg(&password);
    let refused = run(command.arg("--kit-out").arg(&page));
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(5), Some("kit-letters")), "{refused:?}");
    assert_eq!(server.wire.paths().len(), before, "nothing was sent");
}
