//! A proxy through which the browser does everything: what it asks for is written down, and only
//! this machine is answered.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Recorder {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let record = Arc::clone(&record);
                tokio::spawn(async move {
                    // A browser that goes away is no trouble of ours.
                    let _ = answer(stream, &record).await;
                });
            }
        });
        Self { port, seen }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Every request so far: head and body as they came.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("whole").clone()
    }
}

/// One request for each connection: the whole of it is recorded, and passed on if it is for this
/// machine.
async fn answer(mut browser: TcpStream, record: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if browser.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let length = |head: &str| {
        let line = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))?;
        line.trim().parse::<usize>().ok()
    };
    let head = request.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    let whole = head + length(&String::from_utf8_lossy(&request[..head])).unwrap_or(0);
    while request.len() < whole {
        if browser.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    record.lock().expect("whole").push(text.clone());
    let target = text.split(' ').nth(1).unwrap_or_default();
    let Some((host, path)) = target.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/')) else {
        return browser.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    };
    let mut server = TcpStream::connect(format!("127.0.0.1:{host}")).await?;
    let method = text.split(' ').next().unwrap_or_default();
    let onward = format!("{method} /{path} HTTP/1.1\r\nHost: 127.0.0.1:{host}\r\nConnection: close\r\n\r\n");
    server.write_all(onward.as_bytes()).await?;
    tokio::io::copy(&mut server, &mut browser).await?;
    Ok(())
}
