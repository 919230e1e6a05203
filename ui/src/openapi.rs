//! The API's description, with the features of the flow's own model.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref,
    RefOr, Required, ResponseBuilder,
};

use crate::predict::{FeatureInfo, MAX_BODY_BYTES, MAX_EXPLAINED, MAX_READINGS};

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
        .path("/api/reload", reload())
        .path("/api/tap/{node}", tap())
        .path("/metrics", metrics());
    let mut components = ComponentsBuilder::new();
    if !features.is_empty() {
        paths = paths
            .path(
                "/predict",
                predict("Name the fault that a reading shows, or many readings"),
            )
            .path("/score", predict("The same as `/predict`"))
            .path("/model", model());
        components = components
            .schema("Reading", reading(features))
            .schema("Prediction", prediction())
            .schema("Explanation", explanation())
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
        .property("explanation", reference("Explanation"))
        .required("fault_code")
        .required("fault_label")
        .required("confidence")
        .required("severity")
        .required("advice")
        .build()
        .into()
}

/// The base and all contributions add up to the confidence.
fn explanation() -> Schema {
    let contribution = ObjectBuilder::new()
        .property("feature", text())
        .property("value", number())
        .property(
            "contribution",
            number().description(Some("what the feature adds to the probability of the class")),
        )
        .required("feature")
        .required("value")
        .required("contribution");
    ObjectBuilder::new()
        .description(Some(
            "Only with `explain=true`; base and contributions add up to the confidence",
        ))
        .property(
            "base",
            number().description(Some("the probability of the class before any feature is known")),
        )
        .property(
            "contributions",
            ArrayBuilder::new()
                .items(contribution)
                .description(Some("the greatest first")),
        )
        .required("base")
        .required("contributions")
        .build()
        .into()
}

fn validation_error() -> Schema {
    let fault = ObjectBuilder::new()
        .property(
            "loc",
            ArrayBuilder::new()
                .items(
                    OneOfBuilder::new()
                        .item(text())
                        .item(ObjectBuilder::new().schema_type(Type::Integer)),
                )
                .description(Some(
                    "where: `body`, in a list the reading's number from 0, then the field",
                )),
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

/// One `schema`, or a list of them.
fn one_or_many(schema: &str, most: Option<usize>) -> RefOr<Schema> {
    let many = ArrayBuilder::new().items(reference(schema)).max_items(most);
    RefOr::T(OneOfBuilder::new().item(reference(schema)).item(many).into())
}

fn predict(summary: &str) -> PathItem {
    let body = RequestBodyBuilder::new()
        .description(Some(format!(
            "A reading, or a list of up to {MAX_READINGS} of them ({MAX_EXPLAINED} with `explain=true`)"
        )))
        .content(
            "application/json",
            json(one_or_many("Reading", Some(MAX_READINGS))).build(),
        )
        .required(Some(Required::True));
    let operation = OperationBuilder::new()
        .summary(Some(summary))
        .parameter(
            ParameterBuilder::new()
                .name("explain")
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .schema(Some(Schema::from(
                    ObjectBuilder::new().schema_type(Type::Boolean).build(),
                )))
                .description(Some("whether to tell what each feature adds")),
        )
        .request_body(Some(body.build()))
        .response(
            "200",
            ResponseBuilder::new()
                .description("The model's answer; to a list, a list of answers in the same order")
                .content("application/json", json(one_or_many("Prediction", None)).build()),
        )
        .response(
            "413",
            answer(
                &format!("The body is larger than {} MiB", MAX_BODY_BYTES / (1024 * 1024)),
                "ValidationError",
            ),
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

fn model() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("What the model is: features, classes, training, figures"))
        .response(
            "200",
            ResponseBuilder::new()
                .description("As `twinflow model show --format json` tells it")
                .content("application/json", ContentBuilder::new().build()),
        );
    PathItem::new(HttpMethod::Get, operation)
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

fn reload() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Reads the flow file again, and makes the running flow what it says"))
        .response(
            "200",
            ResponseBuilder::new()
                .description("The names of the nodes `added`, `removed` and `changed`; `state` tells what became of what nodes remembered"),
        )
        .response(
            "409",
            ResponseBuilder::new().description("The flow is not one of a file, or is being stopped"),
        )
        .response(
            "422",
            ResponseBuilder::new()
                .description("The file cannot be used: `error` is the whole report, and the flow runs on as it was"),
        );
    PathItem::new(HttpMethod::Post, operation)
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
