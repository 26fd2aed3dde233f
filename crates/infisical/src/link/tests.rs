use super::*;

const CODE: &str = "e15039fa50d4adcc31d95f9852e24f07";
const ORG: &str = "dfbb88f4-e59c-49fb-aeb7-7907d8b6844c";

fn read(text: &str) -> Result<Link, Trouble> {
    Link::read(text.as_bytes())
}

fn invite(text: &str) -> Invite {
    match read(text) {
        Ok(Link::Invite(invite)) => invite,
        Ok(_) => panic!("another link: {text}"),
        Err(trouble) => panic!("{trouble:?}: {text}"),
    }
}

fn trouble(text: &str) -> Trouble {
    assert!(looks_like_one(text.as_bytes()), "{text}");
    match read(text) {
        Err(trouble) => trouble,
        Ok(_) => panic!("it was read: {text}"),
    }
}

fn of(email: &str) -> String {
    format!("https://app.example.org/signupinvite?token={CODE}&to={email}&organization_id={ORG}")
}

#[test]
fn an_invite_is_read_as_the_server_writes_it() {
    let read = invite(&of("ada@example.org"));
    assert_eq!(read.origin.as_str(), "https://app.example.org");
    assert_eq!((read.email.as_str(), read.organisation.as_str()), ("ada@example.org", ORG));
    assert_eq!(read.code.expose(), CODE.as_bytes());
    assert_eq!(invite(&format!(" <{}>\r\n", of("ada@example.org"))).email, "ada@example.org");
    assert_eq!(
        invite(&of("ada@example.org").replace("https://app.example.org", "http://127.0.0.1:14000")).origin.as_str(),
        "http://127.0.0.1:14000"
    );
}

#[test]
fn a_plus_is_a_plus_however_many_and_however_written() {
    assert_eq!(invite(&of("a+b+c@example.org")).email, "a+b+c@example.org");
    assert_eq!(invite(&of("a%2Bb%2bc%40example.org")).email, "a+b+c@example.org");
    assert_eq!(invite(&of("Mixed.Case@Example.COM")).email, "Mixed.Case@Example.COM");
}

#[test]
fn what_is_cut_off_damaged_or_added_is_named() {
    let good = of("ada@example.org");
    assert_eq!(trouble(&good[..good.len() - ORG.len() - 17]), Trouble::Missing("organization_id"));
    assert_eq!(trouble(&good[..good.len() - 1]), Trouble::Damaged("organization_id"));
    assert_eq!(trouble("https://app.example.org/signupinvite"), Trouble::Missing("token"));
    assert_eq!(trouble(&good.replace(CODE, &CODE[1..])), Trouble::Missing("token"));
    assert_eq!(trouble(&good.replace(CODE, &CODE.to_uppercase())), Trouble::Damaged("token"));
    assert_eq!(trouble(&good.replace("&to=", "&to=x&to=")), Trouble::Extra);
    assert_eq!(trouble(&format!("{good}&password=1")), Trouble::Extra);
    for bad in [
        "ada",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "a%0a@example.org",
        "a%1b[2J@example.org",
        "%zz@example.org",
        "%4",
        "ad\u{e4}@example.org",
        "a@b@example.org",
        "o%27neil@example.org",
    ] {
        assert_eq!(trouble(&of(bad)), Trouble::Damaged("to"), "{bad}");
    }
    assert_eq!(trouble(&format!("{good}{}", "a".repeat(5000))), Trouble::TooLong);
    assert_eq!(trouble(&good.replace("https://app.example.org", "undefined")), Trouble::NoAddress);
}

#[test]
fn the_address_is_held_to_the_same_grammar_as_ours() {
    let with = |address: &str| of("ada@example.org").replace("https://app.example.org", address);
    for (address, why) in [
        ("http://app.example.org", LinkTrouble::PlainHttp),
        ("https://app.example.org@evil.example", LinkTrouble::UserInfo),
        ("https://0x7f.1", LinkTrouble::IpLiteral),
        ("https://app%2eexample.org", LinkTrouble::Percent),
        ("https://app.example.org\\@evil.example", LinkTrouble::Backslash),
        ("https://\u{430}pp.example.org", LinkTrouble::NotAscii),
    ] {
        assert_eq!(trouble(&with(address)), Trouble::Address(why), "{address}");
    }
}

#[test]
fn tickets_mails_and_resets_are_told_apart() {
    let ticket = "https://app.example.org/signup/sso?token=eyJh.eyJi.c2ln";
    assert!(matches!(read(ticket), Ok(Link::Ticket(Ticket { completed: false, .. }))));
    assert!(matches!(read(&ticket.replace("signup", "login")), Ok(Link::Ticket(Ticket { completed: true, .. }))));
    assert_eq!(trouble("https://app.example.org/signup/sso?token=eyJh.eyJi"), Trouble::Damaged("token"));
    assert_eq!(trouble("https://app.example.org/signup/sso"), Trouble::Missing("token"));
    let mail = "https://app.example.org/api/v1/sso/redirect/saml2/organizations/acme-xt-fj";
    for mail in [mail, &format!("{mail}/"), &format!("{mail}?callback_port=9")] {
        assert!(matches!(read(mail), Ok(Link::SignInFirst { slug, .. }) if slug == "acme-xt-fj"), "{mail}");
    }
    assert_eq!(
        trouble("https://app.example.org/api/v1/sso/redirect/saml2/organizations/"),
        Trouble::Damaged("organization")
    );
    let reset = format!("https://app.example.org/password-reset?token={CODE}&to=a+b@example.org");
    assert!(matches!(read(&reset), Ok(Link::Reset(Reset { email, .. })) if email == "a+b@example.org"));
}

#[test]
fn our_own_links_and_other_pages_are_left_to_their_own_readers() {
    for other in [
        "",
        "hello",
        "https://keys.example.org/i#fkinv1.AAAA.BBBB",
        "https://app.example.org/",
        "https://app.example.org/signupinvites",
        "ftp://app.example.org/signupinvite",
        "https://app.example.org/login",
    ] {
        assert!(!looks_like_one(other.as_bytes()), "{other}");
        assert_eq!(read(other).err(), Some(Trouble::NotOne), "{other}");
    }
}

#[test]
fn several_slashes_after_the_address_are_one() {
    let good = of("ada@example.org");
    for slashes in ["//", "///"] {
        let doubled = good.replace("/signupinvite", &format!("{slashes}signupinvite"));
        assert!(looks_like_one(doubled.as_bytes()));
        assert_eq!(invite(&doubled).code.expose(), CODE.as_bytes());
    }
    for (path, rest) in [
        ("login/sso", "?token=a.b.c".to_owned()),
        ("api/v1/sso/redirect/saml2/organizations/acme", String::new()),
        ("password-reset", format!("?token={CODE}&to=ada@example.org")),
    ] {
        assert!(read(&format!("https://app.example.org//{path}{rest}")).is_ok(), "{path}");
    }
    // Between the parts of a path they are not.
    assert!(!looks_like_one(b"https://app.example.org/login//sso?token=a.b.c"));
}
