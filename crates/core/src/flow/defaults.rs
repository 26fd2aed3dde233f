//! What a person set as their own defaults: the server and the address of their account.
//!
//! Promise: public facts alone, each by the grammar that the same thing has when it is typed. Must
//! never: hold a secret, or weaken what a flag, a pin or a server's policy says: a default is only
//! taken where all of them are silent.

use super::checkpoint::{Unreadable, encode};
use crate::wire::named::{read_email, read_server};
use crate::wire::origin::Origin;
use crate::wire::text::is_one_line;
use serde::{Deserialize, Serialize};

/// A person's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The server.
    pub server: Option<Origin>,
    /// The address of the account.
    pub email: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultsFile {
    version: u32,
    server: Option<String>,
    email: Option<String>,
}

const VERSION: u32 = 1;

impl Defaults {
    /// Those that name this account.
    pub fn account(server: Origin, email: String) -> Self {
        Self { server: Some(server), email: Some(email) }
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        encode(&DefaultsFile {
            version: VERSION,
            server: self.server.as_ref().map(|server| server.as_str().to_owned()),
            email: self.email.clone(),
        })
    }

    /// Reads them back, strictly: nothing else in it, and each value exactly as it is written.
    ///
    /// # Errors
    /// It is anything else.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        let file: DefaultsFile = serde_json::from_slice(file).map_err(|_| Unreadable)?;
        if file.version != VERSION {
            return Err(Unreadable);
        }
        let exactly = |text: String| {
            let server = read_server(&text).map_err(|_| Unreadable)?;
            if server.as_str() == text { Ok(server) } else { Err(Unreadable) }
        };
        let email = |text: String| {
            let is_same = read_email(&text).is_some_and(|read| read == text) && is_one_line(&text);
            if is_same { Ok(text) } else { Err(Unreadable) }
        };
        Ok(Self { server: file.server.map(exactly).transpose()?, email: file.email.map(email).transpose()? })
    }

    /// The address for `server`: one that was set beside another server is not for this one.
    pub fn email_at(&self, server: &Origin) -> Option<&str> {
        let is_for_it = self.server.as_ref().is_none_or(|own| own == server);
        self.email.as_deref().filter(|_| is_for_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Defaults {
        let server = Origin::read("https://accounts.example.org").expect("an origin");
        Defaults { server: Some(server), email: Some("ada@example.org".to_owned()) }
    }

    #[test]
    fn what_was_set_is_read_back_and_nothing_else_is_read() {
        for defaults in [some(), Defaults::default(), Defaults { email: None, ..some() }] {
            assert_eq!(Defaults::read(&defaults.encode()), Ok(defaults));
        }
        for bad in [
            "",
            "{}",
            r#"{"version":2,"server":null,"email":null}"#,
            r#"{"version":1,"server":null,"email":null,"password":"x"}"#,
            r#"{"version":1,"server":"https://a.example.org/i#fkinv1.x.y","email":null}"#,
            r#"{"version":1,"server":"a.example.org","email":null}"#,
            r#"{"version":1,"server":"http://a.example.org","email":null}"#,
            r#"{"version":1,"server":null,"email":"<ada@example.org>"}"#,
            r#"{"version":1,"server":null,"email":"ada\u001b[2J@example.org"}"#,
            r#"{"version":1,"server":null,"email":"ada"}"#,
        ] {
            assert_eq!(Defaults::read(bad.as_bytes()), Err(Unreadable), "{bad}");
        }
    }

    #[test]
    fn an_address_that_was_set_beside_a_server_goes_to_no_other() {
        let other = Origin::read("https://other.example.org").expect("an origin");
        assert_eq!(some().email_at(&other), None);
        assert_eq!(Defaults { server: None, ..some() }.email_at(&other), Some("ada@example.org"));
    }
}
