//! The language server: the real program, spoken to as an editor does.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with its language server.
struct Editor {
    server: Child,
    to_server: ChildStdin,
    from_server: Receiver<Value>,
    /// Notifications that came while an answer was awaited.
    notified: Vec<Value>,
    requests: u64,
}

impl Editor {
    /// Starts the server and says hello.
    fn start() -> (Self, Value) {
        let mut server = Command::new(env!("CARGO_BIN_EXE_twinflow"))
            .arg("lsp")
            .env_remove("TWINFLOW_BROKER")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, from_server) = channel();
        let mut stdout = BufReader::new(server.stdout.take().unwrap());
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self {
            to_server: server.stdin.take().unwrap(),
            server,
            from_server,
            notified: Vec::new(),
            requests: 0,
        };
        let snippets =
            json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
        let hello = editor.request(
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": snippets }),
        );
        editor.notify("initialized", json!({}));
        (editor, hello)
    }

    fn send_bytes(&mut self, body: &[u8]) {
        write!(self.to_server, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        self.to_server.write_all(body).unwrap();
        self.to_server.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        self.send_bytes(message.to_string().as_bytes());
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn receive(&mut self) -> Value {
        self.from_server
            .recv_timeout(PATIENCE)
            .expect("the server does not answer")
    }

    /// Asks, and gives the result.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == json!(id) {
                assert!(message.get("error").is_none(), "{message:#}");
                return message["result"].clone();
            }
            self.notified.push(message);
        }
    }

    /// Asks about a place of a flow.
    fn ask(&mut self, method: &str, uri: &str, (line, character): (usize, usize)) -> Value {
        let position = json!({ "line": line, "character": character });
        self.request(
            method,
            json!({ "textDocument": { "uri": uri }, "position": position }),
        )
    }

    fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
    }

    /// The diagnostics of this version of a flow.
    fn diagnostics(&mut self, uri: &str, version: Option<i32>) -> Vec<Value> {
        loop {
            let message = if self.notified.is_empty() {
                self.receive()
            } else {
                self.notified.remove(0)
            };
            let params = &message["params"];
            let is_wanted = message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"].as_i64() == version.map(i64::from);
            if is_wanted {
                return params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// Says goodbye, and gives the exit code.
    fn end(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.server.wait().unwrap().code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// One message; nothing at the end. Anything but the protocol fails.
fn read_message(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                let (name, value) = header.split_once(": ").expect("a line that is no header");
                if name == "Content-Length" {
                    length = Some(value.parse().unwrap());
                }
            }
        }
    }
    let mut body = vec![0; length.expect("no Content-Length")];
    stdout.read_exact(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

fn range(line: usize, start: usize, end: usize) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

const TYPO: &str = "twinflow: 1
brokers: { plant: embedded }
nodes:
  lüfter: { type: mqt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, title: 'CO₂ 🌡' } } }
  show: { type: dashboard-widget, from: lüfter, widget: gauge, fields: [temp] }
";

/// Line and column of the first letter of `word` in its line, as the protocol counts.
fn place(text: &str, word: &str) -> (usize, usize) {
    let at = text.find(word).unwrap();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (
        text[..at].matches('\n').count(),
        text[start..at].encode_utf16().count(),
    )
}

#[test]
fn an_editor_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let uri = &format!("file://{}/flow%20%C3%BC.yaml", folder.path().display());
    let (mut editor, hello) = Editor::start();
    assert_eq!(hello["serverInfo"]["name"], "twinflow");
    assert_eq!(hello["capabilities"]["textDocumentSync"]["change"], 1);
    assert!(hello["capabilities"].get("documentFormattingProvider").is_none());

    // The typo is told at its place, and mended.
    editor.open(uri, TYPO);
    let found = editor.diagnostics(uri, Some(1));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["code"], "E011");
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["source"], "twinflow");
    assert_eq!(found[0]["range"], range(3, 18, 24));
    let message = found[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("there is no node type `mqt-in`\ndid you mean `mqtt-in`?\n"),
        "{message}"
    );
    let actions = editor.request(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": uri }, "range": range(3, 20, 20), "context": { "diagnostics": found } }),
    );
    assert_eq!(actions.as_array().unwrap().len(), 1);
    assert_eq!(actions[0]["title"], "Replace with `mqtt-in`");
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(
        actions[0]["edit"]["changes"][uri],
        json!([{ "range": range(3, 18, 24), "newText": "mqtt-in" }])
    );
    let elsewhere = editor.request(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": uri }, "range": range(0, 0, 0), "context": { "diagnostics": [] } }),
    );
    assert_eq!(elsewhere, json!([]));

    // Mended, the flow is good, and its fields are known from then on.
    let good = TYPO.replace("mqt-in", "mqtt-in");
    editor.change(uri, 2, &good);
    assert_eq!(editor.diagnostics(uri, Some(2)), Vec::<Value>::new());
    let typing = good.replace("fields: [temp] }", "fields: [temp], alert: ");
    editor.change(uri, 3, typing.trim_end());
    let (line, column) = place(&typing, "alert: ");
    let items = editor.ask("textDocument/completion", uri, (line, column + 7));
    let temp = &items[0];
    assert_eq!(temp["label"], "temp");
    assert_eq!(temp["detail"], "number in °C");
    assert_eq!(
        temp["textEdit"],
        json!({ "range": range(line, column + 6, column + 6), "newText": " temp" })
    );
    let rate = items
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["label"] == "rate")
        .unwrap();
    assert_eq!(rate["textEdit"]["newText"], " rate($0)");
    assert_eq!(rate["insertTextFormat"], 2);
    assert!(!editor.diagnostics(uri, Some(3)).is_empty());

    // What things are, where they come from, and the outline.
    editor.change(uri, 4, &good);
    let (line, column) = place(&good, "temp] }");
    let hover = editor.ask("textDocument/hover", uri, (line, column + 1));
    assert_eq!(hover["range"], range(line, column, column + 4));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.contains("number in °C") && text.contains("From `lüfter`"),
        "{text}"
    );
    let target = editor.ask("textDocument/definition", uri, (line, column));
    let (line, column) = place(&good, "temp: {");
    assert_eq!(
        target,
        json!({ "uri": uri, "range": range(line, column, column + 4) })
    );
    let outline = editor.request(
        "textDocument/documentSymbol",
        json!({ "textDocument": { "uri": uri } }),
    );
    let names: Vec<&str> = outline
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["plant", "lüfter", "show"]);
    assert_eq!(outline[1]["detail"], "mqtt-in");

    // A closed flow has no diagnostics.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.diagnostics(uri, None), Vec::<Value>::new());
    assert_eq!(editor.ask("textDocument/hover", uri, (0, 0)), Value::Null);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn files_are_looked_at_beside_the_flow_and_again_on_save() {
    let folder = tempfile::tempdir().unwrap();
    let uri = &format!("file://{}", folder.path().join("flow.yaml").display());
    let text = "twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  double: { type: ./double.rhai, from: fan }
  log: { type: csv-sink, from: double, file: log.csv }
";
    let (mut editor, _) = Editor::start();
    editor.open(uri, text);
    assert_eq!(editor.diagnostics(uri, Some(1))[0]["code"], "E028");
    let script =
        "/* twinflow: 1\ninputs: { temp: { unit: °C } }\noutputs: { twice: {} }\n*/\ntwice = temp * 2.0;";
    std::fs::write(folder.path().join("double.rhai"), script).unwrap();
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.diagnostics(uri, Some(1)), Vec::<Value>::new());
    // Two nodes that claim one file: the other one is named.
    let other = "  more: { type: csv-sink, from: double, file: log.csv }\n";
    editor.change(uri, 2, &format!("{text}{other}"));
    let found = editor.diagnostics(uri, Some(2));
    assert_eq!(found[0]["code"], "E030");
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], json!(uri));
    assert_eq!(
        found[0]["relatedInformation"][0]["location"]["range"]["start"]["line"],
        5
    );
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_newest_text_is_the_one_that_is_told_of() {
    let (mut editor, _) = Editor::start();
    let uri = "untitled:Untitled-1";
    editor.open(uri, "");
    for version in 2..200 {
        editor.change(uri, version, &TYPO.repeat(usize::try_from(version % 7).unwrap()));
    }
    editor.change(uri, 200, &TYPO.replace("mqt-in", "mqtt-in"));
    let mut last = 0;
    loop {
        let message = editor.receive();
        let version = message["params"]["version"].as_i64().unwrap();
        assert!(version > last, "{version} after {last}");
        last = version;
        if version == 200 {
            assert_eq!(message["params"]["diagnostics"], json!([]));
            break;
        }
    }
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn nothing_that_an_editor_sends_ends_the_server() {
    let (mut editor, _) = Editor::start();
    let uri = "file:///nowhere/flow.yaml";
    assert_eq!(editor.ask("textDocument/hover", uri, (0, 0)), Value::Null);
    assert_eq!(editor.ask("textDocument/completion", uri, (9, 9)), Value::Null);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    editor.open(uri, "{[\u{0}\u{feff}\r\n\t: °");
    editor.diagnostics(uri, Some(1));
    let line = "  n: { type: mqtt-in, fields: { temp: { unit: °C } } }\n";
    let huge = format!("nodes:\n{}", line.repeat(100_000));
    editor.change(uri, 2, &huge);
    let found = editor.diagnostics(uri, Some(2)).len();
    assert!((1..=1000).contains(&found), "{found}");
    editor.ask("textDocument/hover", uri, (90_000, 12));
    editor.change(uri, 3, "");
    editor.ask("textDocument/completion", uri, (90_000, 12));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_message_that_is_not_utf8_is_refused_and_ends_it_with_1() {
    let (mut editor, _) = Editor::start();
    editor.send_bytes(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\xfe\"}");
    assert_eq!(editor.receive()["error"]["code"], -32700);
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
}

#[test]
fn an_editor_that_goes_away_without_a_word_ends_it_with_1() {
    let (mut editor, _) = Editor::start();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
}
