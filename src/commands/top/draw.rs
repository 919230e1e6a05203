//! The screen as the terminal shows it.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row, Table, TableState};
use twinflow_ui::{FlowReport, NodeReport, ProblemReport};

use super::figures::{bar, fullness, mean_time_s, rate, short_time, uptime};
use super::screen::{KEPT_RECORDS, Look, Screen};

/// How many problems are shown at most.
const SHOWN_PROBLEMS: usize = 6;
const KEYS: &str = " q quit   ↑↓ select   Enter last records   Esc close   s sort   p pause";

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, screen: &Screen) {
    let problems = screen.flow.as_ref().map_or(&[][..], |flow| &flow.problems);
    let lines = |lines: usize| u16::try_from(lines).unwrap_or(u16::MAX);
    let [head, nodes, look, below, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(4),
        Constraint::Length(screen.look.as_ref().map_or(0, |_| lines(KEPT_RECORDS + 1))),
        Constraint::Length(match problems.len() {
            0 => 0,
            some => lines(some.min(SHOWN_PROBLEMS) + 1),
        }),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(head_line(screen), head);
    draw_nodes(frame, screen, nodes);
    if let Some(of_node) = &screen.look {
        draw_look(frame, of_node, look);
    }
    draw_problems(frame, problems, below);
    frame.render_widget(Paragraph::new(KEYS).dim(), keys);
}

fn head_line(screen: &Screen) -> Paragraph<'_> {
    let mut spans = vec![Span::raw(" ")];
    if let Some(FlowReport { flow, uptime_ms, .. }) = &screen.flow {
        spans.push(Span::raw(flow).bold());
        spans.push(Span::raw(format!("   up {}", uptime(*uptime_ms))));
    }
    // What matters most first: a narrow terminal cuts the end off.
    if screen.is_paused {
        spans.push(Span::raw("   paused").yellow().bold());
    }
    if screen.lost.is_some() {
        spans.push(
            Span::raw("   the flow does not answer; asking again")
                .red()
                .bold(),
        );
    }
    spans.push(Span::raw(format!("   {}", screen.url)).dim());
    spans.push(Span::raw(format!("   by {}", screen.sort.name())).dim());
    Paragraph::new(Line::from(spans))
}

fn draw_nodes(frame: &mut Frame<'_>, screen: &Screen, area: Rect) {
    let right = |text: &'static str| Cell::new(Line::from(text).alignment(Alignment::Right));
    let head = Row::new([
        Cell::new("NODE"),
        Cell::new("TYPE"),
        right("IN/s"),
        right("OUT/s"),
        right("ERRORS"),
        right("DROPS"),
        Cell::new("QUEUE"),
        right("TIME"),
        Cell::new("STATE"),
    ]);
    let nodes = screen.nodes();
    let width = |cell: fn(&NodeReport) -> &str| {
        let longest = nodes.iter().map(|node| cell(node).chars().count()).max();
        Constraint::Length(u16::try_from(longest.unwrap_or(0).clamp(4, 28)).unwrap_or(28))
    };
    let widths = [
        width(|node| &node.node),
        width(|node| &node.node_type),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(14),
        Constraint::Length(7),
        Constraint::Min(5),
    ];
    let table = Table::new(nodes.iter().map(|node| row(screen, node)), widths)
        .header(head.style(Style::new().dim()))
        .row_highlight_style(Style::new().reversed())
        .block(Block::new().borders(Borders::TOP));
    let mut state = TableState::new().with_selected(screen.selected_row());
    frame.render_stateful_widget(table, area, &mut state);
}

fn row<'n>(screen: &Screen, node: &'n NodeReport) -> Row<'n> {
    let right = |text: String| Cell::new(Line::from(text).alignment(Alignment::Right));
    let rates = screen.rates.get(&node.node);
    let count = |count: u64, colour: Color| match count {
        0 => right("0".to_owned()).style(Style::new().dim()),
        some => right(some.to_string()).style(Style::new().fg(colour)),
    };
    let queue = node.queue.as_ref().map_or(Cell::new(""), |queue| {
        let colour = match fullness(queue) {
            full if full >= 0.9 => Color::Red,
            full if full >= 0.5 => Color::Yellow,
            _ => Color::Green,
        };
        Cell::new(bar(queue)).style(Style::new().fg(colour))
    });
    let state = match &node.not_ready {
        None => Cell::new("ready").style(Style::new().dim()),
        Some(reason) => Cell::new(reason.as_str()).style(Style::new().fg(Color::Red)),
    };
    Row::new([
        Cell::new(node.node.as_str()),
        Cell::new(node.node_type.as_str()),
        right(rates.map_or("-".to_owned(), |rates| rate(rates.received))),
        right(rates.map_or("-".to_owned(), |rates| rate(rates.emitted))),
        count(node.errors, Color::Red),
        count(node.dropped, Color::Yellow),
        queue,
        right(mean_time_s(node).map_or(String::new(), short_time)),
        state,
    ])
}

fn draw_look(frame: &mut Frame<'_>, look: &Look, area: Rect) {
    let title = format!(" last records of {} ", look.node);
    let lines: Vec<Line<'_>> = match look.records.len() {
        0 => vec![Line::from(" nothing came yet").dim()],
        _ => look
            .records
            .iter()
            .map(|record| Line::from(record.as_str()))
            .collect(),
    };
    let block = Block::new().borders(Borders::TOP).title(title);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn draw_problems(frame: &mut Frame<'_>, problems: &[ProblemReport], area: Rect) {
    let line = |problem: &ProblemReport| {
        Line::from(vec![
            Span::raw(format!(" {}", problem.node)).bold(),
            Span::raw(format!(" {}", problem.kind)).red(),
            Span::raw(format!(" ×{}  {}", problem.count, problem.message)),
        ])
    };
    let lines: Vec<Line<'_>> = problems.iter().take(SHOWN_PROBLEMS).map(line).collect();
    let block = Block::new()
        .borders(Borders::TOP)
        .title(" problems, the latest first ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
