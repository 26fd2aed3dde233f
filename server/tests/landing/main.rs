//! The landing page in a real browser: on a telephone and a desk, with the keyboard alone, without
//! scripts, and with a record of everything that the browser asks anybody for.
//!
//! Needs Debian's `chromium` and `chromium-driver`. Without them it says so and tests nothing,
//! which is a failure under `FIRSTKEY_CI`.

const POSTGRES: bool = false;

#[path = "../behaviour/common/mod.rs"]
mod common;

mod browser;
mod recorder;

use browser::{Browser, Device, Driver};
use common::{Deployment, Invitation, Server, wait_for};
use firstkey_server::NewOrganisation;
use firstkey_server::admin::ChangedOrganisation;
use recorder::Recorder;
use reqwest::Method;
use serde_json::json;

const FRAGMENT: &str =
    "#fkinv2.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.EBESExQVFhcYGRobHB0eHw";
const PHONE: Device = Device { width: 390, height: 844, mobile: true };
const SMALL: Device = Device { width: 320, height: 640, mobile: true };
const DESK: Device = Device { width: 1280, height: 800, mobile: false };

/// A server, a recorder through which the browser does everything, and the driver; `None` (or a
/// failure) where there is no browser.
struct Stage {
    deployment: Deployment,
    server: Server,
    recorder: Recorder,
    driver: Driver,
}

impl Stage {
    async fn set() -> Option<Self> {
        let driver = Driver::start()?;
        let deployment = Deployment::new().await;
        let server = deployment.serve().await;
        let recorder = Recorder::start().await;
        Some(Self { deployment, server, recorder, driver })
    }

    async fn open(&self, device: Device, with_scripts: bool, dark: bool) -> Browser {
        self.driver.open(device, &self.recorder.address(), with_scripts, dark).await
    }

    fn page(&self) -> String {
        format!("{}/i", self.server.address())
    }

    /// Pages have asked for the page so many times and for nothing else; and nothing of the
    /// fragment has left the browser.
    async fn assert_only_the_page_was_asked_for(&self, browser: &Browser, times: usize) {
        let page = format!("GET {} Document", self.page());
        let asked = browser.asked_for().await;
        let asked: Vec<_> = asked.iter().filter(|request| !request.contains(" data:,")).collect();
        assert_eq!(asked, vec![&page; times]);
        self.assert_nothing_left_the_browser();
    }

    /// The server was asked for the page and nothing else, and nobody heard anything of the
    /// fragment.
    fn assert_nothing_left_the_browser(&self) {
        // The browser has business of its own with its makers; that goes through the recorder too,
        // and no further.
        let seen = self.recorder.seen();
        let line = format!("GET {} HTTP/1.1", self.page());
        let ours: Vec<_> = seen.iter().filter(|request| request.contains(self.server.address())).collect();
        assert!(!ours.is_empty() && ours.iter().all(|request| request.lines().next() == Some(&line)), "{ours:#?}");
        for request in &seen {
            for part in ["fkinv", "AAECAwQFBgcICQoLDA0ODw", "Referer", "accounts.example.org"] {
                assert!(!request.contains(part), "{part} left the browser: {request}");
            }
        }
    }
}

/// The text that the page shows, as a reader gets it.
async fn shown(browser: &Browser) -> String {
    browser.run("return document.body.innerText").await.as_str().expect("text").to_owned()
}

async fn said(browser: &Browser) -> String {
    browser.run("return document.getElementById('said').textContent").await.as_str().expect("text").to_owned()
}

async fn wait_until_said(browser: &Browser, wanted: &str) {
    for _ in 0..500 {
        if said(browser).await == wanted {
            return;
        }
    }
    panic!("{wanted:?} was not said, but {:?}", said(browser).await);
}

async fn assert_fits(browser: &Browser, device: Device) {
    let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert_eq!(widths[1], device.width, "the window is as wide as the device");
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "nothing has to be scrolled sideways: {widths}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_readable_on_a_telephone_and_a_desk_in_light_and_dark() {
    let Some(stage) = Stage::set().await else { return };
    let folder = std::env::temp_dir().join(format!("firstkey-landing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    for (name, device) in [("phone", PHONE), ("small", SMALL), ("desk", DESK)] {
        for (shade, dark) in [("light", false), ("dark", true)] {
            let browser = stage.open(device, true, dark).await;
            browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
            assert_fits(&browser, device).await;
            let text = shown(&browser).await;
            assert!(text.contains("firstkey accept") && text.contains("accounts.example.org"), "{text}");
            let background = browser.run("return getComputedStyle(document.body).backgroundColor").await;
            assert_eq!(background, if dark { "rgb(23, 23, 26)" } else { "rgb(255, 255, 255)" });
            let picture = browser.picture().await;
            assert!(picture.starts_with(b"\x89PNG") && picture.len() > 12_000, "a blank page: {} bytes", picture.len());
            std::fs::write(folder.join(format!("{name}-{shade}.png")), &picture).expect("written");
            stage.assert_only_the_page_was_asked_for(&browser, 1).await;
            browser.close().await;
        }
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_keyboard_alone_both_texts_are_copied_whole_and_it_is_said_aloud() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(DESK, true, false).await;
    browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
    browser.allow_reading_the_clipboard(stage.server.address()).await;
    browser.press("\u{E004}").await;
    let first = browser.run("return document.activeElement.getAttribute('href')").await;
    assert_eq!(first, "#terminal", "what a terminal is comes first");
    for (word, wanted, aloud) in [
        ("command", "firstkey accept".to_owned(), "The command was copied."),
        ("link", format!("https://accounts.example.org/i{FRAGMENT}"), "The link was copied."),
    ] {
        browser.press("\u{E004}").await;
        let focused = browser.run("const e = document.activeElement; return [e.dataset.copy, e.innerText, getComputedStyle(e).outlineStyle]").await;
        assert_eq!(focused[0], word, "tab goes from button to button");
        assert!(focused[1].as_str().is_some_and(|label| label.contains(word)), "the label says what is copied");
        assert_eq!(focused[2], "solid", "and where one is can be seen");
        browser.press("\u{E007}").await;
        wait_until_said(&browser, aloud).await;
        assert_eq!(browser.clipboard().await, wanted);
    }
    let spoken = browser.run("const e = document.getElementById('said'); return [e.role || e.getAttribute('role'), e.getAttribute('aria-live')]").await;
    assert_eq!(spoken, json!(["status", "polite"]));
    let landmarks = browser
        .run("return [document.documentElement.lang, ...['header', 'main', 'footer', 'h1'].map((n) => document.querySelectorAll(n).length)]")
        .await;
    assert_eq!(landmarks, json!(["en", 1, 1, 1, 1]));
    stage.assert_only_the_page_was_asked_for(&browser, 1).await;
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_everything_needed_is_there_and_no_button_that_does_nothing() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(PHONE, false, false).await;
    browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
    let visible = browser.visible_text("main").await;
    for needle in
        ["firstkey accept", "paste the whole link from your e-mail", "accounts.example.org", "ask it@example.org"]
    {
        assert!(visible.contains(needle), "{needle}: {visible}");
    }
    assert!(!visible.contains("Copy") && !visible.contains("Your browser put it together"), "{visible}");
    assert!(browser.picture().await.len() > 12_000);
    stage.assert_only_the_page_was_asked_for(&browser, 1).await;
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_cut_off_is_not_offered_for_copying() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(DESK, true, false).await;
    let cut = &FRAGMENT[..FRAGMENT.len() - 1];
    for fragment in [cut, "", "#<img src=x onerror=alert(1)>", "#fkinv2.x.y.z"] {
        browser.go("about:blank").await;
        browser.go(&format!("{}{fragment}", stage.page())).await;
        let text = shown(&browser).await;
        assert!(text.contains("paste the whole link from your e-mail"), "{text}");
        assert!(!browser.run("return location.href").await.to_string().contains("fkinv"), "a part of the token stays");
        assert!(!text.contains("#fkinv") && !text.contains("onerror"), "{text}");
        let buttons =
            browser.run("return [...document.querySelectorAll('button')].filter((b) => b.offsetParent).length").await;
        assert_eq!(buttons, 1, "the command's alone");
        stage.assert_only_the_page_was_asked_for(&browser, 1).await;
    }
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_connect_to_nothing_and_run_nothing_else() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(DESK, true, false).await;
    browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
    // What an injected script would try. The test's own script runs outside the page's policy, what
    // it puts into the page does not.
    let tried = browser
        .run_async(
            "const done = arguments[arguments.length - 1]; const stopped = [];
             document.addEventListener('securitypolicyviolation', (e) => stopped.push(e.effectiveDirective));
             const add = (name, set) => { const e = document.createElement(name); set(e); document.body.append(e); };
             add('script', (e) => { e.textContent = 'window.ran = true'; });
             add('img', (e) => { e.src = '/i?leak=' + location.hash.slice(1); });
             add('iframe', (e) => { e.src = '/i?leak'; });
             add('style', (e) => { e.textContent = 'body { color: red }'; });
             add('form', (e) => { e.action = '/i'; e.method = 'post'; e.submit(); });
             try { navigator.sendBeacon('/i', location.hash); } catch {}
             fetch('/i').catch(() => {}).finally(() => setTimeout(() => done([window.ran === true, [...new Set(stopped)].sort()]), 50));",
        )
        .await;
    assert_eq!(tried[0], false, "an inline script ran");
    for directive in ["connect-src", "img-src", "frame-src", "script-src-elem", "style-src-elem"] {
        assert!(tried[1].as_array().is_some_and(|all| all.iter().any(|one| one == directive)), "{directive}: {tried}");
    }
    // What was stopped was never asked for.
    stage.assert_nothing_left_the_browser();
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_leaves_the_address_bar_at_once_and_the_link_is_still_offered() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(DESK, true, false).await;
    // Of a server of before, without the binding.
    let old = FRAGMENT.rsplit_once('.').expect("a binding").0.replace("fkinv2", "fkinv1");
    for (fragment, link) in [
        (FRAGMENT.to_owned(), FRAGMENT),
        (format!("{FRAGMENT}."), FRAGMENT),
        (format!("{FRAGMENT}&source=gmail&ust=1&usg=A"), FRAGMENT),
        (old.clone(), old.as_str()),
    ] {
        browser.go("about:blank").await;
        browser.go(&format!("{}{fragment}", stage.page())).await;
        assert_eq!(browser.run("return location.href").await, stage.page());
        let offered = browser.run("return document.getElementById('link').innerText").await;
        assert_eq!(offered, format!("https://accounts.example.org/i{link}"));
        // A place on the page is no other page.
        browser.run("document.querySelector('a[href=\"#terminal\"]').click(); return 0").await;
        assert_eq!(browser.run("return document.getElementById('linkrow').hidden").await, false);
    }
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_whose_hash_was_encoded_is_shown_as_it_was_mailed_and_what_happened_is_said() {
    let Some(stage) = Stage::set().await else { return };
    let browser = stage.open(DESK, true, false).await;
    for hash in ["%23", "%2523"] {
        browser.go(&format!("{}{}", stage.page(), FRAGMENT.replace('#', hash))).await;
        assert_eq!(browser.run("return location.href").await, stage.page());
        let text = shown(&browser).await;
        assert!(text.contains("A mail program changed this link"), "{text}");
        assert!(text.contains(&format!("https://accounts.example.org/i{FRAGMENT}")), "{text}");
    }
    browser.close().await;
    let browser = stage.open(DESK, false, false).await;
    browser.go(&format!("{}{}", stage.page(), FRAGMENT.replace('#', "%23"))).await;
    let visible = browser.visible_text("main").await;
    assert!(visible.contains("A mail program changed this link") && visible.contains("firstkey accept"), "{visible}");
    browser.close().await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_one_is_told_to_go_to_a_computer_and_how_to_open_a_terminal_there() {
    let Some(stage) = Stage::set().await else { return };
    for (device, is_told) in [(PHONE, true), (SMALL, true), (DESK, false)] {
        let browser = stage.open(device, true, false).await;
        browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
        let text = shown(&browser).await;
        assert_eq!(text.contains("Go on at your computer"), is_told, "{text}");
        assert_eq!(
            text.contains("accounts.example.org/i\n"),
            is_told,
            "an address to type, which carries nothing: {text}"
        );
        for needle in ["What is a terminal?", "Windows:", "macOS:", "Linux:"] {
            assert!(text.contains(needle), "{needle}: {text}");
        }
        assert_fits(&browser, device).await;
        browser.close().await;
    }
    stage.server.stop().await;
}

const SUMS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  firstkey_0.1.0-1_amd64.deb
fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210  firstkey-0.1.0-windows-x86_64.msi
";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_how_to_get_the_program_if_all_organisations_say_the_same() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let server = deployment.serve().await;
    let page = async |agent: &str| {
        let page = server.send(Method::GET, "/i", &[("user-agent", agent)], Vec::new()).await;
        String::from_utf8(page.bytes).expect("UTF-8")
    };
    let said = |sums: &str| ChangedOrganisation {
        install_url: Some("https://get.example.org/firstkey".into()),
        install_sums: Some(sums.into()),
        ..ChangedOrganisation::default()
    };
    assert!(page("").await.contains("Your e-mail says how"));
    realm.change_organisation(deployment.org, said(SUMS)).await.expect("changed");
    for (agent, open) in [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Debian, Ubuntu"),
    ] {
        let html = page(agent).await;
        assert!(html.contains(&format!("<details open><summary>{open} (")), "the reader's own is open: {html}");
        assert_eq!(html.matches("<details").count(), 2, "and the other is there");
    }
    let strange = page("<b>{{host}}</b>Windows").await;
    assert!(
        !strange.contains("<b>") && strange.contains("<details open><summary>Windows"),
        "nothing of a request is repeated"
    );
    // A second organisation, of which nobody may learn here.
    let new = NewOrganisation { name: "Second Corp".into(), ..NewOrganisation::default() };
    let second = realm.add_organisation(new).await.expect("added");
    let html = page("").await;
    assert!(html.contains("Your e-mail says how") && !html.contains("get.example.org"), "{html}");
    realm.change_organisation(second, said(SUMS)).await.expect("changed");
    assert!(page("").await.contains("get.example.org"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_fit_a_small_telephone_and_a_desk() {
    let Some(stage) = Stage::set().await else { return };
    let realm = stage.deployment.realm().await;
    let change = ChangedOrganisation {
        install_url: Some("https://get.example.org/firstkey".into()),
        install_text: Some("Open Company Portal and search for firstkey, or copy the commands.".into()),
        install_sums: Some(SUMS.into()),
        ..ChangedOrganisation::default()
    };
    realm.change_organisation(stage.deployment.org, change).await.expect("changed");
    let folder = std::env::temp_dir().join(format!("firstkey-landing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    for (name, device) in
        [("small", SMALL), ("tablet", Device { width: 375, height: 812, mobile: true }), ("desk", DESK)]
    {
        for (shade, dark) in [("light", false), ("dark", true)] {
            let browser = stage.open(device, false, dark).await;
            browser.go(&format!("{}{FRAGMENT}", stage.page())).await;
            let visible = browser.visible_text("main").await;
            assert!(
                visible.contains("Open Company Portal") && visible.contains("Debian, Ubuntu (Intel or AMD)"),
                "{visible}"
            );
            let picture = browser.picture().await;
            std::fs::write(folder.join(format!("install-{name}-{shade}.png")), &picture).expect("written");
            stage.assert_only_the_page_was_asked_for(&browser, 1).await;
            browser.close().await;
            let browser = stage.open(device, true, dark).await;
            browser.go(&stage.page()).await;
            browser.run("for (const one of document.querySelectorAll('details')) one.open = true; return 0").await;
            assert_fits(&browser, device).await;
            browser.close().await;
        }
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_wrong_path_people_get_words_and_programs_a_problem() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (page, wants) = ("text/html; charset=utf-8", [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]);
    for path in ["/", "/invite", "/I", "/login?x"] {
        let answer = server.send(Method::GET, path, &wants, Vec::new()).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (404, page), "{path}");
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(text.contains("There is nothing here") && text.contains("firstkey accept"), "{text}");
        assert!(!text.contains("<script"), "{text}");
        let answer = server.send(Method::GET, path, &[], Vec::new()).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (404, "application/problem+json"), "{path}");
        let answer = server.send(Method::POST, path, &wants, Vec::new()).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (404, "application/problem+json"), "{path}");
    }
    let changed = format!("/i{}", FRAGMENT.replace('#', "%23"));
    let answer = server.send(Method::GET, &changed, &[], Vec::new()).await;
    assert_eq!((answer.status, answer.media_type.as_str()), (404, page));
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("AAECAwQF"), "the page repeats what it was sent");
    server.stop().await;
}

/// Every table, row by row, but the audit's and the letters' clocks, which others move.
fn whole_state(deployment: &Deployment) -> String {
    let tables = ["account", "membership", "invite", "claim", "bundle", "outbox", "login", "session", "audit"];
    let database = rusqlite::Connection::open(deployment.data().join("firstkey.db")).expect("the database");
    let mut all = String::new();
    for table in tables {
        let mut rows = database.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = rows.column_count();
        let mut rows = rows.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                all.push_str(&format!("{table} {:?}\n", row.get_ref(column).expect("a value")));
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn i06_looking_at_the_page_in_any_way_changes_nothing_that_is_stored() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation: Invitation = deployment.invitation(1).await;
    wait_for(|| deployment.ask("SELECT count(*) FROM outbox WHERE done_at IS NULL").eq("0").then_some(())).await;
    let before = whole_state(&deployment);
    assert!(before.contains("invite Text"));
    let with_secret = format!("/i?token={}&invite_id={}", invitation.token, invitation.invite_id);
    for path in ["/i", with_secret.as_str(), "/i?utm_source=mail"] {
        for _ in 0..20 {
            let page = server.send(Method::GET, path, &[], Vec::new()).await;
            assert_eq!((page.status, page.media_type.as_str()), (200, "text/html; charset=utf-8"));
            assert!(
                !String::from_utf8_lossy(&page.bytes).contains(&invitation.token),
                "the page repeats what it was sent"
            );
            let head = server.send(Method::HEAD, path, &[], Vec::new()).await;
            assert!(head.status == 200 && head.bytes.is_empty());
            assert_eq!(server.send(Method::OPTIONS, path, &[], Vec::new()).await.status, 405);
            assert_eq!(server.send(Method::POST, path, &[], b"token=x".to_vec()).await.status, 405);
        }
    }
    assert_eq!(whole_state(&deployment), before);
    assert_eq!(server.claim(&invitation, &[1; 32]).await.json()["earlier_claims"]["count"], 0);
    server.stop().await;
}
