//! User (RFC 7643 section 4.1).

use super::{Attribute, Kind, Mutability, Returned, Schema};

pub(super) static USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User Account",
    attributes: ATTRIBUTES,
};

const DISPLAY: Attribute = Attribute::text("display", "How the value is shown.");
const TYPE: Attribute = Attribute::text("type", "What the value is for.");
const WORK_OR_HOME: Attribute = TYPE.canonical(&["work", "home", "other"]);
const PRIMARY: Attribute =
    Attribute::of("primary", Kind::Boolean, "Whether this is the preferred one; true at most once.");

const ATTRIBUTES: &[Attribute] = &[
    Attribute::text(
        "userName",
        "What the provider calls the person; unique in the organisation, compared as RFC 8265 says.",
    )
    .required()
    .unique(),
    Attribute::complex(
        "name",
        &[
            Attribute::text("formatted", "The whole name."),
            Attribute::text("familyName", "The family name."),
            Attribute::text("givenName", "The given name."),
            Attribute::text("middleName", "The middle names."),
            Attribute::text("honorificPrefix", "A title before the name."),
            Attribute::text("honorificSuffix", "What stands behind the name."),
        ],
        "The parts of the name.",
    ),
    Attribute::text("displayName", "The name that is shown."),
    Attribute::text("nickName", "What the person is called."),
    Attribute::text("profileUrl", "A page about the person.").references(&["external"]),
    Attribute::text("title", "The person's title."),
    Attribute::text("userType", "The relation to the organisation."),
    Attribute::text("preferredLanguage", "The preferred language."),
    Attribute::text("locale", "Where the person is, for formats."),
    Attribute::text("timezone", "The person's time zone."),
    Attribute::of("active", Kind::Boolean, "Whether the person may use the account. Losing it takes effect at once."),
    Attribute {
        mutability: Mutability::WriteOnly,
        returned: Returned::Never,
        ..Attribute::text(
            "password",
            "Accepted and thrown away: accounts here have a password that only the person knows.",
        )
        .exact()
    },
    Attribute::complex(
        "emails",
        &[Attribute::text("value", "The address."), DISPLAY, WORK_OR_HOME, PRIMARY],
        "E-mail addresses. The primary one, else the first, is where the invitation goes.",
    )
    .many(),
    Attribute::complex(
        "phoneNumbers",
        &[
            Attribute::text("value", "The number, as it was sent."),
            DISPLAY,
            TYPE.canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
            PRIMARY,
        ],
        "Phone numbers.",
    )
    .many(),
    Attribute::complex(
        "ims",
        &[
            Attribute::text("value", "The address."),
            DISPLAY,
            TYPE.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
            PRIMARY,
        ],
        "Addresses for instant messages.",
    )
    .many(),
    Attribute::complex(
        "photos",
        &[
            Attribute::text("value", "The address of the picture.").references(&["external"]),
            DISPLAY,
            TYPE.canonical(&["photo", "thumbnail"]),
            PRIMARY,
        ],
        "Pictures.",
    )
    .many(),
    Attribute::complex(
        "addresses",
        &[
            Attribute::of("formatted", Kind::Lines, "The whole address."),
            Attribute::of("streetAddress", Kind::Lines, "Street and number."),
            Attribute::text("locality", "The town."),
            Attribute::text("region", "The state or region."),
            Attribute::text("postalCode", "The postal code."),
            Attribute::text("country", "The country, as it was sent."),
            WORK_OR_HOME,
            PRIMARY,
        ],
        "Postal addresses.",
    )
    .many(),
    Attribute::complex(
        "groups",
        &[
            Attribute::text("value", "The id of the group.").exact().read_only(),
            Attribute::text("$ref", "The address of the group.").references(&["User", "Group"]).read_only(),
            Attribute::text("display", "The group's name.").read_only(),
            Attribute::text("type", "Always direct.").canonical(&["direct", "indirect"]).read_only(),
        ],
        "The groups that the person is a member of; changed through the groups.",
    )
    .many()
    .read_only(),
    Attribute::complex(
        "entitlements",
        &[Attribute::text("value", "The entitlement."), DISPLAY, TYPE, PRIMARY],
        "What the person is entitled to elsewhere; means nothing here.",
    )
    .many(),
    Attribute::complex(
        "roles",
        &[Attribute::text("value", "The role."), DISPLAY, TYPE, PRIMARY],
        "Roles elsewhere; mean nothing here.",
    )
    .many(),
    Attribute::complex(
        "x509Certificates",
        &[Attribute::of("value", Kind::Binary, "The certificate, DER in base64.").exact(), DISPLAY, TYPE, PRIMARY],
        "Certificates; this server does not use them.",
    )
    .many(),
];
