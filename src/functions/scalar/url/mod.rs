//! Parts of URLs.

use crate::functions::{Category, ScalarFunction};

mod uri;
mod url_decode_param;
mod url_encode_param;
mod url_extract_fragment;
mod url_extract_host;
mod url_extract_parameter;
mod url_extract_path;
mod url_extract_port;
mod url_extract_protocol;
mod url_extract_query;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    url_decode_param::url_decode_param,
    url_encode_param::url_encode_param,
    url_extract_fragment::url_extract_fragment,
    url_extract_host::url_extract_host,
    url_extract_parameter::url_extract_parameter,
    url_extract_path::url_extract_path,
    url_extract_port::url_extract_port,
    url_extract_protocol::url_extract_protocol,
    url_extract_query::url_extract_query,
];

/// Begins a function on URLs.
fn on_urls(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Url).summary(summary)
}
