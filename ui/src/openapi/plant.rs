//! What was, what people do, and the flow itself.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Content, ContentBuilder, PathItem, PathsBuilder, Required, ResponseBuilder};

/// A route that is described by words alone.
struct Route {
    method: HttpMethod,
    path: &'static str,
    summary: &'static str,
    query: &'static [Parameter],
    /// What is sent, by an example.
    body: Option<&'static str>,
    /// What comes back.
    answer: &'static str,
    refusals: &'static [(&'static str, &'static str)],
}

/// A parameter of the query.
struct Parameter {
    name: &'static str,
    kind: Type,
    about: &'static str,
}

const fn text(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Type::String,
        about,
    }
}

const fn number(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Type::Integer,
        about,
    }
}

const FROM: Parameter = number("from", "from this time, in milliseconds since 1970");
const TO: Parameter = number("to", "up to this time, which is left out; now by default");
const KEY: Parameter = text("key", "the machine; it need not be named where there is only one");
const MOST: Parameter = number("most", "so many entries at most, the newest: 1000 by default");
const UNKNOWN: (&str, &str) = ("404", "There is no such node: `error` says what there is");
const SENSELESS: (&str, &str) = ("422", "The question makes no sense: `error` says why");
const DISK: (&str, &str) = ("503", "The disk cannot be read: `error` says why");

const ROUTES: &[Route] = &[
    Route {
        method: HttpMethod::Get,
        path: "/api/dashboard",
        summary: "The layout of the dashboard: pages, groups, widgets, and the fields that they show",
        query: &[],
        body: None,
        answer: "The layout; its `revision` changes when the flow does",
        refusals: &[],
    },
    Route {
        method: HttpMethod::Get,
        path: "/ws",
        summary: "The live data, over a WebSocket",
        query: &[],
        body: None,
        answer: "The connection is upgraded",
        refusals: &[],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/history/{node}",
        summary: "What a widget has shown: readings, or mean, least and greatest of each step",
        query: &[
            FROM,
            TO,
            number("points", "about so many points a curve: 800 by default"),
            KEY,
            text("format", "`json` (by default), `csv` or `parquet`"),
        ],
        body: None,
        answer: "`times`, and for each field a value for each of them; `stepMs` is 0 where they are readings",
        refusals: &[UNKNOWN, SENSELESS, DISK],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/totals/{node}",
        summary: "What counters rose by in each hour, day or shift, and what that cost",
        query: &[text("by", "`hour` (by default), `day` or `shift`"), FROM, TO, KEY],
        body: None,
        answer: "`buckets`, and for each field what it rose by in each of them",
        refusals: &[UNKNOWN, SENSELESS, DISK],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/files/{node}",
        summary: "The files that a node writes, the newest first",
        query: &[],
        body: None,
        answer: "`name`, `bytes` and when it was `modified` of each",
        refusals: &[UNKNOWN],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/files/{node}/{name}",
        summary: "A file that a node writes",
        query: &[],
        body: None,
        answer: "The file",
        refusals: &[UNKNOWN, DISK],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/files/{node}/{name}/columns",
        summary: "A part of a log that a node writes",
        query: &[
            text("fields", "the columns, apart by commas; all by default"),
            FROM,
            TO,
            KEY,
            number("points", "about so many rows: 800 by default"),
        ],
        body: None,
        answer: "`columns`, `times`, and `values` or `texts` for each of them",
        refusals: &[UNKNOWN, SENSELESS],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/alarms",
        summary: "All alarms that are not normal",
        query: &[],
        body: None,
        answer: "`node`, `alarm`, `key`, `state`, `priority`, `message`, `since` and `value` of each",
        refusals: &[("503", "A node does not answer")],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/alarms/journal",
        summary: "Every change of an alarm, the newest first",
        query: &[FROM, TO, MOST],
        body: None,
        answer: "The changes, with who acknowledged",
        refusals: &[UNKNOWN, DISK],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/alarms/statistics",
        summary: "How often alarms came, which most often, and which chatter (EEMUA 191)",
        query: &[FROM, TO],
        body: None,
        answer: "The figures of the time asked for; of the last day by default",
        refusals: &[UNKNOWN, DISK],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/audit",
        summary: "Who did what, the newest first",
        query: &[FROM, TO, MOST],
        body: None,
        answer: "`time`, `by`, `node`, `operation`, `arguments`, and why it was `refused`",
        refusals: &[UNKNOWN, DISK],
    },
    Route {
        method: HttpMethod::Post,
        path: "/api/controls/{node}",
        summary: "Sets a value",
        query: &[],
        body: Some("{\"value\": 60, \"key\": \"fan-1\"}"),
        answer: "The value that was sent",
        refusals: &[
            UNKNOWN,
            ("405", "The node cannot be operated"),
            (
                "422",
                "The value is not allowed: `error` says why. Nothing was sent",
            ),
        ],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/nodes/{node}/list",
        summary: "What a node has to tell: the alarms of an `alarm`, the runs of an `experiment`",
        query: &[],
        body: None,
        answer: "A list, by the type of the node",
        refusals: &[UNKNOWN, ("405", "The node cannot be operated")],
    },
    Route {
        method: HttpMethod::Post,
        path: "/api/nodes/{node}/{operation}",
        summary: "Operates a node: `acknowledge` an alarm, `start` an experiment; the pages of the node types tell what there is",
        query: &[],
        body: Some("{\"alarm\": \"high\"}"),
        answer: "What came of it, by the operation",
        refusals: &[
            UNKNOWN,
            ("405", "The node cannot be operated"),
            ("422", "It is refused: `error` says why. Nothing was done"),
        ],
    },
    Route {
        method: HttpMethod::Get,
        path: "/api/flow",
        summary: "The flow: its nodes, wires and texts",
        query: &[],
        body: None,
        answer: "The graph, and the files with their texts for who may read them",
        refusals: &[],
    },
    Route {
        method: HttpMethod::Post,
        path: "/api/flow/check",
        summary: "Checks texts of the flow without using them",
        query: &[],
        body: Some("{\"files\": [{\"name\": \"flow.yaml\", \"text\": \"twinflow: 1\"}]}"),
        answer: "The mistakes and warnings, each with its place",
        refusals: &[SENSELESS],
    },
    Route {
        method: HttpMethod::Post,
        path: "/api/flow/complete",
        summary: "What can be written at a place of a text",
        query: &[],
        body: Some("{\"files\": [], \"name\": \"flow.yaml\", \"line\": 3, \"column\": 5}"),
        answer: "Suggestions",
        refusals: &[SENSELESS],
    },
    Route {
        method: HttpMethod::Post,
        path: "/api/flow/hover",
        summary: "What stands at a place of a text",
        query: &[],
        body: Some("{\"files\": [], \"name\": \"flow.yaml\", \"line\": 3, \"column\": 5}"),
        answer: "Markdown",
        refusals: &[SENSELESS],
    },
    Route {
        method: HttpMethod::Put,
        path: "/api/flow/files",
        summary: "Saves texts of the flow, which then runs by them",
        query: &[],
        body: Some("{\"files\": [{\"name\": \"flow.yaml\", \"text\": \"…\"}]}"),
        answer: "They are saved",
        refusals: &[
            ("409", "Somebody else has saved another text meanwhile"),
            (
                "422",
                "The text has mistakes, or the file cannot be written: `error` says so. Nothing was saved",
            ),
        ],
    },
];

/// Adds the routes.
pub(super) fn describe(mut paths: PathsBuilder) -> PathsBuilder {
    for route in ROUTES {
        paths = paths.path(route.path, route.item());
    }
    paths
}

impl Route {
    fn item(&self) -> PathItem {
        let mut operation = OperationBuilder::new()
            .summary(Some(self.summary))
            .response("200", ResponseBuilder::new().description(self.answer));
        let names = self.path.split(['{', '}']).skip(1).step_by(2);
        for name in names {
            operation = operation.parameter(parameter(name, ParameterIn::Path, Type::String, None));
        }
        for Parameter { name, kind, about } in self.query {
            operation = operation.parameter(parameter(name, ParameterIn::Query, kind.clone(), Some(about)));
        }
        if let Some(example) = self.body {
            let body = RequestBodyBuilder::new().content("application/json", content(example));
            operation = operation.request_body(Some(body.build()));
        }
        for (code, about) in self.refusals {
            operation = operation.response(*code, ResponseBuilder::new().description(*about));
        }
        PathItem::new(self.method.clone(), operation)
    }
}

fn object(kind: Type) -> Object {
    ObjectBuilder::new().schema_type(kind).build()
}

fn content(example: &str) -> Content {
    let example: serde_json::Value = serde_json::from_str(example).unwrap_or_default();
    ContentBuilder::new()
        .schema(Some(Schema::from(object(Type::Object))))
        .example(Some(example))
        .build()
}

fn parameter(name: &str, place: ParameterIn, kind: Type, about: Option<&str>) -> ParameterBuilder {
    let required = match place {
        ParameterIn::Path => Required::True,
        _ => Required::False,
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .schema(Some(Schema::from(object(kind))))
        .description(about)
}
