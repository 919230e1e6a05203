//! A checked graph as a picture: who feeds whom, and what each edge carries.

mod caption;
mod dot;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
