#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use twinflow_ui::{FlowReport, NodeReport, ProblemReport, QueueReport};

use super::draw::draw;
use super::screen::{Screen, Wish};

fn node(id: &str, node_type: &str, (received, emitted): (u64, u64)) -> NodeReport {
    NodeReport {
        node: id.to_owned(),
        node_type: node_type.to_owned(),
        role: "transform".to_owned(),
        received,
        emitted,
        dropped: 0,
        errors: 0,
        queue: None,
        batches: 0,
        batch_seconds: 0.0,
        not_ready: None,
    }
}

/// A flow that has been up for so long and had so many records.
fn flow(uptime_ms: u64, records: u64) -> FlowReport {
    let fan = node("fan", "mqtt-in", (0, records));
    let kpis = NodeReport {
        batches: records,
        batch_seconds: records as f64 * 12.4e-6,
        queue: Some(QueueReport {
            waiting: 1,
            capacity: 64,
        }),
        ..node("kpis", "kpi", (records, records))
    };
    let log = NodeReport {
        errors: 3,
        dropped: 12,
        queue: Some(QueueReport {
            waiting: 60,
            capacity: 64,
        }),
        not_ready: Some("the disk is full".to_owned()),
        ..node("log", "csv-sink", (records, records / 2))
    };
    let problem = ProblemReport {
        node: "log".to_owned(),
        kind: "cannot write".to_owned(),
        message: "the disk is full".to_owned(),
        count: 3,
        last_ms: 0,
    };
    FlowReport {
        flow: "Fan cooling".to_owned(),
        uptime_ms,
        nodes: vec![fan, kpis, log],
        problems: vec![problem],
    }
}

fn drawn(screen: &Screen) -> String {
    let mut terminal = Terminal::new(TestBackend::new(110, 20)).unwrap();
    terminal.draw(|frame| draw(frame, screen)).unwrap();
    terminal.backend().to_string()
}

fn press(screen: &mut Screen, key: KeyCode) -> Wish {
    screen.press(KeyEvent::from(key))
}

fn running() -> Screen {
    let mut screen = Screen::new("http://127.0.0.1:1880");
    screen.report(Ok(flow(60_000, 300)));
    screen.report(Ok(flow(62_000, 30_310)));
    screen
}

#[test]
fn a_running_flow_is_drawn() {
    insta::assert_snapshot!(drawn(&running()));
}

#[test]
fn the_last_records_of_the_selected_node_are_drawn() {
    let mut screen = running();
    press(&mut screen, KeyCode::Char('s'));
    press(&mut screen, KeyCode::Char('s'));
    press(&mut screen, KeyCode::Home);
    // By errors the log comes first.
    assert_eq!(press(&mut screen, KeyCode::Enter), Wish::Look("log".to_owned()));
    for number in 1..=10 {
        screen.record(format!("{{\"number\":{number}}}"));
    }
    press(&mut screen, KeyCode::Char('p'));
    screen.record("not while it pauses".to_owned());
    screen.report(Ok(flow(70_000, 0)));
    insta::assert_snapshot!(drawn(&screen));
    press(&mut screen, KeyCode::Esc);
    assert!(!drawn(&screen).contains("last records of"));
}

#[test]
fn a_flow_that_goes_and_comes_back_is_told() {
    let mut screen = running();
    press(&mut screen, KeyCode::PageDown);
    screen.report(Err("no flow runs".to_owned()));
    assert!(drawn(&screen).contains("the flow does not answer; asking again"));
    // Started anew: its counts begin at nothing, and are no rates.
    screen.report(Ok(flow(500, 2)));
    let shown = drawn(&screen);
    assert!(
        !shown.contains("does not answer") && shown.contains("up 0 s"),
        "{shown}"
    );
    assert_eq!(screen.selected.as_deref(), Some("log"));
    assert!(screen.rates.is_empty());
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Wish::Quit);
}
