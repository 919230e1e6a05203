//! Where in a JSON payload a value stands: `temp`, `true_state.temp`, `sensors[0].value`.

use serde_json::Value;

/// A way into nested JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// A single key, whatever characters it has.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self {
            steps: vec![Step::Key(key.to_owned())],
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// What cannot be read, in a user's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, mut indices) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            if key.is_empty() && (indices.is_empty() || !steps.is_empty()) {
                return Err(format!("the path `{text}` has an empty part"));
            }
            if !key.is_empty() {
                steps.push(Step::Key(key.to_owned()));
            }
            while let Some(rest) = indices.strip_prefix('[') {
                let (number, rest) = rest
                    .split_once(']')
                    .ok_or_else(|| format!("the path `{text}` has a `[` without `]`"))?;
                let number = number
                    .parse()
                    .map_err(|_| format!("`{number}` in the path `{text}` is not a position"))?;
                steps.push(Step::Index(number));
                indices = rest;
            }
            if !indices.is_empty() {
                return Err(format!("the path `{text}` has `{indices}` behind a position"));
            }
        }
        Ok(Self { steps })
    }

    /// The member of an object in which the place is; a path that begins with a position leads into no object.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Key(key)) => Some(key),
            Some(Step::Index(_)) | None => None,
        }
    }

    /// The value at this place, from the value of its [`member`](Self::member) on; null counts as none.
    #[must_use]
    pub fn find_in<'v>(&self, member: &'v Value) -> Option<&'v Value> {
        let found = self
            .steps
            .iter()
            .skip(1)
            .try_fold(member, |value, step| match step {
                Step::Key(key) => value.get(key),
                Step::Index(index) => value.get(index),
            });
        found.filter(|value| !value.is_null())
    }
}
