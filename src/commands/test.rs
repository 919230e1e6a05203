//! `twinflow test`: runs the tests that stand in flows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anstream::println;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Level, Registry};
use twinflow_engine::testing::{Coverage, FlowTest, run};
use twinflow_nodes::{LogsAndSimulation, Shared, registry};

use crate::cli::{FlowOptions, TestOptions};
use crate::exit::{Exit, Stop};
use crate::flow_file;

/// Runs the tests of flows; fails when one of them does.
pub fn test(options: &TestOptions) -> Result<(), Stop> {
    let registry = registry(&Shared::default());
    let mut tally = Tally::default();
    let mut report = Report::new("twinflow");
    for flow in flows(&options.flows)? {
        match test_flow(&flow, options, &registry, &mut tally) {
            Ok(suite) => drop(report.add_test_suite(suite)),
            // One flow that cannot be checked keeps no other from being tested.
            Err(stop) => {
                stop.print();
                tally.broken = tally.broken.or(Some(stop.exit));
                report.add_test_suite(broken(&flow));
            }
        }
    }
    if let Some(path) = &options.junit {
        let text = report.to_string().map_err(Stop::failure)?;
        std::fs::write(path, text)
            .map_err(|error| Stop::failure(format!("{} cannot be written: {error}", path.display())))?;
    }
    let Tally {
        passed,
        failed,
        took,
        broken,
    } = tally;
    let seconds = took.as_secs_f64();
    if let Some(exit) = broken {
        if passed + failed > 0 {
            println!("\n{passed} passed, {failed} failed in {seconds:.3} s; not every flow could be tested");
        }
        return Err(Stop::told(exit));
    }
    match (passed, failed) {
        (0, 0) => Err(Stop::failure(match &options.filter {
            Some(filter) => format!("no test has `{filter}` in its name"),
            None => "there are no tests: add `tests:` to a flow".to_owned(),
        })),
        (_, 0) => {
            println!("\n{passed} passed in {seconds:.3} s");
            Ok(())
        }
        _ => {
            println!("\n{passed} passed, {failed} failed in {seconds:.3} s");
            Err(Stop::told(Exit::Failure))
        }
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    took: Duration,
    /// How the first flow ended that could not be tested.
    broken: Option<Exit>,
}

/// A flow whose tests could not be run, as CI shows it.
fn broken(flow: &Path) -> TestSuite {
    let name = flow.display().to_string();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message("the flow cannot be checked");
    let mut suite = TestSuite::new(name.clone());
    suite.add_test_case(TestCase::new(name, status));
    suite
}

/// The named files, and the flow files of named folders.
fn flows(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut flows = Vec::new();
    for path in paths {
        if !path.is_dir() {
            flows.push(path.clone());
            continue;
        }
        let unreadable =
            |error: std::io::Error| Stop::usage(format!("{} cannot be read: {error}", path.display()));
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                found.push(file);
            }
        }
        found.sort();
        flows.extend(found);
    }
    Ok(flows)
}

fn test_flow(
    flow: &Path,
    options: &TestOptions,
    registry: &Registry,
    tally: &mut Tally,
) -> Result<TestSuite, Stop> {
    let chosen = FlowOptions {
        flow: flow.to_owned(),
        broker: None,
    };
    let (graph, compiled) = flow_file::compile_with_tests(&chosen, registry, Level::Environment)?;
    let mut suite = TestSuite::new(flow.display().to_string());
    let mut coverage = Coverage::default();
    let wanted = |test: &&FlowTest| {
        let filter = options.filter.as_deref();
        filter.is_none_or(|filter| test.name.value.contains(filter))
    };
    let tests: Vec<&FlowTest> = compiled.tests.iter().filter(wanted).collect();
    if tests.is_empty() {
        return Ok(suite);
    }
    println!("{}", flow.display());
    for test in &tests {
        let begin = Instant::now();
        let outcome = run(&graph, test, &LogsAndSimulation).map_err(Stop::failure)?;
        let took = begin.elapsed();
        tally.took += took;
        coverage.add(&outcome);
        let mut case = TestCase::new(test.name.value.clone(), TestCaseStatus::success());
        case.set_time(took);
        let name = &test.name.value;
        let milliseconds = took.as_secs_f64() * 1e3;
        if outcome.failures.is_empty() {
            tally.passed += 1;
            let good = anstyle::AnsiColor::Green.on_default();
            println!(
                "  {good}ok{good:#}      {name} ({} records, {milliseconds:.1} ms)",
                outcome.given
            );
        } else {
            tally.failed += 1;
            let bad = anstyle::AnsiColor::Red.on_default().bold();
            println!(
                "  {bad}FAILED{bad:#}  {name} ({} records, {milliseconds:.1} ms)",
                outcome.given
            );
            flow_file::print_rendered(&outcome.failures, &compiled.sources);
            case.status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            case.status.set_message(
                outcome
                    .failures
                    .first()
                    .map(|first| first.message.clone())
                    .unwrap_or_default(),
            );
            case.status
                .set_description(render(&outcome.failures, &compiled.sources, Colour::Plain));
        }
        suite.add_test_case(case);
    }
    if options.filter.is_none() {
        tell_coverage(&graph, &coverage);
    }
    Ok(suite)
}

fn tell_coverage(graph: &Graph, coverage: &Coverage) {
    // A node that neither takes nor gives records, such as a simulated machine, is not for a test to reach.
    let is_testable =
        |node: &&twinflow_engine::graph::Node| !node.inputs.is_empty() || !node.outputs.is_empty();
    let missed = coverage.missed(graph).into_iter().filter(is_testable);
    let missed: Vec<&str> = missed.map(|node| node.id.value.as_str()).collect();
    let all = graph.nodes.iter().filter(is_testable).count();
    let reached = all - missed.len();
    match missed.as_slice() {
        [] => println!("  the tests reach all {all} nodes"),
        missed => println!(
            "  the tests reach {reached} of {all} nodes, not {}",
            missed.join(", ")
        ),
    }
}
