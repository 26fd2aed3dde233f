//! Group (RFC 7643 section 4.2).

use super::{Attribute, Schema};

pub(super) static GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Group",
    attributes: ATTRIBUTES,
};

const ATTRIBUTES: &[Attribute] = &[
    Attribute::text("displayName", "The group's name, unique in the organisation without regard to case.")
        .required()
        .unique(),
    Attribute::complex(
        "members",
        &[
            Attribute::text("value", "The id of the member.").exact().immutable(),
            Attribute::text("$ref", "The address of the member.").references(&["User", "Group"]).immutable(),
            Attribute::text("type", "Whether the member is a User or a Group.")
                .canonical(&["User", "Group"])
                .immutable(),
            Attribute::text("display", "The member's name as the provider sent it.").immutable(),
        ],
        "The members. Membership gives no access to anything that is encrypted.",
    )
    .many(),
];
