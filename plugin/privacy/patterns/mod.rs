//! Regular expressions, by the lazy DFA of `regex-automata`.
//!
//! Not by the `regex` crate: it refers to all tables of Unicode that any crate of the app turns on, and Tauri turns on all of them. They take
//! 0.5 MB of an app. Its other engines and its search for literals take 0.4 MB, and do not make the built-in rules faster.

mod syntax;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
};

use regex_automata::{
    Anchored, Input, Match, MatchKind,
    hybrid::{
        dfa::DFA,
        regex::{Cache, Regex},
    },
    nfa::thompson::{
        NFA, WhichCaptures,
        pikevm::{self, PikeVM},
    },
    util::pool::Pool,
};

/// The most memory, in bytes, that a set of patterns may take when it is compiled. [`Patterns::new`] refuses a set that needs more. The caches
/// of the lazy DFA are not counted.
const MAX_BYTES: usize = 1024 * 1024;

/// Hands out caches, so that each thread that searches has one of its own.
type Caches<T> = Pool<T, Box<dyn Fn() -> T + Send + Sync + UnwindSafe + RefUnwindSafe>>;

/// A set of regular expressions. One search looks for all of them, in time linear in the length of the text. If two match at the same
/// position, the one that comes first in the list wins.
pub(super) struct Patterns {
    regex: Arc<Regex>,
    /// Finds the groups of a match.
    groups: Arc<PikeVM>,
    /// The states of the lazy DFA that were computed so far.
    caches: Caches<Cache>,
    group_caches: Caches<pikevm::Cache>,
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patterns").finish_non_exhaustive()
    }
}

impl Patterns {
    /// # Errors
    /// Returns a message that says why a pattern cannot be used.
    pub(super) fn new(patterns: &[&str]) -> Result<Self, String> {
        let parsed = patterns.iter().map(|pattern| syntax::parse(pattern));
        let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
        let nfa = |config| {
            let nfa = NFA::compiler()
                .configure(config)
                .build_many_from_hir(&parsed);
            nfa.map_err(|error| error.to_string())
        };
        let dfa = |nfa, kind| {
            let config = DFA::config()
                .match_kind(kind)
                .skip_cache_capacity_check(true);
            let dfa = DFA::builder().configure(config).build_from_nfa(nfa);
            dfa.map_err(|error| error.to_string())
        };
        let config = NFA::config().nfa_size_limit(Some(MAX_BYTES));
        let forward = nfa(config.clone())?;
        let reverse = nfa(config.reverse(true).which_captures(WhichCaptures::None))?;
        let groups = PikeVM::new_from_nfa(forward.clone()).map_err(|error| error.to_string())?;
        let groups = Arc::new(groups);
        let regex = Arc::new(Regex::builder().build_from_dfas(
            dfa(forward, MatchKind::LeftmostFirst)?,
            dfa(reverse, MatchKind::All)?,
        ));
        let (of_regex, of_groups) = (regex.clone(), groups.clone());
        Ok(Self {
            regex,
            groups,
            caches: Pool::new(Box::new(move || of_regex.create_cache())),
            group_caches: Pool::new(Box::new(move || of_groups.create_cache())),
        })
    }

    /// Whether one of them matches somewhere in `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(&mut self.caches.get(), text)
    }

    /// Where the group of this name is in a match. `None` if the pattern has no such group, or the match does without.
    pub(super) fn group(&self, name: &str, text: &str, found: Match) -> Option<Range<usize>> {
        let names = self.groups.get_nfa().group_info();
        names.to_index(found.pattern(), name)?;
        // The other patterns need not be tried.
        let pattern = Anchored::Pattern(found.pattern());
        let input = Input::new(text).range(found.range()).anchored(pattern);
        let mut groups = self.groups.create_captures();
        self.groups
            .captures(&mut self.group_caches.get(), input, &mut groups);
        Some(groups.get_group_by_name(name)?.range())
    }

    /// Replaces a part of each match by the text that `replacement` gives. If it returns `None`, the text stays as it is, and the search goes on
    /// one byte after the start of the match.
    pub(super) fn replace<'a>(
        &self,
        text: &'a str,
        mut replacement: impl FnMut(Match) -> Option<(Range<usize>, String)>,
    ) -> Cow<'a, str> {
        let mut cache = self.caches.get();
        let mut replaced = String::new();
        let (mut copied, mut from) = (0, 0);
        while from <= text.len()
            && let Some(found) = self.regex.find(&mut cache, Input::new(text).range(from..))
        {
            let next = found.start() + 1;
            from = match replacement(found) {
                None => next,
                Some((part, with)) => {
                    replaced.push_str(&text[copied..part.start]);
                    replaced.push_str(&with);
                    copied = part.end;
                    found.end().max(next)
                }
            };
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        replaced.push_str(&text[copied..]);
        Cow::Owned(replaced)
    }
}
