//! What every resource has (RFC 7643 section 3.1). These attributes are in no schema of their own,
//! so `/Schemas` does not list them.

use super::{Attribute, Kind, Returned};

pub(super) const COMMON: &[Attribute] = &[
    Attribute {
        returned: Returned::Always,
        ..Attribute::of("schemas", Kind::Reference, "").many().exact().read_only()
    },
    Attribute { returned: Returned::Always, ..Attribute::text("id", "").exact().unique().read_only() },
    Attribute::text("externalId", "").exact(),
    Attribute::complex(
        "meta",
        &[
            Attribute::text("resourceType", "").exact().read_only(),
            Attribute::of("created", Kind::Moment, "").read_only(),
            Attribute::of("lastModified", Kind::Moment, "").read_only(),
            Attribute::text("location", "").references(&["uri"]).read_only(),
            Attribute::text("version", "").exact().read_only(),
        ],
        "",
    )
    .read_only(),
];
