//! Topics and topic filters, by the rules of MQTT 3.1.1, section 4.7.

use proptest::prelude::*;
use twinflow_nodes::mqtt::{TopicFault, TopicFilter, TopicName};

fn filter(text: &str) -> TopicFilter {
    text.parse().unwrap()
}

#[test]
fn filters_match_as_the_standard_says() {
    for (pattern, topic, expected) in [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        (
            "sport/tennis/player1/#",
            "sport/tennis/player1/score/wimbledon",
            true,
        ),
        ("sport/#", "sport", true),
        ("#", "a/b/c", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/uptime", false),
        ("+/uptime", "$SYS/uptime", false),
        ("$SYS/#", "$SYS/uptime", true),
        ("a/b", "a/b", true),
        ("a/b", "a/b/c", false),
        ("a/b/c", "a/b", false),
        ("A", "a", false),
        ("+/b/#", "a/b", true),
        ("+/b/#", "a/c", false),
    ] {
        assert_eq!(filter(pattern).matches(topic), expected, "{pattern} {topic}");
    }
}

#[test]
fn a_fault_is_named_with_its_column() {
    let long = format!("é{}", "a".repeat(65_534));
    for (text, column, fault) in [
        ("", 1, TopicFault::Empty),
        ("a\0b", 2, TopicFault::Nul),
        ("fän/#/b", 5, TopicFault::HashNotLast),
        ("fän#", 4, TopicFault::HashInsideLevel),
        ("##", 1, TopicFault::HashNotLast),
        ("a/b+", 4, TopicFault::PlusInsideLevel),
        ("a/+b", 3, TopicFault::PlusInsideLevel),
        ("++", 1, TopicFault::PlusInsideLevel),
        (long.as_str(), 65_535, TopicFault::TooLong(65_536)),
    ] {
        let error = text.parse::<TopicFilter>().unwrap_err();
        assert_eq!((error.column, error.fault), (column, fault));
    }
    let error = "plant/+/temp".parse::<TopicName>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 7 of topic `plant/+/temp`: `+` can be subscribed to but not published to: name the topic in full"
    );
}

/// What the standard says, level by level, in the plainest way.
fn matches_by_the_book(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        (["#"], _) | ([], []) => true,
        ([pattern, filter @ ..], [level, topic @ ..]) if *pattern == "+" || pattern == level => {
            matches_by_the_book(filter, topic)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".*", topic in ".*") {
        let _ = text.parse::<TopicName>();
        if let Ok(filter) = text.parse::<TopicFilter>() {
            let _ = filter.matches(&topic);
        }
    }

    #[test]
    fn a_filter_is_valid_exactly_if_its_wildcards_are_whole_levels(text in "[ab/+#]{1,8}") {
        let levels: Vec<_> = text.split('/').collect();
        let last = levels.len() - 1;
        let valid = levels.iter().enumerate().all(|(index, level)| {
            (!level.contains('+') || *level == "+") && (!level.contains('#') || (*level == "#" && index == last))
        });
        prop_assert_eq!(text.parse::<TopicFilter>().is_ok(), valid);
    }

    #[test]
    fn matching_agrees_with_the_book(
        pattern in "([ab]|\\+|)(/([ab]|\\+|)){0,3}(/#)?",
        topic in "[ab]?(/[ab]?){0,4}",
    ) {
        prop_assume!(!pattern.is_empty() && !topic.is_empty());
        let levels: Vec<_> = pattern.split('/').collect();
        let expected = matches_by_the_book(&levels, &topic.split('/').collect::<Vec<_>>());
        prop_assert_eq!(filter(&pattern).matches(&topic), expected);
    }

    #[test]
    fn a_topic_matches_itself(topic in "[^+#\u{0}]{1,20}") {
        let name: TopicName = topic.parse().unwrap();
        prop_assert!(filter(name.as_str()).matches(&topic));
    }
}
