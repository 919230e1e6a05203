//! The front end's files, which are part of the program.

use axum::body::Body;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/dist"]
struct Files;

/// A file's text.
pub fn text(path: &str) -> Option<String> {
    String::from_utf8(Files::get(path)?.data.into_owned()).ok()
}

/// A file of the front end.
pub async fn file(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let Some(file) = Files::get(path) else {
        return (StatusCode::NOT_FOUND, "there is nothing at this address\n").into_response();
    };
    // Vite puts a hash of the content into the names under assets/: they can be kept for ever.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    (
        [
            (header::CONTENT_TYPE, mime.as_ref()),
            (header::CACHE_CONTROL, cache),
        ],
        Body::from(file.data.into_owned()),
    )
        .into_response()
}
