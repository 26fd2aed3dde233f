//! How people get the program, as an organisation's administrator said it once.
//!
//! Promises: an address is one that a shell takes as one word and a mail program shows as it is; a
//! list of sums yields the names of this program's own packages and nothing else; every command
//! compares the sum before it installs. Pure: no network, no disk, no clock. Must never: make a
//! program available itself, because a server that people need not trust must not be where their
//! program comes from.

/// Longest address, in bytes.
const LONGEST_URL: usize = 300;
/// Longest text, in characters.
const LONGEST_TEXT: usize = 600;
/// Longest list of sums, in bytes.
const LONGEST_SUMS: usize = 16 * 1024;

/// Why a setting is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The address.
    Url,
    /// The text.
    Text,
    /// The list of sums.
    Sums,
    /// Sums without an address to get the files from.
    SumsAlone,
}

impl Refused {
    /// What is wrong, and what would be right.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Url => {
                "The install address is an https:// address of at most 300 characters, made of letters, digits and . _ ~ : / % + -"
            }
            Self::Text => "The install text has 1 to 600 characters and no control or invisible ones. Lines may end.",
            Self::Sums => {
                "The list of sums is the SHA256SUMS of a release: lines with 64 hexadecimal digits, two spaces and a file name, with at least one package of the client."
            }
            Self::SumsAlone => "Say with --install-url where the files of the list are.",
        }
    }
}

/// What was said; nothing, if nobody said anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Install {
    /// A page, or the folder of the files.
    url: Option<String>,
    /// In the administrator's own words.
    text: Option<String>,
    /// The files in the folder.
    packages: Vec<Package>,
}

/// A system that a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Windows,
    MacOs,
    Debian,
    Fedora,
    OtherLinux,
}

impl System {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 5] = [Self::Windows, Self::MacOs, Self::Debian, Self::Fedora, Self::OtherLinux];

    /// As people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Debian => "Debian, Ubuntu",
            Self::Fedora => "Fedora, RHEL, SUSE",
            Self::OtherLinux => "Other Linux",
        }
    }

    /// The one that a browser says it runs on. It is believed for the order of a page and for
    /// nothing else.
    pub(crate) fn of_browser(user_agent: &str) -> Option<Self> {
        let has = |word: &str| user_agent.contains(word);
        if has("Windows") {
            Some(Self::Windows)
        } else if has("Android") || has("iPhone") || has("iPad") {
            None
        } else if has("Macintosh") || has("Mac OS X") {
            Some(Self::MacOs)
        } else if has("Fedora") || has("Red Hat") || has("SUSE") {
            Some(Self::Fedora)
        } else if has("Linux") || has("X11") {
            Some(Self::Debian)
        } else {
            None
        }
    }
}

/// A processor that a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    X86,
    Arm,
}

impl Processor {
    /// As people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86 => "Intel or AMD",
            Self::Arm => "ARM",
        }
    }
}

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) system: System,
    pub(crate) processor: Processor,
    file: String,
    /// SHA-256 in 64 small hexadecimal digits.
    sum: String,
}

/// Commands that get one file, compare it and install it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commands {
    pub(crate) system: System,
    pub(crate) processor: Processor,
    /// One command to a line; each but the last one ends so that the next runs only after success.
    pub(crate) lines: Vec<String>,
}

impl Install {
    /// Reads what is stored or was typed; an empty value is one that was not given.
    pub(crate) fn read(url: Option<&str>, text: Option<&str>, sums: Option<&str>) -> Result<Self, Refused> {
        let given = |value: Option<&'_ str>| value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        let (url, text, sums) = (given(url), given(text), given(sums));
        if url.as_deref().is_some_and(|url| !is_url(url)) {
            return Err(Refused::Url);
        }
        if text.as_deref().is_some_and(|text| !is_text(text)) {
            return Err(Refused::Text);
        }
        let packages = sums.as_deref().map(packages).transpose()?.unwrap_or_default();
        if !packages.is_empty() && url.is_none() {
            return Err(Refused::SumsAlone);
        }
        Ok(Self { url, text, packages })
    }

    /// Whether nobody said anything.
    pub(crate) fn is_silent(&self) -> bool {
        self.url.is_none() && self.text.is_none()
    }

    /// The page where the program is, if the address is one of a page.
    pub(crate) fn page(&self) -> Option<&str> {
        self.url.as_deref().filter(|_| self.packages.is_empty())
    }

    /// The administrator's own words.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// For each system and processor that there is a file for.
    pub(crate) fn commands(&self) -> Vec<Commands> {
        let Some(folder) = self.url.as_deref() else { return Vec::new() };
        let folder = folder.trim_end_matches('/');
        let commands = |package: &Package| Commands {
            system: package.system,
            processor: package.processor,
            lines: lines(folder, package),
        };
        self.packages.iter().map(commands).collect()
    }
}

/// `https://host/path`, of characters that neither a shell nor a mail program takes for more.
fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | ':' | '/' | '%' | '+' | '-');
    text.len() <= LONGEST_URL
        && rest.chars().all(plain)
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
        && !text.contains("/../")
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT && !text.chars().any(|c| c != '\n' && crate::names::is_invisible(c))
}

/// The packages of the client that a list of sums names, in the order of [`System::ALL`].
fn packages(sums: &str) -> Result<Vec<Package>, Refused> {
    if sums.len() > LONGEST_SUMS {
        return Err(Refused::Sums);
    }
    let mut found: Vec<Package> = Vec::new();
    for line in sums.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let (sum, file) = line.split_once("  ").ok_or(Refused::Sums)?;
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_sum || file.len() > 200 || !file.chars().all(|c| c.is_ascii_alphanumeric() || "._+~-".contains(c)) {
            return Err(Refused::Sums);
        }
        let Some((system, processor)) = kind(file) else { continue };
        if found.iter().any(|package| (package.system, package.processor) == (system, processor)) {
            return Err(Refused::Sums);
        }
        found.push(Package { system, processor, file: file.to_owned(), sum: sum.to_owned() });
    }
    if found.is_empty() {
        return Err(Refused::Sums);
    }
    let place = |package: &Package| System::ALL.iter().position(|system| *system == package.system);
    found.sort_by_key(|package| (place(package), package.processor == Processor::Arm));
    Ok(found)
}

/// What a file of a release is for; none if it is not a package of the client.
fn kind(file: &str) -> Option<(System, Processor)> {
    let rest = file.strip_prefix("firstkey")?;
    // `firstkey-server...` is the administrator's.
    rest.strip_prefix(['-', '_'])?.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
    [
        ("_amd64.deb", System::Debian, Processor::X86),
        ("_arm64.deb", System::Debian, Processor::Arm),
        (".x86_64.rpm", System::Fedora, Processor::X86),
        (".aarch64.rpm", System::Fedora, Processor::Arm),
        ("-linux-x86_64.tar.gz", System::OtherLinux, Processor::X86),
        ("-linux-aarch64.tar.gz", System::OtherLinux, Processor::Arm),
        ("-windows-x86_64.msi", System::Windows, Processor::X86),
        ("-macos-x86_64.tar.gz", System::MacOs, Processor::X86),
        ("-macos-aarch64.tar.gz", System::MacOs, Processor::Arm),
    ]
    .into_iter()
    .find_map(|(end, system, processor)| rest.ends_with(end).then_some((system, processor)))
}

fn lines(folder: &str, package: &Package) -> Vec<String> {
    let Package { file, sum, .. } = package;
    let get = format!("curl -fLO {folder}/{file} &&");
    let compare = |tool: &str| format!("echo \"{sum}  {file}\" | {tool} -c &&");
    let unpacked = |tool| {
        let name = file.trim_end_matches(".tar.gz");
        vec![
            get.clone(),
            compare(tool),
            format!("tar -xzf {file} &&"),
            format!("sudo install {name}/firstkey {name}/age-plugin-firstkey /usr/local/bin/"),
        ]
    };
    match package.system {
        System::Debian => vec![get, compare("sha256sum"), format!("sudo apt install ./{file}")],
        System::Fedora => vec![get, compare("sha256sum"), format!("sudo rpm -U {file}")],
        System::OtherLinux => unpacked("sha256sum"),
        System::MacOs => unpacked("shasum -a 256"),
        // The shell of Windows 10 knows no `&&`.
        System::Windows => vec![
            format!("curl.exe -fLO {folder}/{file}"),
            format!(
                "if ((Get-FileHash {file}).Hash -eq \"{sum}\") {{ msiexec /i {file} }} else {{ \"Another file came.\" }}"
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::{Install, Processor, Refused, System};

    const SUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const URL: &str = "https://get.example.org/firstkey/";

    fn sums(files: &[&str]) -> String {
        files.iter().map(|file| format!("{SUM}  {file}\n")).collect()
    }

    #[test]
    fn an_address_is_one_word_for_a_shell_and_leads_to_https() {
        for good in [URL, "https://get.example.org", "https://get.example.org:8443/a/b%20c/", "https://a.b/~it/x.html"]
        {
            assert_eq!(
                Install::read(Some(good), None, None).map(|read| read.page().map(str::to_owned)),
                Ok(Some(good.into()))
            );
        }
        for bad in [
            "http://get.example.org/",
            "https://",
            "https:///x",
            "https://get.example.org/$(id)",
            "https://get.example.org/a b",
            "https://get.example.org/a;b",
            "https://get.example.org/'",
            "https://get.example.org/\"",
            "https://user@get.example.org/",
            "https://get.example.org/?x=1",
            "https://get.example.org/#fkinv2",
            "https://get.example.org/a/../b",
            "javascript:alert(1)",
            "https://\u{202E}gro.elpmaxe",
        ] {
            assert_eq!(Install::read(Some(bad), None, None), Err(Refused::Url), "{bad}");
        }
    }

    #[test]
    fn of_a_list_the_clients_own_packages_count_and_the_commands_compare_before_they_install() {
        let list = sums(&[
            "firstkey_0.1.0-1_amd64.deb",
            "firstkey-server_0.1.0-1_amd64.deb",
            "firstkey-0.1.0-1.x86_64.rpm",
            "firstkey-0.1.0-linux-aarch64.tar.gz",
            "firstkey-0.1.0-windows-x86_64.msi",
            "firstkey-0.1.0-windows-x86_64.zip",
            "firstkey-0.1.0-source.tar.gz",
            "firstkey-0.1.0-x86_64.cdx.json",
        ]);
        let install = Install::read(Some(URL), None, Some(&list)).expect("good");
        let commands = install.commands();
        assert_eq!(
            commands.iter().map(|one| (one.system, one.processor)).collect::<Vec<_>>(),
            [
                (System::Windows, Processor::X86),
                (System::Debian, Processor::X86),
                (System::Fedora, Processor::X86),
                (System::OtherLinux, Processor::Arm)
            ]
        );
        assert_eq!(
            commands[1].lines,
            [
                "curl -fLO https://get.example.org/firstkey/firstkey_0.1.0-1_amd64.deb &&".to_owned(),
                format!("echo \"{SUM}  firstkey_0.1.0-1_amd64.deb\" | sha256sum -c &&"),
                "sudo apt install ./firstkey_0.1.0-1_amd64.deb".to_owned(),
            ]
        );
        for one in &commands {
            let (last, before) = one.lines.split_last().expect("lines");
            let compared = before.iter().any(|line| line.contains(SUM) && line.ends_with(" &&")) || last.contains(SUM);
            assert!(compared, "{one:?}");
        }
        assert_eq!(install.page(), None, "the folder is not a page for people");
    }

    #[test]
    fn a_list_that_is_not_one_is_refused_whole() {
        for bad in [
            "nothing".to_owned(),
            sums(&["firstkey-server_0.1.0-1_amd64.deb"]),
            sums(&["firstkey_0.1.0-1_amd64.deb", "firstkey_0.2.0-1_amd64.deb"]),
            sums(&["firstkey_0.1.0-1_amd64.deb", "$(id).deb"]),
            sums(&["../firstkey_0.1.0-1_amd64.deb"]),
            sums(&["firstkey_0.1.0-1_amd64.deb"]).to_uppercase(),
            format!("{} firstkey_0.1.0-1_amd64.deb", &SUM[1..]),
            "x".repeat(20_000),
        ] {
            assert_eq!(Install::read(Some(URL), None, Some(&bad)), Err(Refused::Sums), "{bad:.80}");
        }
        let good = sums(&["firstkey_0.1.0-1_amd64.deb"]);
        assert_eq!(Install::read(None, None, Some(&good)), Err(Refused::SumsAlone));
    }

    #[test]
    fn a_text_has_no_invisible_characters() {
        let said = |text: &str| Install::read(None, Some(text), None).map(|read| read.text().map(str::to_owned));
        assert_eq!(
            said("Open Software Center.\nSearch: firstkey"),
            Ok(Some("Open Software Center.\nSearch: firstkey".into()))
        );
        assert_eq!(said("  "), Ok(None));
        for bad in ["a\u{202E}b", "a\u{1b}[2Jb", "a\tb", &"x".repeat(601)] {
            assert_eq!(said(bad), Err(Refused::Text));
        }
    }

    #[test]
    fn a_browser_says_its_system_and_a_telephone_none() {
        for (browser, system) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Some(System::Windows)),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", Some(System::MacOs)),
            ("Mozilla/5.0 (X11; Linux x86_64)", Some(System::Debian)),
            ("Mozilla/5.0 (X11; Fedora; Linux x86_64)", Some(System::Fedora)),
            ("Mozilla/5.0 (Linux; Android 14)", None),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", None),
            ("curl/8.0", None),
        ] {
            assert_eq!(System::of_browser(browser), system, "{browser}");
        }
    }

    /// Whatever character was accepted anywhere, a shell reads no more in a command than the
    /// command's own signs.
    #[test]
    fn no_character_that_is_accepted_can_add_a_command() {
        let mut accepted = 0;
        for c in ('\0'..='\u{ff}').chain(['\u{202e}', '\u{2028}', '\u{ff1b}']) {
            for (url, file) in [
                (format!("https://get.example.org/a{c}b"), "firstkey_0.1.0-1_amd64.deb".to_owned()),
                (format!("https://g{c}t.example.org/a"), "firstkey_0.1.0-1_amd64.deb".to_owned()),
                (URL.to_owned(), format!("firstkey_0.1{c}0-1_amd64.deb")),
            ] {
                let Ok(install) = Install::read(Some(&url), None, Some(&sums(&[&file]))) else { continue };
                accepted += 1;
                for line in install.commands().iter().flat_map(|one| &one.lines) {
                    let own = line
                        .strip_suffix(" &&")
                        .unwrap_or(line)
                        .replace("\" | sha256sum -c", "")
                        .replace("echo \"", "");
                    assert!(
                        !own.contains([';', '&', '|', '$', '`', '\'', '"', '<', '>', '(', '\\', '\n']),
                        "{c:?}: {line}"
                    );
                }
            }
        }
        assert!(accepted > 150, "{accepted}");
    }
}
