//! The page, with what its first picture needs in it already: it would come later if the page had to ask for it.

use std::sync::{Arc, LazyLock};

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use crate::access::login::Me;
use crate::access::{Access, Known};
use crate::assets;
use crate::layout::Dashboard;
use crate::live::{ToBrowser, first_messages};
use crate::shown::Current;

/// The element that the beginning goes into, and its end. As it was built, the page asks for everything itself.
const PLACE: &str = "id=\"beginning\">";
const END: &str = "</script>";
/// How many rows of all feeds stand in the page: enough for its values. The curves come by the WebSocket.
const ROWS: usize = 100;

/// The page's text before and after its beginning.
static PAGE: LazyLock<Option<(String, String)>> = LazyLock::new(|| {
    let page = assets::text("index.html")?;
    let (before, rest) = page.split_once(PLACE)?;
    let (_, after) = rest.split_once(END)?;
    Some(([before, PLACE].concat(), [END, after].concat()))
});

/// What the page begins with.
#[derive(Serialize)]
struct Beginning<'a> {
    me: Me<'a>,
    dashboard: &'a Dashboard,
    /// As the WebSocket would tell them.
    messages: Vec<ToBrowser<'a>>,
}

/// `GET /` and `GET /flow`; by the address the page knows what it shows.
pub async fn page(
    State(current): State<Current>,
    Extension(access): Extension<Arc<Access>>,
    known: Option<Known>,
) -> Response {
    let Some((before, after)) = &*PAGE else {
        return (
            StatusCode::INTERNAL_SERVER_ERROR,
            "this program was built without its page\n",
        )
            .into_response();
    };
    // Everyone whom the gate knows may see the plant. Nobody need not be nobody: a link on another site brings no cookie, and the page
    // itself asks with it.
    let begun = known.and_then(|known| {
        let shown = current.borrow();
        let beginning = Beginning {
            me: Me::of(&access, Some(&known)),
            dashboard: &shown.dashboard,
            messages: first_messages(&shown, ROWS),
        };
        serde_json::to_string(&beginning).ok()
    });
    let json = begun.unwrap_or_else(|| "null".to_owned());
    let html = [before.as_str(), &in_html(&json), after.as_str()].concat();
    // It is of this moment, and of whoever has logged in.
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

/// JSON that cannot end the element that it stands in: a less-than sign only stands in its texts, and these have another way to write it.
fn in_html(json: &str) -> String {
    json.replace('<', "\\u003c")
}
