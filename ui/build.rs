//! Builds the front end with npm, so that `cargo build` makes the whole program.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

/// What the front end is made of: a change in any of these builds it anew, nothing else does.
const INPUTS: [&str; 8] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("\nThe dashboard's front end could not be built.\n{reason}\n");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let variable = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or_else(|| format!("cargo did not set {name}"))
    };
    let web = variable("CARGO_MANIFEST_DIR")?.join("web");
    let dist = variable("OUT_DIR")?.join("dist");
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", web.join(input).display());
    }
    install(&web).map_err(|error| format!("npm ci: {error}"))?;
    let out = dist.to_string_lossy().into_owned();
    npm(
        &web,
        &[
            "run",
            "build",
            "--",
            "--outDir",
            &out,
            "--emptyOutDir",
            "--logLevel",
            "warn",
        ],
    )
}

/// Runs `npm ci`, unless the packages of this very lock file are there already.
fn install(web: &Path) -> Result<(), String> {
    let lock =
        fs::read(web.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    let wanted = format!("{:016x}", hasher.finish());
    let stamp = web.join("node_modules").join(".installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    npm(web, &["ci", "--no-audit", "--no-fund", "--loglevel", "error"])?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(web)
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "npm was not found. Install Node.js 20.19 or newer (npm comes with it), then build again."
                    .to_owned()
            }
            _ => format!("npm could not be started: {error}"),
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`npm {}` failed:\n{said}\n{complained}",
        arguments.join(" ")
    ))
}
