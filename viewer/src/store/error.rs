//! What can go wrong with the files of the runs.

use std::path::PathBuf;

/// Why the store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file comes from a newer version of the program.
    #[error("the file has the schema version {0}, which a newer tracepane wrote; use that version")]
    Newer(usize),
    /// The file comes from an older version of the program, which still writes it.
    #[error("an older tracepane is writing the run, and this one can read it when it has ended")]
    OlderWriter,
    /// There is no such run.
    #[error("there is no run {0:?}; GET /api/runs lists them")]
    NoRun(String),
    /// The run is in use or pinned.
    #[error("the run {0:?} is {1}")]
    Kept(String, &'static str),
    /// The limit leaves no room for a new run.
    #[error("pinned and running runs take {used} of {limit} bytes; unpin one or raise the limit")]
    NoRoom {
        /// Bytes of the runs that cannot be removed.
        used: u64,
        /// The limit of all runs.
        limit: u64,
    },
    /// A file or folder cannot be used.
    #[error("{path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The query took too long and was stopped.
    #[error("the query took longer than {0} s; ask for a shorter time, or with fewer filters")]
    TooSlow(u64),
    /// What SQLite says.
    #[error("the database: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Error {
    /// Whether the file is no database, or a damaged one.
    pub fn is_damage(&self) -> bool {
        matches!(
            self.code(),
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt)
        )
    }

    /// Whether the disk or the share of this run is full.
    pub(crate) fn is_full(&self) -> bool {
        self.code() == Some(rusqlite::ErrorCode::DiskFull)
    }

    pub(crate) fn code(&self) -> Option<rusqlite::ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }
}
