//! Fuzz body: whatever is pasted where a link is asked for, and any link in any two decorations.
//!
//! Oracle: what is found is a link by the strict grammar, and finding it again finds the same. A
//! decorated link is found alone, with the host and the token that it was mailed with.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use firstkey::pasted::{Found, find};
use firstkey_core::wire::link::InviteLink;

/// Plays an input: the first byte says which of the two.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, choices)) => decorated(choices),
        Some((_, text)) => anything(text),
        None => {}
    }
}

fn anything(text: &[u8]) {
    let links = match find(text, None) {
        Found::One(link) => vec![link],
        Found::Several(links) => links,
        Found::Unread(_) => panic!("there is no other dialect"),
        Found::None(_) => return,
    };
    for link in links {
        let read = InviteLink::read(&link.text).expect("oracle: what is found is a link");
        assert_eq!(read.origin().host(), link.host);
        assert!(matches!(find(&link.text, None), Found::One(again) if *again.text == *link.text));
    }
}

/// Bytes as choices; zero where there are no more.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| u8::try_from(self.next()).unwrap_or(0))
    }
}

fn decorated(choices: &[u8]) {
    let mut choices = Choices(choices);
    let hosts = [
        "accounts.example.org",
        "id.a-b.example",
        "xn--bcher-kva.example",
        "localhost:8443",
        "accounts.example.org:444",
    ];
    let host = hosts[choices.next() % hosts.len()];
    let (first, second) = (choices.next() % DECORATIONS.len(), choices.next() % DECORATIONS.len());
    let (id, token, binding): ([u8; 16], [u8; 32], [u8; 16]) = (choices.bytes(), choices.bytes(), choices.bytes());
    let encode = Base64UrlUnpadded::encode_string;
    let parts = format!("{}.{}", encode(&id), encode(&token));
    let width = choices.next();
    // Of both versions, the same way.
    check(&format!("https://{host}/i#fkinv1.{parts}"), first, second, width);
    check(&format!("https://{host}/i#fkinv2.{parts}.{}", encode(&binding)), first, second, width);
}

/// Puts a link into two decorations, in the order of their stages, and looks whether it is found.
///
/// # Panics
/// If it is not, or another one is.
pub fn check(link: &str, first: usize, second: usize, width: usize) {
    let mut both = [&DECORATIONS[first], &DECORATIONS[second]];
    both.sort_by_key(|decoration| decoration.stage);
    // Two programs that break lines, or two that encode a file, do not meet.
    let alone = |stage| both.iter().all(|decoration| decoration.stage == stage);
    let both = if alone(Stage::Lines) || alone(Stage::Page) || alone(Stage::File) { &both[..1] } else { &both[..] };
    let mut text = link.to_owned().into_bytes();
    for decoration in both {
        let plain = String::from_utf8(text).expect("a file comes last");
        text = (decoration.put)(&plain, 40 + width % 40);
    }
    let names: Vec<_> = both.iter().map(|decoration| decoration.name).collect();
    let seen = String::from_utf8_lossy(&text);
    match find(&text, None) {
        Found::One(found) => {
            assert_eq!(String::from_utf8_lossy(&found.text), link, "{names:?}: another link in\n{seen}")
        }
        Found::Several(_) => panic!("{names:?}: several links in\n{seen}"),
        Found::Unread(_) => panic!("{names:?}: no dialect\n{seen}"),
        Found::None(trouble) => panic!("{names:?}: {trouble} in\n{seen}"),
    }
}

/// When it happens to a link: rewritten, said, encoded for a page, broken into lines, quoted,
/// written to a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Address,
    Words,
    Page,
    Lines,
    Quotes,
    File,
}

/// Something that happens to a link on its way.
pub struct Decoration {
    name: &'static str,
    stage: Stage,
    put: fn(&str, usize) -> Vec<u8>,
}

const fn of(stage: Stage, name: &'static str, put: fn(&str, usize) -> Vec<u8>) -> Decoration {
    Decoration { name, stage, put }
}

macro_rules! text {
    ($stage:ident, $name:literal, $format:literal) => {
        of(Stage::$stage, $name, |text, _| format!($format, text).into_bytes())
    };
}

/// All that this body knows.
pub const DECORATIONS: &[Decoration] = &[
    of(Stage::Address, "as it is", |text, _| text.into()),
    of(Stage::Address, "Safe Links", |text, _| {
        query(
            "https://x.safelinks.protection.outlook.com/?url=",
            text,
            "&data=05%7C02%7Ca%40b%7C&sdata=a%2Fb%3D&reserved=0",
        )
    }),
    of(Stage::Address, "Safe Links, # twice", |text, _| {
        query("https://x.safelinks.protection.outlook.com/?url=", &text.replace('#', "%23"), "&data=05%7C&reserved=0")
    }),
    of(Stage::Address, "urldefense v1", |text, _| {
        query("https://urldefense.proofpoint.com/v1/url?u=", text, "&k=a%3D%0A&s=0")
    }),
    of(Stage::Address, "urldefense v2", |text, _| {
        let dashed = percent(text).replace('-', "%2D").replace('_', "%5F").replace('%', "-").replace("-2F", "_");
        format!("https://urldefense.proofpoint.com/v2/url?u={dashed}&d=DwMF-g&c=a_b&r=c&m=d&s=e&e=").into_bytes()
    }),
    of(Stage::Address, "urldefense v3", |text, _| {
        let starred: String = text.chars().map(|c| if "#+!*$&;,()'[]@".contains(c) { '*' } else { c }).collect();
        let bytes: Vec<u8> = text.bytes().filter(|b| b"#+!*$&;,()'[]@".contains(b)).collect();
        format!("https://urldefense.com/v3/__{starred}__;{}!!A1b-c_!x$", Base64UrlUnpadded::encode_string(&bytes))
            .into_bytes()
    }),
    of(Stage::Address, "Google", |text, _| query("https://www.google.com/url?q=", text, "&sa=D&source=x&usg=A")),
    of(Stage::Address, "Cisco", |text, _| query("https://secure-web.cisco.com/1aB-c_d/", text, "")),
    of(Stage::Address, "Barracuda", |text, _| {
        query("https://linkprotect.cudasvc.com/url?a=", text, "&c=E,1,a,&typo=1")
    }),
    of(Stage::Address, "Amazon", |text, _| query("https://x.awstrack.me/L0/", text, "/1/0100-a-000000/x=123")),
    of(Stage::Address, "Sophos", |text, _| {
        query("https://eu.protection.sophos.com?d=a.b&u=", &Base64::encode_string(text.as_bytes()), "&i=a&h=0")
    }),
    of(Stage::Address, "an encoded #", |text, _| text.replace('#', "%23").into()),
    of(Stage::Address, "capitals", |text, _| text.replacen("https", "HTTPS", 1).into()),
    text!(Address, "Check Point", "https://protect.checkpoint.com/v2/___{}___.YzJlOmV4"),
    text!(Address, "Gmail", "{}&source=gmail&ust=1&usg=A_-b"),
    text!(Words, "angle brackets", "<{}>"),
    text!(Words, "a comma", "<{}>,"),
    text!(Words, "a full stop", "{}."),
    text!(Words, "parentheses", "({})"),
    text!(Words, "quotation marks", "\u{201c}{}\u{201d}"),
    text!(Words, "French quotation marks", "\u{ab}\u{a0}{}\u{a0}\u{bb}"),
    text!(Words, "straight quotation marks", "\"{}\""),
    text!(Words, "apostrophes", "'{}'"),
    text!(Words, "stars", "**{}**"),
    text!(Words, "underscores", "_{}_"),
    text!(Words, "a sentence", "Please open {} before Friday."),
    text!(Words, "Markdown", "[Finish]({}), please"),
    text!(Words, "a mark", "\u{feff}{}"),
    of(Stage::Words, "Markdown, twice", |text, _| format!("[{text}]({text})").into_bytes()),
    of(Stage::Words, "nothing seen", |text, _| joined(text, 7, "\u{200b}")),
    of(Stage::Words, "soft hyphens", |text, _| joined(text, 11, "\u{ad}")),
    of(Stage::Page, "an anchor", |text, _| format!("<a href=\"{}\">Finish</a>", escaped(text)).into_bytes()),
    of(Stage::Page, "escapes", |text, _| escaped(text).into_bytes()),
    of(Stage::Lines, "lines", |text, width| joined(text, width, "\n")),
    of(Stage::Lines, "lines of CRLF", |text, width| joined(text, width, "\r\n")),
    of(Stage::Lines, "soft hyphens and lines", |text, width| joined(text, width, "\u{ad}\n")),
    of(Stage::Quotes, "quoted", |text, _| each_line(text, "> ")),
    of(Stage::Quotes, "quoted twice", |text, _| each_line(text, ">> ")),
    of(Stage::Quotes, "a bar", |text, _| each_line(text, "| ")),
    of(Stage::Quotes, "indented", |text, _| each_line(text, "    ")),
    of(Stage::Quotes, "a forwarded mail", |text, _| {
        [b"From: it@example.org\n\n".to_vec(), each_line(text, "> "), b"\n\nhttp://example.org/a%20b\n".to_vec()]
            .concat()
    }),
    of(Stage::File, "UTF-16", |text, _| {
        [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat()
    }),
    of(Stage::File, "a mail, base64", |text, _| {
        format!(
            "Subject: x\nContent-Transfer-Encoding: base64\n\n{}\n",
            String::from_utf8_lossy(&joined(&Base64::encode_string(text.as_bytes()), 76, "\n"))
        )
        .into_bytes()
    }),
    of(Stage::File, "a mail, quoted-printable", |text, _| {
        [b"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n".to_vec(), printable(text)].concat()
    }),
];

fn percent(text: &str) -> String {
    let kept = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.bytes().map(|b| if kept(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn query(before: &str, text: &str, after: &str) -> Vec<u8> {
    format!("{before}{}{after}", percent(text)).into_bytes()
}

fn joined(text: &str, width: usize, with: &str) -> Vec<u8> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = characters.chunks(width).map(|piece| piece.iter().collect()).collect();
    pieces.join(with).into_bytes()
}

fn each_line(text: &str, before: &str) -> Vec<u8> {
    text.lines().map(|line| format!("{before}{line}\n")).collect::<String>().into_bytes()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn printable(text: &str) -> Vec<u8> {
    let mut out = String::new();
    for line in text.lines() {
        let mut length = 0;
        for b in line.bytes() {
            let piece =
                if (b' '..=b'~').contains(&b) && b != b'=' { char::from(b).to_string() } else { format!("={b:02X}") };
            if length + piece.len() > 75 {
                out.push_str("=\n");
                length = 0;
            }
            length += piece.len();
            out.push_str(&piece);
        }
        out.push('\n');
    }
    out.into_bytes()
}
