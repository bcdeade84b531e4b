//! The endpoints of documents.

use crate::policy::PolicyConfig;
use crate::routing::endpoint::Endpoint;
use crate::static_files::DocumentConfig;
use crate::static_files::document::ServedDocument;

/// The documents of the configuration as endpoints under their policies, except on paths that the app declares itself. The error is
/// a sentence.
pub(crate) fn endpoints(
    config: &[DocumentConfig],
    declared: &[Endpoint],
    mut govern: impl FnMut(Endpoint, &PolicyConfig) -> Result<Endpoint, String>,
) -> Result<Vec<Endpoint>, String> {
    let free =
        config.iter().filter(|one| !declared.iter().any(|endpoint| endpoint.answers_get_of(&one.path)));
    free.map(|one| {
        govern(Endpoint::of_document(&one.path, Box::new(ServedDocument::open(one)?)), &one.policies)
    })
    .collect()
}
