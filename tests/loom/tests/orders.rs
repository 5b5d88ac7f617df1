//! Runs the models.

#[test]
fn an_item_is_exported_or_counted() {
    otel_loom::an_item_is_exported_or_counted();
}

#[test]
fn a_flush_ends_after_the_export() {
    otel_loom::a_flush_ends_after_the_export();
}

#[test]
fn a_flush_during_the_end_ends() {
    otel_loom::a_flush_during_the_end_ends();
}

#[test]
fn no_item_is_in_hand_at_the_end() {
    otel_loom::no_item_is_in_hand_at_the_end();
}

#[test]
fn no_wake_up_is_lost() {
    otel_loom::no_wake_up_is_lost();
}

#[test]
fn an_answer_ends_the_wait_for_the_next_attempt() {
    otel_loom::an_answer_ends_the_wait_for_the_next_attempt();
}
