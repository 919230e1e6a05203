//! From the settings of an alarm to its conditions.

use std::time::Duration;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Span;
use twinflow_engine::node::Check;

use super::Config;
use super::condition::{Condition, Deviation, Limit, Rate, Side, Sign};
use crate::number_field::NumberField;
use crate::quantity_text::quantity;
use crate::time_span::seconds;

pub(super) fn conditions(
    config: &Config,
    field: Option<&NumberField>,
    title: &str,
    check: &mut Check<'_>,
) -> Option<Vec<Condition>> {
    let limits = [
        (
            "high_high",
            &config.high_high,
            Side::Above,
            config.priority.raised(),
        ),
        ("high", &config.high, Side::Above, config.priority),
        ("low", &config.low, Side::Below, config.priority),
        ("low_low", &config.low_low, Side::Below, config.priority.raised()),
    ];
    let given = || {
        let limits = limits.iter().map(|(name, text, ..)| (*name, *text));
        let others = [("rate", &config.rate), ("deviation", &config.deviation)];
        limits
            .chain(others)
            .filter_map(|(name, text)| Some((name, text.as_ref()?)))
    };
    let mut whole = true;
    if let (None, Some((name, text))) = (field, given().next()) {
        let message = format!("`{name}` is a limit, but of which field?");
        check.report(
            Diagnostic::new(Code::MissingField, text.span, message)
                .with_help("add `field`, such as `field: temp`"),
        );
        whole = false;
    }
    if let (Some(name), None) = (&config.field, given().next()) {
        let message = format!("`{}` has no limit here", name.value);
        check.report(Diagnostic::new(Code::MissingField, name.span, message).with_help(
            "add `high`, `low`, `high_high`, `low_low`, `rate` or `deviation`, or remove `field`",
        ));
        whole = false;
    }
    let deadband = deadband(config, field, check);
    whole &= deadband.is_some();
    let mut conditions = Vec::new();
    for (name, text, side, priority) in limits {
        let (Some(text), Some(field)) = (text, field) else {
            continue;
        };
        let Some(value) = quantity(text, &field.unit, name, &field.name, check) else {
            whole = false;
            continue;
        };
        let word = match side {
            Side::Above => "above",
            Side::Below => "below",
        };
        let limit = format!("{value} {}", field.unit);
        let message = || format!("{title} is {word} {}", limit.trim());
        conditions.push(Condition {
            name,
            priority,
            message: config.message.clone().unwrap_or_else(message),
            sign: Sign::Beyond(Limit {
                slot: field.slot,
                side,
                value,
                deadband: deadband.unwrap_or_default(),
            }),
        });
    }
    whole &= are_in_order(
        &conditions,
        &limits.map(|(name, text, ..)| (name, text.as_ref().map(|t| t.span))),
        check,
    );
    match deviation(config, field, title, deadband.unwrap_or_default(), check) {
        Some(condition) => conditions.extend(condition),
        None => whole = false,
    }
    match rate(config, field, title, check) {
        Some(condition) => conditions.extend(condition),
        None => whole = false,
    }
    if let Some(formula) = &config.when {
        conditions.push(Condition {
            name: "when",
            priority: config.priority,
            message: config
                .message
                .clone()
                .unwrap_or_else(|| format!("{title}: {}", formula.value)),
            sign: Sign::True,
        });
    }
    if let Some(text) = &config.stale {
        match seconds(text, 1..=30 * 86_400, "such as `stale: 10 s`", check) {
            Some(longest) => conditions.push(Condition {
                name: "stale",
                priority: config.priority,
                message: format!("{title}: no reading for {}", text.trim()),
                sign: Sign::Silence(Duration::from_secs_f64(longest)),
            }),
            None => whole = false,
        }
    }
    if whole && conditions.is_empty() {
        check.report(
            Diagnostic::new(Code::MissingField, check.span(), "an alarm needs a condition")
                .with_help("a `field` with limits, `when`, or `stale`"),
        );
        return None;
    }
    whole.then_some(conditions)
}

/// Whether the limits stand in the order of their names, or a report of the first that does not.
fn are_in_order(conditions: &[Condition], places: &[(&str, Option<Span>)], check: &mut Check<'_>) -> bool {
    let limits: Vec<(&Condition, f64)> = conditions
        .iter()
        .filter_map(|condition| match &condition.sign {
            Sign::Beyond(limit) => Some((condition, limit.value)),
            _ => None,
        })
        .collect();
    for ((upper, above), (lower, below)) in limits.iter().zip(limits.iter().skip(1)) {
        if above <= below {
            let place = places
                .iter()
                .find(|(name, _)| *name == lower.name)
                .and_then(|(_, place)| *place);
            let message = format!(
                "`{}` ({below}) must be below `{}` ({above})",
                lower.name, upper.name
            );
            let place = place.unwrap_or_else(|| check.span());
            check.report(Diagnostic::new(Code::WrongValue, place, message));
            return false;
        }
    }
    true
}

fn deadband(config: &Config, field: Option<&NumberField>, check: &mut Check<'_>) -> Option<f64> {
    let Some(text) = &config.deadband else {
        return Some(0.0);
    };
    let Some(field) = field else {
        check.report(
            Diagnostic::new(
                Code::MissingField,
                text.span,
                "a deadband is that of limits, and there are none",
            )
            .with_help("add `field` and a limit, or remove `deadband`"),
        );
        return None;
    };
    let width = quantity(text, &field.unit.difference(), "deadband", &field.name, check)?;
    if width < 0.0 {
        check.report(Diagnostic::new(
            Code::WrongValue,
            text.span,
            "a deadband is 0 or more",
        ));
        return None;
    }
    Some(width)
}

/// The alarm of a value that is not where it is expected; of none, none.
fn deviation(
    config: &Config,
    field: Option<&NumberField>,
    title: &str,
    deadband: f64,
    check: &mut Check<'_>,
) -> Option<Option<Condition>> {
    let (most, name) = match (&config.deviation, &config.expected) {
        (None, None) => return Some(None),
        (Some(most), Some(name)) => (most, name),
        (Some(most), None) => {
            let message = "`deviation` is how far the value may be off, but off what?";
            let diagnostic = Diagnostic::new(Code::MissingField, most.span, message);
            check.report(diagnostic.with_help("add `expected`, such as `expected: temp_expected`"));
            return None;
        }
        (None, Some(name)) => {
            let message = format!("how far may the value be from `{}`?", name.value);
            let diagnostic = Diagnostic::new(Code::MissingField, name.span, message);
            check.report(diagnostic.with_help("add `deviation`, such as `deviation: 3 K`"));
            return None;
        }
    };
    let expected = NumberField::read(name, check)?;
    // That it is missing was reported.
    let field = field?;
    if field
        .unit
        .conversion_to(&expected.unit)
        .is_none_or(|conversion| !conversion.is_identity())
    {
        let message = format!(
            "`{}` is in {}, but `{}` is in {}",
            expected.name,
            expected.unit.described(),
            field.name,
            field.unit.described()
        );
        let diagnostic = Diagnostic::new(Code::UnitMismatch, name.span, message);
        check
            .report(diagnostic.with_help("both have to be in the same unit: convert one of them in a `kpi`"));
        return None;
    }
    let unit = field.unit.difference();
    let most_off = quantity(most, &unit, "deviation", &field.name, check)?;
    if !is_positive(most_off, most.span, "deviation", check) {
        return None;
    }
    let message = || {
        let (most, expected) = (most.value.as_str().trim(), expected.field.display_title());
        format!("{title} is more than {most} from {expected}")
    };
    Some(Some(Condition {
        name: "deviation",
        priority: config.priority,
        message: config.message.clone().unwrap_or_else(message),
        sign: Sign::Apart(Deviation {
            slot: field.slot,
            expected: expected.slot,
            most: most_off,
            deadband,
        }),
    }))
}

/// The alarm of a value that changes too fast; of none, none.
fn rate(
    config: &Config,
    field: Option<&NumberField>,
    title: &str,
    check: &mut Check<'_>,
) -> Option<Option<Condition>> {
    let Some(most) = &config.rate else {
        let Some(over) = &config.rate_over else {
            return Some(None);
        };
        let message = "`rate_over` is the time over which a rate is measured, and there is none";
        let diagnostic = Diagnostic::new(Code::MissingField, over.span, message);
        check.report(diagnostic.with_help("add `rate`, such as `rate: 2 K/min`, or remove `rate_over`"));
        return None;
    };
    let over_s = match &config.rate_over {
        Some(text) => seconds(text, 1..=86_400, "such as `rate_over: 30 s`", check),
        None => Some(USUAL_RATE_OVER_S),
    };
    let field = field?;
    let per_s = field.unit.difference().per_second()?;
    let most_per_s = quantity(most, &per_s, "rate", &field.name, check);
    let (over_s, most_per_s) = (over_s?, most_per_s?);
    if !is_positive(most_per_s, most.span, "rate", check) {
        return None;
    }
    let message = || format!("{title} changes by more than {}", most.value.as_str().trim());
    Some(Some(Condition {
        name: "rate",
        priority: config.priority,
        message: config.message.clone().unwrap_or_else(message),
        sign: Sign::Changing(Rate {
            slot: field.slot,
            most_per_s,
            over: Duration::from_secs_f64(over_s),
        }),
    }))
}

/// Long enough for the noise of most sensors to cancel out.
const USUAL_RATE_OVER_S: f64 = 10.0;

fn is_positive(value: f64, place: Span, setting: &str, check: &mut Check<'_>) -> bool {
    if value <= 0.0 {
        let message = format!("`{setting}` is more than 0, in either direction");
        check.report(Diagnostic::new(Code::WrongValue, place, message));
    }
    value > 0.0
}
