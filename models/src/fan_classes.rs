//! The classes of the cooling fan: codes of the original system, advice of our own.

use crate::classes::{Class, Classes};

/// Code, label and advice; code 0 is normal operation.
const FAN: [(u32, &str, &str); 5] = [
    (0, "Normal Operation", "No action needed."),
    (
        1,
        "Overcurrent Fault",
        "Reduce the load, then check the supply voltage, the motor's winding resistance and the bearings for drag.",
    ),
    (
        2,
        "Cooling Degradation",
        "Clean the filter, the heat sink and the air path; check that nothing blocks inlet or outlet.",
    ),
    (
        3,
        "Mechanical Imbalance",
        "Stop the fan, remove deposits from the blades, check them for damage, and tighten hub and mounting screws.",
    ),
    (
        4,
        "Thermal Overload",
        "Lower the process heat load or raise the fan's speed; stop the process if the temperature keeps rising.",
    ),
];

impl Classes {
    /// The five conditions of the cooling fan, codes 0 to 4.
    pub fn fan() -> Classes {
        let classes = FAN.map(|(code, label, advice)| Class {
            code,
            label: label.to_owned(),
            advice: advice.to_owned(),
            normal: code == 0,
        });
        Classes::new(classes.into()).unwrap_or_else(|error| unreachable!("the fan's classes: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_original_ones() {
        let classes = Classes::fan();
        assert_eq!(classes.get(1).unwrap().label, "Overcurrent Fault");
        assert_eq!(
            classes.iter().map(|class| class.code).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4]
        );
        assert_eq!(classes.normal_index(), 0);
    }
}
