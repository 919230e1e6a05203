//! Compiles programs of the sketch's C++ sources.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

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

/// The folders of C++ files that know nothing of Arduino.
pub const PORTABLE: [&str; 7] = ["plant", "wire", "timing", "network", "sensors", "edge", "machine"];

/// The C++ files of some of those folders.
pub fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(sketch().join("src").join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .collect();
    sources.sort();
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

/// A program of `host/`, and what it is made of.
#[derive(Clone, Copy)]
pub struct Program {
    /// Its file is `host/<name>.cpp`.
    pub name: &'static str,
    /// The folders of `src/` that it needs.
    pub folders: &'static [&'static str],
    /// More files of `host/`.
    pub files: &'static [&'static str],
    /// On top of the strict options.
    pub options: &'static [&'static str],
}

impl Program {
    /// Compiles it, once in a test run, and gives its path.
    pub fn path(self) -> PathBuf {
        static MADE: Mutex<BTreeMap<&str, Arc<OnceLock<PathBuf>>>> = Mutex::new(BTreeMap::new());
        let made = Arc::clone(MADE.lock().unwrap().entry(self.name).or_default());
        made.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            // Another test run may be at it, too. One name in the end, so that runs do not fill the disk.
            let fresh = folder.join(format!("{}-{}", self.name, std::process::id()));
            self.compile(&fresh);
            let kept = folder.join(self.name);
            fs::rename(&fresh, &kept).unwrap();
            kept
        })
        .clone()
    }

    fn compile(self, program: &Path) {
        let mut files = sources(self.folders);
        let names = self.files.iter().chain([&self.name]);
        files.extend(names.map(|name| sketch().join("host").join(format!("{name}.cpp"))));
        let mut arguments: Vec<&str> = STRICT.to_vec();
        // The sources themselves see to it that no operations are fused: no option does it for them here, as none does on the board.
        arguments.extend(["-O1", "-g"]);
        arguments.extend(self.options);
        arguments.extend(["-o", program.to_str().unwrap()]);
        arguments.extend(files.iter().map(|path| path.to_str().unwrap()));
        run_compiler("g++", &arguments);
    }

    /// Runs one of its checks, and fails with what it says.
    pub fn check(self, check: &str) {
        run(&self.path(), &[check], b"");
    }
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
    // A program that ends without reading all breaks the pipe: its own message says more.
    let written = writer.join().unwrap();
    assert!(
        output.status.success(),
        "{}: {}\n{}",
        program.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    written.unwrap();
    output
}
