//! What a quantity is made of: exponents of the base dimensions.

use std::fmt;

/// The base dimensions: those of the SI that plants use, plane angle, and three currencies.
///
/// Angle is kept apart from plain numbers so that rpm is not mistaken for Hz.
const BASES: [&str; 11] = ["m", "kg", "s", "A", "K", "mol", "cd", "rad", "€", "$", "£"];
const COUNT: usize = BASES.len();

/// A product of powers of base dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Dimension {
    exponents: [i8; COUNT],
}

impl Dimension {
    /// A plain number.
    pub const NONE: Self = Self {
        exponents: [0; COUNT],
    };

    /// From exponents of m, kg, s, A, K.
    pub(crate) const fn si(m: i8, kg: i8, s: i8, a: i8, k: i8) -> Self {
        Self {
            exponents: [m, kg, s, a, k, 0, 0, 0, 0, 0, 0],
        }
    }

    /// The base dimension number `at`, to the first power. Numbers beyond the list give a plain number.
    pub(crate) const fn base(at: usize) -> Self {
        let mut exponents = [0; COUNT];
        if at < COUNT {
            // The bound is checked in the line above; a constant function cannot use `get_mut`.
            #[allow(clippy::indexing_slicing)]
            {
                exponents[at] = 1;
            }
        }
        Self { exponents }
    }

    /// Temperature.
    pub const TEMPERATURE: Self = Self::si(0, 0, 0, 0, 1);
    /// Time.
    pub const TIME: Self = Self::si(0, 0, 1, 0, 0);
    /// Mass.
    pub const MASS: Self = Self::si(0, 1, 0, 0, 0);
    /// Illuminance, as candela per square metre of a surface: the solid angle is a plain number.
    pub(crate) const ILLUMINANCE: Self = Self {
        exponents: [-2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    };
    /// Acceleration.
    pub const ACCELERATION: Self = Self::si(1, 0, -2, 0, 0);
    const ANGLE_AT: usize = 7;
    /// Plane angle.
    pub(crate) const ANGLE: Self = Self::base(Self::ANGLE_AT);

    /// The dimension per second, where a constant needs it.
    pub(crate) const fn const_per_second(self) -> Option<Self> {
        let [m, kg, s, a, k, mol, cd, rad, euro, dollar, pound] = self.exponents;
        match s.checked_sub(1) {
            Some(s) => Some(Self {
                exponents: [m, kg, s, a, k, mol, cd, rad, euro, dollar, pound],
            }),
            None => None,
        }
    }

    fn combine(self, other: Self, operation: impl Fn(i8, i8) -> Option<i8>) -> Option<Self> {
        let mut exponents = [0; COUNT];
        for ((slot, a), b) in exponents.iter_mut().zip(self.exponents).zip(other.exponents) {
            *slot = operation(a, b)?;
        }
        Some(Self { exponents })
    }

    /// The dimension of a product; nothing when an exponent leaves the range of `i8`.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        self.combine(other, i8::checked_add)
    }

    /// The dimension of a quotient.
    #[must_use]
    pub fn per(self, other: Self) -> Option<Self> {
        self.combine(other, i8::checked_sub)
    }

    /// The dimension of a power.
    #[must_use]
    pub fn power(self, exponent: i8) -> Option<Self> {
        self.combine(Self::NONE, |a, _| a.checked_mul(exponent))
    }

    /// The dimension of a square root; nothing when an exponent is odd.
    #[must_use]
    pub fn root(self) -> Option<Self> {
        self.combine(Self::NONE, |a, _| (a % 2 == 0).then_some(a / 2))
    }

    /// Whether a value of one can be read as the other.
    ///
    /// Equal, or unlike only in the angle while energy or force is involved: N·m times rad/s is W.
    #[must_use]
    pub fn fits(self, other: Self) -> bool {
        let without_angle = |mut d: Self| {
            if let Some(angle) = d.exponents.get_mut(Self::ANGLE_AT) {
                *angle = 0;
            }
            d
        };
        let has_mass = self.exponents.get(1).is_some_and(|kg| *kg != 0);
        self == other || (has_mass && without_angle(self) == without_angle(other))
    }

    /// In a user's words, where there is one: `power`, `temperature`, …
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        const NAMES: [(Dimension, &str); 22] = [
            (Dimension::NONE, "a plain number"),
            (Dimension::si(1, 0, 0, 0, 0), "length"),
            (Dimension::MASS, "mass"),
            (Dimension::TIME, "time"),
            (Dimension::si(0, 0, 0, 1, 0), "electric current"),
            (Dimension::TEMPERATURE, "temperature"),
            (Dimension::si(0, 0, -1, 0, 0), "frequency"),
            (Dimension::si(1, 1, -2, 0, 0), "force"),
            (Dimension::si(-1, 1, -2, 0, 0), "pressure"),
            (Dimension::si(2, 1, -2, 0, 0), "energy"),
            (Dimension::si(2, 1, -3, 0, 0), "power"),
            (Dimension::si(2, 1, -3, -1, 0), "voltage"),
            (Dimension::si(2, 1, -3, -2, 0), "resistance"),
            (Dimension::si(0, 0, 1, 1, 0), "electric charge"),
            (Dimension::si(1, 0, -1, 0, 0), "speed"),
            (Dimension::ACCELERATION, "acceleration"),
            (Dimension::si(2, 0, 0, 0, 0), "area"),
            (Dimension::si(3, 0, 0, 0, 0), "volume"),
            (Dimension::si(3, 0, -1, 0, 0), "volume flow"),
            (Dimension::si(0, 1, -1, 0, 0), "mass flow"),
            (Dimension::si(0, 0, -1, 0, 1), "temperature change per time"),
            (Dimension::ANGLE, "angle"),
        ];
        if self
            == (Dimension {
                exponents: [0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0],
            })
        {
            return Some("rotational speed");
        }
        NAMES
            .iter()
            .find(|(dimension, _)| *dimension == self)
            .map(|(_, name)| *name)
    }
}

impl fmt::Display for Dimension {
    /// In base units: `kg·m²/s³`; `1` for a plain number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |wanted: fn(i8) -> bool| {
            BASES
                .iter()
                .zip(self.exponents)
                .filter(|(_, exponent)| wanted(*exponent))
                .map(|(symbol, exponent)| format!("{symbol}{}", superscript(exponent.unsigned_abs())))
                .collect::<Vec<_>>()
        };
        let above = part(|exponent| exponent > 0);
        let below = part(|exponent| exponent < 0);
        f.write_str(&if above.is_empty() {
            "1".to_owned()
        } else {
            above.join("·")
        })?;
        below.iter().try_for_each(|factor| write!(f, "/{factor}"))
    }
}

fn superscript(exponent: u8) -> String {
    if exponent == 1 {
        return String::new();
    }
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    exponent
        .to_string()
        .bytes()
        .filter_map(|digit| DIGITS.get(usize::from(digit - b'0')))
        .collect()
}
