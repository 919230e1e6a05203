//! `GET /api/files/{node}`: the files that a node writes, for people to look into and take away.

use std::path::{Path as FilePath, PathBuf};
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use twinflow_engine::node::FileSet;
use twinflow_storage::log::{LogQuestion, read_log};

use crate::refusal::{Refusal, from_disk};
use crate::shown::Current;

/// A file of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Written {
    /// Its name under the folder, by which it is asked for.
    name: String,
    bytes: u64,
    /// In milliseconds since 1970.
    modified: i64,
    #[serde(skip)]
    path: PathBuf,
}

/// The files of a set, the newest first.
fn written(set: &FileSet) -> Vec<Written> {
    let folder = Pattern::escape(&set.folder.to_string_lossy());
    let pattern = FilePath::new(&folder).join(&set.pattern);
    // What is hidden is not the node's.
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let Ok(paths) = glob::glob_with(&pattern.to_string_lossy(), options) else {
        return Vec::new();
    };
    let file = |path: PathBuf| {
        // One without even a header is about to be written.
        let is_written = |metadata: &std::fs::Metadata| metadata.is_file() && metadata.len() > 0;
        let metadata = path.metadata().ok().filter(is_written)?;
        let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let name = path.strip_prefix(&set.folder).unwrap_or(&path);
        Some(Written {
            name: name.to_string_lossy().replace('\\', "/"),
            bytes: metadata.len(),
            modified: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            path,
        })
    };
    let mut files: Vec<Written> = paths.flatten().filter_map(file).collect();
    files.sort_by(|one, other| (other.modified, &other.name).cmp(&(one.modified, &one.name)));
    files
}

fn set_of(current: &Current, node: &str) -> Result<FileSet, Refusal> {
    let set = current.borrow().dashboard.files(node).cloned();
    set.ok_or_else(|| Refusal::not_found(format!("the dashboard shows no files of a node `{node}`")))
}

/// A file by its name. Only what is listed is given: whatever else is in a name leads nowhere.
fn named(set: &FileSet, name: &str) -> Result<Written, Refusal> {
    let found = written(set).into_iter().find(|file| file.name == name);
    found.ok_or_else(|| Refusal::not_found(format!("there is no file `{name}`")))
}

/// `GET /api/files/{node}`.
pub async fn list(State(current): State<Current>, Path(node): Path<String>) -> Result<Response, Refusal> {
    let set = set_of(&current, &node)?;
    from_disk(move || Ok(Json(written(&set)).into_response())).await
}

/// How much of a file is at hand at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// `GET /api/files/{node}/{name}`: the file itself, as it is now.
pub async fn file(
    State(current): State<Current>,
    Path((node, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let set = set_of(&current, &node)?;
    let (file, open) = from_disk(move || {
        let file = named(&set, &name)?;
        let open = std::fs::File::open(&file.path);
        let open = open.map_err(|error| Refusal::unavailable(format!("{name}: {error}")))?;
        Ok((file, open))
    })
    .await?;
    // A log that grows while it is read would have no end.
    let open = tokio::fs::File::from_std(open).take(file.bytes);
    let chunks = stream::try_unfold(open, |mut open| async move {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = (&mut open)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut chunk)
            .await?;
        Ok::<_, std::io::Error>((read > 0).then_some((chunk, open)))
    });
    let last = file.name.rsplit('/').next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|c| c.is_ascii_graphic() && !"\"\\".contains(*c))
        .collect();
    let kind = mime_guess::from_path(last).first_or_octet_stream();
    let headers = [
        (header::CONTENT_TYPE, kind.essence_str().to_owned()),
        (header::CONTENT_LENGTH, file.bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{plain}\""),
        ),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// Which part of a file.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// The columns, apart by commas; all by default.
    #[serde(default)]
    fields: String,
    /// The machine; all by default.
    key: Option<String>,
    /// From this time, in milliseconds since 1970; from the beginning by default.
    from: Option<i64>,
    /// Up to this time, which is left out.
    to: Option<i64>,
    /// About so many rows.
    #[serde(default = "default_points")]
    points: usize,
}

fn default_points() -> usize {
    800
}

/// More rows than any screen has pixels.
const MOST_POINTS: usize = 10_000;

/// `GET /api/files/{node}/{name}/columns`: a part of a log, for a chart or a table.
pub async fn columns(
    State(current): State<Current>,
    Path((node, name)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let set = set_of(&current, &node)?;
    if !(1..=MOST_POINTS).contains(&part.points) {
        let text = format!("`points` is 1 to {MOST_POINTS}, found {}", part.points);
        return Err(Refusal::unprocessable(text));
    }
    let fields = part
        .fields
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let question = LogQuestion {
        fields: fields.map(str::to_owned).collect(),
        key: part.key,
        time_ms: part.from.unwrap_or(i64::MIN)..part.to.unwrap_or(i64::MAX),
        points: part.points,
    };
    from_disk(move || {
        let file = named(&set, &name)?;
        let excerpt = read_log(&file.path, &question).map_err(Refusal::unprocessable)?;
        Ok(Json(excerpt).into_response())
    })
    .await
}
