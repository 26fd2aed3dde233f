//! The enterprise extension of a User (RFC 7643 section 4.3).

use super::{Attribute, Schema};

pub(crate) static ENTERPRISE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: ATTRIBUTES,
};

const ATTRIBUTES: &[Attribute] = &[
    Attribute::text("employeeNumber", "What the organisation numbers its people by."),
    Attribute::text("costCenter", "The cost centre."),
    Attribute::text("organization", "The organisation's name."),
    Attribute::text("division", "The division."),
    Attribute::text("department", "The department."),
    Attribute::complex(
        "manager",
        &[
            Attribute::text("value", "The id of the manager's User resource.").exact(),
            Attribute::text("$ref", "The address of the manager's User resource.").references(&["User"]),
            Attribute::text("displayName", "The manager's name; this server does not fill it in.").read_only(),
        ],
        "The person's manager.",
    ),
];
