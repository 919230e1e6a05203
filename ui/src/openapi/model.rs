//! The part of the description that is about models.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder,
};

use super::text;
use crate::predict::{FeatureInfo, MAX_BODY_BYTES, MAX_EXPLAINED, MAX_READINGS, NamedModel};

/// Adds the addresses of the models, each with the readings that it wants; nothing when there is none.
pub(super) fn describe(
    models: &[NamedModel],
    mut paths: PathsBuilder,
    mut components: ComponentsBuilder,
) -> (PathsBuilder, ComponentsBuilder) {
    let Some(first) = models.first() else {
        return (paths, components);
    };
    let asking = format!(
        "Ask the model of `{}`, the first of the flow, about one reading or many",
        first.name
    );
    let schema = schema_name(&first.name);
    paths = paths
        .path("/predict", predict(&asking, &schema))
        .path("/score", predict("The same as `/predict`", &schema))
        .path("/model", model(&first.name))
        .path("/models", list());
    for NamedModel { name, predictor } in models {
        let asking = format!("Ask the model of `{name}` about one reading or many");
        let schema = schema_name(name);
        let the_same = format!("The same as `/models/{name}/predict`");
        paths = paths
            .path(format!("/models/{name}"), model(name))
            .path(format!("/models/{name}/predict"), predict(&asking, &schema))
            .path(format!("/models/{name}/score"), predict(&the_same, &schema));
        components = components.schema(schema, reading(&predictor.features()));
    }
    components = components
        .schema("Prediction", prediction())
        .schema("Explanation", explanation())
        .schema("ValidationError", validation_error());
    (paths, components)
}

/// The name of what a model wants, of the characters that OpenAPI allows in names.
fn schema_name(model: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    format!("Reading-{}", model.chars().map(allowed).collect::<String>())
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number)
}

/// The request: every feature, nothing else. The examples are in the middle of what the model has seen.
fn reading(features: &[FeatureInfo]) -> Schema {
    let mut object =
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for FeatureInfo { name, unit, range } in features {
        let unit = unit.as_deref().map(|unit| format!("in {unit}"));
        let trained = range.map(|(low, high)| format!("the model was trained on {low:.3} to {high:.3}"));
        let told: Vec<String> = unit.into_iter().chain(trained).collect();
        let middle = range.map(|(low, high)| ((low + high) / 2.0 * 1000.0).round() / 1000.0);
        let field = number()
            .description((!told.is_empty()).then(|| told.join("; ")))
            .examples(middle.map(|middle| serde_json::json!(middle)));
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

fn predict(summary: &str, reading: &str) -> PathItem {
    let body = RequestBodyBuilder::new()
        .description(Some(format!(
            "A reading, or a list of up to {MAX_READINGS} of them ({MAX_EXPLAINED} with `explain=true`)"
        )))
        .content(
            "application/json",
            json(one_or_many(reading, Some(MAX_READINGS))).build(),
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

fn model(name: &str) -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some(format!(
            "What the model of `{name}` is: features, classes, training, figures"
        )))
        .response(
            "200",
            ResponseBuilder::new()
                .description("As `twinflow model show --format json` tells it")
                .content("application/json", ContentBuilder::new().build()),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn list() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some(
            "The models of the flow, by the names of their `classify` nodes",
        ))
        .response(
            "200",
            ResponseBuilder::new()
                .description(
                    "A list: `name`, and the `features` that a reading needs, with `unit` and `range`",
                )
                .content("application/json", ContentBuilder::new().build()),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn answer(description: &str, schema: &str) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", json(reference(schema)).build())
}
