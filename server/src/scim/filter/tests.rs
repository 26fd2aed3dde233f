use super::{Bound, DEEPEST, Filter, LONGEST, MOST, bind, naive, parse};
use crate::scim::schema::Resource;
use serde_json::{Map, Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ada() -> Map<String, Value> {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "7", "externalId": "Ext", "userName": "Ada@Example.org", "active": true,
        "name": {"givenName": "Ada", "familyName": "Lovelace"}, "title": "Countess \"of\" computing",
        "emails": [{"value": "ada@work.org", "type": "work", "primary": true}, {"value": "ada@home.org", "type": "home"}],
        "meta": {"created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05Z"},
        ENTERPRISE: {"department": "R&D", "manager": {"value": "9"}},
    });
    user.as_object().expect("an object").clone()
}

fn holds(filter: &str) -> bool {
    let read = parse(filter).unwrap_or_else(|error| panic!("{filter}: {error:?}"));
    assert_eq!(parse(&read.to_string()), Ok(read.clone()), "{filter} is written as {read}");
    let fast = bind(&read, Resource::User).unwrap_or_else(|error| panic!("{filter}: {error:?}")).matches(&ada());
    assert_eq!(naive::fulfils(&read, Resource::User, &ada()), fast, "{filter}");
    fast
}

#[test]
fn what_providers_and_the_rfc_write_is_understood() {
    for yes in [
        r#"userName eq "ADA@example.ORG""#,
        r#" USERNAME   Eq  "ada@example.org" "#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada""#,
        r#"externalId eq "Ext""#,
        r#"emails[type eq "work"].value eq "ADA@work.org""#,
        r#"emails[type eq "work" and value co "@work"]"#,
        r#"emails.value ew ".ORG""#,
        r#"emails co "home""#,
        r#"id eq "7" and manager eq "9""#,
        &format!(r#"{ENTERPRISE}:department eq "r&d""#),
        "title pr and active eq true",
        "active eq True",
        r#"active ne "false""#,
        "nickName eq null and title ne null",
        r#"not(userName eq "x")"#,
        r#"not (userName eq "x") AND title pr"#,
        r#"(userName eq "x"or title pr)and(active eq true)"#,
        "userName sw A",
        "name.FamilyName eq Lovelace and (emails.Value co work.org or emails.Value co example.org)",
        "meta.Created gt 2015-10-10T14:38:21.8617979-07:00",
        r#"meta.lastModified le "2026-01-02T05:04:05+02:00""#,
        r#"title eq "Countess \"of\" computing""#,
        r#"title eq "Countess \u0022of\u0022 computing""#,
        "name pr",
        r#"nickName ne "x""#,
        r#"emails.type ne "work""#,
        r#"name.givenName gt "aa" and name.givenName lt "ae""#,
        r#"emails[not (type eq "work")]"#,
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        r#"userName eq "ada""#,
        r#"externalId eq "ext""#,
        r#"emails[type eq "home" and value co "@work"]"#,
        r#"emails[type eq "home"].value eq "ada@work.org""#,
        r#"userName eq "x\" or userName pr or userName eq \"""#,
        r#"userName eq "' OR 1=1 --""#,
        "nickName pr",
        "userName eq \"ada@example.org\u{200b}\"",
        "members.value eq x and title pr",
    ] {
        let known = !no.starts_with("members");
        assert!(if known { !holds(no) } else { bind(&parse(no).expect("a filter"), Resource::User).is_err() }, "{no}");
    }
}

#[test]
fn parentheses_bind_before_not_before_and_before_or() {
    let shape = |text: &str| parse(text).expect(text).to_string();
    assert_eq!(shape("a pr or b pr and c pr"), "a pr or b pr and c pr");
    assert!(matches!(parse("a pr or b pr and c pr"), Ok(Filter::Or(parts)) if matches!(parts[1], Filter::And(_))));
    assert_eq!(shape("(a pr or b pr) and c pr"), "(a pr or b pr) and c pr");
    assert_eq!(shape("not (a pr) and b pr"), "not (a pr) and b pr");
    assert_eq!(shape("a pr and (b pr and c pr)"), "a pr and (b pr and c pr)");
    assert_eq!(shape("((a pr))"), "a pr");
}

#[test]
fn what_is_not_understood_is_refused() {
    for bad in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName garbage",
        r#"userName regex ".*""#,
        r#"userName eq "x"#,
        r#"userName eq "\x""#,
        "userName eq \"a\u{1}b\"",
        r#"userName eq "a" or"#,
        r#"userName eq "a" garbage"#,
        r#"userName eq "a"b"#,
        "(title pr",
        "title pr)",
        "not title pr",
        "not (title pr",
        "emails[type pr",
        "emails[]",
        "emails[type pr]]",
        "emails[type pr].",
        r#"emails[type pr]."value" pr"#,
        "emails.value[type pr]",
        "emails[ims[type pr]]",
        "a.b.c pr",
        "1a pr",
        "and pr pr",
        "title pr and",
        "é pr",
        "\t title pr",
        "userName eq\t\"a\"",
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    for unknown in [
        r#"noSuchAttr eq "x""#,
        r#"not (noSuchAttr eq "x")"#,
        "title pr or userName.nope pr",
        "urn:x:y:userName pr",
        "emails[nope pr]",
        r#"password sw "a""#,
        "password pr",
        r#"name eq "x""#,
        r#"addresses eq "x""#,
        r#"active gt "true""#,
        r#"active eq "maybe""#,
        "active co true",
        r#"meta.created gt "soon""#,
        r#"x509Certificates.value lt "a""#,
        "title gt null",
        r#"userName[value eq "x"]"#,
        r#"emails[type.x eq "work"]"#,
        r#"emails[urn:x:y:type eq "work"]"#,
        "members pr",
    ] {
        let filter = parse(unknown).expect(unknown);
        assert!(bind(&filter, Resource::User).is_err(), "{unknown}");
    }
    let refused = bind(&parse(r#"userName[value eq "x"]"#).expect("a filter"), Resource::User).expect_err("refused");
    assert!(refused.0.contains("has no sub-attributes"), "{refused:?}");
}

#[test]
fn a_part_of_a_moment_is_looked_for_in_its_text_and_bytes_are_the_same_or_not() {
    for (filter, expected) in [
        (r#"meta.created sw "2026-01-02""#, true),
        (r#"meta.created co "2027""#, false),
        (r#"x509Certificates.value eq "AAAA""#, false),
        (r#"x509Certificates.value ne "AAAA""#, true),
    ] {
        assert_eq!(holds(filter), expected, "{filter}");
    }
}

#[test]
fn what_is_null_or_empty_is_not_there() {
    for nothing in [json!(null), json!([]), json!({})] {
        for (name, filter) in [("active", "active pr"), ("emails", "emails pr"), ("name", "name pr")] {
            let mut user = ada();
            user.insert(name.to_owned(), nothing.clone());
            let read = parse(filter).expect("a filter");
            assert!(!bind(&read, Resource::User).expect("known").matches(&user), "{filter} {nothing}");
            assert!(!naive::fulfils(&read, Resource::User, &user), "{filter} {nothing}");
        }
    }
}

#[test]
fn at_the_root_an_attribute_of_the_other_kind_has_no_value() {
    let bound = |text: &str| Bound::at_root(&parse(text).expect("a filter"), Resource::User);
    assert!(!bound("members pr").expect("known to groups").matches(&ada()));
    assert!(!bound(r#"members[value eq "x"]"#).expect("known to groups").matches(&ada()));
    assert!(bound("displayName pr or userName pr").expect("known").matches(&ada()));
    assert!(bound("noSuchAttr pr").is_err());
    assert!(bound("password pr").is_err());
}

#[test]
fn length_depth_and_number_of_tests_are_bounded() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEEPEST)).is_ok());
    assert!(parse(&nested(DEEPEST + 1)).is_err());
    assert!(parse(&nested(3000)).is_err());
    assert!(parse(&"not(".repeat(2000)).is_err());
    let within = |depth: usize| format!("emails[{}type pr{}]", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&within(DEEPEST - 1)).is_ok());
    assert!(parse(&within(DEEPEST)).is_err());
    let chain = |tests: usize| vec!["a pr"; tests].join(" or ");
    assert!(parse(&chain(MOST)).is_ok());
    assert!(parse(&chain(MOST + 1)).is_err());
    assert!(parse(&format!("title eq \"{}\"", "x".repeat(LONGEST))).is_err());
    assert!(parse(&"(".repeat(1_000_000)).is_err());
}

#[test]
fn the_published_vectors_hold() {
    let file = include_str!("../../../../vectors/scim/filters.json");
    let cases: Value = serde_json::from_str(file).expect("JSON");
    let cases = cases["cases"].as_array().expect("cases");
    assert!(cases.len() >= 30);
    for case in cases {
        let (name, text) = (&case["name"], case["filter"].as_str().expect("a filter"));
        let resource = case["resource"].as_object().expect("a user");
        let bound = parse(text).ok().and_then(|filter| bind(&filter, Resource::User).ok());
        assert_eq!(bound.map(|bound| bound.matches(resource)), case["matches"].as_bool(), "{name}: {text}");
    }
}
