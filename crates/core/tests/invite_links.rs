//! The invite-link grammar: what is refused and why (attacks I01, I02, I03, N10), and what is good.

use firstkey_core::crypto::context::InviteId;
use firstkey_core::wire::link::LinkTrouble::{self, *};
use firstkey_core::wire::link::{InviteLink, short_id};
use firstkey_core::wire::origin::Origin;
use proptest::prelude::*;

/// A good end: id bytes 0..16, token bytes 0..32.
const END: &str = "/i#fkinv1.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const BODY: &str = "AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// The end of a good link of version 2: the same with the bytes 0 to 15 as its binding.
const BOUND: &str =
    "/i#fkinv2.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.AAECAwQFBgcICQoLDA0ODw";

fn trouble(text: impl AsRef<[u8]>) -> Option<LinkTrouble> {
    InviteLink::read(text.as_ref()).err()
}

#[test]
fn hosts_that_are_not_what_they_seem_are_refused() {
    for (origin, why) in [
        ("https://accounts.example.com@evil.test", UserInfo),
        ("https://accounts.example.com:443@evil.test", UserInfo),
        ("https://@evil.test", UserInfo),
        ("https://user:pass@accounts.example.com", UserInfo),
        ("https:///evil.test", BadHost),
        ("https:////evil.test", BadHost),
        ("https:\\\\evil.test", Backslash),
        ("https://evil.test\\@accounts.example.com", Backslash),
        ("https://evil.test\\.accounts.example.com", Backslash),
        ("https:/evil.test", NotAnInvite),
        ("https:evil.test", NotAnInvite),
        ("https//evil.test", NotAnInvite),
        ("https://evil\t.test", Control),
        ("https://evil\n.test", Control),
        ("https://evil\r\n.test", Control),
        ("https://evil.test\0", Control),
        ("https://evil.test\u{7f}", Control),
        ("https://\u{1b}[2Kevil.test", Control),
        ("https://evil\u{3002}test", NotAscii),
        ("https://evil\u{ff0e}test", NotAscii),
        ("https://accounts.\u{435}\u{445}ample.com", NotAscii),
        ("https://accounts.example.com\u{2044}evil.test", NotAscii),
        ("https://accounts.example.com\u{ad}.evil.test", NotAscii),
        ("https://evil\u{200b}.test", NotAscii),
        ("https://evil\u{a0}.test", NotAscii),
        ("https://evil%2etest", Percent),
        ("https://evil.test%2f", Percent),
        ("https://%65vil.test", Percent),
        ("https://evil.test%00", Percent),
        ("https://accounts.example.com%40evil.test", Percent),
        ("https://evil .test", BadHost),
        ("https:// evil.test", BadHost),
        ("https://", BadHost),
        ("https://:443", BadHost),
        ("https://evil.test.", BadHost),
        ("https://.evil.test", BadHost),
        ("https://evil..test", BadHost),
        ("https://-evil.test", BadHost),
        ("https://evil-.test", BadHost),
        ("https://ev_il.test", BadHost),
        ("https://evil.test:80:443", BadHost),
        ("https://evil,test", BadHost),
        ("https://evil.test;x", BadHost),
        ("https://evil.test|x", BadHost),
        ("https://<evil.test>", BadHost),
        ("https://intranet", BadHost),
        ("https://[::1", BadHost),
        ("https://[::1]x", BadHost),
    ] {
        assert_eq!(trouble(format!("{origin}{END}")), Some(why), "{origin:?}");
    }
}

#[test]
fn addresses_are_refused_in_every_spelling() {
    for host in [
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "8.8.8.8",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "017700000001",
        "0X7F.0.0.1",
        "1.2.3",
        "example.0x1f",
        "example.0x",
        "example.123",
        "0",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "[2001:db8::1]",
        "[0:0:0:0:0:0:0:1]",
        "[v1.x]",
        "[]",
    ] {
        for scheme in ["https", "http"] {
            assert_eq!(trouble(format!("{scheme}://{host}{END}")), Some(IpLiteral), "{scheme}://{host}");
        }
    }
}

#[test]
fn plain_http_and_odd_ports_are_refused() {
    for (origin, why) in [
        ("http://accounts.example.org", PlainHttp),
        ("http://accounts.example.org:443", PlainHttp),
        ("http://localhost.example.org", PlainHttp),
        ("http://sub.localhost", PlainHttp),
        ("ftp://accounts.example.org", NotAnInvite),
        ("javascript:alert(1)//", NotAnInvite),
        ("httpsx://accounts.example.org", NotAnInvite),
        ("HTTPS://accounts.example.org", NotAnInvite),
        ("//accounts.example.org", NotAnInvite),
        ("accounts.example.org", NotAnInvite),
        ("https://accounts.example.org:", BadPort),
        ("https://accounts.example.org:0", BadPort),
        ("https://accounts.example.org:0443", BadPort),
        ("https://accounts.example.org:65536", BadPort),
        ("https://accounts.example.org:+443", BadPort),
        ("https://accounts.example.org:-1", BadPort),
        ("https://accounts.example.org:https", BadPort),
        ("https://accounts.example.org:44 3", BadPort),
        ("https://[::1]:", BadPort),
        ("https://[::1]:x", BadPort),
    ] {
        assert_eq!(trouble(format!("{origin}{END}")), Some(why), "{origin:?}");
    }
}

#[test]
fn only_the_exact_path_and_version_will_do() {
    for (end, why) in [
        (format!("/#fkinv1.{BODY}"), WrongPath),
        (format!("#fkinv1.{BODY}"), WrongPath),
        (format!("/i/#fkinv1.{BODY}"), WrongPath),
        (format!("/I#fkinv1.{BODY}"), WrongPath),
        (format!("//i#fkinv1.{BODY}"), WrongPath),
        (format!("/./i#fkinv1.{BODY}"), WrongPath),
        (format!("/a/../i#fkinv1.{BODY}"), WrongPath),
        (format!("/i?utm_source=mail#fkinv1.{BODY}"), WrongPath),
        (format!("/i?#fkinv1.{BODY}"), WrongPath),
        (format!("?/i#fkinv1.{BODY}"), WrongPath),
        (format!("/login?next=/i#fkinv1.{BODY}"), WrongPath),
        ("/login".to_owned(), WrongPath),
        ("/i?token=abc".to_owned(), WrongPath),
        (format!("/i#fkinv3.{BODY}"), WrongVersion),
        (format!("/i#fkinv0.{BODY}"), WrongVersion),
        (format!("/i#fkinv2-{BODY}"), WrongVersion),
        (format!("/i#fkinv20.{BODY}"), WrongVersion),
        (format!("/i#fkinv10.{BODY}"), WrongVersion),
        (format!("/i#fkinvx.{BODY}"), NotAnInvite),
        (format!("/i#FKINV1.{BODY}"), NotAnInvite),
        (format!("/i#{BODY}"), NotAnInvite),
        ("/i#section".to_owned(), NotAnInvite),
        (String::new(), NotAnInvite),
        ("/".to_owned(), NotAnInvite),
    ] {
        assert_eq!(trouble(format!("https://accounts.example.org{end}")), Some(why), "{end:?}");
    }
}

#[test]
fn damage_after_the_hash_is_told_from_a_missing_end() {
    let good = format!("https://accounts.example.org{END}");
    let changed = |from: &str, to: &str| good.replacen(from, to, 1);
    for (link, why) in [
        (format!("{good}A"), Extra),
        (format!("{good}."), Extra),
        (format!("{good})"), Extra),
        (format!("{good} and more"), Extra),
        (format!("{good}#fkinv1.{BODY}"), Extra),
        // Unused bits: "w" is the only last character of this id, "8" of this token.
        (changed("ODw.", "ODx."), Damaged),
        (changed("Hh8", "Hh9"), Damaged),
        (changed("ODw.AAEC", "ODwAAEC"), Damaged),
        (changed(".AAECAw", ".AAE+Aw"), Damaged),
        (changed(".AAECAw", ".AAE/Aw"), Damaged),
        (changed(".AAECAw", ".AAE=Aw"), Damaged),
        (changed(".AAECAw", ".AAE Aw"), Damaged),
        (changed(".AAECAw", "..AAECAw"), Damaged),
        (changed("fkinv1.AAEC", "fkinv1..AAEC"), Damaged),
        (changed(".AAECAw", ".AAE\nAw"), Control),
        (changed(".AAECAw", ".AAE%41Aw"), Percent),
        (good[..good.len() - 1].to_owned(), CutOff { after_hash: true }),
        ("https://accounts.example.org/i".to_owned(), CutOff { after_hash: false }),
        ("https://accounts.example.org/i#".to_owned(), CutOff { after_hash: true }),
        ("https://accounts.example.org/i#fkinv1.AAEC...".to_owned(), Damaged),
    ] {
        assert_eq!(trouble(&link), Some(why), "{link:?}");
    }
    let path = good.find("/i#").expect("a good link has a path") + 2;
    for end in path..good.len() {
        let after_hash = good[..end].contains('#');
        assert_eq!(trouble(&good[..end]), Some(CutOff { after_hash }), "{}", &good[..end]);
    }
}

#[test]
fn a_link_of_version_2_says_whose_answers_count_and_one_of_version_1_does_not() {
    let binding = |end: &str| {
        let link = InviteLink::read(format!("https://accounts.example.org{end}").as_bytes()).expect("a good link");
        link.binding().map(|binding| *binding.as_bytes())
    };
    assert_eq!(binding(BOUND), Some(std::array::from_fn(|at| u8::try_from(at).expect("small"))));
    assert_eq!(binding(END), None);
}

#[test]
fn a_link_of_version_2_without_all_of_its_binding_is_cut_off_and_never_one_of_version_1() {
    let good = format!("https://accounts.example.org{BOUND}");
    let path = good.find("/i#").expect("a good link has a path") + 2;
    for end in path..good.len() {
        let after_hash = good[..end].contains('#');
        assert_eq!(trouble(&good[..end]), Some(CutOff { after_hash }), "{}", &good[..end]);
    }
    for (link, why) in [
        (format!("{good}A"), Extra),
        (format!("{good}.A"), Extra),
        (format!("https://accounts.example.org{END}.AAECAwQFBgcICQoLDA0ODw"), Extra),
        (good.replacen("Hh8.", "Hh8", 1), Damaged),
        (good.replacen("Hh8.", "Hh9.", 1), Damaged),
        (good.replacen("Hh8.", "Hh8..", 1), Damaged),
        (good.replacen("Hh8.", "Hh8-", 1), Damaged),
        // Unused bits of the binding.
        (format!("{}x", &good[..good.len() - 1]), Damaged),
        (good.replacen("Hh8.AAEC", "Hh8.AA=C", 1), Damaged),
    ] {
        assert_eq!(trouble(&link), Some(why), "{link}");
    }
}

#[test]
fn what_is_no_link_at_all_is_refused() {
    let long = format!("https://{}.example.org{END}", "a".repeat(400));
    let label = format!("https://{}.example.org{END}", "a".repeat(64));
    let name = format!("https://{}.example.org{END}", vec!["a"; 122].join("."));
    for (text, why) in [
        ("", Empty),
        ("  \r\n\t ", Empty),
        ("<>", Empty),
        ("hello", NotAnInvite),
        ("firstkey accept", NotAnInvite),
        ("\u{435}\u{445}", NotAnInvite),
        (&long, TooLong),
        (&label, BadHost),
        (&name, BadHost),
    ] {
        assert_eq!(trouble(text), Some(why), "{text:?}");
    }
    // The longest text that is looked at, and one more.
    let longest = format!("https://accounts.example.org{END}");
    let longest = format!("{longest}{}", "A".repeat(400 - longest.len()));
    assert_eq!(trouble(&longest), Some(Extra));
    assert_eq!(trouble(format!("{longest}A")), Some(TooLong));
    assert_eq!(trouble(b"https://\xff\xfe"), Some(NotAscii));
    assert_eq!(trouble(b"\xff\xfe"), Some(NotAnInvite));
}

#[test]
fn good_links_are_read_with_their_canonical_origin() {
    // The longest name and label that there are.
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    let origin = format!("https://{longest}");
    for (given, origin, host) in [
        (&*origin, &*origin, &*longest),
        ("https://accounts.example.org", "https://accounts.example.org", "accounts.example.org"),
        ("https://accounts.example.org:443", "https://accounts.example.org", "accounts.example.org"),
        ("https://Accounts.EXAMPLE.org:8443", "https://accounts.example.org:8443", "accounts.example.org"),
        ("https://example.org:65535", "https://example.org:65535", "example.org"),
        ("https://1.example.org", "https://1.example.org", "1.example.org"),
        ("https://0x7f.example", "https://0x7f.example", "0x7f.example"),
        ("https://a-b.x--y.example", "https://a-b.x--y.example", "a-b.x--y.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://localhost:8443", "https://localhost:8443", "localhost"),
        ("http://localhost:80", "http://localhost", "localhost"),
        ("http://LOCALHOST:443", "http://localhost:443", "localhost"),
        ("http://127.0.0.1:7070", "http://127.0.0.1:7070", "127.0.0.1"),
        ("https://127.255.0.9", "https://127.255.0.9", "127.255.0.9"),
        ("http://[::1]:7070", "http://[::1]:7070", "[::1]"),
    ] {
        let link = InviteLink::read(format!("{given}{END}").as_bytes());
        let link = link.unwrap_or_else(|why| panic!("{given}: {why}"));
        assert_eq!((link.origin().as_str(), link.origin().host()), (origin, host));
        assert_eq!(link.origin().is_loopback_http(), origin.starts_with("http:"));
        assert_eq!(link.needs_host_confirmation(), given.contains("xn--"));
        assert_eq!(link.invite_id().0, core::array::from_fn(|i| u8::try_from(i).expect("16")));
        // EXPOSE: the test made this token.
        assert_eq!(*link.token().expose(), core::array::from_fn(|i| u8::try_from(i).expect("32")));
    }
}

#[test]
fn what_mail_programs_put_around_a_link_is_let_pass() {
    for wrapped in [
        format!(" \t https://a.example{END}\r\n"),
        format!("<https://a.example{END}>"),
        format!("\n <https://a.example{END}> \n"),
    ] {
        assert_eq!(trouble(&wrapped), None, "{wrapped:?}");
    }
    for (wrapped, why) in [
        (format!("<<https://a.example{END}>>"), NotAnInvite),
        (format!("< https://a.example{END} >"), NotAnInvite),
        (format!("<https://a.example{END}"), NotAnInvite),
        (format!("https://a.example{END}>"), Extra),
        (format!("\"https://a.example{END}\""), NotAnInvite),
        (format!("(https://a.example{END})"), NotAnInvite),
        (format!("\u{feff}https://a.example{END}"), NotAnInvite),
        (format!("https://a.example{END}\u{a0}"), NotAscii),
    ] {
        assert_eq!(trouble(&wrapped), Some(why), "{wrapped:?}");
    }
}

#[test]
fn a_configured_origin_is_read_by_the_same_rules() {
    let read = |text| Origin::read(text).map(|origin| origin.to_string());
    assert_eq!(read("https://Accounts.example.org:443/"), Ok("https://accounts.example.org".to_owned()));
    assert_eq!(read("http://127.0.0.1:7070"), Ok("http://127.0.0.1:7070".to_owned()));
    for (text, why) in [
        ("", Empty),
        ("accounts.example.org", NotAnInvite),
        ("https://accounts.example.org//", WrongPath),
        ("https://accounts.example.org/i", WrongPath),
        ("https://accounts.example.org?", WrongPath),
        ("https://accounts.example.org#", WrongPath),
        ("https://accounts.example.org ", BadHost),
        ("http://accounts.example.org", PlainHttp),
        ("https://10.0.0.1", IpLiteral),
    ] {
        assert_eq!(Origin::read(text), Err(why), "{text:?}");
    }
}

#[test]
fn a_link_is_not_shown_or_copied() {
    // If `InviteLink` had one of these traits, two impls would fit and this would not compile.
    trait Ambiguous<A> {
        fn fits() {}
    }
    struct OfDebug;
    struct OfClone;
    impl<T: ?Sized> Ambiguous<()> for T {}
    impl<T: core::fmt::Debug> Ambiguous<OfDebug> for T {}
    impl<T: Clone> Ambiguous<OfClone> for T {}
    <InviteLink as Ambiguous<_>>::fits();
}

#[test]
fn a_short_id_is_the_first_forty_bits() {
    let mut id = [0xff; 16];
    id[..5].copy_from_slice(&[0, 0, 0, 0, 1]);
    assert_eq!(short_id(InviteId::heard(id)), "0000-0001");
    id[..5].copy_from_slice(&[0x3d, 0xc5, 0x49, 0x93, 0x4d]);
    assert_eq!(short_id(InviteId::heard(id)), "7Q2M-K4TD");
    assert_eq!(short_id(InviteId::heard([0xff; 16])), "ZZZZ-ZZZZ");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = InviteLink::read(&bytes);
    }

    #[test]
    fn one_changed_byte_never_leads_to_another_kind_of_host(at in 8..28_usize, byte in any::<u8>()) {
        let mut link = format!("https://accounts.example.org{END}").into_bytes();
        link[at] = byte;
        if let Ok(link) = InviteLink::read(&link) {
            let host = link.origin().host();
            prop_assert!(host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-'));
            prop_assert_eq!(link.origin().as_str(), format!("https://{host}"));
        }
    }

    #[test]
    fn an_origin_reads_back_as_itself(host in "[a-z0-9-]{1,12}(\\.[a-z]{2,8}){1,3}", port in 1..=65535_u16) {
        if let Ok(origin) = Origin::read(&format!("https://{host}:{port}")) {
            prop_assert_eq!(Origin::read(origin.as_str()), Ok(origin.clone()));
            prop_assert_eq!(origin.host(), host);
        }
    }
}
