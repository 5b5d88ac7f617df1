//! Decides how an invoke ended, and measures the bodies of its request and its response.

use tauri::ipc::{InvokeBody, InvokeResponse, InvokeResponseBody};

/// Why an invoke failed. Its [`error_type`](Failure::error_type) is the span's `error.type`.
///
/// The error value itself is never recorded: it is a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Tauri knows no command of this name.
    NotFound,
    /// Tauri's access control list does not allow the window to call the command.
    NotAllowed,
    /// The command, or the conversion of its arguments or result, returned an error.
    Error,
    /// The command panicked.
    Panic,
    /// The command was dropped without an answer.
    NoResponse,
}

impl Failure {
    /// The failure in the response to `cmd`, if the response is an error.
    ///
    /// When Tauri refuses an invoke, it answers with an error of the same form as a command does. Its refusals can be
    /// recognised only by their texts, which are in `tauri/src/webview/mod.rs` and `tauri/src/ipc/authority.rs`.
    pub(crate) fn of(cmd: &str, response: &InvokeResponse) -> Option<Self> {
        let InvokeResponse::Err(error) = response else {
            return None;
        };
        let Some(text) = error.0.as_str() else {
            return Some(Self::Error);
        };
        let command = cmd.rsplit('|').next().unwrap_or(cmd);
        let pretty = cmd
            .strip_prefix("plugin:")
            .and_then(|rest| rest.split_once('|'))
            .map(|(plugin, command)| format!("{plugin}.{command}"));
        let refused = |subject: &str| {
            text.strip_prefix(subject).is_some_and(|rest| {
                rest.starts_with(" not allowed")
                    || rest.starts_with(" explicitly denied on origin ")
            })
        };
        Some(if text == format!("Command {command} not found") {
            Self::NotFound
        } else if refused(&format!("Command {cmd}"))
            || refused(cmd)
            || pretty.is_some_and(|pretty| refused(&pretty))
        {
            Self::NotAllowed
        } else {
            Self::Error
        })
    }

    /// The failure of an invoke whose responder was dropped without a response.
    pub(crate) fn of_drop() -> Self {
        if std::thread::panicking() {
            Self::Panic
        } else {
            Self::NoResponse
        }
    }

    /// Whether Tauri refused the invoke, and so called no command.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(self, Self::NotFound | Self::NotAllowed)
    }

    pub(crate) fn error_type(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotAllowed => "not_allowed",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::NoResponse => "no_response",
        }
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::NotFound => "no command has this name",
            Self::NotAllowed => "no capability of the window allows this command",
            Self::Error => "the command returned an error",
            Self::Panic => "the command panicked",
            Self::NoResponse => "the command never answered",
        }
    }
}

/// The size of a request body in bytes. Tauri has already parsed JSON bodies, so these are measured by serialising them
/// again, which can differ from what was sent by its white space.
pub(crate) fn request_size(body: &InvokeBody) -> usize {
    match body {
        InvokeBody::Json(value) => json_size(value),
        InvokeBody::Raw(bytes) => bytes.len(),
    }
}

/// The size of a response body in bytes.
pub(crate) fn response_size(response: &InvokeResponse) -> usize {
    match response {
        InvokeResponse::Ok(InvokeResponseBody::Json(json)) => json.len(),
        InvokeResponse::Ok(InvokeResponseBody::Raw(bytes)) => bytes.len(),
        InvokeResponse::Err(error) => json_size(&error.0),
    }
}

fn json_size(value: &serde_json::Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Writing into a counter cannot fail, and a `Value` always serialises.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}
