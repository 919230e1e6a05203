//! Figures as a narrow column shows them.

use std::time::Duration;

use twinflow_ui::{NodeReport, QueueReport};

/// A rate: `5.0`, `120`, `15.3k`.
pub fn rate(a_second: f64) -> String {
    match a_second {
        rate if rate < 99.95 => format!("{rate:.1}"),
        rate if rate < 9_999.5 => format!("{rate:.0}"),
        rate if rate < 999_950.0 => format!("{:.1}k", rate / 1e3),
        rate => format!("{:.1}M", rate / 1e6),
    }
}

/// How long a node took for a batch on average; nothing when it took none.
pub fn mean_time_s(node: &NodeReport) -> Option<f64> {
    (node.batches > 0).then(|| node.batch_seconds / node.batches as f64)
}

/// A short time: `3.2 µs`, `14 ms`.
pub fn short_time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        seconds if seconds < 1e-3 => (seconds * 1e6, "µs"),
        seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
        seconds => (seconds, "s"),
    };
    match value {
        value if value < 9.95 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

/// How long something runs: `2 d 3 h`, `4 min 5 s`.
pub fn uptime(milliseconds: u64) -> String {
    let seconds = Duration::from_millis(milliseconds).as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// The part of a queue that is full.
pub fn fullness(queue: &QueueReport) -> f64 {
    queue.waiting as f64 / queue.capacity.max(1) as f64
}

/// A queue as a bar with its figures: `███░░░░░ 24/64`.
pub fn bar(queue: &QueueReport) -> String {
    const CELLS: usize = 8;
    // One batch is to be seen, too.
    let full = (fullness(queue) * CELLS as f64).ceil().min(CELLS as f64) as usize;
    let (full, empty) = ("█".repeat(full), "░".repeat(CELLS - full));
    format!("{full}{empty} {}/{}", queue.waiting, queue.capacity)
}
