//! What the landing page says of the reader's own computer: how it gets the program, and how a
//! terminal is opened there, with a drawing for each system.
//!
//! Promises: everything is in the page itself, without a script and from nobody else; the reader's
//! system stands first and open, the others stand below it. Must never: link to a program; the
//! address of a page that the administrator named is shown as text to be read and copied.

use crate::install::{Install, System};

/// How this computer gets the program.
pub(super) fn install(install: &Install, reader: Option<System>, contact: Option<&str>) -> String {
    let mut html = String::new();
    if let Some(text) = install.text() {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            html.push_str(&format!("<p>{}</p>\n", escape(line.trim())));
        }
    }
    if let Some(page) = install.page() {
        html.push_str(&format!("<p>It is here:</p>\n<pre>{}</pre>\n", escape(page)));
    }
    let mut commands = install.commands();
    if !commands.is_empty() {
        html.push_str("<p>Copy the commands for your system into a terminal. They compare the file with its checksum before they install it. Your e-mail has the same commands: if they differ, stop and ask.</p>\n");
        commands.sort_by_key(|one| Some(one.system) != reader);
        for one in commands {
            let open = if Some(one.system) == reader { " open" } else { "" };
            let (system, processor) = (escape(one.system.name()), one.processor.name());
            let lines = escape(&one.lines.join("\n"));
            html.push_str(&format!(
                "<details{open}><summary>{system} ({processor})</summary>\n<pre>{lines}</pre>\n</details>\n"
            ));
        }
    }
    if install.is_silent() {
        let whom = contact.map_or_else(|| "the person who invited you".to_owned(), escape);
        html.push_str(&format!(
            "<p>Your e-mail says how you get it from your organisation. If it does not, ask {whom}. Do not take it from anywhere else.</p>\n"
        ));
    }
    html
}

/// How a terminal is opened, the reader's system first.
pub(super) fn terminals(reader: Option<System>) -> String {
    let kind = |system: Option<System>| match system {
        Some(System::Windows) => Some(0),
        Some(System::MacOs) => Some(1),
        Some(System::Debian | System::Fedora | System::OtherLinux) => Some(2),
        None => None,
    };
    let mut ways: Vec<(usize, &str)> = [WINDOWS, MACOS, LINUX].into_iter().enumerate().collect();
    ways.sort_by_key(|(place, _)| Some(*place) != kind(reader));
    ways.into_iter().map(|(_, way)| way).collect()
}

/// A search field with the word in it, and a window below.
macro_rules! drawing {
    ($label:literal, $word:literal) => {
        concat!(
            "<svg viewBox=\"0 0 256 96\" role=\"img\" aria-label=\"",
            $label,
            "\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"><rect x=\"1\" y=\"1\" width=\"254\" height=\"30\" rx=\"8\"/><circle cx=\"17\" cy=\"15\" r=\"6\"/><path d=\"m21 20 5 5\"/><text x=\"36\" y=\"21\" font-size=\"14\" font-family=\"sans-serif\" fill=\"currentColor\" stroke=\"none\">",
            $word,
            "</text><rect x=\"41\" y=\"41\" width=\"174\" height=\"54\" rx=\"4\"/><path d=\"M41 53h174M51 66l7 5-7 5M64 77h12\"/></svg>"
        )
    };
}

const WINDOWS: &str = concat!(
    "<li>Windows: press the Windows key <kbd>⊞</kbd>, type <code>terminal</code>, press <kbd>Enter</kbd>. If nothing is found, type <code>powershell</code>.\n",
    drawing!("The search field of the start menu with the word terminal in it, and the window that opens", "terminal"),
    "</li>\n"
);
const MACOS: &str = concat!(
    "<li>macOS: press <kbd>Cmd</kbd> and <kbd>Space</kbd>, type <code>terminal</code>, press <kbd>Enter</kbd>.\n",
    drawing!("The search field of Spotlight with the word terminal in it, and the window that opens", "terminal"),
    "</li>\n"
);
const LINUX: &str = concat!(
    "<li>Linux: press <kbd>Ctrl</kbd>, <kbd>Alt</kbd> and <kbd>T</kbd>, or look for “Terminal” among your programs.\n",
    drawing!("The search field of the programs with the word Terminal in it, and the window that opens", "Terminal"),
    "</li>\n"
);

/// Text as text, in HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::{install, terminals};
    use crate::install::{Install, System};

    const SUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_readers_system_stands_first_and_open() {
        let list = format!("{SUM}  firstkey_0.1.0-1_amd64.deb\n{SUM}  firstkey-0.1.0-windows-x86_64.msi\n");
        let said = Install::read(Some("https://get.example.org/firstkey"), None, Some(&list)).expect("good");
        for (reader, first) in [(System::Windows, "Windows"), (System::Debian, "Debian, Ubuntu")] {
            let html = install(&said, Some(reader), None);
            let (open, closed) =
                (html.find("<details open>").expect("one is open"), html.find("<details>").expect("one is not"));
            assert!(open < closed && html[open..].contains(&format!("<details open><summary>{first} (")), "{html}");
            assert!(!html.contains("<a ") && !html.contains("href"), "a program is no link");
        }
        assert!(!install(&said, None, None).contains("open>"));
        for (reader, first) in
            [(System::Windows, "<li>Windows"), (System::MacOs, "<li>macOS"), (System::Fedora, "<li>Linux")]
        {
            assert!(terminals(Some(reader)).starts_with(first));
        }
        assert_eq!(terminals(None).matches("<svg").count(), 3, "a drawing for each system");
    }

    #[test]
    fn what_an_administrator_said_is_text() {
        let said = Install::read(None, Some("Open <b>\"Software\"</b> & search"), None).expect("good");
        let html = install(&said, None, None);
        assert!(html.contains("Open &lt;b&gt;&quot;Software&quot;&lt;/b&gt; &amp; search"), "{html}");
        assert!(!html.contains("Do not take it from anywhere else"));
        let html = install(&Install::default(), None, Some("\"<i>\"@example.org"));
        assert!(html.contains("ask &quot;&lt;i&gt;&quot;@example.org") && !html.contains("<i>"), "{html}");
    }
}
