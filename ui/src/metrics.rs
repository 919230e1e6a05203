//! `/metrics`: the flow's counters for Prometheus and whatever else reads OpenMetrics.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use twinflow_engine::runtime::{
    BOUNDS_S, BufferDepth, LATENCY_BOUNDS_S, NodeCounts, QueueDepth, TimingCounts, Watched,
};

use crate::shown::Current;

/// Labels of nothing: the counters have no examples.
type NoLabels = [(&'static str, &'static str); 0];
/// What is read of a node's counters.
type NodeCounter = fn(&NodeCounts) -> u64;
/// What is read of a queue.
type QueueGauge = fn(&QueueDepth) -> u64;

/// The counters as they are now.
pub async fn metrics(State(current): State<Current>) -> Response {
    let watched = Arc::clone(&current.borrow().watched);
    let mut registry = Registry::with_prefix("twinflow");
    registry.register_collector(Box::new(FlowCounters(watched)));
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// What is read of a buffer on disk.
type DiskGauge = fn(&BufferDepth) -> u64;

#[derive(Debug)]
struct FlowCounters(Arc<Watched>);

impl Collector for FlowCounters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let uptime_s = self.0.uptime().as_secs_f64();
        encoder
            .encode_descriptor(
                "uptime_seconds",
                "Time since the flow started",
                None,
                MetricType::Gauge,
            )?
            .encode_gauge(&uptime_s)?;
        let counts = self.0.counts();
        let of_nodes: [(&str, &str, NodeCounter); 4] = [
            ("node_records_in", "Records that arrived at a node", |node| {
                node.received
            }),
            ("node_records_out", "Records that left a node", |node| {
                node.emitted
            }),
            (
                "node_records_dropped",
                "Records dropped before a node, by its rule for a full queue",
                |node| node.dropped,
            ),
            ("node_problems", "Problems of a node with records", |node| {
                node.errors
            }),
        ];
        for (name, help, count) in of_nodes {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (id, node) in &counts {
                let labels = [("node", &**id)];
                let mut counter = family.encode_family(&labels)?;
                counter.encode_counter::<NoLabels, u64, u64>(&count(node), None)?;
            }
        }
        self.queues(&mut encoder)?;
        self.buffers(&mut encoder)?;
        self.readiness(&mut encoder)?;
        self.sources(&mut encoder)?;
        let family = encoder.encode_descriptor(
            "node_batch_seconds",
            "How long a node took for a batch",
            None,
            MetricType::Histogram,
        )?;
        histograms(family, &BOUNDS_S, &self.0.timings())?;
        let family = encoder.encode_descriptor(
            "sink_latency_seconds",
            "From when a record's source gave it to the flow until a sink had it safe",
            None,
            MetricType::Histogram,
        )?;
        histograms(family, &LATENCY_BOUNDS_S, &self.0.latencies())
    }
}

impl FlowCounters {
    fn queues(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let gauges: [(&str, &str, QueueGauge); 2] = [
            ("node_queue_batches", "Batches that wait before a node", |depth| {
                depth.waiting
            }),
            (
                "node_queue_capacity_batches",
                "Batches that can wait before a node",
                |depth| depth.capacity,
            ),
        ];
        for (name, help, gauge) in gauges {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (id, depth) in &self.0.queue_depths() {
                let labels = [("node", &**id)];
                family.encode_family(&labels)?.encode_gauge(&gauge(depth))?;
            }
        }
        Ok(())
    }

    fn buffers(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let gauges: [(&str, &str, DiskGauge); 3] = [
            (
                "node_buffer_records",
                "Records on disk that wait for a sink",
                |depth| depth.records,
            ),
            (
                "node_buffer_bytes",
                "What the records on disk that wait for a sink take",
                |depth| depth.bytes,
            ),
            (
                "node_buffer_capacity_bytes",
                "What the records on disk that wait for a sink may take",
                |depth| depth.capacity_bytes,
            ),
        ];
        let depths = self.0.buffer_depths();
        for (name, help, gauge) in gauges {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (id, depth) in &depths {
                let labels = [("node", &**id)];
                family.encode_family(&labels)?.encode_gauge(&gauge(depth))?;
            }
        }
        Ok(())
    }

    fn readiness(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "1 when a node can do its work, 0 when not";
        let mut family = encoder.encode_descriptor("node_ready", help, None, MetricType::Gauge)?;
        let not_ready = self.0.not_ready();
        for node in self.0.nodes() {
            let is_ready = not_ready.iter().all(|trouble| trouble.node != node.id);
            let labels = [("node", &*node.id)];
            family
                .encode_family(&labels)?
                .encode_gauge(&u64::from(is_ready))?;
        }
        Ok(())
    }

    fn sources(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let sources = self.0.sources();
        let help = "Records of a source that are not safe, or given up, yet";
        let mut family = encoder.encode_descriptor("source_open_records", help, None, MetricType::Gauge)?;
        for (id, state) in &sources {
            let labels = [("node", &**id)];
            family.encode_family(&labels)?.encode_gauge(&state.open.records)?;
        }
        let help = "How long the oldest of them has been under way";
        let mut family =
            encoder.encode_descriptor("source_oldest_open_seconds", help, None, MetricType::Gauge)?;
        for (id, state) in &sources {
            let labels = [("node", &**id)];
            family
                .encode_family(&labels)?
                .encode_gauge(&state.open.oldest.as_secs_f64())?;
        }
        let help = "Records older than one of the same machine that came before";
        let mut family = encoder.encode_descriptor("source_records_late", help, None, MetricType::Counter)?;
        for (id, state) in &sources {
            let labels = [("node", &**id)];
            let mut counter = family.encode_family(&labels)?;
            counter.encode_counter::<NoLabels, u64, u64>(&state.late, None)?;
        }
        Ok(())
    }
}

/// A histogram of each node.
fn histograms(
    mut family: MetricEncoder<'_>,
    bounds: &[f64; 11],
    timings: &BTreeMap<Arc<str>, TimingCounts>,
) -> fmt::Result {
    for (id, timing) in timings {
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(timing.buckets).collect();
        let count = timing.buckets.iter().sum();
        let labels = [("node", &**id)];
        let mut histogram = family.encode_family(&labels)?;
        histogram.encode_histogram::<NoLabels>(timing.sum.as_secs_f64(), count, &buckets, None)?;
    }
    Ok(())
}
