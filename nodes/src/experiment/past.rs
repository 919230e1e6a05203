//! The runs before the present one: what became of them, and whether one has left something in its machine.

use serde_json::Value as Json;
use twinflow_engine::runtime::Problems;

use super::folder::RunFolder;
use super::record::{Outcome, RunRecord};
use super::writer::{Closed, Closing};

/// What is told of a run that could not be kept as it should.
const NOT_KEPT: &str = "run not kept";

/// The runs of an experiment.
pub(super) struct Past {
    folder: RunFolder,
    problems: Problems,
    /// Those that are over, oldest first.
    runs: Vec<RunRecord>,
    /// Those that are over, and not safe yet.
    closing: Vec<Closing>,
    /// Those that the node's predecessor is about to close.
    handed_over: Vec<String>,
    /// The newest run of each machine that ended without its last phase: what it set may still hold.
    unsettled: Vec<RunRecord>,
}

impl Past {
    /// Of a node that runs nothing: a test, or a replay.
    pub fn none(folder: RunFolder, problems: Problems) -> Self {
        Self {
            folder,
            problems,
            runs: Vec::new(),
            closing: Vec::new(),
            handed_over: Vec::new(),
            unsettled: Vec::new(),
        }
    }

    /// Reads the folder, and closes the runs whose process is gone.
    pub fn read(folder: RunFolder, problems: Problems) -> Self {
        let mut past = Self::none(folder, problems);
        let found = past.folder.read();
        for reason in found.unreadable {
            past.problems.report("run unreadable", reason);
        }
        for record in found.runs {
            if past.folder.is_written(&record.run) {
                past.handed_over.push(record.run);
            } else {
                past.take_over(record);
            }
        }
        past
    }

    /// Takes a run that nobody writes.
    fn take_over(&mut self, record: RunRecord) {
        let record = self
            .folder
            .close_abandoned(record.clone())
            .unwrap_or_else(|reason| {
                self.problems.report(NOT_KEPT, reason);
                let mut record = record;
                if record.outcome == Outcome::Running {
                    record.outcome = Outcome::Interrupted;
                }
                record
            });
        self.unsettled.retain(|earlier| earlier.key != record.key);
        if !record.last_phase_sent {
            self.unsettled.push(record.clone());
        }
        self.runs.push(record);
    }

    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The run that the node's predecessor has not closed yet.
    pub fn handed_over(&self) -> Option<&str> {
        self.handed_over.first().map(String::as_str)
    }

    /// Adds a run that is over.
    pub fn add(&mut self, closing: Closing) {
        self.closing.push(closing);
    }

    /// Looks what has been closed meanwhile. True when the predecessor's run is among it.
    pub fn look(&mut self) -> bool {
        let mut open = Vec::new();
        for closing in std::mem::take(&mut self.closing) {
            match closing.closed() {
                Some(Closed { record, problem }) => {
                    if let Some(problem) = problem {
                        self.problems.report(NOT_KEPT, problem);
                    }
                    self.runs.push(record);
                }
                None => open.push(closing),
            }
        }
        self.closing = open;
        let (written, closed): (Vec<_>, Vec<_>) = std::mem::take(&mut self.handed_over)
            .into_iter()
            .partition(|run| self.folder.is_written(run));
        self.handed_over = written;
        for run in &closed {
            match self.folder.record(run) {
                Ok(record) => self.take_over(record),
                Err(reason) => self.problems.report("run unreadable", reason),
            }
        }
        !closed.is_empty()
    }

    /// Runs of machines that are here, and in which they may have left something.
    pub fn take_unsettled(&mut self, is_here: impl Fn(&str) -> bool) -> Vec<RunRecord> {
        let (here, away) = std::mem::take(&mut self.unsettled)
            .into_iter()
            .partition(|record| is_here(&record.key));
        self.unsettled = away;
        here
    }

    /// Another run of the machine begins: what the one before has left is overridden, or undone at the end of this one.
    pub fn forget_unsettled(&mut self, key: &str) {
        for record in self.take_unsettled(|machine| machine == key) {
            self.settle(&record);
        }
    }

    /// Notes that the commands of a run's last phase went out after all.
    pub fn settle(&mut self, record: &RunRecord) {
        let mut settled = record.clone();
        settled.last_phase_sent = true;
        let (folder, problems) = (self.folder.clone(), self.problems.clone());
        // The flow does not wait for the disk. When it is not noted, it is sent again at the next start.
        let write = move || {
            if let Err(reason) = folder.write(&settled) {
                problems.report(NOT_KEPT, reason);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("run".to_owned()).spawn(write) {
            self.problems.report(NOT_KEPT, error.to_string());
        }
    }

    /// All of them, newest first, as the operation `list` tells them. Those whose file somebody has removed are left out.
    pub fn told(&self) -> impl Iterator<Item = Json> + '_ {
        let closing = self.closing.iter().rev().map(|closing| {
            let mut record = closing.record.clone();
            // Until its file is whole.
            record.outcome = Outcome::Running;
            record.ended = None;
            record.rows = closing.safe_rows();
            record.told(self.folder.bytes(&record.run).unwrap_or_default())
        });
        let over = self.runs.iter().rev();
        closing.chain(over.filter_map(|record| Some(record.told(self.folder.bytes(&record.run)?))))
    }

    /// How problems of runs are told.
    pub fn report(&self, reason: &str) {
        self.problems.report(NOT_KEPT, reason);
    }
}
