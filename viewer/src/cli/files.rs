//! `open` and `export`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use super::{Common, Failure, run::until_asked_to_end, spool};
use crate::{
    intake::Batch,
    query::{self, Cursor, Params},
    receiver::read_line,
};

/// Requests that cannot be read, and are said.
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
        each_request(path, |number, request| match request {
            Ok(batch) => {
                read += 1;
                viewer.import(batch);
            }
            Err(error) => {
                unread += 1;
                if unread <= MAX_SAID {
                    eprintln!("{}, request {number}: {error}", path.display());
                }
            }
        })
        .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    viewer.flush();
    eprintln!("{read} requests were read, {unread} were not");
    if read == 0 {
        return Err("the files have no OTLP request that can be read".into());
    }
    until_asked_to_end()
}

/// Reads a file of lines one by one, and a spool file as a whole: it has some megabytes. The requests are numbered from 1.
fn each_request(
    path: &Path,
    mut take: impl FnMut(usize, Result<Batch, String>),
) -> std::io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(spool::MAGIC) {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let requests = spool::read(&bytes).into_iter().enumerate();
        requests.for_each(|(index, request)| take(index + 1, request));
        return Ok(());
    }
    for (index, line) in file.split(b'\n').enumerate() {
        let line = line?;
        if !line.trim_ascii().is_empty() {
            take(index + 1, read_line(&line));
        }
    }
    Ok(())
}

/// Prints what the parameters ask for as OTLP JSON lines.
pub(super) fn export(common: &Common, params: Params) -> Result<(), Failure> {
    let core = common.follow()?;
    let params = core.with_run(params);
    let mut output = std::io::stdout().lock();
    let mut at = Some(Cursor::start(&params)?);
    while let Some(cursor) = at {
        let (lines, next) = core.ask(&params, |reader| query::export(reader, &params, cursor))?;
        output.write_all(&lines)?;
        at = next;
    }
    output.flush()?;
    Ok(())
}
