//! The form and the list.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};
use tracing::{error, instrument};

/// A note as the app has stored it.
#[derive(Clone, Deserialize)]
struct Note {
    id: i64,
    text: String,
}

/// The arguments of the command `add_note`.
#[derive(Serialize)]
struct NewNote {
    text: String,
}

#[component]
pub fn Notes() -> impl IntoView {
    let notes = RwSignal::new(Vec::new());
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get() {
            spawn_local(add(notes, input.value()));
            input.set_value("");
        }
    };
    spawn_local(load(notes));
    view! {
        <form on:submit=submit>
            <input id="text" aria-label="New note" node_ref=input />
            <button id="add">"Add"</button>
        </form>
        <ul id="notes">
            <For each=move || notes.get() key=|note: &Note| note.id let:note>
                <li>{note.text}</li>
            </For>
        </ul>
    }
}

#[instrument(skip_all)]
async fn load(notes: RwSignal<Vec<Note>>) {
    match pagespan::invoke("list_notes", &()).await {
        Ok(stored) => notes.set(stored),
        Err(error) => error!(%error, "the notes are not loaded"),
    }
}

/// One click, one span: the invoke and the command are below it. The text is not recorded.
#[instrument(skip_all)]
async fn add(notes: RwSignal<Vec<Note>>, text: String) {
    match pagespan::invoke("add_note", &NewNote { text }).await {
        Ok(note) => notes.write().push(note),
        Err(error) => error!(%error, "the note is not added"),
    }
}
