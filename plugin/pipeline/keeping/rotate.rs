//! A file that begins anew when it is large enough, and keeps some of what was before: `a.log`, then
//! `a.log.1`, `a.log.2` and so on, the oldest last.
//!
//! Not a crate: those there are bring a calendar and a compressor to rename a handful of files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    max_files: usize,
    /// The open file and its size.
    current: Option<(File, u64)>,
}

impl RotatingFile {
    /// Opens nothing yet: a file of which nothing is written need not exist.
    pub(crate) fn new(path: PathBuf, max_bytes: u64, max_files: usize) -> Self {
        Self {
            path,
            max_bytes,
            max_files,
            current: None,
        }
    }

    /// Appends whole lines, which stay together in one file.
    ///
    /// # Errors
    /// If the file cannot be opened or written; the next call tries anew.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let (mut file, mut size) = match self.current.take() {
            Some(current) => current,
            None => self.open()?,
        };
        if size > 0 && size + lines.len() as u64 > self.max_bytes {
            drop(file);
            self.rotate()?;
            (file, size) = self.open()?;
        }
        file.write_all(lines)?;
        self.current = Some((file, size + lines.len() as u64));
        Ok(())
    }

    fn open(&self) -> io::Result<(File, u64)> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    fn rotate(&self) -> io::Result<()> {
        let kept = self.max_files.saturating_sub(1);
        for age in (0..kept).rev() {
            let from = self.aged(age);
            if from.exists() {
                fs::rename(from, self.aged(age + 1))?;
            }
        }
        if kept == 0 {
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }

    fn aged(&self, age: usize) -> PathBuf {
        if age == 0 {
            return self.path.clone();
        }
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{age}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_are_kept_as_asked_for_and_no_line_is_torn() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new/a.log");
        let mut file = RotatingFile::new(path.clone(), 10, 3);
        for line in [
            "one\n",
            "two\n",
            "three\n",
            "four\n",
            "five 5678\n",
            "six\n",
        ] {
            file.append(line.as_bytes()).expect("written");
        }
        let read = |name: &str| fs::read_to_string(path.with_file_name(name)).ok();
        assert_eq!(read("a.log").as_deref(), Some("six\n"));
        assert_eq!(read("a.log.1").as_deref(), Some("five 5678\n"));
        assert_eq!(read("a.log.2").as_deref(), Some("four\n"));
        assert_eq!(read("a.log.3"), None, "the oldest is gone");
    }

    #[test]
    fn a_second_run_goes_on_where_the_first_ended() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.log");
        for line in ["one\n", "two\n"] {
            let mut file = RotatingFile::new(path.clone(), 10, 1);
            file.append(line.as_bytes()).expect("written");
        }
        assert_eq!(fs::read_to_string(path).expect("a file"), "one\ntwo\n");
    }
}
