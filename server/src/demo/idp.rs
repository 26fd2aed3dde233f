//! The identity provider's side: a request as Okta sends it, over real HTTP on loopback.
//!
//! Promises: plain HTTP/1.1, one request per connection. Must never: be used outside the demo.

use super::EMAIL;
use serde_json::{Value, json};
use std::error::Error;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The person as the provider knows them afterwards.
pub(super) struct Person {
    /// The SCIM id.
    pub(super) id: String,
}

/// Okta's create request, with the random placeholder password that it always sends.
pub(super) async fn create_person(origin: &str, token: &str) -> Result<Person, Box<dyn Error>> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": EMAIL,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": true, "value": EMAIL, "type": "work"}],
        "displayName": "Ada Lovelace",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    });
    let (status, answer) = call(origin, token, "POST", "/scim/v2/Users", &body.to_string()).await?;
    let id = serde_json::from_str::<Value>(&answer).ok().and_then(|user| user["id"].as_str().map(str::to_owned));
    match (status, id) {
        (201, Some(id)) => Ok(Person { id }),
        _ => Err(format!("the server answered the provider with status {status}").into()),
    }
}

/// What the provider can read about the person.
pub(super) async fn read_person(origin: &str, token: &str, id: &str) -> Result<String, Box<dyn Error>> {
    let (_, answer) = call(origin, token, "GET", &format!("/scim/v2/Users/{id}"), "").await?;
    Ok(answer)
}

async fn call(origin: &str, token: &str, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
    let address = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: application/scim+json\r\n\
         Content-Type: application/scim+json; charset=utf-8\r\nUser-Agent: Okta SCIM Client 1.0.0\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let not_http = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(not_http)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(not_http)?;
    Ok((status, body.to_owned()))
}
