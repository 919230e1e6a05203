//! The API's description, with the features of the flow's own model.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref,
    RefOr, Required, ResponseBuilder,
};

use crate::predict::FeatureInfo;

/// Describes the API of a flow called `name`, whose model wants `features`.
#[must_use]
pub fn describe(name: &str, features: &[FeatureInfo]) -> OpenApi {
    let info = InfoBuilder::new()
        .title(format!("{name} - twinflow"))
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Ask the flow's fault model, and see how the flow is doing."));
    let mut paths = PathsBuilder::new()
        .path("/healthz", health())
        .path("/readyz", ready())
        .path("/api/status", status())
        .path("/api/nodes", nodes())
        .path("/api/tap/{node}", tap())
        .path("/metrics", metrics());
    let mut components = ComponentsBuilder::new();
    if !features.is_empty() {
        paths = paths.path("/predict", predict());
        components = components
            .schema("Reading", reading(features))
            .schema("Prediction", prediction())
            .schema("ValidationError", validation_error());
    }
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// The request: every feature, nothing else. The examples are in the middle of what the model has seen.
fn reading(features: &[FeatureInfo]) -> Schema {
    let mut object =
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for FeatureInfo {
        name,
        unit,
        range: (low, high),
    } in features
    {
        let unit = unit
            .as_deref()
            .map(|unit| format!("in {unit}; "))
            .unwrap_or_default();
        let middle = ((low + high) / 2.0 * 1000.0).round() / 1000.0;
        let field = number()
            .description(Some(format!(
                "{unit}the model was trained on {low:.3} to {high:.3}"
            )))
            .examples([serde_json::json!(middle)]);
        object = object.property(name, field).required(name);
    }
    object.build().into()
}

fn prediction() -> Schema {
    let severities = ["None", "Low", "Medium", "High"];
    ObjectBuilder::new()
        .property(
            "fault_code",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some("0 is normal operation")),
        )
        .property("fault_label", text())
        .property("confidence", number().minimum(Some(0)).maximum(Some(1)))
        .property("severity", text().enum_values(Some(severities)))
        .property("advice", text())
        .required("fault_code")
        .required("fault_label")
        .required("confidence")
        .required("severity")
        .required("advice")
        .build()
        .into()
}

fn validation_error() -> Schema {
    let fault = ObjectBuilder::new()
        .property(
            "loc",
            ArrayBuilder::new()
                .items(text())
                .description(Some("where: `body`, then the field")),
        )
        .property("msg", text())
        .property("type", text())
        .required("loc")
        .required("msg")
        .required("type");
    ObjectBuilder::new()
        .property("detail", ArrayBuilder::new().items(fault))
        .required("detail")
        .build()
        .into()
}

fn reference(schema: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(schema))
}

fn json(schema: RefOr<Schema>) -> ContentBuilder {
    ContentBuilder::new().schema(Some(schema))
}

fn predict() -> PathItem {
    let body = RequestBodyBuilder::new()
        .content("application/json", json(reference("Reading")).build())
        .required(Some(Required::True));
    let operation = OperationBuilder::new()
        .summary(Some("Name the fault that a reading shows"))
        .request_body(Some(body.build()))
        .response("200", answer("The model's answer", "Prediction"))
        .response(
            "413",
            ResponseBuilder::new().description("The body is larger than 64 KiB"),
        )
        .response(
            "422",
            answer(
                "A field is unknown, missing, or not a finite number",
                "ValidationError",
            ),
        );
    PathItem::new(HttpMethod::Post, operation)
}

fn answer(description: &str, schema: &str) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", json(reference(schema)).build())
}

fn health() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Whether the server is up"))
        .response(
            "200",
            ResponseBuilder::new().description("It is: the body is `ok`"),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn ready() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Whether every node can do its work"))
        .response("200", ResponseBuilder::new().description("Every node can"))
        .response(
            "503",
            ResponseBuilder::new()
                .description("`notReady` lists the nodes that cannot, each with the reason"),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn nodes() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some(
            "Every node in the order of the flow: type, counters, queue, times, state",
        ))
        .response(
            "200",
            ResponseBuilder::new().description("A snapshot of the running flow"),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn tap() -> PathItem {
    let parameter = |name: &str, place: ParameterIn, schema: ObjectBuilder, description: &str| {
        ParameterBuilder::new()
            .name(name)
            .required(match place {
                ParameterIn::Path => Required::True,
                _ => Required::False,
            })
            .parameter_in(place)
            .schema(Some(Schema::from(schema.build())))
            .description(Some(description))
    };
    let count = ObjectBuilder::new().schema_type(Type::Integer);
    let operation = OperationBuilder::new()
        .summary(Some("What leaves a node, live: one JSON object a line"))
        .parameter(parameter(
            "node",
            ParameterIn::Path,
            text(),
            "the node, such as `fan`; or one of its outputs, such as `switch.hot` or `fan.error`",
        ))
        .parameter(parameter("records", ParameterIn::Query, count, "end after so many records"))
        .parameter(parameter("key", ParameterIn::Query, text(), "only records of this machine"))
        .response(
            "200",
            ResponseBuilder::new()
                .description("`time`, `key`, `node`, `output` and `fields` of each record; `{\"missed\": n}` for those that went by")
                .content("application/x-ndjson", ContentBuilder::new().build()),
        )
        .response(
            "404",
            ResponseBuilder::new().description("There is no such node or output: `error` says which is meant"),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn metrics() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Counters, queues and times of every node, for Prometheus"))
        .response("200", ResponseBuilder::new().description("OpenMetrics text"));
    PathItem::new(HttpMethod::Get, operation)
}

fn status() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Counters of every node, and what went wrong"))
        .response(
            "200",
            ResponseBuilder::new().description("A snapshot of the running flow"),
        );
    PathItem::new(HttpMethod::Get, operation)
}
