//! What of a filter an index can answer. The whole filter is evaluated afterwards in any case, so
//! this only has to leave nobody out.

use super::filter::{Bound, Check, Op};
use super::group::read_id;
use super::schema::{Place, Resource};
use crate::store::{Load, Narrow};

/// The rows that can fulfil the filter.
pub(crate) fn narrow(resource: Resource, bound: &Bound) -> Narrow {
    match bound {
        Bound::Never => Narrow::Nobody,
        Bound::And(parts) => {
            parts.iter().map(|part| narrow(resource, part)).find(|found| *found != Narrow::All).unwrap_or(Narrow::All)
        }
        Bound::Test(place, check) => by_test(resource, *place, check),
        Bound::Within(place, inner) => by_value(inner).map_or(Narrow::All, |check| by_sub(resource, *place, check)),
        Bound::Or(_) | Bound::Not(_) => Narrow::All,
    }
}

fn by_test(resource: Resource, place: Place, check: &Check) -> Narrow {
    match (resource, check) {
        (_, Check::Exact { op: Op::Eq, value }) if place.is("id") => read_id(value).map_or(Narrow::Nobody, Narrow::Id),
        (_, Check::Exact { op: Op::Eq, value }) if place.is("externalId") => Narrow::External(value.clone()),
        (Resource::User, Check::UserName { equal: true, key }) => key.clone().map_or(Narrow::Nobody, Narrow::Name),
        (Resource::Group, Check::GroupName { equal: true, key }) => Narrow::Name(key.clone()),
        _ if place.sub.is_some_and(|sub| sub.name == "value") => by_sub(resource, place, check),
        _ => Narrow::All,
    }
}

/// `value eq` of an attribute with several values.
fn by_sub(resource: Resource, place: Place, check: &Check) -> Narrow {
    match (resource, check) {
        (Resource::User, Check::Folded { op: Op::Eq, value }) if place.is("emails") => {
            Narrow::Email(value.trim().to_owned())
        }
        (Resource::User, Check::Exact { op: Op::Eq, value }) if place.is("groups") => {
            read_id(value).map_or(Narrow::Nobody, Narrow::MemberOf)
        }
        (Resource::Group, Check::Exact { op: Op::Eq, value }) if place.is("members") => {
            read_id(value).map_or(Narrow::Nobody, Narrow::Having)
        }
        _ => Narrow::All,
    }
}

/// A test of `value` that everything in the brackets needs.
fn by_value(inner: &Bound) -> Option<&Check> {
    match inner {
        Bound::Test(place, check) if place.attribute.name == "value" => Some(check),
        Bound::And(parts) => parts.iter().find_map(by_value),
        _ => None,
    }
}

/// Whether the filter looks at an attribute of the core.
pub(super) fn mentions(bound: &Bound, name: &str) -> bool {
    match bound {
        Bound::Or(parts) | Bound::And(parts) => parts.iter().any(|part| mentions(part, name)),
        Bound::Not(inner) => mentions(inner, name),
        Bound::Test(place, _) | Bound::Within(place, _) => place.is(name),
        Bound::Never => false,
    }
}

/// The members that the filter has to see. One that only asks whether certain ids are among them
/// sees the same in a group of ten thousand with those alone.
pub(super) fn members_seen(bound: &Bound) -> Load {
    let mut ids = Vec::new();
    if !only_ids(bound, &mut ids) {
        return Load::Everybody;
    }
    if mentions(bound, "members") { Load::Only(ids) } else { Load::Nobody }
}

fn only_ids(bound: &Bound, ids: &mut Vec<[u8; 16]>) -> bool {
    match bound {
        Bound::Or(parts) | Bound::And(parts) => parts.iter().all(|part| only_ids(part, ids)),
        Bound::Not(inner) => only_ids(inner, ids),
        Bound::Never => true,
        Bound::Test(place, check) => !place.is("members") || is_id(check, ids),
        Bound::Within(place, inner) => !place.is("members") || only_values(inner, ids),
    }
}

/// Inside the brackets: no negation, because that is true of everybody else.
fn only_values(inner: &Bound, ids: &mut Vec<[u8; 16]>) -> bool {
    match inner {
        Bound::Or(parts) | Bound::And(parts) => parts.iter().all(|part| only_values(part, ids)),
        Bound::Test(place, check) => place.attribute.name == "value" && is_id(check, ids),
        _ => false,
    }
}

fn is_id(check: &Check, ids: &mut Vec<[u8; 16]>) -> bool {
    let Check::Exact { op: Op::Eq, value } = check else { return false };
    ids.extend(read_id(value));
    true
}

#[cfg(test)]
mod tests {
    use super::{members_seen, narrow};
    use crate::scim::filter::{Bound, bind, parse};
    use crate::scim::schema::Resource;
    use crate::store::{Load, Narrow};

    const ID: &str = "00000000-0000-4000-8000-000000000007";
    const BYTES: [u8; 16] = [0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 7];

    fn bound(resource: Resource, filter: &str) -> Bound {
        bind(&parse(&filter.replace('#', ID)).expect("a filter"), resource).expect("known")
    }

    #[test]
    fn what_has_an_index_narrows_and_nothing_else_does() {
        let user = |filter| narrow(Resource::User, &bound(Resource::User, filter));
        let group = |filter| narrow(Resource::Group, &bound(Resource::Group, filter));
        assert_eq!(user(r#"userName eq "ADA""#), Narrow::Name("ada".into()));
        assert_eq!(user("userName eq \"a\u{200b}\""), Narrow::Nobody);
        assert_eq!(user(r#"title pr and externalId eq "X""#), Narrow::External("X".into()));
        assert_eq!(user(r##"id eq "#""##), Narrow::Id(BYTES));
        assert_eq!(user(r#"id eq "7""#), Narrow::Nobody);
        assert_eq!(user(r#"emails eq "A@b.c""#), Narrow::Email("a@b.c".into()));
        assert_eq!(user(r#"emails[type eq "work"].value eq "A@b.c""#), Narrow::Email("a@b.c".into()));
        assert_eq!(user(r##"groups.value eq "#""##), Narrow::MemberOf(BYTES));
        assert_eq!(group(r#"displayName eq " All ""#), Narrow::Name("all".into()));
        assert_eq!(group(r#"displayName ne "All""#), Narrow::All);
        assert_eq!(group(r##"members eq "#""##), Narrow::Having(BYTES));
        assert_eq!(group(r##"members[value eq "#"]"##), Narrow::Having(BYTES));
        assert_eq!(group(r#"members.type eq "User""#), Narrow::All);
        for all in [
            r#"userName ne "a""#,
            r#"userName sw "a""#,
            r#"not (userName eq "a")"#,
            r#"userName eq "a" or title pr"#,
            r#"emails[value eq "a" or type eq "b"]"#,
            r#"phoneNumbers.value eq "1""#,
            r#"displayName eq "a""#,
        ] {
            assert_eq!(user(all), Narrow::All, "{all}");
        }
    }

    #[test]
    fn only_the_members_that_a_filter_asks_for_are_seen() {
        let seen = |filter| members_seen(&bound(Resource::Group, filter));
        assert_eq!(seen("displayName pr"), Load::Nobody);
        assert_eq!(seen(r##"id eq "#" and members eq "#""##), Load::Only(vec![BYTES]));
        assert_eq!(seen(r##"not (members.value eq "#")"##), Load::Only(vec![BYTES]));
        assert_eq!(seen(r##"members[value eq "#"]"##), Load::Only(vec![BYTES]));
        assert_eq!(seen(r##"members[value eq "#" or value eq "#"]"##), Load::Only(vec![BYTES; 2]));
        for all in [
            "members pr",
            r##"members ne "#""##,
            r##"members[not (value eq "#")]"##,
            r#"members[type eq "User"]"#,
            "members.value eq null",
        ] {
            assert_eq!(seen(all), Load::Everybody, "{all}");
        }
    }
}
