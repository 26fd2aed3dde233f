//! What every command takes, and how it ends.

use crate::config::{Config, ConfigError, holds_password};
use crate::key_place::KeyPlace;
use crate::realm::Realm;
use crate::secret_file::private_line;
use clap::Args;
use std::error::Error;
use std::path::{Path, PathBuf};

/// What every command takes.
#[derive(Args, Clone)]
pub(super) struct Common {
    /// The folder that holds the server's database and key.
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// A configuration file; flags override it.
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The database, if it is not a file in the folder: postgres://..., without a password.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A file with that address, and the password if there is one; only its owner may read it.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    database_file: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

impl Common {
    /// What the file says, if one is given, with the flags over it.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        config.database()?;
        config.data = self.data.clone().or(config.data);
        if self.database.as_deref().is_some_and(holds_password) {
            return Err(ConfigError::Value(
                "`--database` holds a password, and every user of this computer can read command lines. Write the address into a file that only its owner can read, and name it with --database-file FILE."
                    .to_owned(),
            ));
        }
        let from_file = self.database_file.as_deref().map(private_line).transpose()?;
        let given = from_file.map(|line| line.as_str().to_owned()).or_else(|| self.database.clone());
        config.database = given.or(config.database);
        Ok(config)
    }

    /// The same flags for another command, wherever it is started: with a blank before them.
    pub(super) fn flags(&self) -> String {
        let files = [("config", &self.config), ("data", &self.data), ("database-file", &self.database_file)];
        let flag = |(name, path): (&str, &Option<PathBuf>)| {
            let path = path.as_deref()?;
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            Some(format!(" --{name} {}", quoted(&whole.to_string_lossy())))
        };
        let url = self.database.as_deref().map(|url| format!(" --database {}", quoted(url)));
        files.into_iter().filter_map(flag).chain(url).collect()
    }

    /// Opens the deployment.
    pub(super) async fn realm(&self) -> Result<Realm, Box<dyn Error>> {
        open(&self.config()?).await
    }
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How a command ends.
pub(super) type Outcome = Result<(), Box<dyn Error>>;

/// The folder of a configuration.
pub(super) fn folder(config: &Config) -> Result<&Path, ConfigError> {
    config
        .data
        .as_deref()
        .ok_or(ConfigError::Missing("where the server's folder is: --data DIR, or `data` in the file"))
}

/// The deployment of a configuration.
pub(super) async fn open(config: &Config) -> Result<Realm, Box<dyn Error>> {
    let dir = folder(config)?;
    Ok(Realm::open_from(dir, config.database.as_deref(), &KeyPlace::of(config.key_file.as_deref(), dir)).await?)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word_of_a_shell_whatever_is_in_it() {
        for (text, word) in [
            ("/etc/firstkey/server.toml", "/etc/firstkey/server.toml"),
            ("/srv/my keys", "'/srv/my keys'"),
            ("/srv/$(id)`id`;id", "'/srv/$(id)`id`;id'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("a\nb", "'a\nb'"),
            ("ü", "'ü'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
