//! The formatter: what it makes of untidy flows, and that it never changes what they say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use twinflow_engine::format::{FormatError, format};
use twinflow_engine::language::{SourceId, Yaml, YamlValue, parse_yaml};

fn formatted(text: &str) -> String {
    let once = format(Path::new("flow.yaml"), text).unwrap();
    let twice = format(Path::new("flow.yaml"), &once).unwrap();
    assert_eq!(once, twice, "formatting again changes it");
    once
}

/// The values of a text, in an order of keys that does not depend on the text's.
fn values(text: &str) -> String {
    fn write(yaml: &Yaml, out: &mut String) {
        match &yaml.value {
            YamlValue::Mapping(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by_key(|entry| &entry.key.value);
                out.push('{');
                for entry in entries {
                    out.push_str(&format!("{:?}: ", entry.key.value));
                    write(&entry.value, out);
                    out.push(',');
                }
                out.push('}');
            }
            YamlValue::Sequence(items) => {
                out.push('[');
                items.iter().for_each(|item| {
                    write(item, out);
                    out.push(',');
                });
                out.push(']');
            }
            scalar => out.push_str(&format!("{scalar:?}")),
        }
    }
    let environment = BTreeMap::<String, String>::new();
    let mut out = String::new();
    write(
        &parse_yaml(SourceId(0), text, &environment, &mut Vec::new()).expect(text),
        &mut out,
    );
    out
}

#[test]
fn keys_come_in_order_with_their_comments() {
    insta::assert_snapshot!(formatted(
        "\
# The whole flow.
# Its second line.

# What the nodes are for
nodes:
  # reads
  fan:
    # whose topic
    topic: fan # the topic

    # the broker
    broker: plant
    from: [a, b]
    # what it is
    type: mqtt-in

    with: { x: 1 }
    # at the end of the fan

  # shows
  show: { widget: gauge, from: fan, fields: [temp], type: dashboard-widget } # last
# made up
mine: 1

# the tests
tests: {}
brokers: { plant: embedded }
# how it is called
name: Fan
twinflow: 1
# the end
"
    ));
}

#[test]
fn spaces_and_indentation_become_even() {
    insta::assert_snapshot!(formatted(
        "\
twinflow:   1
name:\t'Fan: 1'   # single
description: \"it's\"



nodes:
      fan:
            type:  mqtt-in


            topic:   fan
            fields: {temp: {unit: °C,range: [ 0,60 ]},   'a b':  1  }
            list:
            - a
            -   b
            -   x:  1
                y:   2
            # in the list
            labels: { 0: Normal, # zero
                 1: Hot }
            text: plain text
                over two lines
            password: ${MQTT_PASSWORD:-none}
            size:  $(width) mm
            empty:
            anchored:   &a   { b: c }
            again:   *a
            number: !!str  5
            long: a line that is longer than any terminal is wide stays as long as it is, because its writer wanted it so and because a formula is read better in one line
"
    ));
}

#[test]
fn tables_are_aligned_and_nothing_else_is() {
    insta::assert_snapshot!(formatted(
        "\
twinflow: 1
constants:
  a: 1 V
  # in between
  longer_name: 2 V # two
nodes:
  values:
    type: kpi
    from: fan
    values:
      x: 1
      größe: { formula: 1 m, range: [0, 1] }
      \"in quotes\":   3
      nothing:
  other:
    type: kpi
    from: values
    values:
      on_one_line:   1
      on_two:
        formula: 2
  fan:
    type: mqtt-in
    fields:
      temp: { unit: °C }
      current: { unit: A }
    outputs: { a: 1,   bb: 2 }
"
    ));
}

#[test]
fn scripts_stay_as_they_are() {
    insta::assert_snapshot!(formatted(
        "\
twinflow: 1
nodes:
    smooth:
        script: |   # rhai
              let a = 1;   \n\
              \u{20}               # not a comment


                if a   >  0 {
                    average = {  a  };
                }


        outputs: { a: {} }
        from: fan
        kept: |+
          one

          two


        folded: >-

          three
            four
        type: rhai-function
"
    ));
}

#[test]
fn windows_line_ends_and_marks_go() {
    assert_eq!(
        formatted("\u{feff}twinflow: 1\r\nname: Fan   \r\n\r\n\r\nnodes: {}"),
        "twinflow: 1\nname: Fan\n\nnodes: {}\n"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_its_mistake() {
    for text in [
        "",
        "# nothing",
        "a: [1",
        "a: 1\na: 2",
        "--- 1\n--- 2",
        "a: !include b",
    ] {
        match format(Path::new("flow.yaml"), text) {
            Err(FormatError::Unreadable { diagnostics, .. }) => assert!(!diagnostics.is_empty(), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn an_alias_stays_behind_its_anchor() {
    let text = "nodes:\n  a: { with: &x { b: 1 }, type: kpi }\nbrokers: *x\n";
    assert_eq!(
        formatted(text),
        "nodes:\n  a: { with: &x { b: 1 }, type: kpi }\nbrokers: *x\n"
    );
}

/// All flow files of the repository that can be read.
fn flows() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = [
        "flows",
        "examples",
        "nodes/tests/flows/valid",
        "nodes/tests/flows/invalid",
    ];
    let entries = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect()
}

#[test]
fn the_flows_of_the_repository_keep_their_meaning() {
    let mut count = 0;
    for path in flows() {
        let text = std::fs::read_to_string(&path).unwrap();
        match format(&path, &text) {
            Ok(once) => {
                assert_eq!(values(&text), values(&once), "{}", path.display());
                assert_eq!(once, format(&path, &once).unwrap(), "{}", path.display());
                count += 1;
            }
            Err(FormatError::Unreadable { .. }) => {}
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    assert!(count > 50);
}

#[test]
fn the_shipped_flows_are_formatted() {
    for path in flows() {
        if path
            .parent()
            .is_some_and(|folder| folder.ends_with("flows/valid"))
            || in_tests(&path)
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            format(&path, &text).unwrap(),
            text,
            "run `twinflow fmt {}`",
            path.display()
        );
    }
}

fn in_tests(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| folder.ends_with("flows/invalid"))
}

/// A value, still without a layout.
#[derive(Clone, Debug)]
enum Tree {
    Scalar(&'static str),
    Script,
    List(Vec<Tree>),
    Mapping(Vec<(&'static str, Tree)>),
}

/// Keys that are ordered, aligned, or neither.
const KEYS: [&str; 14] = [
    "nodes", "fields", "values", "type", "from", "twinflow", "name", "tests", "a", "größe", "\"q r\"",
    "with", "x-1", "brokers",
];

const SCALARS: [&str; 12] = [
    "1",
    "0.50",
    "text",
    "two words",
    "°C",
    "'it''s'",
    "'a # b'",
    "\"x, y\"",
    "\"\\u00e9\"",
    "~",
    "${A:-b}",
    "a:b",
];

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        6 => prop::sample::select(SCALARS.to_vec()).prop_map(Tree::Scalar),
        1 => Just(Tree::Script),
    ];
    let tree = leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::List),
            3 => mapping(inner),
        ]
    });
    mapping(tree)
}

fn mapping(inner: impl Strategy<Value = Tree>) -> impl Strategy<Value = Tree> {
    let keys = prop::sample::subsequence(KEYS.to_vec(), 1..5).prop_shuffle();
    (keys, prop::collection::vec(inner, 5))
        .prop_map(|(keys, values)| Tree::Mapping(keys.into_iter().zip(values).collect()))
}

/// Writes a tree down, untidily.
struct Writer<'c> {
    text: String,
    /// What decides each time that there is a choice.
    choices: std::iter::Cycle<std::slice::Iter<'c, u8>>,
    comments: usize,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().unwrap() % of
    }

    fn spaces(&mut self, least: u8) -> String {
        let count = least + self.choose(3);
        " ".repeat(count.into())
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# comment {} : [x] 'y", self.comments)
    }

    fn end_of_line(&mut self) {
        if self.choose(6) == 0 {
            let comment = self.comment();
            self.text.push_str(&format!("  {comment}"));
        } else if self.choose(4) == 0 {
            self.text.push_str("  ");
        }
        self.text.push('\n');
    }

    /// Blank lines and comments that stand alone.
    fn between(&mut self, indentation: usize) {
        for _ in 0..self.choose(3) {
            match self.choose(4) {
                0 => self.text.push('\n'),
                1 => {
                    let comment = self.comment();
                    self.text
                        .push_str(&format!("{}{comment}\n", " ".repeat(indentation)));
                }
                _ => {}
            }
        }
    }

    fn block(&mut self, tree: &Tree, indentation: usize) {
        match tree {
            Tree::Mapping(entries) => {
                for (key, value) in entries {
                    self.between(indentation);
                    self.text.push_str(&format!("{}{key}:", " ".repeat(indentation)));
                    self.value(value, indentation);
                }
            }
            Tree::List(items) => {
                for item in items {
                    self.between(indentation);
                    self.text.push_str(&format!("{}-", " ".repeat(indentation)));
                    self.value(item, indentation);
                }
            }
            Tree::Scalar(_) | Tree::Script => {}
        }
    }

    fn value(&mut self, tree: &Tree, indentation: usize) {
        match tree {
            Tree::Script => {
                let inner = " ".repeat(indentation + 1 + usize::from(self.choose(4)));
                self.text.push_str(&format!(
                    " |\n{inner}let a = 1;  \n\n\n{inner}  # code\n{inner}b\n"
                ));
            }
            Tree::Scalar(text) => {
                let spaces = self.spaces(1);
                self.text.push_str(&format!("{spaces}{text}"));
                self.end_of_line();
            }
            tree if has_script(tree) || self.choose(3) > 0 => {
                self.end_of_line();
                let inner = indentation + 1 + usize::from(self.choose(4));
                self.block(tree, inner);
            }
            tree => {
                let spaces = self.spaces(1);
                self.text.push_str(&spaces);
                self.flow(tree);
                self.end_of_line();
            }
        }
    }

    fn flow(&mut self, tree: &Tree) {
        let (open, close) = match tree {
            Tree::Mapping(_) => ('{', '}'),
            Tree::List(_) => ('[', ']'),
            // A brace within braces would end them.
            Tree::Scalar("${A:-b}") => return self.text.push_str("\"${A:-b}\""),
            Tree::Scalar(text) => return self.text.push_str(text),
            Tree::Script => return,
        };
        self.text.push(open);
        let keys: Vec<(Option<&str>, &Tree)> = match tree {
            Tree::Mapping(entries) => entries.iter().map(|(key, value)| (Some(*key), value)).collect(),
            Tree::List(items) => items.iter().map(|item| (None, item)).collect(),
            Tree::Scalar(_) | Tree::Script => Vec::new(),
        };
        for (number, (key, value)) in keys.into_iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            let spaces = self.spaces(0);
            self.text.push_str(&spaces);
            if let Some(key) = key {
                let spaces = self.spaces(1);
                self.text.push_str(&format!("{key}:{spaces}"));
            }
            self.flow(value);
        }
        let spaces = self.spaces(0);
        self.text.push_str(&spaces);
        self.text.push(close);
    }
}

fn has_script(tree: &Tree) -> bool {
    match tree {
        Tree::Script => true,
        Tree::Scalar(_) => false,
        Tree::List(items) => items.iter().any(has_script),
        Tree::Mapping(entries) => entries.iter().any(|(_, value)| has_script(value)),
    }
}

proptest! {
    #[test]
    fn nothing_is_lost(tree in trees(), choices in prop::collection::vec(any::<u8>(), 64)) {
        let mut writer = Writer { text: String::new(), choices: choices.iter().cycle(), comments: 0 };
        writer.block(&tree, 0);
        let (text, count) = (writer.text, writer.comments);
        let once = match format(Path::new("flow.yaml"), &text) {
            Ok(once) => once,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        prop_assert_eq!(values(&text), values(&once), "{}", &text);
        let twice = format(Path::new("flow.yaml"), &once).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&once, &twice, "{}", &text);
        for number in 1..=count {
            let comment = format!("# comment {number} : [x] 'y\n");
            prop_assert_eq!(once.matches(&comment).count(), 1, "{} of\n{}\nin\n{}", comment, text, once);
        }
    }

    #[test]
    fn no_text_brings_it_down(text in "[ a:#'\"|>{}\\[\\],\n&*!?-]{0,60}") {
        let _ = format(Path::new("flow.yaml"), &text);
    }
}
