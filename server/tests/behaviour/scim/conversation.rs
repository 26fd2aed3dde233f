//! Plays a recorded conversation, one request a file, in order, on an empty store, and holds every
//! answer against what the file expects.

use crate::common::{Deployment, Server};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest address that the HTTP library sends.
const LONGEST: usize = 60_000;

/// A conversation in progress.
pub(super) struct Conversation<'a> {
    server: &'a Server,
    http: reqwest::Client,
    variables: BTreeMap<String, String>,
    /// What is still to be sent, in order.
    steps: VecDeque<PathBuf>,
}

/// Plays every file of `tests/data/scim/<name>`; there must be `count`.
pub(super) async fn play(name: &str, count: usize) {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut conversation = Conversation::of(name, &deployment, &server);
    assert_eq!(conversation.steps.len(), count, "{name}");
    let mut failed = Vec::new();
    while let Some((step, said)) = conversation.next().await {
        failed.extend(said.err().map(|what| format!("{step}: {what}")));
    }
    assert!(failed.is_empty(), "{name}: {} of {count} failed:\n{}", failed.len(), failed.join("\n"));
    server.stop().await;
}

fn steps(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scim").join(name);
    let entries = std::fs::read_dir(&folder).expect("the conversation");
    let mut steps: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    steps.sort();
    steps
}

impl<'a> Conversation<'a> {
    /// The one of `tests/data/scim/<name>`, of which nothing was said yet.
    pub(super) fn of(name: &str, deployment: &Deployment, server: &'a Server) -> Self {
        let token = deployment.token.to_string();
        let prefix = token[..token.len() - 1].to_owned();
        let variables = BTreeMap::from([("token_prefix".to_owned(), prefix), ("token".to_owned(), token)]);
        // Each request on a connection of its own: a body that is too large ends the one that it
        // came by.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        Self { server, http, variables, steps: steps(name).into() }
    }

    /// Sends what comes up to the step of that name, and that one; every answer must be as
    /// expected.
    pub(super) async fn goes_on_to(&mut self, last: &str) {
        while let Some((step, said)) = self.next().await {
            assert_eq!(said, Ok(()), "{step}");
            if step.split_once('-').is_some_and(|(_, name)| name == last) {
                return;
            }
        }
        panic!("there is no step {last}, or it was over");
    }

    pub(super) fn is_over(&self) -> bool {
        self.steps.is_empty()
    }

    async fn next(&mut self) -> Option<(String, Result<(), String>)> {
        let path = self.steps.pop_front()?;
        let step: Value = serde_json::from_slice(&std::fs::read(&path).expect("a step")).expect("JSON");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        Some((name, self.step(&step).await))
    }

    async fn step(&mut self, step: &Value) -> Result<(), String> {
        let method = Method::from_bytes(step["method"].as_str().expect("a method").as_bytes()).expect("a method");
        let path = self.filled(&with_long_filter(step["path"].as_str().expect("a path")));
        if path.len() > LONGEST {
            return self.overlong(step, &path).await;
        }
        let mut request = self.http.request(method, self.server.url(&path));
        for (name, value) in step["headers"].as_object().expect("headers") {
            request = request.header(name, self.filled(value.as_str().expect("a header")));
        }
        if let Some(body) = self.body(step) {
            request = request.body(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        self.judge(step, answer).await
    }

    /// The HTTP library sends no address of that length, so this one goes out by hand.
    async fn overlong(&self, step: &Value, path: &str) -> Result<(), String> {
        let url = self.server.url("");
        let mut stream =
            TcpStream::connect(url.trim_start_matches("http://")).await.map_err(|error| error.to_string())?;
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            self.variables["token"]
        );
        // The server may answer, and hang up, before it has read everything.
        drop(stream.write_all(head.as_bytes()).await);
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.map_err(|error| error.to_string())?;
        let status: u16 = String::from_utf8_lossy(&start[9..]).parse().map_err(|_| "no HTTP".to_owned())?;
        let expected = step["expect"]["status"].as_array().expect("statuses").contains(&json!(status));
        if expected { Ok(()) } else { Err(format!("{status}")) }
    }

    fn body(&self, step: &Value) -> Option<Vec<u8>> {
        if let Some(raw) = step["body_raw"].as_str() {
            return Some(match raw.split(':').collect::<Vec<_>>().as_slice() {
                ["@hex", digits] => (0..digits.len() / 2)
                    .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("hex"))
                    .collect(),
                ["@repeat", text, times] => text.repeat(times.parse().expect("a number")).into_bytes(),
                _ => raw.as_bytes().to_vec(),
            });
        }
        let mut body = step.get("body").filter(|body| !body.is_null())?.clone();
        grow(&mut body);
        Some(self.filled(&body.to_string()).into_bytes())
    }

    fn filled(&self, text: &str) -> String {
        self.variables
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    }

    async fn judge(&mut self, step: &Value, answer: Response) -> Result<(), String> {
        let expect = &step["expect"];
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let shown: String = text.chars().take(300).collect();
        let fail = |what: String| Err(format!("{what}; {status} {shown}"));
        if !expect["status"].as_array().expect("statuses").contains(&json!(status)) {
            return fail(format!("not one of {}", expect["status"]));
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        if let Some(media) = expect["content_type"].as_str()
            && status != 204
            && !header("content-type").starts_with(media)
        {
            return fail(format!("the media type is {:?}", header("content-type")));
        }
        let document: Value =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::Null) };
        // RFC 6901 has no escape for the dots and colons of a URN, and needs none.
        for (pointer, want) in expect["json"].as_object().into_iter().flatten() {
            let want: Value = serde_json::from_str(&self.filled(&want.to_string())).expect("JSON");
            if document.pointer(pointer) != Some(&want) {
                return fail(format!("{pointer} is {:?}, not {want}", document.pointer(pointer)));
            }
        }
        for pointer in texts(&expect["absent"]) {
            if document.pointer(&pointer).is_some_and(|value| !value.is_null()) {
                return fail(format!("{pointer} is there"));
            }
        }
        for (pointer, want) in expect["length"].as_object().into_iter().flatten() {
            let length = document.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
            if json!(length) != *want {
                return fail(format!("{pointer} has {length}, not {want}"));
            }
        }
        for part in texts(&expect["contains"]) {
            if !text.contains(&part) {
                return fail(format!("{part} is missing"));
            }
        }
        for (name, want) in expect["headers"].as_object().into_iter().flatten() {
            if header(name).is_empty() || (want != "*" && want != header(name)) {
                return fail(format!("the header {name} is {:?}", header(name)));
            }
        }
        for (name, pointer) in step["capture"].as_object().into_iter().flatten() {
            let value = document.pointer(pointer.as_str().expect("a pointer")).and_then(Value::as_str);
            let Some(value) = value else { return fail(format!("nothing to capture at {pointer}")) };
            self.variables.insert(name.clone(), value.to_owned());
        }
        Ok(())
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `@paren:5000` and `@or:3000` stand for filters that are too long to write down.
fn with_long_filter(path: &str) -> String {
    let Some((before, long)) = path.split_once('@') else { return path.to_owned() };
    match long.split_once(':') {
        Some(("paren", times)) => {
            let times = times.parse().expect("a number");
            format!("{before}{}userName%20pr{}", "(".repeat(times), ")".repeat(times))
        }
        Some(("or", times)) => {
            let terms = vec!["userName%20eq%20%22a%22"; times.parse().expect("a number")];
            format!("{before}{}", terms.join("%20or%20"))
        }
        _ => path.to_owned(),
    }
}

/// `@fill:x:1048576` and `@ops:1000` stand for values that are too long to write down.
fn grow(value: &mut Value) {
    match value {
        Value::String(text) => match text.split(':').collect::<Vec<_>>().as_slice() {
            ["@fill", with, times] => *value = with.repeat(times.parse().expect("a number")).into(),
            ["@ops", times] => {
                let times: usize = times.parse().expect("a number");
                let one = |at: usize| json!({"op": "replace", "path": "title", "value": format!("title {at}")});
                *value = (0..times).map(one).collect();
            }
            _ => {}
        },
        Value::Array(items) => items.iter_mut().for_each(grow),
        Value::Object(map) => map.values_mut().for_each(grow),
        _ => {}
    }
}
