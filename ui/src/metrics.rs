//! `/metrics`: the flow's counters for Prometheus and whatever else reads OpenMetrics.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use twinflow_engine::runtime::{BOUNDS_S, NodeCounts, QueueDepth, Watched};

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
        let family = encoder.encode_descriptor(
            "node_batch_seconds",
            "How long a node took for a batch",
            None,
            MetricType::Histogram,
        )?;
        self.timings(family)
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

    fn timings(&self, mut family: MetricEncoder<'_>) -> fmt::Result {
        for (id, timing) in self.0.timings() {
            let bounds = BOUNDS_S.into_iter().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(timing.buckets).collect();
            let count = timing.buckets.iter().sum();
            let labels = [("node", &*id)];
            let mut histogram = family.encode_family(&labels)?;
            histogram.encode_histogram::<NoLabels>(timing.sum.as_secs_f64(), count, &buckets, None)?;
        }
        Ok(())
    }
}
