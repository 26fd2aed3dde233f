//! Laws of PATCH over every attribute with several values, every operation and every form of a
//! value that is none.

use super::{MemberStep, Patch};
use crate::scim::error::{ScimError, Type};
use crate::scim::schema::{Attribute, Kind, Mutability, Resource};
use serde_json::{Map, Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Every attribute of a User that holds several values which a provider may write.
fn lists() -> Vec<&'static Attribute> {
    let all = Resource::User.core().attributes.iter();
    all.filter(|attribute| attribute.many && attribute.mutability == Mutability::ReadWrite).collect()
}

/// Two values of it.
fn two(attribute: &Attribute) -> Value {
    let key = if attribute.sub("value").is_some() { "value" } else { "formatted" };
    json!([{key: "first", "type": "work", "primary": true}, {key: "second", "type": "home"}])
}

/// What is sent for values and holds none.
pub(crate) fn malformed(name: &str) -> Vec<Value> {
    vec![
        json!({}),
        json!([{}]),
        json!([null]),
        json!([[]]),
        json!([[{"value": "x"}]]),
        json!(7),
        json!(true),
        json!([7]),
        json!(""),
        json!([""]),
        json!([" "]),
        json!({"id": "x"}),
        json!([{"id": "x"}]),
        json!([{"mail": "x"}]),
        json!([{"nope": null}]),
        json!({name: [{"value": "x"}]}),
        json!([{name: [{"value": "x"}]}]),
        json!({"Operations": []}),
        json!([{"value": null}]),
        json!([{"value": ""}]),
        json!([{"value": {}}]),
        json!([{"value": ["x"]}]),
        json!([{"value": 7}]),
        json!([{}, {}]),
        json!([{"id": "x"}, null]),
    ]
}

/// Every way to say which attribute an operation is about.
fn forms(op: &str, name: &str, value: &Value) -> Vec<Value> {
    let upper = name.to_uppercase();
    let full = format!("{CORE}:{name}");
    let mut forms: Vec<Value> =
        [name, &upper, &full].map(|path| json!({"op": op, "path": path, "value": value})).into();
    if op != "remove" {
        forms.extend([name, &upper, &full].map(|path| json!({"op": op, "value": {path: value}})));
        forms.push(json!({"op": op, "value": {CORE: {name: value}}}));
        forms.push(json!({"op": op, "path": CORE, "value": {name: value}}));
    }
    forms
}

fn patched(user: &Map<String, Value>, operation: &Value) -> Result<Map<String, Value>, ScimError> {
    let patch = Patch::read(Resource::User, map(json!({"Operations": [operation]})))?;
    let mut user = user.clone();
    patch.apply(&mut user, "7").map(|()| user)
}

#[test]
fn what_is_no_value_is_refused_by_every_operation_on_every_list() {
    let mut tried = 0;
    for attribute in lists() {
        let user = map(json!({"userName": "ada", attribute.name: two(attribute)}));
        for value in malformed(attribute.name) {
            for op in ["add", "replace", "remove"] {
                for operation in forms(op, attribute.name, &value) {
                    let refused = patched(&user, &operation).expect_err(&operation.to_string());
                    assert_eq!(refused.kind, Some(Type::InvalidValue), "{operation}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 3000, "{tried}");
}

#[test]
fn what_is_no_value_in_brackets_changes_or_costs_nothing() {
    for attribute in lists() {
        let before = map(json!({"userName": "ada", attribute.name: two(attribute)}));
        let values = |user: &Map<String, Value>| user[attribute.name].as_array().map_or(0, Vec::len);
        for value in malformed(attribute.name) {
            for selected in ["[type eq \"work\"]", "[type eq \"other\"]", "[primary eq true]"] {
                for op in ["add", "replace"] {
                    let path = format!("{}{selected}", attribute.name);
                    for operation in [
                        json!({"op": op, "path": path, "value": value}),
                        json!({"op": op, "value": {path.clone(): value}}),
                    ] {
                        if let Ok(after) = patched(&before, &operation) {
                            assert_eq!(values(&after), 2, "{operation}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_value_that_is_not_there_is_made_of_what_is_equal_in_its_filter() {
    for attribute in lists() {
        let key = if attribute.sub("value").is_some() { "value" } else { "formatted" };
        let user = map(json!({"userName": "ada", attribute.name: two(attribute)}));
        for op in ["add", "replace", "Replace"] {
            for (filter, made) in [
                ("type eq \"other\"", json!({"type": "other", key: "new"})),
                ("TYPE Eq \"other\" and primary eq \"False\"", json!({"type": "other", "primary": false, key: "new"})),
                ("(type eq other)", json!({"type": "other", key: "new"})),
            ] {
                let part = format!("{}[{filter}].{key}", attribute.name);
                let whole = format!("{}[{filter}]", attribute.name);
                for operation in [
                    json!({"op": op, "path": part, "value": "new"}),
                    json!({"op": op, "value": {part: "new"}}),
                    json!({"op": op, "path": whole, "value": {key: "new"}}),
                    json!({"op": op, "value": {whole: {key: "new"}}}),
                ] {
                    let after = patched(&user, &operation).unwrap_or_else(|error| panic!("{operation}: {error:?}"));
                    let values = after[attribute.name].as_array().expect("a list");
                    assert_eq!(values[..2], two(attribute).as_array().expect("a list")[..], "{operation}");
                    assert_eq!(values[2..], *std::slice::from_ref(&made), "{operation}");
                    let again = patched(&after, &operation).expect("the same again");
                    assert_eq!(again, after, "{operation} finds what it made");
                }
            }
            for filter in [
                "type ne \"work\" and type ne \"home\"",
                "type eq \"a\" or type eq \"b\"",
                "not (type pr)",
                "type sw \"o\"",
                "display pr",
                "type eq \"a\" and type eq \"b\"",
                "display eq null and type eq \"a\"",
            ] {
                let operation = json!({"op": op, "path": format!("{}[{filter}].{key}", attribute.name), "value": "n"});
                match patched(&user, &operation) {
                    Err(error) => assert!(
                        matches!(error.kind, Some(Type::NoTarget | Type::InvalidFilter)),
                        "{operation}: {error:?}"
                    ),
                    Ok(after) => panic!("{operation} made {after:?}"),
                }
            }
            // An empty text is no value, so there is nothing to make.
            for empty in [json!(""), json!(null)] {
                let path = format!("{}[type eq \"other\"].{key}", attribute.name);
                let operation = json!({"op": op, "path": path, "value": empty});
                assert_eq!(patched(&user, &operation), Ok(user.clone()), "{operation}");
            }
        }
    }
}

#[test]
fn what_a_selected_value_is_not_told_stays() {
    for attribute in lists() {
        let key = if attribute.sub("value").is_some() { "value" } else { "formatted" };
        let user = map(json!({"userName": "ada", attribute.name: two(attribute)}));
        for op in ["add", "replace"] {
            let path = format!("{}[type eq \"work\"]", attribute.name);
            let after = patched(&user, &json!({"op": op, "path": path, "value": {key: "new", "nope": 1}}));
            let want = json!([{key: "new", "type": "work", "primary": true}, {key: "second", "type": "home"}]);
            assert_eq!(after.expect("changed")[attribute.name], want, "{op} {path}");
        }
    }
}

#[test]
fn an_empty_text_takes_every_attribute_away_that_may_be_missing() {
    let enterprise = Resource::User.extensions()[0];
    let core = Resource::User.core();
    for (schema, attribute) in core
        .attributes
        .iter()
        .map(|attribute| (core, attribute))
        .chain(enterprise.attributes.iter().map(|a| (enterprise, a)))
    {
        let text = attribute.kind != Kind::Boolean && !attribute.many && attribute.mutability == Mutability::ReadWrite;
        let takes_text = attribute.kind != Kind::Complex || attribute.sub("value").is_some();
        if !text || !takes_text {
            continue;
        }
        let path = format!("{}:{}", schema.id, attribute.name);
        let nobody = map(json!({"userName": "ada"}));
        let somebody = patched(&nobody, &json!({"op": "add", "path": path, "value": "x"})).expect("added");
        for empty in [json!(""), json!(" "), json!(null)] {
            for operation in [
                json!({"op": "Replace", "path": path, "value": empty}),
                json!({"op": "replace", "value": {path.clone(): empty}}),
                json!({"op": "replace", "value": {schema.id: {attribute.name: empty}}}),
            ] {
                let after = patched(&somebody, &operation);
                if attribute.required {
                    assert_eq!(after.map_err(|error| error.kind), Err(Some(Type::InvalidValue)), "{operation}");
                } else {
                    assert_eq!(after, Ok(nobody.clone()), "{operation}");
                }
            }
            let added = json!({"op": "add", "path": path, "value": empty});
            if !attribute.required {
                assert_eq!(patched(&somebody, &added), Ok(somebody.clone()), "nothing is added: {added}");
            }
        }
    }
}

#[test]
fn an_extension_of_somebody_else_costs_nothing_beside_a_deactivation() {
    let user = map(json!({"userName": "ada", "active": true, "emails": [{"value": "a@b.c"}]}));
    let off = map(json!({"userName": "ada", "active": false, "emails": [{"value": "a@b.c"}]}));
    let urn = "urn:ietf:params:scim:schemas:extension:custom:2.0:User";
    for op in ["add", "replace", "remove"] {
        for path in [
            format!("{urn}:worksiteId"),
            format!("{urn}:boss.value"),
            format!("{urn}:things[type eq \"a\"].value"),
            format!("{urn}:active"),
            urn.to_owned(),
            urn.to_uppercase(),
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group".to_owned(),
        ] {
            for value in [json!("180"), json!({"worksiteId": "180"}), json!(null), json!([{}])] {
                let mut beside = vec![json!({"op": "replace", "path": "active", "value": "False"})];
                beside.push(json!({"op": op, "path": path, "value": value}));
                let mut operations = vec![beside.clone()];
                beside.reverse();
                operations.push(beside);
                if op != "remove" {
                    operations.push(vec![json!({"op": op, "value": {"active": false, path.clone(): value}})]);
                }
                for operations in operations {
                    let document = map(json!({"Operations": operations}));
                    let patch = Patch::read(Resource::User, document).expect("understood");
                    let mut changed = user.clone();
                    patch.apply(&mut changed, "7").expect("applied");
                    assert_eq!(changed, off, "{operations:?}");
                }
            }
        }
    }
    // What begins like one of ours and names nothing may be `active`, misspelt.
    for path in [
        "urn:ietf:params:scim:schemas:core:2.0:Users:active",
        "urn:ietf:params:scim:schemas:core:2.0:User:activ",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:nope",
        "urn:scim:schemas:core:1.0:active",
    ] {
        let refused = patched(&user, &json!({"op": "replace", "path": path, "value": false})).expect_err(path);
        assert_eq!(refused.kind, Some(Type::InvalidPath), "{path}");
    }
}

#[test]
fn two_keys_for_one_place_are_refused_and_two_places_are_not() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let end = |value: Value| {
        patched(&map(json!({"userName": "ada", "active": true})), &json!({"op": "replace", "value": value}))
    };
    for (one, other) in [
        ("active", "Active"),
        ("active", &*format!("{CORE}:active")),
        ("name.givenName", "NAME.givenname"),
        ("department", &*format!("{enterprise}:department")),
        ("emails[type eq \"work\"].value", "emails[type  eq  \"work\"].VALUE"),
        ("id", "ID"),
    ] {
        let refused = end(json!({one: "x", other: "x"})).expect_err(one);
        assert!(matches!(refused.kind, Some(Type::InvalidSyntax | Type::Mutability)), "{one} {other}: {refused:?}");
    }
    for both in [
        json!({"active": true, CORE: {"active": false}}),
        json!({"department": "x", enterprise: {"department": "y"}}),
        json!({"name": {"givenName": "x"}, "name.givenName": "y"}),
        json!({"name": {"givenName": "x", "GIVENNAME": "y"}}),
        json!({"emails": [{"value": "x"}], "emails.value": "y"}),
        json!({"emails": [{"value": "x"}], "emails[type eq \"work\"].value": "y"}),
        json!({"emails[type eq \"work\"]": {"value": "x"}, "emails[type eq \"work\"].value": "y"}),
        json!({"emails": [{"value": "x", "Value": "y"}]}),
        json!({"manager": "x", enterprise: {"manager": {"value": "y"}}}),
    ] {
        assert_eq!(end(both.clone()).map_err(|error| error.kind), Err(Some(Type::InvalidSyntax)), "{both}");
    }
    for apart in [
        json!({"name": {"givenName": "x"}, "name.familyName": "y"}),
        json!({"emails[type eq \"work\"].value": "x", "emails[type eq \"home\"].value": "y"}),
        json!({"emails[type eq \"work\"].value": "x", "emails[type eq \"work\"].display": "y"}),
        json!({"displayName": "x", "name.givenName": "y", enterprise: {"department": "z"}, "employeeNumber": "1"}),
    ] {
        end(apart.clone()).unwrap_or_else(|error| panic!("{apart}: {error:?}"));
    }
    for message in [
        json!({"Operations": [{"op": "replace", "OP": "add", "path": "title", "value": "x"}]}),
        json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}], "operations": []}),
    ] {
        assert!(Patch::read(Resource::User, map(message.clone())).is_err(), "{message}");
    }
}

#[test]
fn nobody_leaves_a_group_by_a_value_that_names_nobody() {
    let read = |operation: Value| Patch::read(Resource::Group, map(json!({"Operations": [operation]})));
    let core = Resource::Group.core().id;
    for value in malformed("members").into_iter().chain([
        json!([{"type": "User"}]),
        json!([{"type": "User", "id": "x"}]),
        json!([{"display": "Ada"}]),
        json!([{"value": "x"}, {}]),
        json!([{"value": "x"}, null]),
    ]) {
        for op in ["add", "replace", "remove"] {
            let mut forms = vec![json!({"op": op, "path": "members", "value": value})];
            if op != "remove" {
                forms.push(json!({"op": op, "value": {"Members": value}}));
                forms.push(json!({"op": op, "value": {core: {"members": value}}}));
            }
            for operation in forms {
                let refused = read(operation.clone()).expect_err(&operation.to_string());
                assert_eq!(refused.kind, Some(Type::InvalidValue), "{operation}");
            }
        }
    }
    // A bare text that is nobody's id is left out only where nobody leaves.
    let bare = |op: &str| match read(json!({"op": op, "path": "members", "value": "nobody"}))
        .expect("read")
        .take_members()
        .remove(0)
    {
        MemberStep::Add(new) | MemberStep::Replace(new) => new[0].bare,
        other => panic!("{other:?}"),
    };
    assert!(bare("add") && !bare("replace"));
}
