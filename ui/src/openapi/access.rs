//! Describes how to show who one is.

use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, PathItem, PathsBuilder, RefOr, Required, ResponseBuilder, Schema,
};

const TOKEN: &str = "token";

/// Adds the log-in to the paths.
pub fn describe(paths: PathsBuilder) -> PathsBuilder {
    paths
        .path("/api/me", me())
        .path("/api/login", login())
        .path("/api/logout", logout())
}

/// Adds the tokens of programs.
pub fn schemes(components: ComponentsBuilder) -> ComponentsBuilder {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A token of `twinflow user token`, where the server asks for a log-in",
        ))
        .build();
    components.security_scheme(TOKEN, SecurityScheme::Http(token))
}

/// By a token, or by nothing: on its own machine the server asks nobody, and browsers send their session by themselves.
pub fn ways() -> [SecurityRequirement; 2] {
    [
        SecurityRequirement::default(),
        SecurityRequirement::new(TOKEN, [] as [&str; 0]),
    ]
}

fn me() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some(
            "Who one is to this server, and whether it asks for a log-in",
        ))
        .response(
            "200",
            ResponseBuilder::new().description(
                "`name` and `role`, both null before a log-in; `loginRequired`; `canLogOut`; `roles`",
            ),
        );
    PathItem::new(HttpMethod::Get, operation)
}

fn login() -> PathItem {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let credentials = ObjectBuilder::new()
        .property("name", text())
        .property("password", text())
        .required("name")
        .required("password");
    let body = ContentBuilder::new().schema(Some(RefOr::T(Schema::from(credentials.build()))));
    let body = RequestBodyBuilder::new()
        .content("application/json", body.build())
        .required(Some(Required::True));
    let operation = OperationBuilder::new()
        .summary(Some("Logs a person in; programs send a token instead"))
        .request_body(Some(body.build()))
        .response(
            "200",
            ResponseBuilder::new().description("As `/api/me`, with the cookie of the session"),
        )
        .response(
            "401",
            ResponseBuilder::new().description("The name or the password is wrong"),
        )
        .response(
            "409",
            ResponseBuilder::new().description("Nobody has to log in here"),
        )
        .response(
            "429",
            ResponseBuilder::new().description("Too many tries: `Retry-After` tells how long to wait"),
        );
    PathItem::new(HttpMethod::Post, operation)
}

fn logout() -> PathItem {
    let operation = OperationBuilder::new()
        .summary(Some("Ends the session"))
        .response(
            "200",
            ResponseBuilder::new().description("As `/api/me` before a log-in"),
        );
    PathItem::new(HttpMethod::Post, operation)
}
