//! Lines and their indentation.

use std::ops::Range;

use super::{Shape, Sketch, comment, flow, quoted};

/// What is open while the lines are read.
pub(super) struct Reader<'t> {
    pub sketch: Sketch<'t>,
    /// The items by indentation that the next line may belong to.
    open: Vec<usize>,
    /// A text behind `|` or `>`, with the column that ends it.
    block_text: Option<(usize, usize)>,
    /// The braces that are open.
    pub braces: flow::Braces,
}

pub(super) fn read(sketch: Sketch<'_>) -> Sketch<'_> {
    let text = sketch.text;
    let mut reader = Reader {
        sketch,
        open: Vec::new(),
        block_text: None,
        braces: flow::Braces::default(),
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        reader.line(start..end);
        start += line.len();
    }
    reader.sketch
}

impl Reader<'_> {
    fn line(&mut self, line: Range<usize>) {
        let text = self.sketch.slice(&line);
        let body = text.trim_start();
        let column = text.len() - body.len();
        let at = line.start + column;
        if let Some((item, base)) = self.block_text {
            if body.is_empty() || column > base {
                self.extend(item, at..at + body.trim_end().len(), line.end);
                return;
            }
            self.block_text = None;
        }
        if body.is_empty() || body.starts_with('#') || body.starts_with("---") {
            return;
        }
        if self.braces.are_open() {
            // A key as far left as the one before the open brace says that the brace was forgotten.
            if column > self.braces.column || body.starts_with(['}', ']']) {
                return flow::read(self, at..line.end);
            }
            self.braces.forget();
        }
        self.block(at, column, line.end);
    }

    /// A line that goes on with a text of several lines.
    fn extend(&mut self, item: usize, text: Range<usize>, region_end: usize) {
        if let Some(item) = self.sketch.items.get_mut(item) {
            item.region.end = region_end;
            if !text.is_empty() {
                if item.value.is_empty() {
                    item.value.start = text.start;
                }
                item.value.end = text.end;
            }
        }
    }

    fn block(&mut self, mut at: usize, mut column: usize, end: usize) {
        let is_dash = |rest: &str| rest == "-" || rest.starts_with("- ");
        self.close_to(column, is_dash(self.sketch.slice(&(at..end))));
        let mut dash = None;
        while is_dash(self.sketch.slice(&(at..end))) {
            let item = self
                .sketch
                .push(self.open.last().copied(), None, at + 1, Some(column));
            self.open.push(item);
            dash = Some(item);
            if let Some(item) = self.sketch.items.get_mut(item) {
                item.region.end = end;
            }
            let rest = self.sketch.slice(&(at + 1..end));
            let gap = 1 + rest.len() - rest.trim_start().len();
            at += gap;
            column += gap;
            if rest.trim().is_empty() {
                return;
            }
        }
        let rest = self.sketch.slice(&(at..end));
        if let Some((key, behind)) = split_key(rest) {
            let key = at + key.start..at + key.end;
            let item = self
                .sketch
                .push(self.open.last().copied(), Some(key), at + behind, Some(column));
            if let Some(item) = self.sketch.items.get_mut(item) {
                item.has_colon = true;
            }
            self.open.push(item);
            self.value(item, at + behind..end);
        } else if let Some(item) = dash {
            self.value(item, at..end);
        } else {
            self.without_key(at, column, end);
        }
    }

    /// A line without a colon: the rest of a value, or a key of which the colon is not typed yet.
    fn without_key(&mut self, at: usize, column: usize, end: usize) {
        let rest = self.sketch.slice(&(at..end));
        let above = self.open.last().copied();
        let shape = above
            .and_then(|above| self.sketch.get(above))
            .map(|above| above.shape);
        match (above, shape) {
            (Some(above), Some(Shape::Scalar)) => {
                let length = rest.get(..comment(rest)).unwrap_or_default().trim_end().len();
                self.extend(above, at..at + length, end);
            }
            (Some(above), Some(Shape::Open)) if rest.starts_with(['{', '[', '"', '\'']) => {
                self.value(above, at..end);
            }
            _ => {
                let length = rest.get(..comment(rest)).unwrap_or_default().trim_end().len();
                let item = self
                    .sketch
                    .push(above, Some(at..at + length), at + length, Some(column));
                self.open.push(item);
            }
        }
    }

    /// Leaves what a line at `column` is not part of. Dashes may stand right below the key of their list.
    fn close_to(&mut self, column: usize, is_dash: bool) {
        while let Some(top) = self.open.last().and_then(|top| self.sketch.get(*top)) {
            let top_column = top.column.unwrap_or_default();
            let is_its_list =
                is_dash && top.key.is_some() && top.shape == Shape::Open && top_column == column;
            if top_column < column || is_its_list {
                return;
            }
            self.open.pop();
        }
    }

    /// What stands behind a colon or a dash.
    fn value(&mut self, number: usize, behind: Range<usize>) {
        let text = self.sketch.slice(&behind);
        let mut at = behind.start + text.len() - text.trim_start().len();
        // An anchor or a tag says nothing of the value.
        while self.sketch.slice(&(at..behind.end)).starts_with(['&', '!']) {
            let rest = self.sketch.slice(&(at..behind.end));
            let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let after = rest.get(word..).unwrap_or_default();
            at += word + after.len() - after.trim_start().len();
        }
        let rest = self.sketch.slice(&(at..behind.end));
        let column = self.sketch.get(number).and_then(|item| item.column);
        let Some(item) = self.sketch.items.get_mut(number) else {
            return;
        };
        item.region = behind.start..behind.end;
        if rest.starts_with(['|', '>']) {
            item.shape = Shape::Scalar;
            item.value = behind.end..behind.end;
            self.block_text = Some((number, column.unwrap_or_default()));
        } else if rest.starts_with(['{', '[']) {
            self.braces.column = column.unwrap_or_default();
            flow::open(self, number, at);
            flow::read(self, at + 1..behind.end);
        } else if let Some((inside, length)) = quoted(rest) {
            item.shape = Shape::Scalar;
            item.value = at + inside.start..at + inside.end;
            item.region.end = at + length;
        } else {
            // White space before a `#` is counted from the colon on.
            let whole = self.sketch.text.get(behind.start..behind.end).unwrap_or_default();
            let end = behind.start + comment(whole);
            item.region.end = end;
            let length = rest
                .get(..end.saturating_sub(at))
                .unwrap_or_default()
                .trim_end()
                .len();
            if length > 0 {
                item.shape = Shape::Scalar;
                item.value = at..at + length;
            } else {
                item.value = at.min(end)..at.min(end);
            }
        }
    }
}

/// The key at the start of `text`, and where what is behind its colon begins.
fn split_key(text: &str) -> Option<(Range<usize>, usize)> {
    if text.starts_with(['{', '[', '#']) {
        return None;
    }
    let ends = |after: &str| after.is_empty() || after.starts_with(char::is_whitespace);
    if let Some((inside, length)) = quoted(text) {
        let behind = text.get(length..)?;
        let colon = behind.len() - behind.trim_start().len();
        let after = behind.get(colon..)?.strip_prefix(':')?;
        return ends(after).then_some((inside, length + colon + 1));
    }
    let text = text.get(..comment(text))?;
    let colon = text
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| text.get(at + 1..).is_some_and(ends))?;
    Some((0..text.get(..colon)?.trim_end().len(), colon + 1))
}
