//! The programs that are measured, each a process of its own with a folder of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection as Database, OpenFlags};
use tempfile::TempDir;

/// Longer than any of them takes to start.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// A running program.
pub struct Contender {
    pub name: &'static str,
    pub address: String,
    folder: TempDir,
    process: Child,
    /// The token of the API, which only `tracepane` has.
    token: String,
    stored: fn(&Self) -> u64,
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Contender {
    pub fn tracepane(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new(env!("CARGO_BIN_EXE_tracepane"))
            .arg("--folder")
            .arg(folder.path())
            .args(["--http-port", "0", "--grpc-port", "0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let said = lines.next().expect("it says its link").expect("it is text");
        let (url, token) = said.split_once("/#token=").expect("a link");
        let address = url.split_once("//").expect("a URL").1.to_owned();
        let token = token.to_owned();
        thread::spawn(move || lines.for_each(drop));
        Self {
            name: "tracepane",
            address,
            folder,
            process,
            token,
            stored: |own| {
                own.json("/api/status")["counts"]["spans"]
                    .as_u64()
                    .unwrap_or_default()
            },
        }
    }

    pub fn otelite(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [http, grpc, page] = [(); 3].map(|()| free_port());
        let process = Command::new(program)
            .args(["serve", "--addr", &format!("127.0.0.1:{page}")])
            .arg("--storage-path")
            .arg(folder.path())
            .env("OTELITE_DATA_DIR", folder.path())
            .env("OTELITE_OTLP_HTTP_PORT", http.to_string())
            .env("OTELITE_OTLP_GRPC_PORT", grpc.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("otelite starts");
        let own = Self {
            name: "otelite",
            address: format!("127.0.0.1:{http}"),
            folder,
            process,
            token: String::new(),
            stored: |own| own.rows("SELECT count(*) FROM spans"),
        };
        let begun = Instant::now();
        while TcpStream::connect(&own.address).is_err() {
            assert!(begun.elapsed() < START_DEADLINE, "otelite does not listen");
            thread::park_timeout(Duration::from_millis(5));
        }
        own
    }

    /// Spans that a query of the program finds.
    pub fn stored(&self) -> u64 {
        (self.stored)(self)
    }

    fn rows(&self, sql: &str) -> u64 {
        let file = self
            .files()
            .into_iter()
            .find(|file| file.extension().is_some_and(|ending| ending == "db"));
        let count = file.and_then(|file| {
            let database =
                Database::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
            database.query_row(sql, [], |row| row.get(0)).ok()
        });
        count.unwrap_or_default()
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        let lengths = self
            .files()
            .into_iter()
            .filter_map(|file| Some(file.metadata().ok()?.len()));
        lengths.sum()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = self.folder.path().read_dir().expect("the folder").flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// A line of the status of the process in MiB: `VmRSS` for what is in memory, `VmHWM` for the most that ever was.
    pub fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .unwrap_or_default();
        let kib = line.split_whitespace().nth(1);
        kib.and_then(|kib| kib.parse::<u64>().ok())
            .unwrap_or_default()
            >> 10
    }

    fn json(&self, path: &str) -> serde_json::Value {
        let body = Connection::open(self).get(path).expect("an answer");
        serde_json::from_slice(&body).expect("JSON")
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// A connection to a program that stays open.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
    token: String,
}

impl Connection {
    pub fn open(to: &Contender) -> Self {
        let stream = TcpStream::connect(&to.address).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream: BufReader::new(stream),
            address: to.address.clone(),
            token: to.token.clone(),
        }
    }

    /// Sends a request of OTLP, and says the status of the answer.
    pub fn send(&mut self, signal: &str, body: &[u8]) -> u16 {
        let head =
            format!("POST /v1/{signal} HTTP/1.1\r\nContent-Type: application/x-protobuf\r\n");
        self.request(&head, body).0
    }

    /// The answer of the API; `None` if the question took longer than the program lets it.
    pub fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\n",
            self.token
        );
        let (status, body) = self.request(&head, b"");
        let text = String::from_utf8_lossy(&body);
        if status != 200 && text.contains("took longer than") {
            return None;
        }
        assert_eq!(status, 200, "{path}: {text}");
        Some(body)
    }

    fn request(&mut self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let head = format!(
            "{head}Host: {}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body))
            .expect("it reads");
        let mut status = String::new();
        self.stream.read_line(&mut status).expect("it answers");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a header");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        (status[9..12].parse().expect("a status"), body)
    }
}
