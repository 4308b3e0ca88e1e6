//! What may fill a placeholder or be formatted. Templates hand values over by reference, hence the blanket rules.

use fluent_bundle::FluentValue;
use jiff::Timestamp;

/// Text as it is, or a whole number, which also chooses the plural form.
pub trait ToArg {
    fn arg(&self) -> FluentValue<'_>;
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn arg(&self) -> FluentValue<'_> {
        (**self).arg()
    }
}

impl ToArg for str {
    fn arg(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl ToArg for String {
    fn arg(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

/// A whole number to be written with its digits grouped.
pub trait Whole {
    fn whole(&self) -> i128;
}

impl<T: Whole + ?Sized> Whole for &T {
    fn whole(&self) -> i128 {
        (**self).whole()
    }
}

macro_rules! whole_numbers {
    ($($t:ty)*) => {$(
        impl ToArg for $t {
            fn arg(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        }
        impl Whole for $t {
            fn whole(&self) -> i128 {
                i128::from(*self)
            }
        }
    )*};
}

whole_numbers!(u8 u16 u32 u64 i32 i64);

impl ToArg for usize {
    fn arg(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }
}

impl Whole for usize {
    fn whole(&self) -> i128 {
        i128::try_from(*self).unwrap_or(i128::MAX)
    }
}

/// A moment to be written in the reader's zone.
pub trait Moment {
    fn moment(&self) -> Timestamp;
}

impl Moment for Timestamp {
    fn moment(&self) -> Timestamp {
        *self
    }
}

impl<T: Moment + ?Sized> Moment for &T {
    fn moment(&self) -> Timestamp {
        (**self).moment()
    }
}
