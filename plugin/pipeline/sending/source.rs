//! Who recorded what waits in a bounded buffer, and who gives way when the buffer is full.
//!
//! The app and all its pages share the queues. A page that records in a loop must cost neither the app nor another page
//! its telemetry.

use std::collections::{HashMap, VecDeque};

use opentelemetry::StringValue;

/// Who recorded an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Rust code of the app.
    App,
    /// The page in the webview with this label.
    Page(StringValue),
}

/// How many places of a buffer each source holds.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    app: usize,
    pages: HashMap<StringValue, usize>,
}

impl Shares {
    pub(crate) fn add(&mut self, source: &Source) {
        match source {
            Source::App => self.app += 1,
            Source::Page(webview) => *self.pages.entry(webview.clone()).or_default() += 1,
        }
    }

    pub(crate) fn remove(&mut self, source: &Source) {
        match source {
            Source::App => self.app -= 1,
            Source::Page(webview) => {
                if let Some(held) = self.pages.get_mut(webview) {
                    *held -= 1;
                    if *held == 0 {
                        self.pages.remove(webview);
                    }
                }
            }
        }
    }

    fn held_by(&self, source: &Source) -> usize {
        match source {
            Source::App => self.app,
            Source::Page(webview) => self.pages.get(webview).copied().unwrap_or_default(),
        }
    }

    /// The page that holds most, with the number.
    fn largest_page(&self) -> Option<(&StringValue, usize)> {
        let pages = self.pages.iter().map(|(webview, held)| (webview, *held));
        pages.max_by_key(|(_, held)| *held)
    }

    /// The source that gives way in a full buffer to an item of `source`: the page that holds most, if it holds more
    /// than `source`, and else `source` itself. So the app never gives way to a page, and no page to one that holds
    /// more.
    pub(crate) fn gives_way_to(&self, source: &Source) -> Source {
        match self.largest_page() {
            Some((webview, held)) if held > self.held_by(source) => Source::Page(webview.clone()),
            _ => source.clone(),
        }
    }

    /// The source that holds most.
    fn largest(&self) -> Source {
        match self.largest_page() {
            Some((webview, held)) if held > self.app => Source::Page(webview.clone()),
            _ => Source::App,
        }
    }
}

/// Removes the oldest item of `source`; whether there was one.
pub(crate) fn remove_oldest<T>(items: &mut VecDeque<(Source, T)>, source: &Source) -> bool {
    let place = items.iter().position(|(of, _)| of == source);
    place.is_some_and(|place| items.remove(place).is_some())
}

/// A buffer in which the newest is always kept: when it is full, the source that holds most loses its oldest item.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    items: VecDeque<(Source, T)>,
    shares: Shares,
    capacity: usize,
}

impl<T> Ring<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            items: VecDeque::new(),
            shares: Shares::default(),
            capacity,
        }
    }

    pub(crate) fn push(&mut self, source: Source, item: T) {
        if self.capacity == 0 {
            return;
        }
        if self.items.len() == self.capacity {
            let largest = self.shares.largest();
            if remove_oldest(&mut self.items, &largest) {
                self.shares.remove(&largest);
            }
        }
        self.shares.add(&source);
        self.items.push_back((source, item));
    }

    /// Takes out the items for which `leaves` holds, oldest first.
    pub(crate) fn take_if(&mut self, leaves: impl Fn(&T) -> bool) -> Vec<(Source, T)> {
        let (leaving, staying): (VecDeque<_>, _) =
            self.items.drain(..).partition(|(_, item)| leaves(item));
        self.items = staying;
        for (source, _) in &leaving {
            self.shares.remove(source);
        }
        leaving.into()
    }

    /// Removes the item for which `is` holds; whether there was one.
    pub(crate) fn remove(&mut self, is: impl Fn(&T) -> bool) -> bool {
        let place = self.items.iter().position(|(_, item)| is(item));
        let removed = place.and_then(|place| self.items.remove(place));
        if let Some((source, _)) = &removed {
            self.shares.remove(source);
        }
        removed.is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn contains(&self, is: impl Fn(&T) -> bool) -> bool {
        self.items.iter().any(|(_, item)| is(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(webview: &'static str) -> Source {
        Source::Page(webview.into())
    }

    fn shares(app: usize, pages: &[(&'static str, usize)]) -> Shares {
        let mut shares = Shares::default();
        (0..app).for_each(|_| shares.add(&Source::App));
        for (webview, held) in pages {
            (0..*held).for_each(|_| shares.add(&page(webview)));
        }
        shares
    }

    #[test]
    fn the_app_gives_way_to_no_page_and_a_page_to_whoever_holds_less() {
        for (app, pages, source, gives_way) in [
            (9, vec![], page("a"), page("a")),
            (9, vec![("a", 1)], page("a"), page("a")),
            (9, vec![("a", 8)], Source::App, Source::App),
            (8, vec![("a", 9)], Source::App, page("a")),
            (0, vec![("a", 9), ("b", 8)], page("b"), page("a")),
            (0, vec![("a", 9), ("b", 9)], page("b"), page("b")),
            (0, vec![("a", 9), ("b", 8)], page("a"), page("a")),
        ] {
            let shares = shares(app, &pages);
            assert_eq!(
                shares.gives_way_to(&source),
                gives_way,
                "{app} {pages:?} {source:?}"
            );
        }
    }

    #[test]
    fn what_has_left_is_held_no_more() {
        let mut shares = shares(1, &[("a", 1)]);
        shares.remove(&page("a"));
        shares.remove(&Source::App);
        assert_eq!(shares.held_by(&Source::App), 0);
        assert!(
            shares.pages.is_empty(),
            "a label that is gone takes no memory"
        );
    }

    #[test]
    fn in_a_ring_the_largest_source_loses_its_oldest() {
        let mut ring = Ring::new(4);
        for number in 0..4 {
            ring.push(page("looping"), number);
        }
        ring.push(Source::App, 10);
        ring.push(page("main"), 20);
        ring.push(page("looping"), 4);
        let left = ring.take_if(|_| true).into_iter();
        let left: Vec<_> = left.map(|(_, number)| number).collect();
        assert_eq!(left, [3, 10, 20, 4]);
        assert!(ring.shares.pages.is_empty() && ring.shares.app == 0);
    }
}
