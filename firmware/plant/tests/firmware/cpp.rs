//! Compiles programs of the sketch's C++ sources.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

/// What every C++ file of the firmware has to stand.
pub const STRICT: [&str; 7] = [
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-fno-exceptions",
    "-fno-rtti",
];

/// `firmware/uno-r4-wifi`.
pub fn sketch() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../uno-r4-wifi")
}

/// The C++ files of the sketch that know nothing of Arduino.
pub fn portable_sources() -> Vec<PathBuf> {
    let parts = ["plant", "wire", "network", "machine", "sensors", "edge"];
    let mut sources: Vec<PathBuf> = parts
        .iter()
        .filter_map(|part| fs::read_dir(sketch().join("src").join(part)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .collect();
    sources.sort();
    assert!(!sources.is_empty(), "no C++ source in {}", sketch().display());
    sources
}

/// Runs a compiler; says which one is missing, or what it complains of.
pub fn run_compiler(compiler: &str, arguments: &[&str]) {
    let output = Command::new(compiler)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{compiler} does not run: {error}; scripts/test installs it"));
    assert!(
        output.status.success(),
        "{compiler} {}\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Compiles `host/<name>.cpp` with the portable sources, once, and gives the program. `options` come on top of the strict ones.
pub fn program(name: &'static str, options: &[&str]) -> PathBuf {
    static MADE: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    let key: String = std::iter::once(name)
        .chain(options.iter().copied())
        .collect::<String>()
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    made.entry(key.clone())
        .or_insert_with(|| {
            // Another process may be compiling the same one.
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let program = folder.join(format!("{key}-{}", std::process::id()));
            compile(name, options, &program);
            // One name in the end, so that test runs do not fill the disk.
            let kept = folder.join(&key);
            fs::rename(&program, &kept).unwrap();
            kept
        })
        .clone()
}

fn compile(name: &str, options: &[&str], program: &Path) {
    let mut sources = portable_sources();
    sources.push(sketch().join("host").join(format!("{name}.cpp")));
    let mut arguments: Vec<&str> = STRICT.to_vec();
    // The sources themselves see to it that no operations are fused: no option does it for them here, as none does on the board.
    arguments.push("-O1");
    arguments.extend(options);
    arguments.extend(["-o", program.to_str().unwrap()]);
    arguments.extend(sources.iter().map(|path| path.to_str().unwrap()));
    run_compiler("g++", &arguments);
}

/// Runs a program with a text on its standard input.
pub fn run(program: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(
        output.status.success(),
        "{}: {}\n{}",
        program.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
