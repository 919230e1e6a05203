//! Routes whose paths are remembered, so that a test can hold them against the table.

use axum::Router;
use axum::routing::MethodRouter;

/// Routes, and their paths.
pub(crate) struct Routes<S = ()> {
    pub router: Router<S>,
    pub paths: Vec<&'static str>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            paths: Vec::new(),
        }
    }

    /// Adds a route.
    pub fn route(mut self, path: &'static str, method_router: MethodRouter<S>) -> Self {
        self.router = self.router.route(path, method_router);
        self.paths.push(path);
        self
    }

    /// Gives the handlers what they work on.
    pub fn with_state<T>(self, state: S) -> Routes<T> {
        Routes {
            router: self.router.with_state(state),
            paths: self.paths,
        }
    }

    /// Adds the routes of others.
    pub fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.paths.extend(others.paths);
        self
    }
}
