//! Child processes: a span from the start of a child to its end, the trace context in its environment, and the lines of its
//! standard error as log records.
//!
//! <https://opentelemetry.io/docs/specs/semconv/cli/cli-spans/>

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read, Write},
    mem,
    ops::{Deref, DerefMut},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

#[cfg(feature = "tokio")]
use tokio::task::JoinHandle;
use tracing::{Span, field::Empty, info, info_span};

use crate::TraceContext;

/// The longest log record, in bytes. A longer line becomes several records.
const MAX_LINE: u64 = 8 * 1024;

/// How long [`TracedChild::wait_with_output`] waits for the rest of the standard error after the child has ended. A
/// grandchild that inherited the pipe can hold it open.
const STDERR_GRACE: Duration = Duration::from_secs(1);

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The variables by which a program is told where to send its telemetry.
const ENDPOINTS: [&str; 4] = [
    ENDPOINT,
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// The variables with the headers of telemetry, such as a token.
const HEADERS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
];

/// The variable that turns the telemetry of a process off.
const DISABLED_VARIABLE: &str = "OTEL_SDK_DISABLED";

/// Whether children start with their telemetry off.
static ARE_DISABLED: AtomicBool = AtomicBool::new(false);

/// The endpoint of children that have none of their own and inherit none.
static DEFAULT_ENDPOINT: OnceLock<String> = OnceLock::new();

/// Starts child processes that continue the current trace.
///
/// Each child has a span that lasts as long as the child if it is [waited for](TracedChild), with the attributes `process.executable.name`, `process.pid` and
/// `process.exit.code`. The span fails if the exit code is not 0 or a signal ends the child. The child gets the context of
/// this span in `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, and a service name in `OTEL_SERVICE_NAME`.
///
/// Each line of the child's standard error becomes a log record inside the span, and is also written to the standard error of
/// this process. This overrides [`Command::stderr`]. Call [`without_stderr`](Self::without_stderr) for a child whose lines can hold
/// personal data: its standard error then goes where the command says. It also does if no subscriber records the span.
///
/// ```no_run
/// use std::process::{Command, Stdio};
/// use tracebaton::ChildProcess;
///
/// let mut command = Command::new("python3");
/// command.arg("sidecar.py").stdout(Stdio::piped());
/// let output = ChildProcess::new("sidecar").spawn(&mut command)?.wait_with_output()?;
/// # std::io::Result::Ok(())
/// ```
///
/// For commands of other crates, such as `tauri-plugin-shell`, use [`start`](Self::start),
/// [`environment`](Self::environment) and the methods of [`ProcessSpan`].
#[derive(Debug, Clone)]
pub struct ChildProcess {
    service_name: String,
    endpoint: Option<String>,
    without_stderr: bool,
}

impl ChildProcess {
    /// Sets `OTEL_SERVICE_NAME` of the child. The child sends its telemetry to the endpoint that its command sets or that it
    /// inherits from the environment of this process, else to the [default](Self::set_default_endpoint), unless
    /// [`endpoint`](Self::endpoint) names another.
    #[must_use]
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            service_name: service_name.into(),
            endpoint: None,
            without_stderr: false,
        }
    }

    /// Sends the telemetry of the child to this URL: sets `OTEL_EXPORTER_OTLP_ENDPOINT`, and removes the variables with
    /// the endpoint of a single signal, which would count in its place. The variables with headers are removed as well,
    /// because the token of one receiver is no business of another. Headers that the command itself sets stay.
    #[must_use]
    pub fn endpoint(self, url: impl Into<String>) -> Self {
        Self {
            endpoint: Some(url.into()),
            ..self
        }
    }

    /// Makes no log records of the child's standard error, and leaves it where the command has it.
    #[must_use]
    pub fn without_stderr(self) -> Self {
        Self {
            without_stderr: true,
            ..self
        }
    }

    /// Sends the telemetry of all further children of this process to this URL of OTLP over HTTP, unless they have an
    /// [`endpoint`](Self::endpoint), or their command sets one in its environment, or they inherit one. For a receiver in this
    /// process; the first call counts.
    pub fn set_default_endpoint(url: impl Into<String>) {
        DEFAULT_ENDPOINT.get_or_init(|| url.into());
    }

    /// Turns the telemetry of further children off (`OTEL_SDK_DISABLED=true`) or on again: for a process whose user has not agreed to
    /// telemetry. A command that sets the variable itself keeps its value. The plugin does this where the app asks for consent.
    pub fn set_disabled(are_disabled: bool) {
        ARE_DISABLED.store(are_disabled, Ordering::Relaxed);
    }

    /// Starts the span of a child that other code starts. `program` is the path of its executable.
    pub fn start(&self, program: impl AsRef<OsStr>) -> ProcessSpan {
        let name = Path::new(&program).file_name().unwrap_or(program.as_ref());
        let name = name.to_string_lossy();
        let span = info_span!(
            "process",
            otel.name = %name,
            otel.kind = "client",
            otel.status_code = Empty,
            otel.status_description = Empty,
            process.executable.name = %name,
            process.pid = Empty,
            process.exit.code = Empty,
            "error.type" = Empty,
        );
        ProcessSpan(Arc::new(Running(Mutex::new(span))))
    }

    /// The environment variables for the child of `span`. Remove a variable without a value from the environment that the
    /// child inherits.
    pub fn environment(&self, span: &ProcessSpan) -> Vec<(String, Option<String>)> {
        self.variables(span, inherits_endpoint())
    }

    fn variables(&self, span: &ProcessSpan, has_endpoint: bool) -> Vec<(String, Option<String>)> {
        let cx = span.span().in_scope(TraceContext::current);
        let default = DEFAULT_ENDPOINT.get().filter(|_| !has_endpoint);
        let mut settings = vec![("OTEL_SERVICE_NAME", Some(self.service_name.as_str()))];
        match (&self.endpoint, default) {
            (Some(url), _) => {
                let others = ENDPOINTS.into_iter().chain(HEADERS);
                settings.extend(others.map(|name| (name, (name == ENDPOINT).then_some(&**url))));
            }
            (None, Some(url)) => settings.extend([
                (ENDPOINT, Some(url.as_str())),
                // Some SDKs use gRPC unless they are told.
                ("OTEL_EXPORTER_OTLP_PROTOCOL", Some("http/protobuf")),
            ]),
            (None, None) => {}
        }
        if ARE_DISABLED.load(Ordering::Relaxed) {
            settings.push((DISABLED_VARIABLE, Some("true")));
        }
        let settings = settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        cx.to_env().into_iter().chain(settings).collect()
    }

    /// Starts the command. Its span ends as [`TracedChild`] says.
    ///
    /// # Errors
    /// If the command cannot be started. The span then ends as a failure with the kind of the error.
    pub fn spawn(&self, command: &mut Command) -> io::Result<TracedChild<Child>> {
        let span = self.prepare(command);
        let mut child = command.spawn().inspect_err(|error| span.failed(error))?;
        span.started(child.id());
        let stderr = self
            .takes_stderr(&span)
            .then(|| child.stderr.take())
            .flatten();
        let stderr_end = stderr.map(|stderr| {
            let (end, ended) = channel();
            let span = span.clone();
            let subscriber = tracing::dispatcher::get_default(Clone::clone);
            thread::spawn(move || {
                tracing::dispatcher::with_default(&subscriber, || read_lines(stderr, &span));
                drop((span, end));
            });
            ended
        });
        Ok(TracedChild {
            child: Some(child),
            status: Child::try_wait,
            span,
            stderr_end,
        })
    }

    /// Starts a command of `tokio`. Its span ends as [`TracedChild`] says.
    ///
    /// # Errors
    /// If the command cannot be started. The span then ends as a failure with the kind of the error.
    #[cfg(feature = "tokio")]
    pub fn spawn_tokio(
        &self,
        command: &mut tokio::process::Command,
    ) -> io::Result<TracedChild<tokio::process::Child, JoinHandle<()>>> {
        use tracing::instrument::WithSubscriber;

        let span = self.prepare(command.as_std_mut());
        let mut child = command.spawn().inspect_err(|error| span.failed(error))?;
        if let Some(pid) = child.id() {
            span.started(pid);
        }
        let stderr = self
            .takes_stderr(&span)
            .then(|| child.stderr.take())
            .flatten();
        let stderr_end = stderr.map(|stderr| {
            let span = span.clone();
            let lines = async move { read_lines_tokio(stderr, &span).await };
            tokio::spawn(lines.with_current_subscriber())
        });
        Ok(TracedChild {
            child: Some(child),
            status: tokio::process::Child::try_wait,
            span,
            stderr_end,
        })
    }

    /// Gives a command its environment, and pipes its standard error if it becomes log records.
    fn prepare(&self, command: &mut Command) -> ProcessSpan {
        let span = self.start(command.get_program());
        let is_set = |name: &&str| {
            let mut set = command.get_envs().filter(|(_, value)| value.is_some());
            set.any(|(known, _)| known == *name)
        };
        let has_endpoint = ENDPOINTS.iter().any(is_set);
        let mut own = HEADERS.to_vec();
        own.push(DISABLED_VARIABLE);
        own.retain(is_set);
        let mut variables = self.variables(&span, has_endpoint || inherits_endpoint());
        variables.retain(|(name, _)| !own.contains(&&**name));
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if self.takes_stderr(&span) {
            command.stderr(Stdio::piped());
        }
        span
    }

    fn takes_stderr(&self, span: &ProcessSpan) -> bool {
        span.is_recorded() && !self.without_stderr
    }
}

fn inherits_endpoint() -> bool {
    let is_set = |name: &&str| env::var_os(name).is_some_and(|url| !url.is_empty());
    ENDPOINTS.iter().any(is_set)
}

/// The span of a child process, which all clones share. It ends with [`exited`](Self::exited) or [`failed`](Self::failed). If
/// the last clone is dropped before, it fails with `error.type` = `dropped`.
#[derive(Debug, Clone)]
pub struct ProcessSpan(Arc<Running>);

impl ProcessSpan {
    /// Whether a subscriber records this span. Once it has ended, none does.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        !self.span().is_disabled()
    }

    /// Records the process id of the child.
    pub fn started(&self, pid: u32) {
        // `tracing` widens a `u32` to a `u64`, which `tracing-opentelemetry` exports as text.
        self.span().record("process.pid", i64::from(pid));
    }

    /// Ends the span as a failure: the child could not be started or waited for.
    pub fn failed(&self, error: &io::Error) {
        self.0.end(Some(&error.kind().to_string()));
    }

    /// Records a line of the child's standard error. Its severity is INFO, because programs also write progress there. After
    /// the end of the span it is a record without a span.
    pub fn stderr_line(&self, line: &str) {
        info!(parent: &self.span(), log.iostream = "stderr", "{line}");
    }

    /// Ends the span with the end of the child: an exit code, or a signal if `code` is `None`.
    pub fn exited(&self, code: Option<i32>, signal: Option<i32>) {
        if let Some(code) = code {
            self.span().record("process.exit.code", code);
        }
        let error_type = match (code, signal) {
            (Some(0), _) => None,
            (Some(code), _) => Some(code.to_string()),
            (None, Some(signal)) => Some(format!("signal {signal}")),
            (None, None) => Some("_OTHER".to_owned()),
        };
        self.0.end(error_type.as_deref());
    }

    fn ended(&self, status: ExitStatus) {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        self.exited(status.code(), signal);
    }

    fn span(&self) -> Span {
        self.0.lock().clone()
    }
}

/// The span that is running; none once it has ended, so that a clone which is still held, such as that of the reader of the
/// standard error, does not keep it from being exported.
#[derive(Debug)]
struct Running(Mutex<Span>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, Span> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the span, unless it has ended.
    fn end(&self, error_type: Option<&str>) {
        let span = mem::replace(&mut *self.lock(), Span::none());
        if let Some(error_type) = error_type {
            span.record("error.type", error_type);
            span.record("otel.status_code", "ERROR");
        }
        // A span of `tracing` ends for OpenTelemetry when it was last left.
        span.in_scope(|| {});
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Some("dropped"));
    }
}

/// A running child process with its span. It dereferences to the child, for its standard input and output.
///
/// The span ends with `wait_with_output`, or else when this is dropped: with the end of the child if it has been waited for or
/// has ended by itself, as after `wait`, and else as a failure with one of these values of `error.type`:
///
/// | `error.type` | the child was still running when |
/// |---|---|
/// | `cancelled` | the future of `wait_with_output` was dropped, as by a timeout |
/// | `dropped` | this was dropped |
///
/// Dropping it does not stop the child. What the child writes to its standard error afterwards becomes log records
/// without a span.
#[derive(Debug)]
pub struct TracedChild<C, E = Receiver<()>> {
    /// `None` once [`wait_with_output`](TracedChild::wait_with_output) has it.
    child: Option<C>,
    /// How to ask for the end of the child without waiting for it.
    status: fn(&mut C) -> io::Result<Option<ExitStatus>>,
    span: ProcessSpan,
    /// Completes at the end of the child's standard error. `None` if that is not piped.
    stderr_end: Option<E>,
}

const IS_THERE: &str = "only wait_with_output takes the child, and with it this value";

impl<C, E> Deref for TracedChild<C, E> {
    type Target = C;

    fn deref(&self) -> &C {
        self.child.as_ref().expect(IS_THERE)
    }
}

impl<C, E> DerefMut for TracedChild<C, E> {
    fn deref_mut(&mut self) -> &mut C {
        self.child.as_mut().expect(IS_THERE)
    }
}

impl<C, E> Drop for TracedChild<C, E> {
    fn drop(&mut self) {
        if !self.span.is_recorded() {
            return;
        }
        match self.child.as_mut().map(self.status) {
            Some(Ok(Some(status))) => self.span.ended(status),
            Some(_) => self.span.0.end(Some("dropped")),
            None => self.span.0.end(Some("cancelled")),
        }
    }
}

impl TracedChild<Child> {
    /// Waits until the child ends, and collects what it writes to its standard output, if that is piped.
    ///
    /// # Errors
    /// If the child cannot be waited for. The span then ends as a failure with the kind of the error.
    pub fn wait_with_output(mut self) -> io::Result<Output> {
        let child = self.child.take().expect(IS_THERE);
        let output = child
            .wait_with_output()
            .inspect_err(|error| self.span.failed(error))?;
        if let Some(end) = &self.stderr_end {
            // The reader disconnects the channel at its end. After a timeout it continues on its own.
            let _ = end.recv_timeout(STDERR_GRACE);
        }
        self.span.ended(output.status);
        Ok(output)
    }
}

#[cfg(feature = "tokio")]
impl TracedChild<tokio::process::Child, JoinHandle<()>> {
    /// Waits until the child ends, and collects what it writes to its standard output, if that is piped.
    ///
    /// # Errors
    /// If the child cannot be waited for. The span then ends as a failure with the kind of the error.
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        let child = self.child.take().expect(IS_THERE);
        let output = child
            .wait_with_output()
            .await
            .inspect_err(|error| self.span.failed(error))?;
        if let Some(end) = self.stderr_end.take() {
            // After a timeout the reader continues on its own.
            let _ = tokio::time::timeout(STDERR_GRACE, end).await;
        }
        self.span.ended(output.status);
        Ok(output)
    }
}

/// Records each line. A read error ends the loop silently: the pipe only breaks when the child has ended.
fn read_lines(stderr: impl Read, span: &ProcessSpan) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while (&mut stderr)
        .take(MAX_LINE)
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        record_line(&mut line, span);
    }
}

#[cfg(feature = "tokio")]
async fn read_lines_tokio(stderr: tokio::process::ChildStderr, span: &ProcessSpan) {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while (&mut stderr)
        .take(MAX_LINE)
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|bytes| bytes > 0)
    {
        record_line(&mut line, span);
    }
}

fn record_line(line: &mut Vec<u8>, span: &ProcessSpan) {
    // The standard error of this process may be closed. The record below is made in any case.
    let _ = io::stderr().write_all(line);
    span.stderr_line(String::from_utf8_lossy(line).trim_end());
    line.clear();
}
