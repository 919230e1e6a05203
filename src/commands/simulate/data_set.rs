//! A labelled data set of the simulated fan.

use std::fs::File;
use std::io::{BufWriter, Write};

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};
use twinflow_engine::record::EventTime;
use twinflow_plant::{Command, Experiment, LabelledReading};

use super::flaws::{Arriving, Flaws};
use crate::cli::{SimulateOptions, SimulatedProtocol};
use crate::exit::Stop;

/// The columns, as the fan flow's own log has them: `twinflow train` takes either.
const HEADER: &str = "time,key,temp [°C],rpm [rpm],current [A],vibration [g],heat_load [W],mechanical_load,run,actual_fault,fault_severity";
/// When the first experiment begins: 2026-01-01T00:00:00Z. A fixed time, so that one seed gives one file.
const BEGIN_MS: i64 = 1_767_225_600_000;

impl SimulatedProtocol {
    /// The phases in s: baseline, fault, recovery.
    fn phases_s(self) -> (u32, u32, u32) {
        match self {
            Self::Short => (30, 90, 20),
            Self::Full => (60, 480, 60),
        }
    }

    /// The time between the beginnings of two experiments: some pass without readings between them.
    fn spacing_ms(self) -> i64 {
        match self {
            Self::Short => 600_000,
            Self::Full => 1_200_000,
        }
    }
}

/// Writes a labelled data set.
pub fn write(simulation: &SimulateOptions) -> Result<(), Stop> {
    let options = &simulation.data_set;
    let seed = simulation.seed.unwrap_or(1);
    let failed = |error: std::io::Error| {
        Stop::failure(format!("{} cannot be written: {error}", options.out.display()))
    };
    if let Some(folder) = options
        .out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let progress = ProgressBar::new(options.runs.into());
    if let Ok(style) = ProgressStyle::with_template("simulating {bar:30} {pos}/{len} experiments, {eta} left")
    {
        progress.set_style(style);
    }
    // Written aside and moved into place: a file that is there is whole.
    let partial = options.out.with_extension("csv.partial");
    let mut out = BufWriter::new(File::create(&partial).map_err(failed)?);
    writeln!(out, "{HEADER}").map_err(failed)?;
    let machines = simulation.machines.unwrap_or(options.runs);
    let mut flaws = Flaws::new(&options.flaws, seed);
    let mut rows = 0_u64;
    for number in 0..options.runs {
        let (baseline_s, fault_s, recovery_s) = options.protocol.phases_s();
        let experiment = Experiment::of_series(seed, number)
            .map_err(Stop::failure)?
            .lasting(baseline_s, fault_s, recovery_s);
        let begin_ms = BEGIN_MS + i64::from(number) * options.protocol.spacing_ms();
        let run = Run {
            number,
            machine: number % machines,
            begin_ms,
            command: &experiment.command,
        };
        let passed = number as f32 / options.runs as f32;
        for labelled in experiment.readings().map_err(Stop::failure)? {
            if let Some(arriving) = flaws.arriving(run.machine, passed, &labelled.reading) {
                run.write_row(&mut out, &arriving, &labelled).map_err(failed)?;
                rows += 1;
            }
        }
        progress.inc(1);
    }
    out.into_inner()
        .map_err(|error| failed(error.into_error()))?
        .sync_all()
        .map_err(failed)?;
    std::fs::rename(&partial, &options.out).map_err(failed)?;
    progress.finish_and_clear();
    println!(
        "{}: {rows} labelled readings of {} experiments",
        options.out.display(),
        options.runs
    );
    Ok(())
}

/// One experiment of the data set.
struct Run<'e> {
    number: u32,
    machine: u32,
    begin_ms: i64,
    command: &'e Command,
}

impl Run<'_> {
    fn write_row(
        &self,
        out: &mut impl Write,
        arriving: &Arriving,
        labelled: &LabelledReading,
    ) -> std::io::Result<()> {
        let LabelledReading { time_ms, fault, .. } = labelled;
        let time =
            EventTime::from_millis(self.begin_ms + i64::try_from(*time_ms).unwrap_or_default()).to_iso();
        write!(out, "{time},virtual-{}", self.machine)?;
        for (value, decimals) in arriving.iter().zip(DECIMALS) {
            match value {
                Some(value) => write!(out, ",{value:.decimals$}")?,
                None => out.write_all(b",")?,
            }
        }
        writeln!(
            out,
            ",{:.1},{:.3},{},{},{:.2}",
            self.command.process_heat_load_w(),
            self.command.mechanical_load(),
            self.number,
            fault.class().code(),
            fault.severity()
        )
    }
}

/// Digits of °C, rpm, A and g behind the point, as the board sends them.
const DECIMALS: [usize; 4] = [2, 0, 3, 4];
