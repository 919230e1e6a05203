//! The file behind `buffer: disk`: what it keeps over a restart, a crash, and damage.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use twinflow_engine::node::{NodeContext, StartError};
use twinflow_engine::runtime::{BufferEntry, BufferStore, Clock, ProblemLog, Problems, Readiness};
use twinflow_nodes::disk_buffers;

fn open(folder: &Path) -> (Result<Arc<dyn BufferStore>, StartError>, Arc<ProblemLog>) {
    let problems = Arc::new(ProblemLog::silent());
    let context = NodeContext {
        id: "fans.out".into(),
        flow: "Test".into(),
        keys: Arc::default(),
        is_live: true,
        clock: Clock::default(),
        problems: Problems::new("fans.out".into(), Arc::clone(&problems)),
        readiness: Readiness::default(),
        feed: None,
    };
    (disk_buffers(&folder.join("flow.yaml"))(&context), problems)
}

fn entry(text: &str) -> BufferEntry {
    BufferEntry {
        records: 2,
        bytes: text.as_bytes().into(),
    }
}

async fn texts(store: &dyn BufferStore, after: u64) -> Vec<(u64, String)> {
    let entries = store.read(after, 10).await.unwrap();
    let entries = entries.into_iter();
    entries
        .map(|(id, entry)| (id, String::from_utf8(entry.bytes.to_vec()).unwrap()))
        .collect()
}

const FILE: &str = "data/flow.yaml.buffer-fans.out.sqlite";

#[tokio::test]
async fn entries_stay_in_order_over_a_restart_and_their_numbers_grow() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).0.unwrap();
    store.append(vec![entry("a"), entry("b")]).await.unwrap();
    store.append(vec![entry("c")]).await.unwrap();
    store.remove(1, 1).await.unwrap();
    let second = open(folder.path()).0.unwrap_err().to_string();
    assert!(second.contains("another twinflow has it open"), "{second}");
    drop(store);
    assert!(folder.path().join(FILE).exists());
    let (store, problems) = open(folder.path());
    let store = store.unwrap();
    let both = [(2, "b".to_owned()), (3, "c".to_owned())];
    assert_eq!(texts(&*store, 0).await, both);
    assert_eq!(texts(&*store, 2).await, both[1..]);
    assert_eq!(store.read(0, 1).await.unwrap().len(), 1);
    store.remove(1, 9).await.unwrap();
    // A number that was given is not given again: who reads on behind it misses nothing.
    store.append(vec![entry("d")]).await.unwrap();
    assert_eq!(texts(&*store, 3).await, [(4, "d".to_owned())]);
    assert_eq!(problems.all(), []);
}

#[tokio::test]
async fn what_a_power_cut_tore_is_left_out_and_the_rest_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).0.unwrap();
    store.append(vec![entry("a")]).await.unwrap();
    store.append(vec![entry("b")]).await.unwrap();
    // As the disk looks at this moment, but for the last bytes of the log.
    let after = tempfile::tempdir().unwrap();
    fs::create_dir(after.path().join("data")).unwrap();
    for end in ["", "-wal"] {
        let name = format!("{FILE}{end}");
        fs::copy(folder.path().join(&name), after.path().join(&name)).unwrap();
    }
    let log = fs::OpenOptions::new()
        .write(true)
        .open(after.path().join(format!("{FILE}-wal")))
        .unwrap();
    log.set_len(log.metadata().unwrap().len() - 10).unwrap();
    let store = open(after.path()).0.unwrap();
    assert_eq!(texts(&*store, 0).await, [(1, "a".to_owned())]);
    store.append(vec![entry("c")]).await.unwrap();
    assert_eq!(
        texts(&*store, 0).await,
        [(1, "a".to_owned()), (2, "c".to_owned())]
    );
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(
        &path,
        "this is no buffer, and long enough to be a header of a file of SQLite's: ".repeat(9),
    )
    .unwrap();
    let (store, problems) = open(folder.path());
    let store = store.unwrap();
    assert_eq!(texts(&*store, 0).await, []);
    store.append(vec![entry("a")]).await.unwrap();
    let told = problems.all();
    assert_eq!(told[0].kind, "buffer damaged");
    let aside = folder
        .path()
        .join("data/flow.yaml.buffer-fans.out.damaged.sqlite");
    assert!(told[0].message.contains(&aside.display().to_string()));
    assert!(
        fs::read_to_string(aside)
            .unwrap()
            .starts_with("this is no buffer")
    );
}
