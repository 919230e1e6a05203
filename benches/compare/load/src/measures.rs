//! What is measured of an engine.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::{Engine, Program};
use crate::saturation;
use crate::trial::{self, ANSWERS, Load};

/// A figure by its name; nothing where the engine did not keep up.
pub type Figures = Vec<(String, Option<f64>)>;

pub struct Plan {
    /// Rates at which latencies are measured, with the seconds of each.
    pub rates: &'static [(f64, f64)],
    /// The rate at which CPU and memory are measured; one of those.
    pub watched: f64,
    /// Where the search of the highest rate begins.
    pub from: f64,
}

pub fn measure(start: impl FnOnce() -> io::Result<Engine>, plan: &Plan) -> io::Result<Figures> {
    let mut figures = Figures::new();
    let begin = Instant::now();
    let mut engine = start()?;
    figures.push((
        "start to first answer, s".to_owned(),
        first_answer(&engine, begin)?,
    ));
    thread::sleep(Duration::from_secs(3));
    let load = Load {
        port: engine.port,
        answers: ANSWERS,
        at_least_once: false,
        rate: 0.0,
        seconds: 5.0,
    };
    let (mut cpu, mut memory) = (None, None);
    let mut keeps_up = true;
    for (rate, seconds) in plan.rates.iter().copied() {
        let before = engine.cpu_seconds();
        // Once a rate is too high, so are those above it: an engine without bounds would go under in what waits.
        let outcome = match keeps_up {
            true => trial::run(Load {
                rate,
                seconds,
                ..load
            })?,
            false => trial::Outcome::default(),
        };
        let kept_up = outcome.is_sustained(rate);
        if keeps_up && !kept_up {
            saturation::settle(load)?;
        }
        keeps_up = kept_up;
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            let latency = outcome.latency(part).filter(|_| kept_up);
            figures.push((format!("{name} at {rate:.0} Hz, ms"), latency));
        }
        if rate == plan.watched && kept_up {
            cpu = Some((engine.cpu_seconds() - before) / outcome.sent as f64 * 1e6);
            memory = Some(engine.peak_megabytes());
        }
    }
    let rate = saturation::search(load, plan.from)?;
    if !engine.programs.iter_mut().all(Program::is_running) {
        return Err(io::Error::other(
            "it ended by itself: see the logs in the cache folder",
        ));
    }
    figures.push(("highest sustained rate, /s".to_owned(), Some(rate)));
    figures.push((format!("CPU a message at {:.0} Hz, µs", plan.watched), cpu));
    figures.push(("peak memory until then, MB".to_owned(), memory));
    Ok(figures)
}

/// Seconds from the start until a reading is answered, asked fifty times a second.
fn first_answer(engine: &Engine, begin: Instant) -> io::Result<Option<f64>> {
    while begin.elapsed() < Duration::from_secs(60) {
        if let Some(answered) = trial::answered_within(engine.port, Duration::from_secs(10))? {
            return Ok(Some(answered.duration_since(begin).as_secs_f64()));
        }
    }
    Ok(None)
}
