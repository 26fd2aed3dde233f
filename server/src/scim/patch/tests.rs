use super::{MemberStep, Patch};
use crate::scim::error::Type;
use crate::scim::schema::Resource;
use serde_json::{Map, Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn ada() -> Value {
    json!({
        "userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "King"},
        "emails": [{"value": "a@work.org", "type": "work", "primary": true}, {"value": "a@home.org", "type": "home"}],
    })
}

/// Applies to `from`; the keyword of the error if it is refused, and then nothing is changed.
fn patched(from: Value, operations: Value) -> Result<Value, Option<Type>> {
    let patch = Patch::read(Resource::User, map(json!({"Operations": operations}))).map_err(|error| error.kind)?;
    let mut document = map(from.clone());
    match patch.apply(&mut document, "7") {
        Ok(()) => Ok(Value::Object(document)),
        Err(error) => {
            assert_eq!(Value::Object(document), from, "a refused PATCH changes nothing");
            Err(error.kind)
        }
    }
}

fn after(operations: Value) -> Value {
    patched(ada(), operations.clone()).unwrap_or_else(|error| panic!("{operations}: {error:?}"))
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut user = ada();
    change(&mut user);
    user
}

#[test]
fn operations_are_understood_in_every_form_that_providers_send() {
    let off = with(|user| user["active"] = json!(false));
    for form in [
        json!([{"op": "replace", "value": {"active": false}}]),
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"OP": "REPLACE", "Path": "Active", "Value": false}]),
        json!([{"op": "Add", "value": {"ACTIVE": "FALSE"}}]),
        json!([{"op": "replace", "path": null, "value": {"active": false}}]),
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false}]),
        json!([{"op": "replace", "value": {"id": "7", "active": false, "password": "x", "schemas": []}}]),
    ] {
        assert_eq!(after(form.clone()), off, "{form}");
    }
    assert_eq!(
        after(
            json!([{"op": "replace", "value": {"name.givenName": "Kk", format!("{ENTERPRISE}:employeeNumber"): "7"}}])
        ),
        with(|user| {
            user["name"]["givenName"] = json!("Kk");
            user[ENTERPRISE] = json!({"employeeNumber": "7"});
        })
    );
    assert_eq!(
        after(json!([{"op": "replace", "value": {ENTERPRISE: {"Department": "R&D"}}}]))[ENTERPRISE],
        json!({"department": "R&D"})
    );
}

#[test]
fn a_manager_is_taken_as_text_object_or_list_of_one() {
    for value in [json!("9"), json!({"value": "9"}), json!([{"value": "9"}]), json!(["9"])] {
        for path in ["manager".to_owned(), format!("{ENTERPRISE}:manager")] {
            let user = after(json!([{"op": "Add", "path": path, "value": value}]));
            assert_eq!(user[ENTERPRISE], json!({"manager": {"value": "9"}}), "{value}");
            assert_eq!(patched(user, json!([{"op": "remove", "path": path}])), Ok(ada()));
        }
    }
    let old = json!({"userName": "a", ENTERPRISE: {"manager": {"value": "8", "$ref": "https://x/8"}}});
    let new = patched(old, json!([{"op": "replace", "path": "manager", "value": {"value": "9"}}])).expect("replaced");
    assert_eq!(new[ENTERPRISE]["manager"], json!({"value": "9"}), "no address of another person stays");
}

#[test]
fn values_of_a_list_are_selected_by_a_filter() {
    assert_eq!(
        after(json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@work.org"}])),
        with(|user| user["emails"][0]["value"] = json!("b@work.org"))
    );
    assert_eq!(
        after(json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]))["emails"],
        json!([ada()["emails"][0]])
    );
    assert_eq!(after(json!([{"op": "remove", "path": "emails[type eq \"other\"]"}])), ada());
    assert_eq!(
        after(
            json!([{"op": "Add", "path": "phoneNumbers[type eq \"mobile\" and primary eq true].value", "value": "+1"}])
        )["phoneNumbers"],
        json!([{"type": "mobile", "primary": true, "value": "+1"}])
    );
    for op in ["add", "replace"] {
        for form in ["emails[type eq \"other\"].value", "emails[type eq \"other\"]"] {
            let made = with(|user| {
                let emails = user["emails"].as_array_mut().expect("a list");
                emails.push(json!({"type": "other", "value": "x"}));
            });
            assert_eq!(patched(ada(), json!([{"op": op, "path": form, "value": "x"}])), Ok(made), "{op} {form}");
        }
        assert_eq!(
            patched(ada(), json!([{"op": op, "path": "emails[type sw \"other\"].value", "value": "x"}])),
            Err(Some(Type::NoTarget))
        );
    }
    assert_eq!(
        after(json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]))["emails"][0].get("primary"),
        None
    );
}

#[test]
fn every_value_is_changed_where_none_is_selected_and_one_is_made_where_there_is_none() {
    assert_eq!(
        after(json!([{"op": "add", "path": "emails.display", "value": "D"}])),
        with(|user| {
            user["emails"][0]["display"] = json!("D");
            user["emails"][1]["display"] = json!("D");
        })
    );
    assert_eq!(
        after(json!([{"op": "add", "path": "phoneNumbers.value", "value": "+1"}]))["phoneNumbers"],
        json!([{"value": "+1"}])
    );
    assert_eq!(after(json!([{"op": "remove", "path": "phoneNumbers.value"}])), ada());
}

#[test]
fn of_a_selected_value_the_parts_that_are_given_change() {
    let path = "emails[type eq \"work\"]";
    for op in ["add", "replace"] {
        assert_eq!(
            after(json!([{"op": op, "path": path, "value": {"display": "D"}}])),
            with(|user| user["emails"][0]["display"] = json!("D"))
        );
    }
    assert_eq!(
        after(json!([{"op": "replace", "path": path, "value": {"primary": null, "type": ""}}]))["emails"][0],
        json!({"value": "a@work.org"})
    );
    assert_eq!(after(json!([{"op": "add", "path": "emails[type eq \"work\"].type", "value": null}])), ada());
    assert_eq!(
        after(json!([{"op": "replace", "path": "emails[type eq \"home\"].display", "value": "x"}])),
        with(|user| user["emails"][1]["display"] = json!("x")),
        "who is the primary one stays so"
    );
}

#[test]
fn what_is_the_same_value_is_told_by_value_and_type_in_any_case_where_case_does_not_count() {
    let emails = |value: Value| after(json!([{"op": "add", "path": "emails", "value": value}]))["emails"].clone();
    let (work, home) = (ada()["emails"][0].clone(), ada()["emails"][1].clone());
    let joined = json!({"value": "A@HOME.org", "type": "home", "display": "D"});
    assert_eq!(emails(json!([joined])), json!([work, joined]));
    let other = json!({"value": "a@home.org", "type": "other"});
    assert_eq!(emails(json!([other])), json!([work, home, other]));

    let twice = |path: &str, one: Value, other: Value| {
        let operation = |value: &Value| json!({"op": "add", "path": path, "value": [value]});
        after(json!([operation(&one), operation(&other)]))[path].as_array().map_or(0, Vec::len)
    };
    assert_eq!(twice("roles", json!({"value": "a"}), json!({"value": "a", "display": "x"})), 1);
    assert_eq!(twice("photos", json!({"value": "https://a.example/x"}), json!({"value": "https://a.example/X"})), 2);
    let address = |formatted: &str| json!({"formatted": formatted, "type": "work"});
    assert_eq!(twice("addresses", address("x"), address("y")), 2, "they have no value to be told by");
}

#[test]
fn what_is_removed_by_naming_it_is_told_by_its_value_alone_or_else_by_all_that_is_said() {
    let left = |value: Value| after(json!([{"op": "remove", "path": "emails", "value": value}]))["emails"].clone();
    let (work, home) = (ada()["emails"][0].clone(), ada()["emails"][1].clone());
    assert_eq!(left(json!([{"value": "A@work.org", "type": "home"}])), json!([home]));
    assert_eq!(left(json!([{"type": "home"}])), json!([work]));
    assert_eq!(left(json!([{"primary": true}])), json!([home]));
    assert_eq!(left(json!([{"primary": true, "type": "home"}])), json!([work, home]));
}

#[test]
fn a_list_has_256_values_at_most_however_they_come() {
    let roles = |count: usize| {
        let mut user = ada();
        user["roles"] = (0..count).map(|at| json!({"value": format!("r{at}")})).collect();
        user
    };
    for operation in [
        json!({"op": "add", "path": "roles", "value": [{"value": "new"}]}),
        json!({"op": "add", "path": "roles[type eq \"x\"].value", "value": "new"}),
    ] {
        let count = |end: Result<Value, Option<Type>>| end.map(|user| user["roles"].as_array().map_or(0, Vec::len));
        assert_eq!(count(patched(roles(255), json!([operation]))), Ok(256), "{operation}");
        assert_eq!(count(patched(roles(256), json!([operation]))), Err(Some(Type::InvalidValue)), "{operation}");
    }
}

#[test]
fn nothing_adds_nothing_and_clears_what_it_replaces() {
    let titled = || with(|user| user["title"] = json!("Countess"));
    for (path, value, cleared) in [
        ("title", json!(null), ada()),
        ("name", json!({"givenName": null}), {
            let mut user = titled();
            user["name"] = json!({"familyName": "King"});
            user
        }),
    ] {
        let end = |op: &str| patched(titled(), json!([{"op": op, "path": path, "value": value}]));
        assert_eq!(end("add"), Ok(titled()), "{path}");
        assert_eq!(end("replace"), Ok(cleared), "{path}");
    }
}

#[test]
fn one_value_at_most_is_the_primary_one() {
    let primaries = |user: &Value| -> Vec<bool> {
        user["emails"].as_array().expect("a list").iter().map(|email| email["primary"] == json!(true)).collect()
    };
    assert_eq!(
        primaries(&after(json!([{"op": "add", "path": "emails[type eq \"home\"].primary", "value": "True"}]))),
        [false, true]
    );
    assert_eq!(
        primaries(&after(json!([{"op": "add", "path": "emails", "value": {"value": "n@x.org", "primary": true}}]))),
        [false, false, true]
    );
    assert_eq!(
        patched(ada(), json!([{"op": "add", "path": "emails.primary", "value": true}])),
        Err(Some(Type::InvalidValue))
    );
    assert_eq!(
        patched(
            ada(),
            json!([{"op": "replace", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}])
        ),
        Err(Some(Type::InvalidValue))
    );
}

#[test]
fn adding_what_is_there_and_removing_what_is_not_change_nothing() {
    for form in [
        json!([{"op": "add", "path": "emails", "value": [ada()["emails"][1]]}]),
        json!([{"op": "add", "path": "emails", "value": {"value": "A@HOME.org", "type": "home"}}]),
        json!([{"op": "remove", "path": "nickName"}]),
        json!([{"op": "remove", "path": "phoneNumbers[type eq \"fax\"].value"}]),
        json!([{"op": "remove", "path": "emails", "value": [{"value": "nobody@x.org"}]}]),
        json!([{"op": "add", "path": "title", "value": null}]),
        json!([{"op": "add", "path": "phoneNumbers", "value": []}]),
        json!([{"op": "replace", "path": "password", "value": "x"}]),
        json!([{"op": "remove", "path": "password"}]),
    ] {
        let user = after(form.clone());
        assert_eq!(user["emails"].as_array().map(Vec::len), Some(2), "{form}");
        assert_eq!(user["emails"][0], ada()["emails"][0], "{form}");
        assert!(
            user.get("password").is_none() && user.get("title").is_none() && user.get("phoneNumbers").is_none(),
            "{form}"
        );
    }
    assert_eq!(
        after(json!([{"op": "Remove", "path": "emails", "value": [{"value": "a@home.org"}]}]))["emails"],
        json!([ada()["emails"][0]])
    );
    assert!(after(json!([{"op": "replace", "path": "emails", "value": null}])).get("emails").is_none());
    assert!(after(json!([{"op": "remove", "path": "emails"}])).get("emails").is_none());
}

#[test]
fn the_name_is_changed_in_its_parts() {
    let name = |operations| after(operations)["name"].clone();
    assert_eq!(
        name(json!([{"op": "replace", "path": "name", "value": {"familyName": "L", "middleName": ""}}])),
        json!({"givenName": "Ada", "familyName": "L"})
    );
    assert_eq!(
        name(json!([{"op": "replace", "path": "name", "value": {"familyName": null}}])),
        json!({"givenName": "Ada"})
    );
    assert_eq!(name(json!([{"op": "remove", "path": "name.familyName"}])), json!({"givenName": "Ada"}));
    assert!(after(json!([{"op": "remove", "path": "name"}])).get("name").is_none());
}

#[test]
fn what_is_not_understood_is_refused_and_nothing_is_changed() {
    let title = json!({"op": "replace", "path": "title", "value": "HALF"});
    for (last, kind) in [
        (json!({"op": "move", "path": "title", "value": "x"}), Type::InvalidSyntax),
        (json!({"path": "title", "value": "x"}), Type::InvalidSyntax),
        (json!(7), Type::InvalidSyntax),
        (json!({"op": "replace", "path": "title"}), Type::InvalidValue),
        (json!({"op": "replace", "value": false}), Type::InvalidValue),
        (json!({"op": "replace"}), Type::InvalidValue),
        (json!({"op": "remove"}), Type::NoTarget),
        (json!({"op": "replace", "path": 7, "value": "x"}), Type::InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq", "value": "x"}), Type::InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq \"work\"]value", "value": "x"}), Type::InvalidPath),
        (json!({"op": "remove", "path": format!("{ENTERPRISE}[department eq \"x\"]")}), Type::InvalidPath),
        (json!({"op": "replace", "path": "emails[type]", "value": "x"}), Type::InvalidFilter),
        (json!({"op": "replace", "path": "emails[nope pr].value", "value": "x"}), Type::InvalidFilter),
        (json!({"op": "replace", "path": "noSuchAttribute", "value": "x"}), Type::InvalidPath),
        (json!({"op": "replace", "value": {"noSuchAttribute": "x"}}), Type::InvalidPath),
        (json!({"op": "replace", "path": "active.value", "value": false}), Type::InvalidPath),
        (json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "x"}), Type::InvalidPath),
        (json!({"op": "replace", "path": "members", "value": []}), Type::InvalidPath),
        (json!({"op": "replace", "path": "active", "value": "maybe"}), Type::InvalidValue),
        (json!({"op": "replace", "path": "active", "value": 0}), Type::InvalidValue),
        (json!({"op": "replace", "path": "active", "value": null}), Type::InvalidValue),
        (json!({"op": "replace", "path": "displayName", "value": "a\r\nb"}), Type::InvalidValue),
        (json!({"op": "replace", "path": "userName", "value": null}), Type::InvalidValue),
        (json!({"op": "remove", "path": "userName"}), Type::Mutability),
        (json!({"op": "replace", "path": "id", "value": "x"}), Type::Mutability),
        (json!({"op": "remove", "path": "id"}), Type::Mutability),
        (json!({"op": "add", "path": "groups", "value": [{"value": "admins"}]}), Type::Mutability),
        (json!({"op": "replace", "path": "meta.created", "value": "x"}), Type::Mutability),
        (json!({"op": "replace", "path": "manager.displayName", "value": "x"}), Type::Mutability),
    ] {
        assert_eq!(patched(ada(), json!([title, last])), Err(Some(kind)), "{last}");
    }
    for bad in [json!([]), json!({}), json!(null)] {
        assert_eq!(patched(ada(), bad), Err(Some(Type::InvalidSyntax)));
    }
}

#[test]
fn a_request_makes_1000_changes_at_most_in_whatever_form_they_come() {
    let read = |operations: Value| {
        Patch::read(Resource::User, map(json!({"Operations": operations}))).map(drop).map_err(|error| error.status)
    };
    let keys = |count: usize| {
        let keys = (0..count).map(|at| (format!("emails[value eq \"{at}\"].type"), json!("work")));
        json!([{"op": "replace", "value": keys.collect::<Map<_, _>>()}])
    };
    let operations = |count: usize| json!(vec![json!({"op": "replace", "path": "title", "value": "x"}); count]);
    let values = |count: usize| json!([{"op": "add", "path": "roles", "value": vec!["x"; count - 1]}]);
    let parts = |count: usize| {
        let whole = json!({"streetAddress": "x", "locality": "y", "type": "work"});
        json!([{"op": "add", "path": "addresses", "value": vec![whole; (count - 1) / 4]}, {"op": "remove", "path": "title"}])
    };
    for form in [keys, operations, values] {
        assert_eq!(read(form(1000)), Ok(()));
        assert_eq!(read(form(1001)), Err(413));
    }
    assert_eq!(read(parts(997)), Ok(()));
    assert_eq!(read(parts(1001)), Err(413));
}

#[test]
fn a_request_names_25_000_members_at_most_and_operations_on_them_are_not_counted() {
    let read = |operations: Value| {
        Patch::read(Resource::Group, map(json!({"Operations": operations}))).map(drop).map_err(|error| error.status)
    };
    let listed = |count: usize| json!([{"op": "add", "path": "members", "value": vec![json!({"value": "x"}); count]}]);
    let one_each = |count: usize| json!(vec![json!({"op": "add", "path": "members", "value": "x"}); count]);
    let by_filter = |count: usize| json!(vec![json!({"op": "remove", "path": "members[value eq \"x\"]"}); count]);
    for form in [listed, one_each, by_filter] {
        assert_eq!(read(form(25_000)), Ok(()));
        assert_eq!(read(form(25_001)), Err(413));
    }
    let tests = |count: usize| json!(vec![json!({"op": "remove", "path": "members[display co \"x\"]"}); count]);
    assert_eq!([read(tests(20)), read(tests(21))], [Ok(()), Err(400)]);
}

#[test]
fn paths_are_8_kib_long_and_hold_4000_tests_at_most() {
    let path = |length: usize| format!("emails[type eq \"{}\"]", "x".repeat(length - "emails[type eq \"\"]".len()));
    let remove = |path: String| json!({"op": "remove", "path": path});
    assert_eq!(after(json!([remove(path(8192))])), ada());
    assert_eq!(patched(ada(), json!([remove(path(8193))])), Err(Some(Type::InvalidPath)));

    let tests = |count: usize| remove(format!("emails[{}]", vec!["type eq \"x\""; count].join(" or ")));
    let mut operations = vec![tests(100); 40];
    assert_eq!(after(json!(operations)), ada());
    operations.push(tests(1));
    assert!(patched(ada(), json!(operations)).is_err());
}

#[test]
fn members_come_out_as_changes_by_id() {
    let steps = |operations: Value| {
        Patch::read(Resource::Group, map(json!({"Operations": operations})))
            .map(|mut patch| patch.take_members())
            .map_err(|error| error.kind)
    };
    let ids = |value: Value| match steps(json!([{"op": "Remove", "path": "members", "value": value}]))
        .expect("read")
        .remove(0)
    {
        MemberStep::Remove(ids) => ids,
        other => panic!("{other:?}"),
    };
    // Read by the letter of the RFC the first would empty the group.
    assert_eq!(ids(json!([{"$ref": null, "value": "x"}])), ["x"]);
    assert_eq!(ids(json!({"value": "x"})), ["x"]);
    assert_eq!(ids(json!([])), Vec::<String>::new());
    let read = |operation: Value| steps(json!([operation])).expect("read").remove(0);
    assert!(matches!(read(json!({"op": "remove", "path": "members"})), MemberStep::RemoveAll));
    assert!(
        matches!(read(json!({"op": "remove", "path": "members[value eq \"x\"]"})), MemberStep::Remove(ids) if ids == ["x"])
    );
    assert!(
        matches!(read(json!({"op": "remove", "path": "members[value eq \"x\" or value eq \"y\"]"})), MemberStep::Remove(ids) if ids == ["x", "y"])
    );
    assert!(matches!(read(json!({"op": "remove", "path": "members[type eq \"Group\"]"})), MemberStep::RemoveWhere(_)));
    assert!(
        matches!(read(json!({"op": "add", "path": "members", "value": "x"})), MemberStep::Add(new) if new[0].bare && new[0].value == "x")
    );
    assert!(
        matches!(read(json!({"op": "add", "value": {"members": [{"value": "x", "displayName": "D"}]}})), MemberStep::Add(new)
        if !new[0].bare && new[0].display.as_deref() == Some("D"))
    );
    assert!(
        matches!(read(json!({"op": "replace", "path": "members", "value": []})), MemberStep::Replace(new) if new.is_empty())
    );
    for bad in [
        json!({"op": "add", "path": "members", "value": [{"display": "x"}]}),
        json!({"op": "add", "path": "members", "value": [7]}),
        json!({"op": "add", "path": "members[value eq \"x\" or value eq \"y\"]", "value": {}}),
        json!({"op": "replace", "path": "members[value eq \"x\"]", "value": "y"}),
        json!({"op": "replace", "path": "members[value eq \"x\"].display", "value": "y"}),
        json!({"op": "remove", "path": "members.value"}),
    ] {
        assert!(steps(json!([bad])).is_err(), "{bad}");
    }
}
