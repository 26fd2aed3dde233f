//! What the server can do: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 section
//! 4), and the queries at the root.

use super::answer::{answer, listed};
use super::auth::Organisation;
use super::error::ScimError;
use super::listing::list;
use super::parameters::Parameters;
use super::request::{Document, Name, PAGE, Wanted};
use super::schema::Resource;
use crate::http::App;
use crate::origin::Origin;
use crate::scim_log::Note;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Response, ScimError>;

/// Users and Groups together.
pub(super) async fn root(org: Organisation, note: Note, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    list(&app, org, &note, &Resource::ALL, parameters.wanted()?).await
}

pub(super) async fn search(org: Organisation, note: Note, State(app): State<Arc<App>>, document: Document) -> Answer {
    let (wanted, _held) = document.read(Wanted::search).await?;
    list(&app, org, &note, &Resource::ALL, wanted).await
}

pub(super) async fn config(_: Organisation, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    unfiltered(&parameters)?;
    Ok(answer(
        StatusCode::OK,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": true},
            "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": true, "maxResults": PAGE},
            "changePassword": {"supported": false},
            "sort": {"supported": true},
            // Versions and conditions work, and are not announced: clients that read `true` here
            // name versions of their own, and then none of their changes would be done. See
            // docs/SCIM.md#versions.
            "etag": {"supported": false},
            "authenticationSchemes": [{
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token of the organisation in the Authorization header, made by the server's administrator.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": true,
            }],
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": format!("{}/scim/v2/ServiceProviderConfig", app.origin),
            },
        }),
    ))
}

pub(super) async fn resource_types(_: Organisation, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    unfiltered(&parameters)?;
    Ok(all(Resource::ALL.into_iter().map(|resource| resource_type(resource, &app.origin))))
}

pub(super) async fn one_resource_type(_: Organisation, State(app): State<Arc<App>>, Name(name): Name) -> Answer {
    let found = Resource::ALL.into_iter().find(|resource| resource.name() == name);
    let found = found.ok_or_else(|| ScimError::new(404, "There is no such resource type."))?;
    Ok(answer(StatusCode::OK, &resource_type(found, &app.origin)))
}

pub(super) async fn schemas(_: Organisation, State(app): State<Arc<App>>, parameters: Parameters) -> Answer {
    unfiltered(&parameters)?;
    Ok(all(Resource::schemas().into_iter().map(|(id, schema)| located(id, schema, &app.origin))))
}

pub(super) async fn one_schema(_: Organisation, State(app): State<Arc<App>>, Name(urn): Name) -> Answer {
    let found = Resource::schemas().into_iter().find(|(id, _)| id.eq_ignore_ascii_case(&urn));
    let (id, schema) = found.ok_or_else(|| ScimError::new(404, "There is no such schema."))?;
    Ok(answer(StatusCode::OK, &located(id, schema, &app.origin)))
}

fn resource_type(resource: Resource, origin: &Origin) -> Value {
    let extensions: Vec<Value> =
        resource.extensions().iter().map(|schema| json!({"schema": schema.id, "required": false})).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": resource.name(),
        "name": resource.name(),
        "description": resource.core().description,
        "endpoint": format!("/{}", resource.endpoint()),
        "schema": resource.core().id,
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{origin}/scim/v2/ResourceTypes/{}", resource.name())},
    })
}

fn located(id: &str, mut schema: Value, origin: &Origin) -> Value {
    schema["meta"] = json!({"resourceType": "Schema", "location": format!("{origin}/scim/v2/Schemas/{id}")});
    schema
}

fn all(descriptions: impl Iterator<Item = Value>) -> Response {
    let all: Vec<Value> = descriptions.collect();
    listed(i64::try_from(all.len()).expect("invariant: a handful of descriptions"), 1, &all)
}

/// RFC 7644 section 4: a filter here is refused.
fn unfiltered(parameters: &Parameters) -> Result<(), ScimError> {
    match parameters.named("filter") {
        None => Ok(()),
        Some(_) => Err(ScimError::new(403, "What the server can do is not filtered.")),
    }
}
