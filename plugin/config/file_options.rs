//! What the app says about the files that the plugin writes: the log file, and the spool.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::SpoolLimits;

/// A log file on the machine of the app, for its user and its support. It is written whatever is
/// exported, also when nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LogFile {
    /// The file. Default: `telemetry.log` in the app's log folder.
    pub(crate) path: Option<PathBuf>,
    /// How a line is written. Default: as text.
    pub(crate) format: LogFormat,
    /// The size in bytes at which a new file is begun. Default: 10 MiB.
    pub(crate) max_bytes: u64,
    /// How many files are kept, the current one included. Default: 5.
    pub(crate) max_files: usize,
}

impl LogFile {
    /// Text in `telemetry.log` of the app's log folder: 5 files of 10 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The file. Default: `telemetry.log` in the app's log folder.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// How a line is written. Default: [`LogFormat::Text`].
    #[must_use]
    pub fn format(mut self, format: LogFormat) -> Self {
        self.format = format;
        self
    }

    /// The size in bytes at which a new file is begun. Default: 10 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How many files are kept, the current one included. Default: 5.
    #[must_use]
    pub fn max_files(mut self, files: usize) -> Self {
        self.max_files = files;
        self
    }
}

impl Default for LogFile {
    fn default() -> Self {
        Self {
            path: None,
            format: LogFormat::Text,
            max_bytes: 10 * 1024 * 1024,
            max_files: 5,
        }
    }
}

/// How a line of a [`LogFile`] is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogFormat {
    /// For people: time, level, target, message, attributes, trace id.
    Text,
    /// For programs: one JSON object with the same.
    Json,
}

/// What is kept on disk while it cannot be delivered, in a folder of the app's local data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Spool {
    /// The size in bytes at which a new file is begun, half of `maxBytes` at most. Default: 1 MiB.
    pub(crate) max_file_bytes: u64,
    /// The most bytes of each signal; the oldest make room for the newest. At 0 nothing is kept. Default:
    /// 50 MiB.
    pub(crate) max_bytes: u64,
    /// What is older than so many days is not delivered any more. Default: 7.
    pub(crate) max_days: u32,
    /// Whether it is encrypted, with a key in the keyring of the system. Needs the feature `encrypted-spool`. Default: no.
    pub(crate) encrypted: bool,
}

impl Spool {
    /// 50 MiB of each signal for 7 days.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The size in bytes at which a new file is begun, half of [`max_bytes`](Self::max_bytes) at most. Default: 1 MiB.
    #[must_use]
    pub fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.max_file_bytes = bytes;
        self
    }

    /// The most bytes of each signal; the oldest make room for the newest. At 0 nothing is kept. Default: 50 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// What is older than so many days is not delivered any more. Default: 7.
    #[must_use]
    pub fn max_days(mut self, days: u32) -> Self {
        self.max_days = days;
        self
    }

    /// Encrypts it with a key that lies in the keyring of the system: the Keychain of macOS, the Credential Manager of
    /// Windows, the Secret Service of Linux. The plugin creates the key under the identifier of the app at the first start.
    ///
    /// Where there is no keyring (Android, iOS, a Linux session without a Secret Service), or it is locked, nothing is kept: what
    /// cannot be delivered at once is lost, and a warning says so. Requests that were kept before, in the clear, are still delivered.
    #[cfg(feature = "encrypted-spool")]
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        self.encrypted = true;
        self
    }

    pub(super) fn limits(self) -> SpoolLimits {
        SpoolLimits {
            // The file that is being written is never removed to make room.
            max_file_bytes: self.max_file_bytes.min(self.max_bytes / 2),
            max_bytes: self.max_bytes,
            max_age: Duration::from_secs(u64::from(self.max_days) * 24 * 60 * 60),
            encrypted: self.encrypted,
        }
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self {
            max_file_bytes: 1024 * 1024,
            max_bytes: 50 * 1024 * 1024,
            max_days: 7,
            encrypted: false,
        }
    }
}
