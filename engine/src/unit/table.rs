//! The units that flows can name.
//!
//! Factors are exact by definition of the SI brochure (9th edition) and, for the others, of NIST SP 811, appendix B.

use super::dimension::Dimension;

/// A named unit: `value · scale + offset` is the value in base units.
pub(super) struct Named {
    pub symbol: &'static str,
    pub dimension: Dimension,
    pub scale: f64,
    /// Kelvin at the zero of an absolute scale.
    pub offset: f64,
    /// Whether `k`, `m`, `M` … may stand before it.
    pub prefixes: bool,
}

const fn unit(symbol: &'static str, dimension: Dimension, scale: f64) -> Named {
    Named {
        symbol,
        dimension,
        scale,
        offset: 0.0,
        prefixes: false,
    }
}

const fn metric(symbol: &'static str, dimension: Dimension, scale: f64) -> Named {
    Named {
        symbol,
        dimension,
        scale,
        offset: 0.0,
        prefixes: true,
    }
}

const fn degree(symbol: &'static str, scale: f64, offset: f64) -> Named {
    Named {
        symbol,
        dimension: Dimension::TEMPERATURE,
        scale,
        offset,
        prefixes: false,
    }
}

const D: Dimension = Dimension::NONE;
const PER_S: Dimension = Dimension::si(0, 0, -1, 0, 0);
const ENERGY: Dimension = Dimension::si(2, 1, -2, 0, 0);
const POWER: Dimension = Dimension::si(2, 1, -3, 0, 0);
const PRESSURE: Dimension = Dimension::si(-1, 1, -2, 0, 0);
const VOLUME: Dimension = Dimension::si(3, 0, 0, 0, 0);

const fn rotation() -> Dimension {
    match Dimension::ANGLE.const_per_second() {
        Some(dimension) => dimension,
        None => Dimension::NONE,
    }
}

/// Standard gravity in m/s² (exact, 3rd CGPM 1901).
pub(super) const STANDARD_GRAVITY_M_PER_S2: f64 = 9.806_65;

/// Where two units have one dimension and scale, the first names a computed result.
pub(super) static UNITS: [Named; 62] = [
    metric("m", Dimension::si(1, 0, 0, 0, 0), 1.0),
    metric("g", Dimension::MASS, 1e-3),
    unit("gram", Dimension::MASS, 1e-3),
    unit("t", Dimension::MASS, 1e3),
    metric("s", Dimension::TIME, 1.0),
    unit("min", Dimension::TIME, 60.0),
    unit("h", Dimension::TIME, 3600.0),
    unit("d", Dimension::TIME, 86_400.0),
    metric("A", Dimension::si(0, 0, 0, 1, 0), 1.0),
    metric("K", Dimension::TEMPERATURE, 1.0),
    degree("°C", 1.0, 273.15),
    degree("degC", 1.0, 273.15),
    degree("°F", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    degree("degF", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    metric("mol", Dimension::base(5), 1.0),
    metric("cd", Dimension::base(6), 1.0),
    metric("W", POWER, 1.0),
    metric("VA", POWER, 1.0),
    metric("var", POWER, 1.0),
    unit("hp", POWER, 745.699_871_582_270_2),
    metric("J", ENERGY, 1.0),
    metric("Wh", ENERGY, 3600.0),
    metric("cal", ENERGY, 4.184),
    metric("V", Dimension::si(2, 1, -3, -1, 0), 1.0),
    metric("Ω", Dimension::si(2, 1, -3, -2, 0), 1.0),
    metric("ohm", Dimension::si(2, 1, -3, -2, 0), 1.0),
    metric("S", Dimension::si(-2, -1, 3, 2, 0), 1.0),
    metric("F", Dimension::si(-2, -1, 4, 2, 0), 1.0),
    metric("H", Dimension::si(2, 1, -2, -2, 0), 1.0),
    metric("C", Dimension::si(0, 0, 1, 1, 0), 1.0),
    metric("Ah", Dimension::si(0, 0, 1, 1, 0), 3600.0),
    metric("T", Dimension::si(0, 1, -2, -1, 0), 1.0),
    metric("Wb", Dimension::si(2, 1, -2, -1, 0), 1.0),
    metric("N", Dimension::si(1, 1, -2, 0, 0), 1.0),
    metric("Pa", PRESSURE, 1.0),
    metric("bar", PRESSURE, 1e5),
    unit("atm", PRESSURE, 101_325.0),
    unit("psi", PRESSURE, 6_894.757_293_168_361),
    metric("Hz", PER_S, 1.0),
    metric("L", VOLUME, 1e-3),
    metric("l", VOLUME, 1e-3),
    metric("rad", Dimension::ANGLE, 1.0),
    unit("rev", Dimension::ANGLE, std::f64::consts::TAU),
    unit("°", Dimension::ANGLE, std::f64::consts::TAU / 360.0),
    unit("deg", Dimension::ANGLE, std::f64::consts::TAU / 360.0),
    unit("rpm", rotation(), std::f64::consts::TAU / 60.0),
    unit("gn", Dimension::ACCELERATION, STANDARD_GRAVITY_M_PER_S2),
    unit("lx", Dimension::ILLUMINANCE, 1.0),
    unit("%", D, 0.01),
    unit("‰", D, 1e-3),
    unit("ppm", D, 1e-6),
    unit("ppb", D, 1e-9),
    unit("1", D, 1.0),
    unit("pcs", D, 1.0),
    unit("€", Dimension::base(8), 1.0),
    unit("EUR", Dimension::base(8), 1.0),
    unit("ct", Dimension::base(8), 0.01),
    unit("$", Dimension::base(9), 1.0),
    unit("USD", Dimension::base(9), 1.0),
    unit("£", Dimension::base(10), 1.0),
    unit("GBP", Dimension::base(10), 1.0),
    unit("p", Dimension::base(10), 0.01),
];

/// Prefixes by symbol; `µ` has two code points, and `u` is what keyboards have.
pub(super) static PREFIXES: [(&str, f64); 14] = [
    ("k", 1e3),
    ("m", 1e-3),
    ("M", 1e6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("u", 1e-6),
    ("G", 1e9),
    ("n", 1e-9),
    ("c", 1e-2),
    ("d", 1e-1),
    ("h", 1e2),
    ("T", 1e12),
    ("P", 1e15),
    ("p", 1e-12),
];
