//! Messages as files, for those who share a folder and no server. The inbox of NAME is the folder NAME.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Envelope, is_name};

/// The most that is read of a file.
const MAX_FILE: u64 = 1 << 20;

/// Puts a message into the inbox of its recipient.
///
/// # Errors
/// If the name of the recipient is not that of a folder, or the file cannot be written.
pub fn put(folder: &Path, envelope: &Envelope) -> io::Result<()> {
    let inbox = inbox(folder, &envelope.to)?;
    fs::create_dir_all(&inbox)?;
    // Under its name only once it is whole.
    let part = inbox.join(format!("{}.part", envelope.id));
    fs::write(&part, serde_json::to_vec(envelope)?)?;
    fs::rename(&part, inbox.join(format!("{}.json", envelope.id)))
}

/// The messages in the inbox of `name`, each with its file. What is not a message is left out.
///
/// # Errors
/// If the folder cannot be read; one that is not there is empty.
pub fn list(folder: &Path, name: &str) -> io::Result<Vec<(PathBuf, Envelope)>> {
    let entries = match fs::read_dir(inbox(folder, name)?) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let messages = files.filter(|file| file.extension().is_some_and(|end| end == "json"));
    Ok(messages
        .filter_map(|file| Some((read(&file)?, file)))
        .map(|(envelope, file)| (file, envelope))
        .collect())
}

/// Marks a message as read: it stays, under another name.
///
/// # Errors
/// If the file cannot be renamed.
pub fn mark_as_read(file: &Path) -> io::Result<()> {
    fs::rename(file, file.with_extension("read"))
}

fn read(file: &Path) -> Option<Envelope> {
    let is_small = fs::metadata(file).ok()?.len() <= MAX_FILE;
    let bytes = is_small.then(|| fs::read(file))?.ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn inbox(folder: &Path, name: &str) -> io::Result<PathBuf> {
    if !is_name(name) {
        let message = format!("{name:?} is no inbox: names are ASCII letters and digits");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use tracebaton::TraceContext;

    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", "..", "a/b", "/etc"] {
            let envelope = Envelope {
                id: "1".to_owned(),
                from: "alice".to_owned(),
                to: name.to_owned(),
                sealed: String::new(),
                trace: TraceContext::default(),
            };
            let refused = put(Path::new("/nowhere"), &envelope).expect_err("a refusal");
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{name:?}");
        }
    }
}
