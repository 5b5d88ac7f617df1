//! What a field of a family can be: how it is recorded, and what its unit is.

use std::time::Duration;

/// A type that a field can have.
///
/// Implemented for texts, numbers, `bool`, [`Duration`], [`Bytes`], [`Ratio`], and `Option`s of them: a field that is
/// `None` is not recorded. An `enum` inside [`span_family!`](crate::span_family) implements it as well. Implement it for
/// a type of your own that has a unit. It derives what the structs of a family derive, and a field that is measured needs
/// [`Measure`] as well:
///
/// ```
/// use spankit::{Field, Measure, Type, span_family};
///
/// #[derive(Debug, Clone)]
/// struct Degrees(f64);
///
/// impl Field for Degrees {
///     type Value<'v> = f64;
///     const TYPE: Type = Type::Double;
///     const UNIT: Option<&'static str> = Some("deg");
///     fn value(&self) -> f64 {
///         self.0
///     }
/// }
///
/// impl Measure for Degrees {
///     type Number = f64;
///     fn number(&self) -> Option<f64> {
///         Some(self.0)
///     }
/// }
///
/// span_family! {
///     /// An antenna turns to a satellite.
///     span Turn("turn {antenna}", internal) {
///         antenna: &str = "antenna.name",
///         from: Degrees = "antenna.azimuth",
///     } => TurnEnd {
///         turned: Degrees = "antenna.turned",
///     }
///     metrics by(antenna) {
///         turned: histogram = "antenna.turned",
///     }
/// }
///
/// Turn { antenna: "north", from: Degrees(15.0) }.start().ok(TurnEnd { turned: Degrees(30.0) });
/// ```
pub trait Field {
    /// How `tracing` records it.
    type Value<'v>: tracing::Value
    where
        Self: 'v;

    /// The type of the attribute.
    const TYPE: Type;

    /// The unit as [UCUM](https://ucum.org) writes it.
    const UNIT: Option<&'static str> = None;

    /// Whether it can be absent.
    const IS_OPTIONAL: bool = false;

    /// The value to record.
    fn value(&self) -> Self::Value<'_>;
}

/// The type of an attribute, as OpenTelemetry's registry of semantic conventions calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `int`
    Int,
    /// `double`
    Double,
    /// `boolean`
    Boolean,
    /// A string that is one of these.
    Members(&'static [&'static str]),
}

/// A field that can be a counter or a histogram.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a metric",
    label = "of this family, a field of the type `{Self}` is measured"
)]
pub trait Measure {
    /// `u64` or `f64`.
    type Number: tracing::Value;

    /// The measured value, if there is one.
    fn number(&self) -> Option<Self::Number>;
}

/// A number of bytes (`By`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Bytes(pub u64);

/// A part of a whole (`1`), from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Ratio(pub f64);

macro_rules! fields {
    ($($ty:ty as $value:ty, $kind:ident, $unit:expr, $get:expr;)*) => {$(
        impl Field for $ty {
            type Value<'v> = $value;
            const TYPE: Type = Type::$kind;
            const UNIT: Option<&'static str> = $unit;
            fn value(&self) -> $value {
                let get: fn(&Self) -> $value = $get;
                get(self)
            }
        }
    )*};
}

/// The integers of OpenTelemetry are signed, and `tracing-opentelemetry` makes texts of others. What does not fit is the
/// greatest that does.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fields! {
    u8 as i64, Int, None, |value| (*value).into();
    u16 as i64, Int, None, |value| (*value).into();
    u32 as i64, Int, None, |value| (*value).into();
    u64 as i64, Int, None, |value| signed(*value);
    usize as i64, Int, None, |value| i64::try_from(*value).unwrap_or(i64::MAX);
    i8 as i64, Int, None, |value| (*value).into();
    i16 as i64, Int, None, |value| (*value).into();
    i32 as i64, Int, None, |value| (*value).into();
    i64 as i64, Int, None, |value| *value;
    f32 as f64, Double, None, |value| (*value).into();
    f64 as f64, Double, None, |value| *value;
    bool as bool, Boolean, None, |value| *value;
    Bytes as i64, Int, Some("By"), |bytes| signed(bytes.0);
    Duration as f64, Double, Some("s"), Duration::as_secs_f64;
    Ratio as f64, Double, Some("1"), |ratio| ratio.0;
}

impl Field for &str {
    type Value<'v>
        = &'v str
    where
        Self: 'v;
    const TYPE: Type = Type::String;
    fn value(&self) -> &str {
        self
    }
}

impl Field for String {
    type Value<'v> = &'v str;
    const TYPE: Type = Type::String;
    fn value(&self) -> &str {
        self
    }
}

impl<T: Field> Field for Option<T> {
    type Value<'v>
        = Option<T::Value<'v>>
    where
        Self: 'v;
    const TYPE: Type = T::TYPE;
    const UNIT: Option<&'static str> = T::UNIT;
    const IS_OPTIONAL: bool = true;
    fn value(&self) -> Option<T::Value<'_>> {
        Some(self.as_ref()?.value())
    }
}

macro_rules! measures {
    ($($ty:ty as $number:ty, $get:expr;)*) => {$(
        impl Measure for $ty {
            type Number = $number;
            fn number(&self) -> Option<$number> {
                let get: fn(&Self) -> $number = $get;
                Some(get(self))
            }
        }
    )*};
}

measures! {
    u8 as u64, |value| (*value).into();
    u16 as u64, |value| (*value).into();
    u32 as u64, |value| (*value).into();
    u64 as u64, |value| *value;
    usize as u64, |value| u64::try_from(*value).unwrap_or(u64::MAX);
    f32 as f64, |value| (*value).into();
    f64 as f64, |value| *value;
    // How often it was so.
    bool as u64, |value| (*value).into();
    Bytes as u64, |bytes| bytes.0;
    Duration as f64, Duration::as_secs_f64;
    Ratio as f64, |ratio| ratio.0;
}

impl<T: Measure> Measure for Option<T> {
    type Number = T::Number;
    fn number(&self) -> Option<T::Number> {
        self.as_ref()?.number()
    }
}
