//! The API's description, with the features of the flow's own models.

mod access;
mod model;
mod plant;
#[cfg(test)]
mod tests;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder,
    Required, ResponseBuilder,
};

use crate::predict::NamedModel;

/// Describes the API of a flow called `name` with these models.
#[must_use]
pub fn describe(name: &str, models: &[NamedModel]) -> OpenApi {
    let info = InfoBuilder::new()
        .title(format!("{name} - twinflow"))
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Ask the flow's models, see how the flow is doing and was, and operate it.",
        ));
    let paths = PathsBuilder::new()
        .path("/healthz", health())
        .path("/readyz", ready())
        .path("/api/status", status())
        .path("/api/nodes", nodes())
        .path("/api/reload", reload())
        .path("/api/tap/{node}", tap())
        .path("/metrics", metrics());
    let paths = access::describe(plant::describe(paths));
    let (paths, components) = model::describe(models, paths, ComponentsBuilder::new());
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(access::schemes(components).build()))
        .security(Some(access::ways()))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
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
