//! Addresses that a mail program put in the place of another and that say nothing of it: the only
//! way back is through a browser.
//!
//! Promises: a text with such an address and without a link is called what it is. Never: decides
//! anything else; a link that was found counts.

use super::units::Units;

/// Hosts, and all under them, that stand in for other addresses.
const HOSTS: [&str; 58] = [
    "mimecast.com",
    "mimecastprotect.com",
    "cudasvc.com",
    "safelinks.protection.outlook.com",
    "urldefense.com",
    "urldefense.proofpoint.com",
    "urlsand.esvalabs.com",
    "secure-web.cisco.com",
    "clicktime.symantec.com",
    "clicktime.cloud.postoffice.net",
    "protection.sophos.com",
    "trendmicro.com",
    "checkpoint.com",
    "fireeye.com",
    "fireeyecloud.com",
    "trellix.com",
    "emailprotection.link",
    "egress.com",
    "inky.com",
    "avanan.com",
    "url-protection.com",
    "edgepilot.com",
    "titanhq.com",
    "hornetsecurity.com",
    "antispameurope.com",
    "retarus.com",
    "menlosecurity.com",
    "spamgourmet.com",
    "sendgrid.net",
    "list-manage.com",
    "mandrillapp.com",
    "mailchimp.com",
    "mailgun.org",
    "awstrack.me",
    "hubspotlinks.com",
    "hubspotemail.net",
    "sidekickopen.com",
    "exacttarget.com",
    "salesforce.com",
    "rs6.net",
    "mjt.lu",
    "sendibt1.com",
    "sendibm1.com",
    "createsend.com",
    "bit.ly",
    "t.co",
    "tinyurl.com",
    "ow.ly",
    "goo.gl",
    "is.gd",
    "rebrand.ly",
    "lnkd.in",
    "aka.ms",
    "buff.ly",
    "cutt.ly",
    "t.ly",
    "slack-redir.net",
    "deref-gmx.net",
];
/// First labels of hosts that count clicks for somebody else.
const LABELS: [&str; 14] =
    ["click", "clicks", "link", "links", "lnk", "track", "tracking", "trk", "t", "r", "go", "email", "url", "redirect"];
/// An address with as much behind its host is hardly one that a person wrote.
const LONG: usize = 24;

/// So many characters of an address tell whose it is.
const ENOUGH: usize = 300;

/// Whether such an address stands in the text.
pub(super) fn is_in(units: &Units) -> bool {
    units.addresses().any(|start| {
        let text = units.address(start, ENOUGH).to_ascii_lowercase();
        let rest = text.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let known = HOSTS
            .iter()
            .any(|known| host == *known || host.strip_suffix(known).is_some_and(|before| before.ends_with('.')));
        let label = host.split('.').next().unwrap_or_default();
        let counts = host.split('.').count() > 2
            && (LABELS.contains(&label) || label.strip_prefix("url").is_some_and(|n| n.parse::<u32>().is_ok()));
        path.len() > 1 && (known || counts || (path.len() >= LONG && !path.starts_with("/i#")))
    })
}
