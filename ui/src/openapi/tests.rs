//! The description has every route.

use serde_json::Value;

use super::describe;
use crate::access::table::RULES;

#[test]
fn every_route_that_programs_use_is_described() {
    let described = serde_json::to_value(describe("Plant", &[])).unwrap_or_default();
    // Pages for people, and what only a flow with models has.
    let is_for_programs = |path: &str| {
        let of_models = ["/predict", "/score", "/model"];
        let of_people = ["/ui", "/flow", "/docs", "/openapi.json"];
        path != "/"
            && !of_models
                .iter()
                .chain(&of_people)
                .any(|start| path.starts_with(start))
    };
    let missing: Vec<String> = RULES
        .iter()
        .filter(|rule| is_for_programs(rule.path))
        .filter(|rule| described["paths"][rule.path][rule.method.to_lowercase()] == Value::Null)
        .map(|rule| format!("{} {}", rule.method, rule.path))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
