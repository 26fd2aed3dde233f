//! The computer of one person, as a folder: state, kit, invite and passwords; and the commands that
//! are run at it.
//!
//! Promises: every answer is given by a file, nobody is asked, and the environment holds nothing.
//! Must never: give the client a secret by argument or environment.

use super::scenario::Command;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A password that passes every judgement.
pub(super) const PASSWORD: &str = "velvet tundra misprint cobra lunar eggplant";
/// What takes its place.
pub(super) const NEW_PASSWORD: &str = "harbor trumpet mosaic lantern gravel unison";
/// Where a new kit goes.
const NEW_KIT: &str = "new-kit.txt";

/// A folder.
pub(super) struct Computer(PathBuf);

/// Whom a command is about.
pub(super) struct About<'a> {
    pub(super) origin: &'a str,
    pub(super) email: &'a str,
    /// A colleague, for `people`.
    pub(super) colleague: &'a str,
}

impl Computer {
    /// An empty one.
    pub(super) fn make(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let computer = Self(folder);
        computer.write("password", PASSWORD.as_bytes())?;
        computer.write("new-password", NEW_PASSWORD.as_bytes())?;
        Ok(computer)
    }

    /// The same once more, elsewhere.
    pub(super) fn copy(&self, folder: PathBuf) -> std::io::Result<Self> {
        copy(&self.0, &folder)?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, contents: &[u8]) -> std::io::Result<()> {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.path(name))?;
        file.write_all(contents)
    }

    /// The client with a command; `words` is for people.
    pub(super) fn command(
        &self,
        client: &Path,
        command: Command,
        about: &About<'_>,
        words: bool,
    ) -> std::process::Command {
        let mut process = std::process::Command::new(client);
        process.env_clear().env("HOME", &self.0).env("PATH", "/usr/bin:/bin").current_dir(&self.0);
        process.arg("--state-dir").arg(self.path("state"));
        let file = |name| self.path(name).into_os_string();
        process.arg(match command {
            Command::Accept => "accept",
            Command::Verify | Command::VerifyElsewhere => "verify",
            Command::Password => "password",
            Command::Kit => "kit",
            Command::Recover => "recover",
            Command::People => "people",
        });
        process.arg("--no-input");
        if !words {
            process.arg("--json");
        }
        if command != Command::Recover {
            process.arg("--password-file").arg(file("password"));
        }
        match command {
            Command::Accept => {
                process.args(["--yes-for", about.email, "--profile", "1"]);
                process.arg("--invite-file").arg(file("invite.url")).arg("--kit-out").arg(file("kit.txt"));
            }
            Command::Verify => {}
            Command::VerifyElsewhere => drop(process.args(["--server", about.origin, "--account", about.email])),
            Command::Password => {
                process.arg("--profile").arg("1").arg("--new-password-file").arg(file("new-password"));
            }
            Command::Kit => drop(process.arg("--kit-out").arg(file(NEW_KIT))),
            Command::Recover => {
                process.args(["--profile", "1"]).arg("--new-password-file").arg(file("new-password"));
                process.arg("--kit-file").arg(file("kit.txt")).arg("--kit-out").arg(file(NEW_KIT));
            }
            Command::People => drop(process.arg(about.colleague)),
        }
        process
    }

    /// After a command that ended well: what it made takes the place of what was.
    pub(super) fn turn_the_page(&self, command: Command) -> std::io::Result<()> {
        if matches!(command, Command::Password | Command::Recover) {
            std::fs::rename(self.path("new-password"), self.path("password"))?;
            self.write("new-password", PASSWORD.as_bytes())?;
        }
        if matches!(command, Command::Kit | Command::Recover) {
            std::fs::rename(self.path(NEW_KIT), self.path("kit.txt"))?;
        }
        Ok(())
    }

    /// The kits that lie there.
    pub(super) fn kits(&self) -> Vec<String> {
        ["kit.txt", NEW_KIT].iter().filter_map(|name| std::fs::read_to_string(self.path(name)).ok()).collect()
    }

    /// The newest kit that lies there.
    pub(super) fn newest_kit(&self) -> Option<String> {
        self.kits().pop()
    }

    /// Every file that is there, by its path below the folder.
    pub(super) fn files(&self) -> std::io::Result<BTreeMap<String, Entry>> {
        let mut found = BTreeMap::new();
        walk(&self.0, "", &mut found)?;
        Ok(found)
    }

    /// Removes it.
    pub(super) fn clear(self) {
        // The folder that it is in goes away too.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A file, or a folder.
pub(super) struct Entry {
    pub(super) mode: u32,
    /// None for a folder, and for whatever else is no file.
    pub(super) contents: Option<Vec<u8>>,
    pub(super) is_folder: bool,
}

fn walk(folder: &Path, before: &str, into: &mut BTreeMap<String, Entry>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        let about = entry.path().symlink_metadata()?;
        let contents = if about.is_file() { Some(std::fs::read(entry.path())?) } else { None };
        if about.is_dir() {
            walk(&entry.path(), &format!("{name}/"), into)?;
        }
        let mode = about.permissions().mode() & 0o777;
        into.insert(name, Entry { mode, contents, is_folder: about.is_dir() });
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // Permissions are copied too.
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
