//! `webhook`, `ntfy`, `email`: what is delivered, what is tried again, and that the flow never waits for it.

use std::path::Path;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, start};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use crate::support::inlet::{Inlet, compile};

/// A request as the server got it.
struct Request {
    head: String,
    body: String,
}

/// Answers requests with these codes, one after the other and then with 200.
async fn web_server(codes: &'static [u16]) -> (u16, UnboundedReceiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = unbounded_channel();
    tokio::spawn(async move {
        let mut codes = codes.iter().copied();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap() < 3 {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let code = codes.next().unwrap_or(200);
            let answer = format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let body = String::from_utf8(body).unwrap();
            sender.send(Request { head, body }).unwrap();
        }
    });
    (port, requests)
}

/// Runs a flow with one sink behind records of a temperature and a priority.
fn run(sink: &str) -> (Running, Inlet) {
    let fields = vec![
        Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())),
        Field::new("priority", FieldType::Text).optional(),
    ];
    let (graph, inlet) = compile(Path::new(""), fields, &format!("  tell: {{ {sink} }}\n"));
    (start(&graph).unwrap(), inlet)
}

async fn give(inlet: &Inlet, temps: &[f64]) {
    let rows = temps.iter().map(|temp| {
        let values = vec![Value::Number(*temp), Value::Text("high".into())];
        (1_767_225_600_000_000, "fan-1", values)
    });
    // It is taken at once, whether it can be delivered or not.
    assert_eq!(inlet.give(rows.collect()).await, Ok(Delivery::Done));
}

fn json_of(request: &Request) -> Json {
    serde_json::from_str(&request.body).unwrap()
}

#[tokio::test]
async fn a_web_hook_gets_records_and_their_words() {
    let (port, mut requests) = web_server(&[]).await;
    let (running, inlet) = run(&format!(
        "type: webhook, from: in, url: 'http://127.0.0.1:{port}/alarms', headers: {{ X-Plant: north }}, \
         message: '{{key}} has {{temp}}'"
    ));
    give(&inlet, &[45.25]).await;
    let request = requests.recv().await.unwrap();
    assert!(
        request.head.starts_with("POST /alarms HTTP/1.1"),
        "{}",
        request.head
    );
    assert!(
        request.head.to_lowercase().contains("x-plant: north"),
        "{}",
        request.head
    );
    let record =
        json!({ "time": "2026-01-01T00:00:00.000Z", "key": "fan-1", "temp": 45.25, "priority": "high" });
    let expected =
        json!({ "flow": "Test", "node": "tell", "text": "fan-1 has 45.25 °C", "records": [record] });
    assert_eq!(json_of(&request), expected);
    running.stop().await;
}

#[tokio::test]
async fn what_the_server_cannot_take_now_is_sent_again_and_what_it_refuses_is_not() {
    let (port, mut requests) = web_server(&[503, 200, 404]).await;
    let (running, inlet) = run(&format!(
        "type: webhook, from: in, url: 'http://127.0.0.1:{port}/'"
    ));
    give(&inlet, &[1.0]).await;
    let first = json_of(&requests.recv().await.unwrap());
    assert_eq!(json_of(&requests.recv().await.unwrap()), first);
    give(&inlet, &[2.0]).await;
    assert_eq!(
        json_of(&requests.recv().await.unwrap())["records"][0]["temp"],
        2.0
    );
    give(&inlet, &[3.0]).await;
    assert_eq!(
        json_of(&requests.recv().await.unwrap())["records"][0]["temp"],
        3.0
    );
    let problems = running.watched().problems();
    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind).collect();
    assert!(
        kinds.contains(&"message refused") && kinds.contains(&"message not delivered yet"),
        "{kinds:?}"
    );
    running.stop().await;
}

#[tokio::test]
async fn what_comes_within_the_pause_goes_out_as_one() {
    let (port, mut requests) = web_server(&[]).await;
    let (running, inlet) = run(&format!(
        "type: webhook, from: in, url: 'http://127.0.0.1:{port}/', every: 1 s"
    ));
    give(&inlet, &[1.0]).await;
    assert_eq!(
        json_of(&requests.recv().await.unwrap())["records"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    give(&inlet, &[2.0]).await;
    give(&inlet, &[3.0, 4.0]).await;
    assert_eq!(
        json_of(&requests.recv().await.unwrap())["records"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    running.stop().await;
}

#[tokio::test]
async fn a_telephone_gets_words_with_title_and_priority() {
    let (port, mut requests) = web_server(&[]).await;
    let (running, inlet) = run(&format!(
        "type: ntfy, from: in, server: 'http://127.0.0.1:{port}', topic: press-shop, token: tk_1, message: '{{temp}}'"
    ));
    give(&inlet, &[45.0]).await;
    let request = requests.recv().await.unwrap();
    let head = request.head.to_lowercase();
    assert!(head.starts_with("post /press-shop "), "{head}");
    for line in ["title: test", "priority: 4", "authorization: bearer tk_1"] {
        assert!(head.contains(line), "{head}");
    }
    assert_eq!(request.body, "45 °C");
    running.stop().await;
}

/// Takes one e-mail, and gives its envelope and text.
async fn mail_server() -> (u16, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = unbounded_channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 test\r\n").await.unwrap();
        let (mut mail, mut is_data) = (String::new(), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return;
            }
            mail.push_str(&line);
            let answer: &[u8] = match line.trim_end() {
                "." => {
                    sender.send(std::mem::take(&mut mail)).unwrap();
                    is_data = false;
                    b"250 taken\r\n"
                }
                _ if is_data => continue,
                "DATA" => {
                    is_data = true;
                    b"354 go on\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            stream.write_all(answer).await.unwrap();
        }
    });
    (port, mails)
}

#[tokio::test]
async fn an_e_mail_names_flow_time_and_message() {
    let (port, mut mails) = mail_server().await;
    let (running, inlet) = run(&format!(
        "type: email, from: in, server: 127.0.0.1, port: {port}, security: none, sender: Press <press@example.com>, \
         to: [ada@example.com, bo@example.com], message: 'it has {{temp}}'"
    ));
    give(&inlet, &[45.0, 46.0]).await;
    let mail = mails.recv().await.unwrap();
    for part in [
        "MAIL FROM:<press@example.com>",
        "RCPT TO:<ada@example.com>",
        "RCPT TO:<bo@example.com>",
        "Subject: Test: it has 45",
        "2026-01-01T00:00:00.000Z",
    ] {
        assert!(mail.contains(part), "no `{part}` in\n{mail}");
    }
    running.stop().await;
}
