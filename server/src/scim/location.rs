//! Where a resource is: its address below the configured origin, for `meta.location`, `$ref` and
//! headers.

use super::schema::Resource;
use crate::origin::Origin;
use firstkey_core::crypto::context::AccountId;

/// The address of the resource with that id.
pub(super) fn location(resource: Resource, id: [u8; 16], origin: &Origin) -> String {
    format!("{origin}/scim/v2/{}/{}", resource.endpoint(), AccountId::heard(id))
}

#[cfg(test)]
mod tests {
    use super::location;
    use crate::scim::schema::Resource;

    #[test]
    fn resources_are_at_the_configured_origin() {
        let origin = crate::origin::read("https://accounts.example.org").expect("an origin");
        let id = "07070707-0707-0707-0707-070707070707";
        for (resource, list) in [(Resource::User, "Users"), (Resource::Group, "Groups")] {
            let want = format!("https://accounts.example.org/scim/v2/{list}/{id}");
            assert_eq!(location(resource, [7; 16], &origin), want);
        }
    }
}
