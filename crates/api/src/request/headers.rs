//! The headers of a request, as the validator reads them.

use http::HeaderMap;
use twinloop_schema::HeaderValues;

/// The headers of a request, for the validator.
pub(crate) struct Headers<'h>(pub(crate) &'h HeaderMap);

impl HeaderValues for Headers<'_> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.0.get_all(name).iter().for_each(|value| visit(value.as_bytes()));
    }
}
