//! Chromium over WebDriver (W3C), spoken directly: no other runtime than the test's own.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What the browser looks like to the page.
#[derive(Clone, Copy)]
pub(crate) struct Device {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) mobile: bool,
}

/// `chromedriver`, ended with this value.
pub(crate) struct Driver {
    process: Child,
    address: String,
}

pub(crate) struct Browser {
    http: reqwest::Client,
    session: String,
    // The profile is thrown away with the browser.
    _profile: TempDir,
}

impl Driver {
    /// Starts it; says so and gives `None` where there is no browser, and fails instead where
    /// nothing may be left out.
    #[allow(clippy::print_stderr, reason = "a test that did not run says so")]
    pub(crate) fn start() -> Option<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let there = |program: &str| Path::new("/usr/bin").join(program).exists();
        if !there("chromedriver") || !there("chromium") {
            assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "chromium and chromium-driver are not installed");
            eprintln!("NOT TESTED: the landing page in a browser. Install chromium and chromium-driver.");
            return None;
        }
        let mut process = Command::new("/usr/bin/chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        Some(Self { process, address: format!("http://127.0.0.1:{}", port.expect("it says its port")) })
    }

    pub(crate) async fn open(&self, device: Device, proxy: &str, with_scripts: bool, dark: bool) -> Browser {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut arguments = vec![
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-default-apps".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={},{}", device.width, device.height),
            format!("--proxy-server=http://{proxy}"),
            // Loopback goes through the proxy as well.
            "--proxy-bypass-list=<-loopback>".to_owned(),
        ];
        if dark {
            arguments.push("--force-dark-mode".to_owned());
        }
        let mut options =
            json!({"args": arguments, "binary": "/usr/bin/chromium", "perfLoggingPrefs": {"enableNetwork": true}});
        if device.mobile {
            let metrics = json!({"width": device.width, "height": device.height, "pixelRatio": 1.0});
            options["mobileEmulation"] = json!({"deviceMetrics": metrics});
        }
        if !with_scripts {
            options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"},
        }}});
        let opened = ask(&http, &format!("{}/session", self.address), &wanted).await;
        let id = opened["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {opened}"));
        let browser = Browser { http, session: format!("{}/session/{id}", self.address), _profile: profile };
        let scheme = json!([{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]);
        // The first tab shows a page of the browser's own.
        browser.go("about:blank").await;
        browser.asked_for().await;
        browser.devtools("Emulation.setEmulatedMedia", &json!({"features": scheme})).await;
        if !device.mobile {
            let metrics =
                json!({"width": device.width, "height": device.height, "deviceScaleFactor": 1, "mobile": false});
            browser.devtools("Emulation.setDeviceMetricsOverride", &metrics).await;
        }
        browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Our own child; it takes its browsers with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    pub(crate) async fn go(&self, url: &str) {
        self.post("url", &json!({"url": url})).await;
    }

    /// Runs a script of the test's, outside the page's policy.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []})).await
    }

    pub(crate) async fn run_async(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []})).await
    }

    /// Presses one key.
    pub(crate) async fn press(&self, key: &str) {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]})).await;
    }

    /// The text of an element as it is seen, also where the page may run no scripts.
    pub(crate) async fn visible_text(&self, selector: &str) -> String {
        let found = self.post("element", &json!({"using": "css selector", "value": selector})).await;
        let id = found.as_object().and_then(|found| found.values().next()?.as_str()).expect("an element").to_owned();
        self.read(&format!("element/{id}/text")).await.as_str().expect("text").to_owned()
    }

    /// What pages have asked for since the last time, as the browser's own inspector saw it:
    /// method, address, cause.
    pub(crate) async fn asked_for(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({"type": "performance"})).await;
        let entries = log.as_array().expect("a list").iter();
        let messages = entries.filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
        let requests = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
        requests
            .map(|message| {
                let parameters = &message["message"]["params"];
                format!(
                    "{} {} {}",
                    text(&parameters["request"]["method"]),
                    text(&parameters["request"]["url"]),
                    text(&parameters["type"])
                )
            })
            .collect()
    }

    pub(crate) async fn picture(&self) -> Vec<u8> {
        let picture = self.read("screenshot").await;
        Base64::decode_vec(picture.as_str().expect("a picture")).expect("base64")
    }

    pub(crate) async fn allow_reading_the_clipboard(&self, origin: &str) {
        let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": origin});
        self.devtools("Browser.grantPermissions", &permissions).await;
    }

    pub(crate) async fn clipboard(&self) -> String {
        let script = "const done = arguments[arguments.length - 1]; navigator.clipboard.readText().then(done, (e) => done('refused: ' + e))";
        self.run_async(script).await.as_str().expect("text").to_owned()
    }

    pub(crate) async fn close(self) {
        let answer = self.http.delete(&self.session).send().await.expect("the driver answers");
        assert!(answer.status().is_success());
    }

    async fn devtools(&self, command: &str, parameters: &Value) {
        self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await;
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        ask(&self.http, &format!("{}/{path}", self.session), body).await
    }

    async fn read(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/{path}", self.session)).send().await.expect("the driver answers");
        value(answer).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

async fn ask(http: &reqwest::Client, url: &str, body: &Value) -> Value {
    value(http.post(url).json(body).send().await.expect("the driver answers")).await
}

async fn value(answer: reqwest::Response) -> Value {
    let status = answer.status();
    let body: Value = answer.json().await.expect("JSON");
    assert!(status.is_success(), "{status}: {body}");
    body["value"].clone()
}
