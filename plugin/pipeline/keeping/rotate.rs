//! A file that is rotated: when `a.log` is large enough it becomes `a.log.1`, which becomes `a.log.2` and so on, and a new
//! `a.log` begins. Several processes may write to the same file.
//!
//! Not a crate: those there are bring a calendar and a compressor to rename a handful of files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use same_file::Handle;

use super::private;

#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    max_files: usize,
    current: Option<Handle>,
}

impl RotatingFile {
    /// Opens nothing yet. The file is created when something is written.
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
    /// If the file cannot be opened or written, or is twice as large as it may be and cannot be rotated. The next call opens it
    /// again.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let current = self.current.take();
        let mut file = match current.filter(|file| self.is_in_place(file)) {
            Some(file) => file,
            None => self.open()?,
        };
        // Other processes append to it as well.
        let size = file.as_file().metadata()?.len();
        if size > 0 && size + lines.len() as u64 > self.max_bytes {
            match self.rotate(&file) {
                Ok(true) => file = self.open()?,
                Err(error) if size >= self.max_bytes.saturating_mul(2) => return Err(error),
                // On Windows a program that reads an older file can prevent that it is renamed. No line is lost to that for a while.
                Ok(false) | Err(_) => {}
            }
        }
        file.as_file_mut().write_all(lines)?;
        self.current = Some(file);
        Ok(())
    }

    /// Appends lines, as many in one write as fit in a file.
    ///
    /// # Errors
    /// Those of [`append`](Self::append). The lines that follow are not written.
    pub(crate) fn append_all(&mut self, lines: &[String]) -> io::Result<()> {
        let mut together = String::new();
        for line in lines {
            if (together.len() + line.len()) as u64 > self.max_bytes && !together.is_empty() {
                self.append(together.as_bytes())?;
                together.clear();
            }
            together.push_str(line);
        }
        self.append(together.as_bytes())
    }

    fn open(&self) -> io::Result<Handle> {
        if let Some(folder) = self.path.parent() {
            private::create_folder(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = private::open(&self.path, options.create(true).read(true).append(true))?;
        if ends_within_a_line(&mut file)? {
            file.write_all(b"\n")?;
        }
        Handle::from_file(file)
    }

    /// Whether the path still leads to this file: another process may have rotated it.
    fn is_in_place(&self, file: &Handle) -> bool {
        Handle::from_path(&self.path).is_ok_and(|in_place| in_place == *file)
    }

    /// Renames the files. Returns `false` if another process is doing that at the moment.
    fn rotate(&self, file: &Handle) -> io::Result<bool> {
        // On Windows a lock on the file itself would refuse the writes of other processes.
        let lock = self.with_suffix("lock");
        let lock: File = private::open(&lock, OpenOptions::new().create(true).append(true))?;
        if lock.try_lock().is_err() {
            return Ok(false);
        }
        if !self.is_in_place(file) {
            return Ok(true);
        }
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
        Ok(true)
    }

    fn aged(&self, age: usize) -> PathBuf {
        if age == 0 {
            return self.path.clone();
        }
        self.with_suffix(&age.to_string())
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{suffix}"));
        name.into()
    }
}

/// Whether the last line was cut, by a full disk or a crash.
fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
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
    fn lines_are_written_together_as_far_as_a_file_holds_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.log");
        let mut file = RotatingFile::new(path.clone(), 10, 4);
        let lines = ["one\n", "two\n", "a long line\n", "three\n"].map(str::to_owned);
        file.append_all(&lines).expect("written");
        let read = |name: &str| fs::read_to_string(path.with_file_name(name)).ok();
        assert_eq!(read("a.log.2").as_deref(), Some("one\ntwo\n"));
        assert_eq!(read("a.log.1").as_deref(), Some("a long line\n"));
        assert_eq!(read("a.log").as_deref(), Some("three\n"));
    }

    #[test]
    fn while_an_older_file_cannot_be_renamed_the_current_one_takes_twice_its_size() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.log");
        let in_the_way = path.with_file_name("a.log.1");
        fs::create_dir(&in_the_way).expect("a folder");
        let mut file = RotatingFile::new(path.clone(), 10, 2);
        for _ in 0..3 {
            file.append(b"a line\n").expect("written");
        }
        file.append(b"a line\n").expect_err("it has no bound");
        fs::remove_dir(&in_the_way).expect("removed");
        file.append(b"rotated\n").expect("written");
        let read = |path| fs::read_to_string(path).expect("a file");
        assert_eq!(read(&in_the_way), "a line\n".repeat(3));
        assert_eq!(read(&path), "rotated\n");
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

    #[test]
    fn a_line_that_was_cut_takes_no_other_with_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.log");
        fs::write(&path, "ha").expect("written");
        let mut file = RotatingFile::new(path.clone(), 10, 1);
        file.append(b"one\n").expect("written");
        assert_eq!(fs::read_to_string(path).expect("a file"), "ha\none\n");
    }

    #[test]
    fn two_processes_that_write_one_file_rotate_it_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.log");
        let mut files = [0, 1].map(|_| RotatingFile::new(path.clone(), 10, 3));
        for number in 1..=8 {
            let line = format!("l {number}\n");
            files[number % 2].append(line.as_bytes()).expect("written");
        }
        let read = |name: &str| fs::read_to_string(path.with_file_name(name)).ok();
        assert_eq!(read("a.log").as_deref(), Some("l 7\nl 8\n"));
        assert_eq!(read("a.log.1").as_deref(), Some("l 5\nl 6\n"));
        assert_eq!(read("a.log.2").as_deref(), Some("l 3\nl 4\n"));

        files[1].append(b"long line\n").expect("written");
        files[0].append(b"9\n").expect("written");
        assert_eq!(read("a.log.1").as_deref(), Some("long line\n"));
        assert_eq!(
            read("a.log").as_deref(),
            Some("9\n"),
            "not into the file that the other process has rotated, where it has room"
        );
    }
}
