//! The page as it is.

#![forbid(unsafe_code)]

#[path = "../../../../../../../examples/leptos-notes/ui/src/notes.rs"]
mod notes;

fn main() {
    pagespan::init();
    leptos::mount::mount_to_body(notes::Notes);
}
