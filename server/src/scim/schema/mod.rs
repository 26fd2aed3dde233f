//! The schemas that this server speaks: User, Group and the enterprise extension of RFC 7643, as
//! tables.
//!
//! Promise: what `/Schemas` says is what the parser, the filters and PATCH do, because all of them
//! read these tables.

mod common;
mod enterprise;
mod group;
mod json;
mod user;

use enterprise::ENTERPRISE;

use super::path::AttrPath;
use serde_json::Value;

/// One of the two kinds of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    User,
    Group,
}

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Text that may hold line breaks, as postal addresses do.
    Lines,
    Boolean,
    Moment,
    Reference,
    Binary,
    Complex,
}

/// Who may write an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
    WriteOnly,
}

/// When an attribute is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Always,
    Never,
    Default,
}

/// One attribute or sub-attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) many: bool,
    pub(crate) required: bool,
    pub(crate) exact: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    pub(crate) unique: bool,
    pub(crate) canonical: &'static [&'static str],
    pub(crate) references: &'static [&'static str],
    pub(crate) subs: &'static [Attribute],
    pub(crate) description: &'static str,
}

impl Attribute {
    /// An optional text, compared without case, that the provider may read and write.
    const fn text(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Text,
            many: false,
            required: false,
            exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            unique: false,
            canonical: &[],
            references: &[],
            subs: &[],
            description,
        }
    }

    const fn of(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self { kind, ..Self::text(name, description) }
    }

    const fn complex(name: &'static str, subs: &'static [Attribute], description: &'static str) -> Self {
        Self { kind: Kind::Complex, subs, ..Self::text(name, description) }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    const fn canonical(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    const fn references(self, references: &'static [&'static str]) -> Self {
        Self { kind: Kind::Reference, exact: true, references, ..self }
    }

    /// The sub-attribute of this name, whatever its case.
    pub(crate) fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.subs, name)
    }
}

/// A schema with its URN.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) attributes: &'static [Attribute],
}

impl Resource {
    pub(crate) const ALL: [Self; 2] = [Self::User, Self::Group];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The last part of its address.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    pub(crate) fn core(self) -> &'static Schema {
        match self {
            Self::User => &user::USER,
            Self::Group => &group::GROUP,
        }
    }

    pub(crate) fn extensions(self) -> &'static [&'static Schema] {
        static OF_USERS: [&Schema; 1] = [&ENTERPRISE];
        match self {
            Self::User => &OF_USERS,
            Self::Group => &[],
        }
    }

    /// What `/Schemas` and `/ResourceTypes` need: the schemas as JSON, without `meta`.
    pub(crate) fn schemas() -> Vec<(&'static str, Value)> {
        [&user::USER, &group::GROUP, &ENTERPRISE].into_iter().map(|schema| (schema.id, json::schema(schema))).collect()
    }
}

/// Where in a resource something is: an attribute of the core or of an extension, or a
/// sub-attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The URN of the extension.
    pub(crate) extension: Option<&'static str>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) sub: Option<&'static Attribute>,
}

impl Place {
    /// The attribute that values are compared by: the sub-attribute, else `value` of a complex one
    /// (RFC 7644 section 3.4.2.2).
    pub(crate) fn compared(self) -> Option<Self> {
        match (self.sub, self.attribute.kind) {
            (None, Kind::Complex) => Some(Self { sub: Some(self.attribute.sub("value")?), ..self }),
            _ => Some(self),
        }
    }

    /// The attribute or sub-attribute itself.
    pub(crate) fn leaf(self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    pub(crate) fn is(self, name: &str) -> bool {
        self.extension.is_none() && self.attribute.name == name
    }
}

/// What a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    /// An extension as a whole.
    Extension(&'static Schema),
    Place(Place),
}

/// Finds what a path names in a kind of resource. Without a URN the core comes first, then the
/// extensions: Entra says `manager`.
pub(crate) fn resolve(resource: Resource, path: &AttrPath) -> Option<Named> {
    let extensions = resource.extensions();
    let whole = path.whole();
    if let Some(extension) = extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(&whole)) {
        return Some(Named::Extension(extension));
    }
    let within = |extension: Option<&'static str>, attributes: &'static [Attribute]| {
        let attribute = find(attributes, &path.attribute)?;
        let sub = match &path.sub {
            None => None,
            Some(name) => Some(attribute.sub(name)?),
        };
        Some(Named::Place(Place { extension, attribute, sub }))
    };
    let core = || within(None, common::COMMON).or_else(|| within(None, resource.core().attributes));
    match &path.schema {
        None => core().or_else(|| extensions.iter().find_map(|schema| within(Some(schema.id), schema.attributes))),
        Some(urn) if urn.eq_ignore_ascii_case(resource.core().id) => core(),
        Some(urn) => {
            let schema = extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))?;
            within(Some(schema.id), schema.attributes)
        }
    }
}

/// An attribute by name, whatever its case (RFC 7643 section 2.1).
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// An attribute that every resource has, or one of the core schema.
pub(crate) fn core_attribute(resource: Resource, name: &str) -> Option<&'static Attribute> {
    find(common::COMMON, name).or_else(|| find(resource.core().attributes, name))
}

#[cfg(test)]
mod tests {
    use super::{Named, Resource, resolve};
    use crate::scim::path::AttrPath;

    fn named(resource: Resource, path: &str) -> Option<String> {
        match resolve(resource, &AttrPath::read(path)?)? {
            Named::Extension(schema) => Some(schema.id.to_owned()),
            Named::Place(place) => Some(format!(
                "{}{}{}",
                place.extension.map_or("", |_| "enterprise:"),
                place.attribute.name,
                place.sub.map(|sub| format!(".{}", sub.name)).unwrap_or_default()
            )),
        }
    }

    #[test]
    fn paths_are_found_in_any_case_and_with_or_without_their_schema() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        for (path, want) in [
            ("USERNAME", "userName"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:name.givenname", "name.givenName"),
            ("manager", "enterprise:manager"),
            ("manager.value", "enterprise:manager.value"),
            (&format!("{enterprise}:employeeNumber"), "enterprise:employeeNumber"),
            (&format!("{}:MANAGER.$ref", enterprise.to_uppercase()), "enterprise:manager.$ref"),
            (enterprise, enterprise),
            ("meta.lastModified", "meta.lastModified"),
            ("externalid", "externalId"),
        ] {
            assert_eq!(named(Resource::User, path).as_deref(), Some(want), "{path}");
        }
        for nothing in ["nope", "userName.x", "urn:example:x:userName", "emails.nope", "members"] {
            assert_eq!(named(Resource::User, nothing), None, "{nothing}");
        }
        assert_eq!(named(Resource::Group, "members.value").as_deref(), Some("members.value"));
        assert_eq!(named(Resource::Group, "manager"), None);
    }
}
