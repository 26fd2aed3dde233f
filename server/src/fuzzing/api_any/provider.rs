//! Steps of an identity provider: people and groups by SCIM.

use super::draw::Draw;
use super::mangle::percent;
use super::play::Play;
use super::sent::Sent;
use serde_json::{Map, Value, json};

pub(super) const ADDRESSES: [&str; 12] = [
    "ada@a.example",
    "bob@a.example",
    "eve@a.example",
    "zed@b.example",
    "new@a.example",
    "other@b.example",
    "ADA@A.example",
    "ada@xn--bcher-kva.example",
    "\u{e9}ve@b\u{fc}cher.example",
    "\"a b\"@a.example",
    "no address",
    "",
];
const NAMES: [&str; 8] = [
    "Ada",
    "",
    "  ",
    "\u{202e}evil",
    "a\r\nTo: eve@a.example",
    "<b>Ada</b>",
    "{{host}}",
    "https://evil.example/i#fkinv1.",
];
const FILTERS: [&str; 18] = [
    "userName eq \"ada@a.example\"",
    "userName sw \"a\" and active eq true",
    "emails[type eq \"work\" and value co \"@\"]",
    "emails.value eq \"zed@b.example\"",
    "externalId eq \"ext\"",
    "externalId pr",
    "id eq \"00000000-0000-4000-8000-000000000000\"",
    "not (active eq false) or displayName ne \"x\"",
    "meta.lastModified gt \"2026-11-23T00:00:00Z\"",
    "meta.created le \"9999-12-31T23:59:59Z\"",
    "members.value eq \"00000000-0000-4000-8000-000000000000\"",
    "groups.display co \"a\"",
    "displayName eq null",
    "password eq \"hunter2\"",
    "((((((((((((((userName pr))))))))))))))",
    "userName eq \"\\\"",
    "title lt \"\u{10ffff}\"",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr",
];
const QUERIES: [&str; 12] = [
    "",
    "startIndex=1&count=2",
    "startIndex=0&count=0",
    "startIndex=-5&count=99999999999999999999",
    "sortBy=userName&sortOrder=descending",
    "sortBy=emails.value",
    "sortBy=meta.lastModified&count=1",
    "attributes=userName,emails[type eq \"a,b\"]",
    "excludedAttributes=emails,groups,members",
    "attributes=password",
    "attributes=id&excludedAttributes=id",
    "count=abc",
];
const OPERATIONS: [(&str, &str, &str); 24] = [
    ("replace", "active", "false"),
    ("replace", "active", "true"),
    ("Replace", "active", "\"False\""),
    ("replace", "", "{\"active\": false}"),
    ("replace", "", "{\"active\": true, \"displayName\": \"Ada\"}"),
    ("add", "emails", "[{\"value\": \"second@a.example\", \"type\": \"home\"}]"),
    ("replace", "emails[type eq \"work\"].value", "\"moved@a.example\""),
    ("replace", "userName", "\"bob@a.example\""),
    ("replace", "userName", "null"),
    ("remove", "emails", "null"),
    ("remove", "userName", "null"),
    ("remove", "displayName", "null"),
    ("add", "externalId", "\"ext\""),
    ("replace", "name.familyName", "\"King\""),
    ("replace", "password", "\"hunter2\""),
    ("replace", "id", "\"00000000-0000-4000-8000-000000000000\""),
    ("replace", "meta.version", "\"W/1\""),
    ("add", "members", "[{\"value\": \"$\"}]"),
    ("remove", "members[value eq \"$\"]", "null"),
    ("replace", "members", "[{\"value\": \"$\", \"display\": \"x\"}, {\"value\": \"$\"}]"),
    ("remove", "members", "null"),
    ("replace", "displayName", "\"Team 2\""),
    ("add", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "\"R&D\""),
    ("move", "active", "1"),
];
const DISCOVERY: [&str; 9] = [
    "/scim/v2/ServiceProviderConfig",
    "/scim/v2/ResourceTypes",
    "/scim/v2/ResourceTypes/User",
    "/scim/v2/Schemas",
    "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group",
    "/scim/v2/Me",
    "/scim/v2/Bulk",
    "/scim/v2/",
    "/scim/v2",
];

impl Play<'_> {
    /// One request of a provider.
    pub(super) fn provider(&mut self, draw: &mut Draw<'_>) {
        let token = draw.one(&self.known.scim).map(|token| token.text.clone());
        let sent = match draw.below(14) {
            0 => Sent::new("POST", "/scim/v2/Users").scim(user(draw).to_string()),
            1 => Sent::new("GET", list("/scim/v2/Users", draw)),
            2 => Sent::new("GET", self.user(draw)),
            3 => Sent::new("PATCH", self.user(draw)).scim(self.patch(draw)),
            4 => Sent::new("PUT", self.user(draw)).scim(user(draw).to_string()),
            5 => Sent::new("DELETE", self.user(draw)),
            6 => Sent::new("POST", "/scim/v2/Groups").scim(self.group(draw)),
            7 => Sent::new("GET", list("/scim/v2/Groups", draw)),
            8 => Sent::new("GET", self.team(draw)),
            9 => Sent::new("PATCH", self.team(draw)).scim(self.patch(draw)),
            10 => Sent::new("PUT", self.team(draw)).scim(self.group(draw)),
            11 => Sent::new("DELETE", self.team(draw)),
            12 => {
                let places = ["/scim/v2/Users/.search", "/scim/v2/Groups/.search", "/scim/v2/.search"];
                let search = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                    "filter": filter(draw), "startIndex": draw.byte(), "count": draw.byte(),
                    "sortBy": draw.word(&["userName", "id", "members", ""]),
                });
                Sent::new("POST", draw.word(&places)).scim(search.to_string())
            }
            _ => Sent::new("GET", draw.word(&DISCOVERY)),
        };
        self.send(sent.bearer(token.as_deref()), draw);
    }

    fn user(&self, draw: &mut Draw<'_>) -> String {
        format!("/scim/v2/Users/{}", self.id(draw))
    }

    fn team(&self, draw: &mut Draw<'_>) -> String {
        let id = draw.newest(&self.known.groups).map_or_else(|| self.id(draw), |group| group.id.clone());
        format!("/scim/v2/Groups/{id}")
    }

    /// Of a person in any organisation, or nobody's.
    fn id(&self, draw: &mut Draw<'_>) -> String {
        match draw.below(16) {
            15 => percent(&draw.text()),
            14 => "00000000-0000-4000-8000-000000000000".to_owned(),
            back => match self.known.users.len().checked_sub(1 + back) {
                Some(at) => self.known.users[at].id.clone(),
                None => self.known.users.first().map(|user| user.id.clone()).unwrap_or_default(),
            },
        }
    }

    fn patch(&self, draw: &mut Draw<'_>) -> String {
        let mut operations = Vec::new();
        for _ in 0..=draw.below(3) {
            let (op, path, value) = OPERATIONS[draw.below(OPERATIONS.len())];
            let id = self.id(draw);
            let mut operation = Map::from_iter([("op".to_owned(), Value::from(op))]);
            if !path.is_empty() {
                operation.insert("path".to_owned(), path.replace('$', &id).into());
            }
            let value = serde_json::from_str(&value.replace('$', &id)).unwrap_or(Value::Null);
            if !value.is_null() {
                operation.insert("value".to_owned(), value);
            }
            operations.push(Value::Object(operation));
        }
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
    }

    fn group(&self, draw: &mut Draw<'_>) -> String {
        let name = draw.word(&["Team", "team", "Team 2", "", "\u{0}"]);
        let members: Vec<Value> = (0..draw.below(4)).map(|_| json!({"value": self.id(draw)})).collect();
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members})
            .to_string()
    }
}

fn filter(draw: &mut Draw<'_>) -> String {
    match draw.below(FILTERS.len() + 2) {
        at if at < FILTERS.len() => FILTERS[at].to_owned(),
        _ => draw.text(),
    }
}

fn list(path: &str, draw: &mut Draw<'_>) -> String {
    let query = draw.word(&QUERIES).replace(' ', "%20").replace('"', "%22").replace('[', "%5b").replace(']', "%5d");
    match draw.below(2) {
        0 => format!("{path}?{query}"),
        _ => format!("{path}?{query}&filter={}", percent(&filter(draw))),
    }
}

fn user(draw: &mut Draw<'_>) -> Value {
    let address = draw.word(&ADDRESSES);
    let mut user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": address, "active": true,
        "emails": [{"value": address, "type": "work", "primary": true}],
    });
    let wishes = draw.byte();
    let mut wish = |bit: u8, name: &str, value: Value| {
        if wishes & bit != 0 {
            user[name] = value;
        }
    };
    wish(1, "displayName", draw.word(&NAMES).into());
    wish(2, "active", false.into());
    wish(4, "password", "hunter2".into());
    wish(8, "externalId", "ext".into());
    wish(16, "emails", json!([{"value": draw.word(&ADDRESSES)}, {"value": "home@a.example", "type": "home"}]));
    wish(32, "name", json!({"formatted": draw.word(&NAMES), "givenName": draw.text()}));
    wish(64, "title", draw.text().into());
    wish(128, "userName", draw.text().into());
    user
}
