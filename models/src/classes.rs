//! The classes a model tells apart, and how grave a verdict is.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One class of the machine's condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The code on the wire, in logs and in training data.
    pub code: u32,
    /// Name for people.
    pub label: String,
    /// What a technician should do.
    pub advice: String,
    /// Whether this is normal operation; every other class is a fault.
    pub normal: bool,
}

/// A set of classes: 2 to 64 of them, of different codes, exactly one of them normal.
///
/// A class's position in the set is the class index that data sets, probabilities and verdicts use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Class>", into = "Vec<Class>")]
pub struct Classes {
    classes: Vec<Class>,
    normal: usize,
}

/// Why a set of classes was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClassesError {
    /// Too few classes to tell apart, or too many.
    #[error("a model needs 2 to {max} classes, found {found}", max = Classes::MAX)]
    Count {
        /// How many were given.
        found: usize,
    },
    /// Two classes share a code.
    #[error("class code {code} is given twice; every class needs a code of its own")]
    CodeTwice {
        /// The shared code.
        code: u32,
    },
    /// No class, or more than one, is normal operation.
    #[error("exactly one class must be `normal`, found {found}")]
    Normal {
        /// How many are marked normal.
        found: usize,
    },
}

impl Classes {
    /// Most classes a set may have.
    pub const MAX: usize = 64;

    /// Checks and takes a set of classes.
    ///
    /// # Errors
    /// See [`ClassesError`].
    pub fn new(classes: Vec<Class>) -> Result<Self, ClassesError> {
        if !(2..=Self::MAX).contains(&classes.len()) {
            return Err(ClassesError::Count { found: classes.len() });
        }
        for (index, class) in classes.iter().enumerate() {
            if classes
                .iter()
                .skip(index + 1)
                .any(|other| other.code == class.code)
            {
                return Err(ClassesError::CodeTwice { code: class.code });
            }
        }
        let found = classes.iter().filter(|class| class.normal).count();
        match classes.iter().position(|class| class.normal) {
            Some(normal) if found == 1 => Ok(Classes { classes, normal }),
            _ => Err(ClassesError::Normal { found }),
        }
    }

    /// The class at an index.
    pub fn get(&self, index: usize) -> Option<&Class> {
        self.classes.get(index)
    }

    /// The index of the class with a code.
    pub fn index_of_code(&self, code: u32) -> Option<usize> {
        self.classes.iter().position(|class| class.code == code)
    }

    /// The index of normal operation.
    pub fn normal_index(&self) -> usize {
        self.normal
    }

    /// The class at an index that a forest of these classes has given.
    pub(crate) fn at(&self, index: usize) -> &Class {
        self.classes
            .get(index)
            .unwrap_or_else(|| unreachable!("class {index} of {}", self.classes.len()))
    }

    /// The same classes with the label and the advice that `texts` has for their codes.
    pub(crate) fn with_texts(&self, texts: &[Class]) -> Classes {
        let mut told = self.clone();
        for class in &mut told.classes {
            if let Some(texts) = texts.iter().find(|texts| texts.code == class.code) {
                class.label.clone_from(&texts.label);
                class.advice.clone_from(&texts.advice);
            }
        }
        told
    }

    /// All classes in the order of their indices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Class> {
        self.classes.iter()
    }

    /// How many classes there are.
    pub fn count(&self) -> usize {
        self.classes.len()
    }
}

impl TryFrom<Vec<Class>> for Classes {
    type Error = ClassesError;

    fn try_from(classes: Vec<Class>) -> Result<Self, ClassesError> {
        Classes::new(classes)
    }
}

impl From<Classes> for Vec<Class> {
    fn from(classes: Classes) -> Self {
        classes.classes
    }
}

/// How grave an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Normal operation.
    None,
    /// A fault, with little confidence.
    Low,
    /// A fault, with fair confidence.
    Medium,
    /// A fault, nearly certain.
    High,
}

impl Severity {
    /// As answers spell it: `None`, `Low`, `Medium`, `High`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// From which confidence on a fault is of medium and of high severity; below both it is low.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityRule {
    /// Confidence, 0 to 1, from which the severity is [`Severity::Medium`].
    pub medium_from: f32,
    /// Confidence, 0 to 1, from which the severity is [`Severity::High`].
    pub high_from: f32,
}

impl Default for SeverityRule {
    /// The original system's rule: medium from 0.7, high from 0.9.
    fn default() -> Self {
        SeverityRule {
            medium_from: 0.7,
            high_from: 0.9,
        }
    }
}

impl SeverityRule {
    /// Whether the limits are: 0 ≤ medium ≤ high ≤ 1.
    pub fn is_in_order(&self) -> bool {
        0.0 <= self.medium_from && self.medium_from <= self.high_from && self.high_from <= 1.0
    }

    /// The severity of a verdict.
    pub fn severity(&self, normal: bool, confidence: f32) -> Severity {
        if normal {
            Severity::None
        } else if confidence >= self.high_from {
            Severity::High
        } else if confidence >= self.medium_from {
            Severity::Medium
        } else {
            Severity::Low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: u32, normal: bool) -> Class {
        Class {
            code,
            label: format!("class {code}"),
            advice: String::new(),
            normal,
        }
    }

    #[test]
    fn sets_that_cannot_work_are_refused() {
        assert_eq!(
            Classes::new(vec![class(0, true)]),
            Err(ClassesError::Count { found: 1 })
        );
        let twice = vec![class(0, true), class(7, false), class(7, false)];
        assert_eq!(Classes::new(twice), Err(ClassesError::CodeTwice { code: 7 }));
        assert_eq!(
            Classes::new(vec![class(0, false), class(1, false)]),
            Err(ClassesError::Normal { found: 0 })
        );
        assert_eq!(
            Classes::new(vec![class(0, true), class(1, true)]),
            Err(ClassesError::Normal { found: 2 })
        );
    }

    #[test]
    fn severity_steps_exactly_at_its_limits() {
        let rule = SeverityRule::default();
        assert_eq!(rule.severity(true, 0.99), Severity::None);
        assert_eq!(rule.severity(false, 0.69), Severity::Low);
        assert_eq!(rule.severity(false, 0.7), Severity::Medium);
        assert_eq!(rule.severity(false, 0.89), Severity::Medium);
        assert_eq!(rule.severity(false, 0.9), Severity::High);
    }
}
