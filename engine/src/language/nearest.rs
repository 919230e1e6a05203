//! "Did you mean …?": the known name that is nearest to a misspelt one.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = normalise(name);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&plain, &normalise(candidate)),
                candidate,
            )
        })
        // A third of the letters may be wrong: `mqt-in` finds `mqtt-in`, `foo` finds nothing.
        .filter(|(distance, candidate)| {
            *distance <= 1.max(candidate.chars().count().max(name.chars().count()) / 3)
        })
        // Of two that are equally near, `Wg` means `Wh` rather than `g`.
        .min_by_key(|(distance, candidate)| (*distance, candidate.len().abs_diff(name.len())))
        .map(|(_, candidate)| candidate)
}

/// `mqttIn`, `mqtt_in` and `mqtt-in` differ in habit, not in meaning.
fn normalise(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A list of names as a message shows it: `a`, `b` and `c`; a long one is cut.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 16;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(SHOWN).map(|n| format!("`{n}`")).collect();
    let more = names.count();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
