//! The command line.

mod files;
mod run;
mod spool;
mod tail;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};

use crate::{
    DEFAULT_LIMIT, Options, Viewer,
    core::Core,
    query::{FILTERS, FILTERS_OF_SOME, Params},
    store::Store,
};

/// The ports of OTLP.
const HTTP_PORT: u16 = 4318;
const GRPC_PORT: u16 = 4317;

type Failure = Box<dyn std::error::Error>;

/// A local viewer for OpenTelemetry. Without a command it receives OTLP and prints the link to its page.
#[derive(Parser)]
#[command(name = "tracepane", version)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args, Clone)]
struct Common {
    /// The folder of the runs [default: tracepane in the user's data folder]
    #[arg(long, global = true, value_name = "PATH")]
    folder: Option<PathBuf>,
    /// The most bytes of all runs; the oldest go first
    #[arg(long, global = true, value_name = "BYTES", default_value_t = DEFAULT_LIMIT)]
    limit: u64,
    /// The name of the run [default: its first service]
    #[arg(long, global = true, value_name = "NAME")]
    name: Option<String>,
    /// The port of the page and of OTLP over HTTP; 0 takes a free one
    #[arg(long, global = true, value_name = "PORT", default_value_t = HTTP_PORT)]
    http_port: u16,
    /// The port of OTLP over gRPC; 0 takes a free one
    #[arg(long, global = true, value_name = "PORT", default_value_t = GRPC_PORT)]
    grpc_port: u16,
}

#[derive(Subcommand)]
enum Command {
    /// Run a program that sends its telemetry here, and end with it
    Run {
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
        program: Vec<String>,
    },
    /// Print traces and log records as they come
    Tail,
    /// Show files of OTLP JSON lines, and spool files of tauri-plugin-opentelemetry
    Open {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a run, or a part of it, as OTLP JSON lines
    Export(Shown),
    /// Answer a coding agent over MCP on standard input and output
    Mcp {
        /// Where the answers come from
        #[arg(long, value_enum, default_value_t = Backend::Local)]
        backend: Backend,
    },
}

/// What is exported.
#[derive(Args)]
struct Shown {
    /// The run, as the page names it [default: the newest]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only the spans and log records of this trace
    #[arg(long, value_name = "TRACE_ID")]
    trace_id: Option<String>,
    /// Only this signal: traces, logs or metrics
    #[arg(long, value_name = "SIGNAL")]
    signal: Option<String>,
    /// A filter as the links of the page have it, such as service=relay or error=true; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    filter: Vec<String>,
}

impl Shown {
    fn params(self) -> Result<Params, Failure> {
        let mut params = Params::default();
        let named = [
            ("run", self.run),
            ("traceId", self.trace_id),
            ("signal", self.signal),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                params.set(name, value);
            }
        }
        for filter in &self.filter {
            let known = FILTERS.iter().chain(&FILTERS_OF_SOME);
            match filter.split_once('=') {
                Some((name, value)) if known.clone().any(|known| *known == name) => {
                    params.set(name, value);
                }
                _ => {
                    let names: Vec<&str> = known.copied().collect();
                    return Err(format!(
                        "--filter {filter}: it must be NAME=VALUE with one of these names: {}",
                        names.join(", ")
                    )
                    .into());
                }
            }
        }
        Ok(params)
    }
}

/// Where the tools get their answers.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Backend {
    /// The newest run of the folder.
    Local,
    /// A SigNoz: SIGNOZ_URL and SIGNOZ_API_KEY in the environment.
    Signoz,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match act(&cli.common, cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tracepane: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(common: &Common, command: Option<Command>) -> Result<ExitCode, Failure> {
    match command {
        None => serve(common),
        Some(Command::Run { program }) => run::run(common.start()?, &program),
        Some(Command::Tail) => tail::tail(common),
        Some(Command::Open { files }) => {
            files::open(common, &files)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Export(shown)) => {
            files::export(common, shown.params()?)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Mcp { backend }) => {
            match backend {
                Backend::Local => crate::mcp::stdio(Arc::new(common.follow()?))?,
                Backend::Signoz => crate::mcp::stdio_signoz()?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Common {
    fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.folder {
            Some(folder) => Ok(folder.clone()),
            None => match dirs::data_local_dir() {
                Some(data) => Ok(data.join("tracepane")),
                None => Err("this user has no data folder; name one with --folder".into()),
            },
        }
    }

    fn start(&self) -> Result<Viewer, Failure> {
        let viewer = Viewer::start(Options {
            folder: self.folder()?,
            limit_bytes: self.limit,
            name: self.name.clone().unwrap_or_default(),
            http_port: Some(self.http_port),
            grpc_port: Some(self.grpc_port),
        })?;
        if let Some(link) = viewer.link() {
            eprintln!("tracepane shows {link}");
        }
        for (protocol, endpoint) in [
            ("HTTP", viewer.http_endpoint()),
            ("gRPC", viewer.grpc_endpoint()),
        ] {
            if let Some(endpoint) = endpoint {
                eprintln!("OTLP over {protocol} at {endpoint}");
            }
        }
        Ok(viewer)
    }

    /// Reads the runs without writing one.
    fn follow(&self) -> Result<Core, Failure> {
        Ok(Core::new(Store::follow(self.folder()?, self.limit)?))
    }
}

fn serve(common: &Common) -> Result<ExitCode, Failure> {
    let viewer = common.start()?;
    run::until_asked_to_end()?;
    drop(viewer);
    Ok(ExitCode::SUCCESS)
}
