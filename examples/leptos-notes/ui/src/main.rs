//! A list of notes in Leptos, whose spans are in the same trace as the commands that it invokes.

mod notes;

fn main() {
    pagespan::init();
    leptos::mount::mount_to_body(notes::Notes);
}
