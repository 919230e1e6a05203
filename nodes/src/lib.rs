//! The node types of twinflow, one file each.
//!
//! To add one: write its file, and add it to the list in [`registry`].

pub mod brokers;
pub mod csv_log;
pub mod log_columns;
pub mod mqtt;
pub mod recording;
pub mod scenario;
pub mod seen;
pub mod twin_fit;
pub mod virtual_plant;

mod alarm;
mod allowed;
mod anomaly;
mod classify;
mod connection_readiness;
mod control;
mod csv_file;
mod csv_rows;
mod csv_sink;
mod dashboard_widget;
mod dead_letters;
mod dedupe;
mod disk_buffer;
mod drift;
mod email;
mod experiment;
mod fan_command;
mod fan_payload;
mod fan_simulation;
mod field_selection;
mod field_spec;
mod forecast;
mod interlock;
mod json_members;
mod json_path;
mod json_record;
mod kpi;
mod lapse;
mod machine;
mod meant_machine;
mod mqtt_in;
mod mqtt_out;
mod mqtt_settings;
mod note;
mod notification;
mod ntfy;
mod number_field;
mod pid;
mod playback;
mod quantity_text;
mod reading;
mod rhai_file;
mod rhai_function;
mod script;
mod setpoint;
mod silence;
mod state_file;
mod steady;
mod supply;
mod time_span;
mod totals;
mod twin;
mod virtual_fan;
mod virtual_source;
mod webhook;
mod window;

pub use dead_letters::dead_letters;
pub use disk_buffer::disk_buffers;
pub use script::SCRIPT_STACK;
pub use state_file::{StateFile, state_file, state_path};
pub use supply::LogsAndSimulation;

use std::path::PathBuf;
use std::sync::Arc;

use twinflow_engine::node::Registry;
use twinflow_models::ModelStore;

use crate::brokers::{Brokers, check_address, probe};

/// What node types share in a process. It does nothing until a flow starts.
#[derive(Clone, Default)]
pub struct Shared {
    /// The embedded brokers.
    pub brokers: Arc<Brokers>,
    /// The loaded models.
    pub models: Arc<ModelStore>,
    /// Where `csv-sink` and `experiment` write, in place of the flow's own folders: a replay does not write into the log of the plant.
    pub log_folder: Option<PathBuf>,
}

/// All node types.
#[must_use]
pub fn registry(shared: &Shared) -> Registry {
    let brokers = || Arc::clone(&shared.brokers);
    Registry::new(Box::new(check_address))
        .with_broker_probe(Box::new(probe))
        .with(mqtt_in::MqttIn { brokers: brokers() })
        .with(virtual_fan::VirtualFan { brokers: brokers() })
        .with(playback::Playback { brokers: brokers() })
        .with(kpi::Kpi)
        .with(twin::Twin)
        .with(window::Window)
        .with(forecast::Forecast)
        .with(anomaly::Anomaly)
        .with(dedupe::Dedupe)
        .with(rhai_function::RhaiFunction)
        .with_files(rhai_file::RhaiFiles)
        .with(classify::Classify {
            models: Arc::clone(&shared.models),
        })
        .with(drift::Drift {
            models: Arc::clone(&shared.models),
        })
        .with(csv_sink::CsvSink {
            folder: shared.log_folder.clone(),
        })
        .with(mqtt_out::MqttOut { brokers: brokers() })
        .with(alarm::Alarm)
        .with(webhook::Webhook)
        .with(ntfy::Ntfy)
        .with(email::Email)
        .with(note::Note)
        .with(setpoint::Setpoint)
        .with(pid::Pid)
        .with(interlock::Interlock)
        .with(control::Control)
        .with(experiment::Experiment {
            folder: shared.log_folder.clone(),
        })
        .with(dashboard_widget::DashboardWidget)
        .with(totals::Totals)
}
