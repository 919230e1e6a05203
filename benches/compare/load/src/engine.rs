//! The programs that are compared: started, watched, stopped.

use std::fs::{self, File};
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Where the broker listens that both use.
pub const MOSQUITTO: u16 = 18_830;
/// Where twinflow's own broker listens.
pub const EMBEDDED: u16 = 18_840;
const DASHBOARD: u16 = 18_880;
const MODEL: u16 = 18_800;

/// What is there to start things with.
pub struct Places {
    /// The folder of the comparison.
    pub here: PathBuf,
    /// Where the packages are, and where logs are written.
    pub cache: PathBuf,
    pub twinflow: PathBuf,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Flow {
    Kpi,
    Full,
    /// Nothing but the embedded broker.
    Broker,
}

impl Flow {
    fn name(self) -> &'static str {
        match self {
            Flow::Kpi => "kpi",
            Flow::Full => "full",
            Flow::Broker => "broker",
        }
    }
}

/// A program that ends with this.
pub struct Program(Child);

impl Program {
    fn start(command: &mut Command, log: &Path) -> io::Result<Self> {
        let log = File::create(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.spawn().map(Self)
    }

    /// Whether it runs still: another program may answer in its place.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Seconds of processor time so far.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let behind_name = stat.rsplit(')').next().unwrap_or_default();
        let ticks = behind_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|n| n.parse::<f64>().ok());
        // Linux counts in hundredths of a second.
        ticks.sum::<f64>() / 100.0
    }

    /// Resident memory in MB: the most so far.
    pub fn peak_megabytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An engine and what belongs to it.
pub struct Engine {
    pub programs: Vec<Program>,
    pub port: u16,
}

impl Engine {
    pub fn cpu_seconds(&self) -> f64 {
        self.programs.iter().map(Program::cpu_seconds).sum()
    }

    pub fn peak_megabytes(&self) -> f64 {
        self.programs.iter().map(Program::peak_megabytes).sum()
    }
}

/// Another program at one of the ports would answer in the place of what is measured.
pub fn ports_are_free() -> io::Result<()> {
    for port in [MOSQUITTO, EMBEDDED, DASHBOARD, DASHBOARD + 1, MODEL] {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Err(io::Error::other(format!(
                "port {port} is taken: is another comparison running?"
            )));
        }
    }
    Ok(())
}

pub fn mosquitto(places: &Places) -> io::Result<Program> {
    let settings = places.cache.join("mosquitto.conf");
    // Without the last line it leaves Nagle's algorithm on, which delays every answer alike.
    let text = format!(
        "listener {MOSQUITTO} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
    );
    fs::write(&settings, text)?;
    let log = places.cache.join("mosquitto.log");
    let program = Program::start(Command::new("mosquitto").arg("-c").arg(&settings), &log)?;
    listening(MOSQUITTO, Duration::from_secs(10))?;
    Ok(program)
}

pub fn node_red(places: &Places, flow: Flow) -> io::Result<Engine> {
    let mut programs = Vec::new();
    if flow == Flow::Full {
        let mut server = Command::new(places.cache.join("venv/bin/uvicorn"));
        server.args(["app:app", "--no-access-log", "--host", "127.0.0.1", "--port"]);
        server
            .arg(MODEL.to_string())
            .current_dir(places.here.join("model-server"));
        server.env("PYTHONDONTWRITEBYTECODE", "1");
        programs.push(Program::start(
            &mut server,
            &places.cache.join("model-server.log"),
        )?);
        // It trains its forest first; that is not what is measured.
        listening(MODEL, Duration::from_secs(120))?;
    }
    let folder = places.cache.join("node-red");
    let flows = Command::new("node")
        .arg(places.here.join("node-red/flows.mjs"))
        .arg(flow.name())
        .arg(places.cache.join("node-red.csv"))
        .env("COMPARE_PORT", MOSQUITTO.to_string())
        .env("COMPARE_MODEL", format!("http://127.0.0.1:{MODEL}/predict"))
        .output()?;
    if !flows.status.success() {
        return Err(io::Error::other(
            String::from_utf8_lossy(&flows.stderr).into_owned(),
        ));
    }
    fs::write(folder.join("flows.json"), flows.stdout)?;
    fs::write(
        folder.join("settings.js"),
        format!(
            "module.exports = {{ flowFile: 'flows.json', uiHost: '127.0.0.1', uiPort: {DASHBOARD}, credentialSecret: false, \
             telemetry: {{ enabled: false, updateNotification: false }} }};\n"
        ),
    )?;
    let mut node = Command::new("node");
    node.arg(folder.join("node_modules/node-red/red.js"))
        .arg("-u")
        .arg(&folder);
    programs.push(Program::start(&mut node, &places.cache.join("node-red.log"))?);
    Ok(Engine {
        programs,
        port: MOSQUITTO,
    })
}

/// With the broker of both, or with its own.
pub fn twinflow(places: &Places, flow: Flow, port: u16) -> io::Result<Engine> {
    let broker = match port {
        EMBEDDED => format!("embedded://127.0.0.1:{port}"),
        _ => format!("mqtt://127.0.0.1:{port}"),
    };
    let mut command = Command::new(&places.twinflow);
    command
        .arg("run")
        .arg(places.here.join(format!("flows/{}.yaml", flow.name())));
    command.args(["--listen", &format!("127.0.0.1:{}", DASHBOARD + 1)]);
    command.env("COMPARE_BROKER", broker);
    command.env("COMPARE_LOG", places.cache.join("twinflow.csv"));
    let program = Program::start(&mut command, &places.cache.join("twinflow.log"))?;
    if port == EMBEDDED {
        listening(port, Duration::from_secs(10))?;
    }
    Ok(Engine {
        programs: vec![program],
        port,
    })
}

fn listening(port: u16, patience: Duration) -> io::Result<()> {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begin.elapsed() > patience {
            return Err(io::Error::other(format!(
                "nothing listens at port {port} after {patience:?}: see the logs in the cache folder"
            )));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
