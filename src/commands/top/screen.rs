//! What the screen shows, and what keys do to it.

use std::collections::{BTreeMap, VecDeque};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use twinflow_ui::{FlowReport, NodeReport};

use super::figures::{fullness, mean_time_s};

/// How many records of the node that is looked at are kept.
pub const KEPT_RECORDS: usize = 8;
/// How far the page keys go.
const PAGE: usize = 10;

/// The screen.
pub struct Screen {
    /// Where the flow is.
    pub url: String,
    /// The flow when it was last seen.
    pub flow: Option<FlowReport>,
    /// Why there was no answer to the last question.
    pub lost: Option<String>,
    pub rates: BTreeMap<String, Rates>,
    pub sort: Sort,
    pub is_paused: bool,
    /// The node that is selected; the first one at the start.
    pub selected: Option<String>,
    pub look: Option<Look>,
}

/// Records a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub received: f64,
    pub emitted: f64,
}

/// A node that is looked at.
pub struct Look {
    pub node: String,
    /// Its last records, the latest last.
    pub records: VecDeque<String>,
}

/// By what the nodes are sorted; all but the order of the flow show the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Flow,
    Rate,
    Errors,
    Queue,
    Time,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::Flow => Self::Rate,
            Self::Rate => Self::Errors,
            Self::Errors => Self::Queue,
            Self::Queue => Self::Time,
            Self::Time => Self::Flow,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "order of the flow",
            Self::Rate => "records in/s",
            Self::Errors => "errors",
            Self::Queue => "queue",
            Self::Time => "time a batch",
        }
    }
}

/// What a key asks for beyond the screen.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    Quit,
    /// The records of a node.
    Look(String),
}

impl Screen {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            flow: None,
            lost: None,
            rates: BTreeMap::new(),
            sort: Sort::Flow,
            is_paused: false,
            selected: None,
            look: None,
        }
    }

    /// Takes an answer of the flow, or why there is none.
    pub fn report(&mut self, report: Result<FlowReport, String>) {
        if self.is_paused {
            return;
        }
        match report {
            Err(reason) => {
                self.lost = Some(reason);
                self.rates.clear();
            }
            Ok(report) => {
                self.lost = None;
                self.rates = self
                    .flow
                    .as_ref()
                    .map_or_else(BTreeMap::new, |old| rates(old, &report));
                let is_there = |id: &String| report.nodes.iter().any(|node| node.node == *id);
                if !self.selected.as_ref().is_some_and(is_there) {
                    self.selected = report.nodes.first().map(|node| node.node.clone());
                }
                self.flow = Some(report);
            }
        }
    }

    /// Takes a record of the node that is looked at.
    pub fn record(&mut self, line: String) {
        if self.is_paused {
            return;
        }
        if let Some(look) = &mut self.look {
            look.records.push_back(line);
            let excess = look.records.len().saturating_sub(KEPT_RECORDS);
            look.records.drain(..excess);
        }
    }

    /// The nodes as they are sorted.
    pub fn nodes(&self) -> Vec<&NodeReport> {
        let mut nodes: Vec<&NodeReport> = self.flow.iter().flat_map(|flow| &flow.nodes).collect();
        let figure = |node: &NodeReport| match self.sort {
            Sort::Flow => 0.0,
            Sort::Rate => self.rates.get(&node.node).map_or(0.0, |rates| rates.received),
            Sort::Errors => node.errors as f64,
            Sort::Queue => node.queue.as_ref().map_or(-1.0, fullness),
            Sort::Time => mean_time_s(node).unwrap_or(-1.0),
        };
        // Stable: equals stay in the order of the flow.
        nodes.sort_by(|a, b| figure(b).total_cmp(&figure(a)));
        nodes
    }

    /// The place of the selected node among them.
    pub fn selected_row(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.nodes().iter().position(|node| node.node == *selected)
    }

    /// Does what a key says.
    pub fn press(&mut self, key: KeyEvent) -> Wish {
        match key.code {
            KeyCode::Char('q') => return Wish::Quit,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Wish::Quit,
            KeyCode::Esc => self.look = None,
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Up => self.select(|row, _| row.saturating_sub(1)),
            KeyCode::Down => self.select(|row, _| row + 1),
            KeyCode::PageUp => self.select(|row, _| row.saturating_sub(PAGE)),
            KeyCode::PageDown => self.select(|row, _| row + PAGE),
            KeyCode::Home => self.select(|_, _| 0),
            KeyCode::End => self.select(|_, last| last),
            KeyCode::Enter => {
                if let Some(node) = self.selected.clone() {
                    self.look = Some(Look {
                        node: node.clone(),
                        records: VecDeque::new(),
                    });
                    return Wish::Look(node);
                }
            }
            _ => {}
        }
        Wish::Nothing
    }

    /// Selects the row that `to` gives for the present one and the last one.
    fn select(&mut self, to: impl Fn(usize, usize) -> usize) {
        let nodes = self.nodes();
        let last = nodes.len().saturating_sub(1);
        let row = to(self.selected_row().unwrap_or(0), last).min(last);
        self.selected = nodes.get(row).map(|node| node.node.clone());
    }
}

/// What went through each node between two looks, by the flow's own clock; nothing when it was started anew meanwhile.
fn rates(old: &FlowReport, new: &FlowReport) -> BTreeMap<String, Rates> {
    let Some(passed_ms) = new
        .uptime_ms
        .checked_sub(old.uptime_ms)
        .filter(|passed| *passed > 0)
    else {
        return BTreeMap::new();
    };
    let rate = |old: u64, new: u64| new.saturating_sub(old) as f64 * 1000.0 / passed_ms as f64;
    let of_node = |new: &NodeReport| {
        let old = old.nodes.iter().find(|old| old.node == new.node)?;
        let rates = Rates {
            received: rate(old.received, new.received),
            emitted: rate(old.emitted, new.emitted),
        };
        Some((new.node.clone(), rates))
    };
    new.nodes.iter().filter_map(of_node).collect()
}
