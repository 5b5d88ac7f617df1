//! `open` and `export`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
};

use super::{Common, Failure, run::until_asked_to_end};
use crate::{
    query::{self, Cursor, Params},
    receiver::read_line,
};

/// Lines that cannot be read, and are said.
const MAX_SAID: usize = 10;

/// Shows files until the user has seen enough.
pub(super) fn open(common: &Common, files: &[PathBuf]) -> Result<(), Failure> {
    let name = files
        .iter()
        .filter_map(|file| file.file_name())
        .map(|name| name.to_string_lossy());
    let name = name.collect::<Vec<_>>().join(", ");
    let mut common = common.clone();
    common.name.get_or_insert(name);
    // Senders that are running now have another viewer.
    common.http_port = 0;
    common.grpc_port = 0;
    let viewer = common.start()?;
    let (mut read, mut unread) = (0, 0);
    for path in files {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
            let line = line.map_err(|error| format!("{}: {error}", path.display()))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match read_line(&line) {
                Ok(batch) => {
                    read += 1;
                    viewer.import(batch);
                }
                Err(error) => {
                    unread += 1;
                    if unread <= MAX_SAID {
                        eprintln!("{}, line {}: {error}", path.display(), number + 1);
                    }
                }
            }
        }
    }
    viewer.flush();
    eprintln!("{read} lines were read, {unread} were not");
    if read == 0 {
        return Err("the files have no line of OTLP JSON".into());
    }
    until_asked_to_end()
}

/// Prints a run as OTLP JSON lines.
pub(super) fn export(
    common: &Common,
    run: Option<String>,
    trace_id: Option<String>,
) -> Result<(), Failure> {
    let core = common.follow()?;
    let mut params = Params::default();
    if let Some(run) = run {
        params.set("run", run);
    }
    if let Some(trace_id) = trace_id {
        params.set("traceId", trace_id);
    }
    let mut output = std::io::stdout().lock();
    let mut at = Some(Cursor::START);
    while let Some(cursor) = at {
        let (lines, next) = core.ask(&params, |reader| query::export(reader, &params, cursor))?;
        output.write_all(&lines)?;
        at = next;
    }
    output.flush()?;
    Ok(())
}
