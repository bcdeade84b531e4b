//! The objects of a bucket, page by page.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::ObjectMeta;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use serde::Serialize;
use tokio::sync::Mutex;
use twinloop_runtime::Failure;

use crate::bucket::Bucket;
use crate::failure::of_store;

/// Objects in one page: what S3 gives at once.
const PAGE: usize = 1_000;

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedObject {
    /// The object's key.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The entity tag: another one for other contents.
    pub etag: String,
}

/// The objects of a bucket whose keys begin with a prefix, in the order of the store.
pub struct Listing {
    base: String,
    stream: Mutex<BoxStream<'static, object_store::Result<ObjectMeta>>>,
}

impl Listing {
    /// Begins a listing of all objects whose keys begin with `prefix`, which may end within a segment.
    pub fn begin(bucket: &Bucket, prefix: &str) -> Self {
        let whole = format!("{}{prefix}", bucket.base);
        let stream = match &bucket.store.pages {
            Some(pages) => by_pages(Arc::clone(pages), whole),
            None => by_folder(bucket, &whole),
        };
        Self { base: bucket.base.clone(), stream: Mutex::new(stream) }
    }

    /// The next objects, at most `most` and at most 1 000; none at the end.
    pub async fn page(&self, most: usize) -> Result<Vec<ListedObject>, Failure> {
        let mut stream = self.stream.lock().await;
        let page = stream.by_ref().take(most.min(PAGE)).try_collect::<Vec<_>>().await;
        let page = page.map_err(|error| of_store("listing failed", &error))?;
        Ok(page.into_iter().map(|meta| self.entry(meta)).collect())
    }

    fn entry(&self, meta: ObjectMeta) -> ListedObject {
        let path = meta.location.as_ref();
        let name = path.strip_prefix(self.base.as_str()).unwrap_or(path).to_owned();
        ListedObject { name, size: meta.size, etag: meta.e_tag.unwrap_or_default() }
    }
}

fn by_pages(
    pages: Arc<dyn PaginatedListStore>,
    prefix: String,
) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let first = Some(PaginatedListOptions::default());
    let listed = stream::try_unfold((pages, prefix, first), |(pages, prefix, next)| async move {
        let Some(options) = next else { return Ok(None) };
        let page = pages.list_paginated(Some(&prefix), options).await?;
        let next = page
            .page_token
            .map(|token| PaginatedListOptions { page_token: Some(token), ..PaginatedListOptions::default() });
        let objects = stream::iter(page.result.objects.into_iter().map(Ok));
        Ok::<_, object_store::Error>(Some((objects, (pages, prefix, next))))
    });
    listed.try_flatten().boxed()
}

/// A folder is walked from the last segment of the prefix that is whole.
fn by_folder(bucket: &Bucket, prefix: &str) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let within = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Ok(folder) = Path::parse(within) else { return stream::empty().boxed() };
    let prefix = prefix.to_owned();
    let listed = bucket.store.objects.list(Some(&folder));
    listed.try_filter(move |meta| std::future::ready(meta.location.as_ref().starts_with(&prefix))).boxed()
}
