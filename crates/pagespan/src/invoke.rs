//! Calls the commands of the app.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// Why [`invoke`] has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvokeError {
    /// This is not a page of a Tauri app.
    NotInTauri,
    /// The arguments cannot be serialized; the text says why.
    Arguments(String),
    /// The command failed or does not exist, or the window may not call it. The text is the error as the command has
    /// serialized it: a string as it is, and anything else as JSON.
    Rejected(String),
    /// The answer is not of the type that was asked for; the text says why.
    Answer(String),
}

impl fmt::Display for InvokeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInTauri => formatter
                .write_str("there is no `__TAURI_INTERNALS__`: this is not a page of a Tauri app"),
            Self::Arguments(why) => write!(formatter, "the arguments cannot be serialized: {why}"),
            Self::Rejected(error) => formatter.write_str(error),
            Self::Answer(why) => write!(formatter, "the answer has another type: {why}"),
        }
    }
}

impl std::error::Error for InvokeError {}

/// Calls a command as a child of the current span. The trace context is a header of the request, or part of the message
/// where Tauri uses `postMessage` instead of `fetch`.
///
/// `args` is a struct or a map whose fields are the arguments of the command, in camel case unless the command says
/// otherwise, or `()` for none.
///
/// # Errors
/// See [`InvokeError`].
///
/// # Example
/// ```no_run
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Args<'a> {
///     note_text: &'a str,
/// }
///
/// async fn save(note_text: &str) -> Result<u32, pagespan::InvokeError> {
///     pagespan::invoke("save_note", &Args { note_text }).await
/// }
/// ```
pub async fn invoke<Answer>(
    command: &str,
    args: &(impl Serialize + ?Sized),
) -> Result<Answer, InvokeError>
where
    Answer: DeserializeOwned,
{
    #[cfg(target_arch = "wasm32")]
    return page::invoke(command, args).await;
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (command, args);
        Err(InvokeError::NotInTauri)
    }
}

#[cfg(target_arch = "wasm32")]
mod page {
    //! The part that needs JavaScript.

    use js_sys::{JSON, Object};
    use serde::{Serialize, de::DeserializeOwned};
    use serde_wasm_bindgen::Serializer;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;

    use super::InvokeError;
    use crate::kernel;

    pub(super) async fn invoke<Answer: DeserializeOwned>(
        command: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<Answer, InvokeError> {
        let args = args
            .serialize(&Serializer::json_compatible())
            .map_err(|error| InvokeError::Arguments(error.to_string()))?;
        // Tauri takes an object, and `()` is `null`.
        let args = if args.is_null() {
            Object::new().into()
        } else {
            args
        };
        let called = kernel::invoke(command, &args).ok_or(InvokeError::NotInTauri)?;
        let promise = called.map_err(rejected)?;
        let answer = JsFuture::from(promise).await.map_err(rejected)?;
        serde_wasm_bindgen::from_value(answer)
            .map_err(|error| InvokeError::Answer(error.to_string()))
    }

    fn rejected(error: JsValue) -> InvokeError {
        let text = error.as_string().or_else(|| {
            // An `Error` is `{}` as JSON.
            let message = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
            message
                .or_else(|| JSON::stringify(&error).ok())?
                .as_string()
        });
        InvokeError::Rejected(text.unwrap_or_else(|| "undefined".to_owned()))
    }
}
