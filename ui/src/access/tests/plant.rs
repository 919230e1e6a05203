//! A served flow without nodes, and someone who asks it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use petgraph::graph::DiGraph;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use twinflow_engine::graph::Graph;
use twinflow_engine::runtime::{Running, Setting, start_in};
use twinflow_storage::history::{Plan, Recorder, Store};

use crate::access::password::PasswordHash;
use crate::access::secret::Hash;
use crate::access::{Access, AccessSetup, Clock, Role, Users};
use crate::shown::{Current, Shown};
use crate::{FlowGraph, Server, ServerSetup, ShownHistory, dashboard};

pub const PASSWORD: &str = "correct horse battery staple";
pub const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The token of the program with this role.
pub fn token(role: Role) -> String {
    format!("twinflow_token-of-the-{role}")
}

/// A person and a program of each role, called as the role.
pub fn users() -> Users {
    let password = PasswordHash::of(PASSWORD).unwrap();
    let entry = |role: Role| {
        format!(
            "[[users]]\nname = \"{role}\"\nrole = \"{role}\"\npassword = \"{}\"\n\
             [[tokens]]\nname = \"{role} program\"\nrole = \"{role}\"\ntoken = \"{}\"\n",
            password.as_str(),
            Hash::of(&token(role)).to_hex()
        )
    };
    let text: String = Role::ALL.into_iter().map(entry).collect();
    Users::parse(&text, Path::new("users.toml")).unwrap()
}

pub fn with_users() -> AccessSetup {
    AccessSetup {
        users: Some(users()),
        ..AccessSetup::default()
    }
}

fn empty() -> Graph {
    Graph {
        name: "Plant".to_owned(),
        description: None,
        retention: twinflow_engine::language::Retention::default(),
        folders: Vec::new(),
        brokers: Vec::new(),
        secrets: Vec::new(),
        nodes: Vec::new(),
        wiring: DiGraph::new(),
    }
}

fn setup(graph: &Graph, running: &Running, recorder: Option<&Recorder>) -> ServerSetup {
    let shown = |recorder: &Recorder| ShownHistory {
        recorder: recorder.handle(),
        plan: Arc::new(Plan::of(graph)),
    };
    ServerSetup {
        dashboard: dashboard(graph, 0, recorder.is_some()),
        watched: running.watched(),
        models: Vec::new(),
        history: recorder.map(shown),
        graph: FlowGraph::default(),
        text: None,
    }
}

/// The paths of the router's routes.
pub fn paths() -> Vec<&'static str> {
    let graph = empty();
    let running = start_in(&graph, &Setting::default()).unwrap();
    let (_shown, current): (_, Current) = watch::channel(Shown::new(setup(&graph, &running, None)));
    let (reloads, _wishes) = mpsc::channel(1);
    let access = Access::new(AccessSetup::default(), LOCAL, Clock::default()).unwrap();
    crate::server::routes(current, reloads, Arc::new(access)).paths
}

pub struct Plant {
    pub server: Server,
    now: Arc<Mutex<Instant>>,
    _running: Running,
    _recorder: Option<Recorder>,
}

impl Plant {
    /// Serves on a free port of this machine.
    pub fn open(access: AccessSetup) -> Self {
        Self::open_at(LOCAL, access)
    }

    /// Notes in `file` what people do.
    pub fn open_noting(file: &Path, access: AccessSetup) -> Self {
        let store = Store::open(file).unwrap();
        Self::open_with(LOCAL, access, Some(Recorder::start(store).unwrap()))
    }

    pub fn open_at(listen: SocketAddr, access: AccessSetup) -> Self {
        Self::open_with(listen, access, None)
    }

    fn open_with(listen: SocketAddr, access: AccessSetup, recorder: Option<Recorder>) -> Self {
        let now = Arc::new(Mutex::new(Instant::now()));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || *now.lock().unwrap())
        };
        let graph = empty();
        let running = start_in(&graph, &Setting::default()).unwrap();
        // Nobody answers wishes for a reload: they are refused by the route itself.
        let (reloads, _) = mpsc::channel(1);
        let bound = Server::bind_by(listen, access, clock).unwrap();
        Self {
            server: bound.serve(setup(&graph, &running, recorder.as_ref()), reloads),
            now,
            _running: running,
            _recorder: recorder,
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port()))
            .await
            .unwrap()
    }

    pub async fn ask(&self, request: Ask<'_>) -> Answer {
        let host = request.host.map_or_else(|| self.host(), str::to_owned);
        request.send(self.connect().await, &host).await
    }

    pub async fn log_in(&self, name: &str, password: &str) -> Answer {
        self.ask(Ask::post("/api/login").body(&credentials(name, password)))
            .await
    }

    /// The cookie of someone who logged in.
    pub async fn cookie_of(&self, name: &str) -> String {
        let answer = self.log_in(name, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookie()
    }
}

pub fn credentials(name: &str, password: &str) -> String {
    serde_json::json!({ "name": name, "password": password }).to_string()
}

/// A request.
#[derive(Clone, Default)]
pub struct Ask<'a> {
    method: &'a str,
    path: &'a str,
    host: Option<&'a str>,
    headers: Vec<(&'a str, String)>,
    body: Option<String>,
}

impl<'a> Ask<'a> {
    pub fn of(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            ..Self::default()
        }
    }

    pub fn get(path: &'a str) -> Self {
        Self::of("GET", path)
    }

    pub fn post(path: &'a str) -> Self {
        Self::of("POST", path)
    }

    pub fn host(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    pub fn header(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    /// As our own page asks.
    pub fn by_page(self, plant: &Plant) -> Self {
        let origin = format!("http://{}", plant.host());
        self.header("origin", origin)
            .header("x-requested-with", "twinflow")
    }

    pub fn body(mut self, json: &str) -> Self {
        self.body = Some(json.to_owned());
        self
    }

    pub async fn send(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, host: &str) -> Answer {
        let body = self.body.clone().unwrap_or_default();
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if self.body.is_some() {
            text += "content-type: application/json\r\n";
        }
        text += &format!("content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A TLS server may close without saying so.
        let _ = stream.read_to_end(&mut answer).await;
        Answer::parse(&String::from_utf8_lossy(&answer))
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        });
        Self {
            status,
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Name and value of the cookie that it sets.
    pub fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").expect("a cookie");
        cookie.split(';').next().unwrap().to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
