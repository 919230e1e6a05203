//! `control`: what people set goes out as a record, what may not be set never does, and the dashboard sees what holds.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use twinflow_engine::node::Operation;
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{OperationError, Running, TapReader, Watched, start};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use crate::support::inlet::{Inlet, compile};

const CONTROLS: &str = "
  speed: { type: control, from: in, widget: slider, field: speed, sends: speed_command_pct, step: 5 }
  mode:
    type: control
    from: in
    widget: select
    field: mode
    options: [{ value: automatic, label: Automatic }, { value: manual, label: By hand }]
  fault:
    type: control
    from: in
    widget: select
    sends: fault
    options: [{ value: { class: none }, label: None }, { value: { class: imbalance, severity: 0.9 }, label: Imbalance }]
  lamp: { type: control, from: in, widget: switch, sends: lamp }
  show: { type: dashboard-widget, from: in, widget: value, fields: [speed] }
";

struct Bench {
    running: Running,
    watched: Arc<Watched>,
    inlet: Inlet,
}

impl Bench {
    fn new() -> Self {
        let fields = vec![
            Field::new("speed", FieldType::Number(Unit::parse("%").unwrap())).ranged(0.0, 100.0),
            Field::new("mode", FieldType::Text),
        ];
        let (graph, inlet) = compile(Path::new(""), fields, CONTROLS);
        let running = start(&graph).unwrap();
        Self {
            watched: running.watched(),
            running,
            inlet,
        }
    }

    async fn reports(&self, machine: &'static str, speed: f64) {
        let values = vec![Value::Number(speed), Value::Text("manual".into())];
        assert_eq!(
            self.inlet.give(vec![(1, machine, values)]).await,
            Ok(Delivery::Done)
        );
    }

    async fn ask(&self, node: &str, name: &str, arguments: Json) -> Result<Json, OperationError> {
        let operation = Operation {
            name: name.to_owned(),
            arguments,
            by: "test".into(),
        };
        self.watched.operate(node, operation).await
    }

    async fn set(&self, node: &str, arguments: Json) -> Result<Json, String> {
        self.ask(node, "set", arguments)
            .await
            .map_err(|error| error.to_string())
    }

    fn tap(&self, node: &str) -> TapReader {
        self.watched.tap(node).unwrap().1
    }
}

async fn next(tap: &mut TapReader) -> (String, Value) {
    let tapped = tap.next().await.unwrap();
    let batch = tapped.batch.unwrap().1;
    let schema = batch.schema();
    assert_eq!((batch.len(), schema.width()), (1, 1));
    (schema.get(0).unwrap().name.to_string(), batch.value(0, 0))
}

#[tokio::test]
async fn what_is_set_goes_out_as_a_record_of_one_field() {
    let bench = Bench::new();
    bench.reports("fan-1", 40.0).await;
    let mut taps = ["speed", "mode", "fault", "lamp"].map(|node| bench.tap(node));
    assert_eq!(
        bench.set("speed", json!({"value": 60})).await,
        Ok(json!({"value": 60}))
    );
    bench
        .set("mode", json!({"value": "automatic", "key": "fan-1"}))
        .await
        .unwrap();
    let fault = json!({"class": "imbalance", "severity": 0.9});
    bench.set("fault", json!({ "value": fault })).await.unwrap();
    bench.set("lamp", json!({"value": true})).await.unwrap();
    let expected = [
        ("speed_command_pct", Value::Number(60.0)),
        ("mode", Value::Text("automatic".into())),
        ("fault", Value::Json(fault.into())),
        ("lamp", Value::Boolean(true)),
    ];
    for (tap, (name, value)) in taps.iter_mut().zip(expected) {
        assert_eq!(next(tap).await, (name.to_owned(), value));
    }
    bench.running.stop().await;
}

#[tokio::test]
async fn what_may_not_be_set_is_refused_with_the_reason_and_goes_nowhere() {
    let bench = Bench::new();
    let mut tap = bench.tap("speed");
    let refused = [
        (
            "speed",
            json!({"value": 120}),
            "120 % is above 100 %, the most that is allowed",
        ),
        (
            "speed",
            json!({"value": -1e300}),
            "below 0 %, the least that is allowed",
        ),
        (
            "speed",
            json!({"value": "fast"}),
            "expected a number, found `\"fast\"`",
        ),
        ("speed", json!({}), "expected a number, found `null`"),
        ("speed", json!([60]), "expected a number, found `null`"),
        (
            "mode",
            json!({"value": "eco"}),
            "`\"eco\"` is none of `\"automatic\"`, `\"manual\"`",
        ),
        ("lamp", json!({"value": 1}), "expected true or false, found `1`"),
        (
            "speed",
            json!({"value": 1, "key": 7}),
            "`key` is the name of a machine, found `7`",
        ),
        (
            "speed",
            json!({"value": 1, "key": "x"}),
            "no machine has reported yet",
        ),
    ];
    for (node, arguments, reason) in refused {
        let told = bench.set(node, arguments).await.unwrap_err();
        assert!(told.contains(reason), "{told}");
    }
    // The first that goes out is the first that was let through.
    bench.set("speed", json!({"value": 0})).await.unwrap();
    assert_eq!(next(&mut tap).await.1, Value::Number(0.0));
    bench.running.stop().await;
}

#[tokio::test]
async fn of_several_machines_one_must_be_named() {
    let bench = Bench::new();
    bench.reports("fan-1", 40.0).await;
    bench.reports("fan-2", 50.0).await;
    let told = bench.set("speed", json!({"value": 60})).await.unwrap_err();
    assert_eq!(told, "say which machine is meant: `fan-1`, `fan-2`");
    let told = bench
        .set("speed", json!({"value": 60, "key": "fan-3"}))
        .await
        .unwrap_err();
    assert_eq!(told, "there is no machine `fan-3`; there is `fan-1`, `fan-2`");
    let mut tap = bench.tap("speed");
    bench
        .set("speed", json!({"value": 60, "key": "fan-2"}))
        .await
        .unwrap();
    let tapped = tap.next().await.unwrap();
    assert_eq!(
        &*bench.watched.keys.name(tapped.batch.unwrap().1.keys()[0]),
        "fan-2"
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn the_dashboard_sees_what_the_machine_reports_or_else_what_was_set() {
    let bench = Bench::new();
    bench.reports("fan-1", 40.0).await;
    bench.set("speed", json!({"value": 60})).await.unwrap();
    bench.set("lamp", json!({"value": true})).await.unwrap();
    let rows = |node: &str| {
        let rows = bench.watched.feed(node).unwrap().rows_since(0, 100).unwrap().rows;
        rows.into_iter()
            .map(|(.., values)| values[0].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("speed"), [Value::Number(40.0)]);
    assert_eq!(rows("lamp"), [Value::Boolean(true)]);
    bench.running.stop().await;
}

#[tokio::test]
async fn only_a_node_that_can_be_operated_is() {
    let bench = Bench::new();
    let wrong = bench.ask("show", "set", json!({"value": 1})).await;
    assert_eq!(wrong, Err(OperationError::NotOperable("show".to_owned())));
    let wrong = bench.ask("sped", "set", json!({"value": 1})).await;
    assert_eq!(wrong, Err(OperationError::UnknownNode("sped".to_owned())));
    let wrong = bench
        .ask("speed", "open", json!({}))
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(wrong, "a control can be asked to `set`, not to `open`");
    bench.running.stop().await;
}
