//! The content types of the objects in a folder.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

/// The folder of the content types, beside the buckets: no bucket's name begins with a dot.
const FOLDER: &str = ".content-types";

/// The content type of one version of an object.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Noted {
    etag: String,
    content_type: String,
}

/// The content types of a folder's objects, each in a small file of its own.
///
/// A note holds for one version of its object, named by the entity tag: a process that ends between the two writes leaves an
/// object without a content type, never one with a wrong one.
pub(crate) struct ContentTypes(Arc<dyn ObjectStore>);

impl ContentTypes {
    /// The content types of the objects in `files`.
    pub(crate) fn beside(files: Arc<dyn ObjectStore>) -> Self {
        Self(files)
    }

    /// Notes the content type of the version that has this entity tag.
    pub(crate) async fn note(&self, object: &Path, etag: &str, content_type: &str) -> Result<(), Error> {
        let noted = Noted { etag: etag.to_owned(), content_type: content_type.to_owned() };
        let text = serde_json::to_vec(&noted).unwrap_or_default();
        self.0.put(&place(object)?, text.into()).await.map(|_| ())
    }

    /// The content type of the version that has this entity tag.
    pub(crate) async fn of(&self, object: &Path, etag: Option<&str>) -> Option<String> {
        let bytes = self.0.get(&place(object).ok()?).await.ok()?.bytes().await.ok()?;
        let noted: Noted = serde_json::from_slice(&bytes).ok()?;
        (Some(noted.etag.as_str()) == etag).then_some(noted.content_type)
    }

    /// Drops what is noted of an object.
    pub(crate) async fn forget(&self, object: &Path) {
        if let Ok(place) = place(object) {
            let _ = self.0.delete(&place).await;
        }
    }
}

fn place(object: &Path) -> Result<Path, Error> {
    Ok(Path::parse(format!("{FOLDER}/{object}"))?)
}
