//! How two sources of settings become one.

use std::collections::BTreeMap;

/// Settings of a source that wins over another.
pub(crate) trait Over {
    /// Takes from `lower` what these settings do not say.
    fn over(self, lower: Self) -> Self;
}

impl<T> Over for Option<T> {
    fn over(self, lower: Self) -> Self {
        self.or(lower)
    }
}

/// Key by key.
impl<K: Ord, V> Over for BTreeMap<K, V> {
    fn over(self, mut lower: Self) -> Self {
        lower.extend(self);
        lower
    }
}

/// For lists of rules, of which the first that matches counts.
impl<T> Over for Vec<T> {
    fn over(mut self, lower: Self) -> Self {
        self.extend(lower);
        self
    }
}

/// Implements [`Over`] for a struct, field by field. A field that is not listed does not compile.
macro_rules! over {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::config::over::Over for $type {
            fn over(self, lower: Self) -> Self {
                Self { $($field: $crate::config::over::Over::over(self.$field, lower.$field)),* }
            }
        }
    };
}
pub(crate) use over;
