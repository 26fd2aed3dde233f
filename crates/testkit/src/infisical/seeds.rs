//! Seeds for the targets of the other dialect.

use super::fake::{CODE, Era, Fake, ORG, Reply, TICKETS_END};
use super::person::{DialectFixture, ORIGIN, ready};
use crate::chance::Seeded;
use firstkey_infisical::flow::DialectOptions;
use firstkey_infisical::flow::accept::accept;
use zeroize::Zeroizing;

/// Adds all of them.
pub fn all(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    links(&mut |name, text| add("infisical_link", name, text.into_bytes()));
    answers(&mut |name, bytes| add("infisical_inbound", name, bytes));
    runs(&mut |name, bytes| add("flow_infisical", name, bytes));
}

fn links(add: &mut impl FnMut(&str, String)) {
    let good = format!("{ORIGIN}/signupinvite?token={CODE}&to=a+b+c@example.org&organization_id={ORG}");
    add("invite", good.clone());
    add("invite-encoded", good.replace('@', "%40").replace('+', "%2B"));
    add("invite-brackets", format!(" <{good}>\r\n"));
    add("invite-cut", good[..good.len() - 7].to_owned());
    add("invite-twice", format!("{good}&to=x@example.org"));
    add("invite-undefined", good.replace(ORIGIN, "undefined"));
    add("invite-user", good.replace(ORIGIN, "https://app.example.org@evil.example"));
    add("invite-loopback", good.replace(ORIGIN, "http://127.0.0.1:8080"));
    add("reset", format!("{ORIGIN}/password-reset?token={CODE}&to=ada@example.org"));
    add("mail", format!("{ORIGIN}/api/v1/sso/redirect/saml2/organizations/acme-xt-fj?callback_port=9"));
    let mut fake = Fake::new(Era::G0);
    let user = fake.provision("sam-scimmer-nj-4w", "scim1@example.com");
    let ticket = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    add("ticket-completed", ticket.replace("/signup/", "/login/"));
    add("ticket", ticket);
}

/// Every answer of an honest run, the probe of every generation, a pin and a kit. Two bytes choose
/// status and content type.
fn answers(add: &mut impl FnMut(&str, Vec<u8>)) {
    const STATUSES: [u16; 10] = [200, 400, 401, 403, 404, 422, 429, 500, 502, 302];
    let frame = |status: u16, body: &[u8]| {
        let at = STATUSES.iter().position(|known| *known == status).unwrap_or(0);
        [&[u8::try_from(at).unwrap_or(0), 0], body].concat()
    };
    let probe = "/api/v3/signup/complete-account/invite";
    for (name, era) in [
        ("g0", Era::G0),
        ("g1", Era::G1),
        ("g2", Era::G2),
        ("g3", Era::G3),
        ("html", Era::Html),
        ("limited", Era::Limited),
        ("maintenance", Era::Maintenance),
    ] {
        for path in [probe, "/api/v3/signup/complete-account/signup"] {
            let end = path.rsplit('/').next().unwrap_or_default();
            if let Reply::Answer { status, body, .. } = Fake::new(era).handle("POST", path, None, true, Some(b"{}")) {
                add(&format!("probe-{name}-{end}"), frame(status, &body));
            }
        }
    }
    let mut fake = Fake::new(Era::G0);
    let path = fake.invite("ada@example.org");
    let mut fixture = DialectFixture::new(fake);
    fixture.new.clear();
    fixture.keeps_answers = true;
    let link = Zeroizing::new(format!("{ORIGIN}{path}").into_bytes());
    let done = ready(accept(&mut fixture, &mut Seeded::new(1), DialectOptions::default(), link));
    for (at, (status, body)) in fixture.answers.iter().enumerate() {
        add(&format!("answer-{at:02}"), frame(*status, body));
    }
    if let Some(pin) = done.ok().and_then(|done| done.pin) {
        add("pin", frame(200, &pin.encode()));
    }
    if let Some(kit) = &fixture.kit {
        add("kit", frame(200, kit.page().as_bytes()));
    }
}

/// Era, lie, way, seed, then orders to the server; the names say what happens.
fn runs(add: &mut impl FnMut(&str, Vec<u8>)) {
    const HONEST: u8 = 255;
    for (name, way) in [("invite", 0), ("ticket", 1), ("unproven", 2), ("typed", 3)] {
        add(&format!("honest-{name}"), vec![0, HONEST, way, 1]);
    }
    for era in 8..16 {
        add(&format!("era-{era:02}"), vec![era, HONEST, era % 3, 1]);
    }
    for lie in 0..22 {
        add(&format!("lie-{lie:02}"), vec![0, lie, 0, 1]);
    }
    for at in 0..20 {
        for order in 1..8_u8 {
            let orders = [&vec![0; at][..], &[order, 0, 40, 7, 34]].concat();
            add(&format!("order-{at:02}-{order}"), [&[0, HONEST, 0, 1][..], &orders].concat());
        }
        // Busy once, with 429 and with 503: what is sent again must come after another probe.
        for status in [3, 5] {
            let orders = [&vec![0; at][..], &[2, status]].concat();
            add(&format!("busy-{at:02}-{status}"), [&[0, HONEST, 0, 1][..], &orders].concat());
        }
    }
}
