//! The file by which a test that runs as the same user gets to the bridge.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::guard::Token;
use crate::pipeline::private;

/// The file, which goes with the bridge.
pub(super) struct TokenFile(PathBuf);

impl TokenFile {
    /// Writes `{ "url", "token" }` to a file in `dir` that nobody but this user can read.
    pub(super) fn write(dir: &Path, port: u16, token: &Token) -> io::Result<Self> {
        // Two runs of an app have different ports.
        let path = dir.join(format!("ws-bridge-{port}.json"));
        // A file that a crashed run left is replaced and not reused, because its permissions may be wrong.
        private::remove(&path)?;
        let url = format!("http://127.0.0.1:{port}");
        let content = json!({ "url": url, "token": token.as_str() }).to_string();
        private::create(&path, |mut file| file.write_all(content.as_bytes()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // Its token is worth nothing any more in either case.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_this_user_can_read_it_and_it_goes_with_the_bridge() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        let token = Token::new(None).unwrap();
        // A link that somebody has laid leads nowhere.
        symlink(&elsewhere, dir.path().join("ws-bridge-1.json")).unwrap();
        let file = TokenFile::write(dir.path(), 1, &token).unwrap();
        let path = file.path().to_owned();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::read_to_string(&path).unwrap().contains(token.as_str()));
        assert!(!elsewhere.exists());
        drop(file);
        assert!(!path.exists());
    }
}
