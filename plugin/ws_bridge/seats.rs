//! How many connections the bridge has, and which of them has to go.
//!
//! Every process of this machine can connect, also one without the token. Until a connection has shown the token it is a
//! stranger, and when there are too many strangers the one that came first is cut off. So a process that holds
//! connections open keeps nobody out: whoever has the token shows it at once.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Connections that have not shown the token. One that will has done so within milliseconds.
const MAX_STRANGERS: usize = 64;

/// Connections that have shown the token: more pages than a test run opens side by side.
pub(super) const MAX_GUESTS: usize = 128;

pub(super) struct Seats {
    /// Those who came first are in front.
    strangers: Mutex<VecDeque<Arc<Seat>>>,
    guests: Arc<Semaphore>,
}

/// The seat of one connection.
pub(super) struct Seat {
    seats: Arc<Seats>,
    evicted: Notify,
    /// The place of a guest, once the token was shown; given back with the seat.
    guest: OnceLock<OwnedSemaphorePermit>,
}

impl Seats {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            strangers: Mutex::default(),
            guests: Arc::new(Semaphore::new(MAX_GUESTS)),
        })
    }

    /// The seat of a new connection.
    pub(super) fn take(self: &Arc<Self>) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            seats: self.clone(),
            evicted: Notify::new(),
            guest: OnceLock::new(),
        });
        let mut strangers = self.strangers.lock();
        if strangers.len() == MAX_STRANGERS
            && let Some(first) = strangers.pop_front()
        {
            first.evicted.notify_one();
        }
        strangers.push_back(seat.clone());
        seat
    }

    /// Places of guests that are free.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.guests.available_permits()
    }
}

impl Seat {
    /// Makes a guest of a connection that has shown the token; `false` if there are too many guests.
    pub(super) fn admit(self: &Arc<Self>) -> bool {
        if self.guest.get().is_some() {
            return true;
        }
        let Ok(place) = self.seats.guests.clone().try_acquire_owned() else {
            return false;
        };
        self.leave();
        // A connection has one request at a time, so nobody else has set it.
        self.guest.set(place).is_ok()
    }

    /// The connection is a stranger no more, because it has shown the token or has ended.
    pub(super) fn leave(self: &Arc<Self>) {
        self.seats
            .strangers
            .lock()
            .retain(|stranger| !Arc::ptr_eq(stranger, self));
    }

    /// Waits until the connection has to go.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    fn is_evicted(seat: &Seat) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(seat.evicted()).poll(&mut context).is_ready()
    }

    #[test]
    fn the_stranger_that_came_first_goes_for_the_last_and_a_guest_never() {
        let seats = Seats::new();
        let guest = seats.take();
        assert!(guest.admit());
        let first = seats.take();
        let gone = seats.take();
        gone.leave();
        let others: Vec<_> = (0..MAX_STRANGERS).map(|_| seats.take()).collect();
        assert!(is_evicted(&first));
        assert!(!is_evicted(&guest));
        assert!(others.iter().all(|seat| !is_evicted(seat)));
        assert_eq!(seats.strangers.lock().len(), MAX_STRANGERS);
    }

    #[test]
    fn there_are_so_many_guests_and_their_places_are_given_back() {
        let seats = Seats::new();
        let mut guests: Vec<_> = (0..MAX_GUESTS).map(|_| seats.take()).collect();
        assert!(guests.iter().all(Seat::admit));
        assert!(guests[0].admit(), "it is one already");
        let late = seats.take();
        assert!(!late.admit());
        guests.pop();
        assert!(late.admit());
        late.leave();
    }
}
