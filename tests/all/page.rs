//! The page as a browser gets it: what its first picture needs is in it.

use std::fs;

use serde_json::{Value, json};

use crate::program::Program;

/// Names are the user's: also one that looks like the end of a script.
const FAN: &str = "
twinflow: 1
name: Fan</script><b>1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  machine: { type: virtual-fan, broker: plant, topic: fans, asset_id: left }
  fan: { type: mqtt-in, broker: plant, topic: fans, key: asset_id, fields: { temp: { unit: °C } } }
  temperature: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }
";

fn beginning(program: &Program) -> (u16, Value) {
    let (code, page) = program.request("GET", "/", &[], "");
    let (_, rest) = page.split_once("id=\"beginning\">").expect("a place for it");
    let (json, after) = rest.split_once("</script>").expect("its end");
    assert!(after.contains("</html>"), "{after}");
    (code, serde_json::from_str(json).unwrap())
}

#[test]
fn it_has_its_layout_and_the_newest_readings_in_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FAN).unwrap();
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    program.wait_for_status(|status| status["nodes"]["temperature"]["in"].as_u64() > Some(3));
    let (code, begun) = beginning(&program);
    assert_eq!((code, &begun["me"]["name"]), (200, &json!("local")));
    let (_, dashboard) = program.request("GET", "/api/dashboard", &[], "");
    let shown = &begun;
    assert_eq!(
        shown["dashboard"],
        serde_json::from_str::<Value>(&dashboard).unwrap()
    );
    assert_eq!(shown["dashboard"]["name"], "Fan</script><b>1");
    let of = |kind: &str| {
        let messages = shown["messages"].as_array().unwrap();
        messages
            .iter()
            .find(|message| message["type"] == kind)
            .unwrap()
            .clone()
    };
    assert_eq!(of("hello")["revision"], shown["dashboard"]["revision"]);
    assert_eq!(of("status")["problems"], json!([]));
    let rows = of("rows");
    assert_eq!(
        rows["stream"],
        shown["dashboard"]["pages"][0]["groups"][0]["widgets"][0]["stream"]
    );
    let newest = rows["rows"].as_array().unwrap().last().unwrap();
    assert_eq!(newest[1], "left");
    assert!(newest[2].is_number(), "{newest}");
}
