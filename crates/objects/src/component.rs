//! The objects component: answers the operations that isolates call.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::time::timeout;
use twinloop_runtime::telemetry::Caller;
use twinloop_runtime::{
    Answer, Answering, Component, Confidential, Core, Failure, Handles, Invocation, Isolate, Primitive,
    json_text, no_result,
};

use crate::bucket::Bucket;
use crate::download::Download;
use crate::failure::too_late;
use crate::listing::Listing;
use crate::location::Settings;
use crate::operation::Operation;
use crate::record::{Direction, OperationRecord, Recorded};
use crate::request::{Begin, List, Object, Page, Piece, Put, Sign};
use crate::store::BucketStore;
use crate::upload::Upload;

/// How long one step of an operation may take; longer than a request to the store with all that is repeated of it.
const STEP: Duration = Duration::from_secs(300);

/// The objects component.
#[derive(Default)]
struct Objects(Arc<Opened>);

/// The stores, uploads, downloads and listings that the isolates of this process have open.
#[derive(Default)]
struct Opened {
    /// The open stores, by their number.
    stores: Handles<BucketStore>,
    /// Uploads in pieces that are under way.
    uploads: Handles<Recorded<Upload>>,
    /// Downloads in pieces that are under way.
    downloads: Handles<Recorded<Download>>,
    /// Listings that have not come to their end.
    listings: Handles<Recorded<Listing>>,
    core: OnceLock<&'static Core>,
}

/// The entry of objects in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "objects", operations: Operation::describe(), instant: None, make: component };

/// Makes the objects component, with nothing open. The number is not needed, because objects gives isolates no jobs.
pub fn component(_number: u16) -> Box<dyn Component> {
    Box::new(Objects::default())
}

impl Component for Objects {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let opened = Arc::clone(&self.0);
        Box::pin(async move {
            let operation = Operation::read(invocation.operation, &invocation.payload)?;
            let isolate = Arc::clone(&invocation.isolate);
            let _ = opened.core.set(invocation.core);
            let answered = timeout(STEP, opened.answer(&isolate, &invocation.caller, operation)).await;
            answered.unwrap_or_else(|_| Err(too_late("the store did not answer", STEP.as_secs())))
        })
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.stores.leave(isolate.id);
        self.0.downloads.leave(isolate.id);
        self.0.listings.leave(isolate.id);
        let uploads = self.0.uploads.leave(isolate.id);
        if let Some(core) = self.0.core.get().filter(|_| !uploads.is_empty()) {
            core.spawn("objects", async move {
                for upload in uploads {
                    upload.of.abort().await;
                }
            });
        }
    }
}

impl Opened {
    async fn answer(&self, isolate: &Isolate, caller: &Caller, operation: Operation) -> Answer {
        let id = isolate.id;
        match operation {
            Operation::Open(Confidential(settings)) => self.open(id, &settings).await,
            Operation::Close(of) => self.close(id, of.number).await,
            Operation::Attributes(object) => {
                let Object { store, bucket, key, version } = object;
                let of = self.bucket(id, store, &bucket)?;
                let record = OperationRecord::begin(caller, "attributes", &bucket, &key);
                json_text(&recorded(record, of.attributes(&key, version)).await?)
            }
            Operation::Exists(object) => {
                let Object { store, bucket, key, version } = object;
                let of = self.bucket(id, store, &bucket)?;
                let record = OperationRecord::begin(caller, "exists", &bucket, &key);
                json_text(&recorded(record, of.exists(&key, version)).await?)
            }
            Operation::Remove(Object { store, bucket, key, version }) => {
                refuse_version(version.as_deref())?;
                let of = self.bucket(id, store, &bucket)?;
                let record = OperationRecord::begin(caller, "remove", &bucket, &key);
                json_text(&recorded(record, of.remove(&key)).await?)
            }
            Operation::Put(put) => self.put(isolate, caller, put).await,
            Operation::Upload(Begin { store, bucket, key, options }) => {
                let upload = Upload::begin(self.bucket(id, store, &bucket)?, &key, options)?;
                let record = OperationRecord::begin(caller, "upload", &bucket, &key);
                json_text(&self.uploads.insert(id, Recorded::new(upload, record)))
            }
            Operation::Write(piece) => self.write(isolate, piece).await,
            Operation::Finish(of) => {
                let upload = self.uploads.remove(id, of.number).ok_or_else(closed)?;
                upload.go_on();
                let finished = upload.of.finish().await;
                upload.end(&finished);
                json_text(&finished?)
            }
            Operation::Abort(of) => {
                if let Some(upload) = self.uploads.remove(id, of.number) {
                    upload.of.abort().await;
                }
                no_result()
            }
            Operation::Download(object) => self.download(id, caller, object).await,
            Operation::Read(of) => self.read(isolate, of.number).await,
            Operation::EndDownload(of) => {
                self.downloads.remove(id, of.number).inspect(|download| download.end(&Ok(())));
                json_text(&())
            }
            Operation::List(List { store, bucket, prefix }) => {
                let listing = Listing::begin(&self.bucket(id, store, &bucket)?, &prefix);
                let record = OperationRecord::begin(caller, "list", &bucket, &prefix);
                json_text(&self.listings.insert(id, Recorded::new(listing, record)))
            }
            Operation::Next(page) => self.page(id, &page).await,
            Operation::EndList(of) => {
                self.listings.remove(id, of.number).inspect(|listing| listing.end(&Ok(())));
                json_text(&())
            }
            Operation::SignUpload(sign) => {
                json_text(&self.signed_in(id, &sign)?.signed_upload(&sign.key, sign.ttl()).await?)
            }
            Operation::SignDownload(sign) => {
                json_text(&self.signed_in(id, &sign)?.signed_download(&sign.key, sign.ttl()).await?)
            }
        }
    }

    async fn open(&self, isolate: u32, settings: &Settings) -> Answer {
        let store = BucketStore::open(settings).await?;
        let (place, public_base) = (store.place().to_owned(), store.public_base().map(str::to_owned));
        let number = self.stores.insert(isolate, store);
        json_text(&json!({ "number": number, "place": place, "publicBase": public_base }))
    }

    /// Closes a store, with what the isolate has not ended.
    async fn close(&self, isolate: u32, number: u32) -> Answer {
        self.stores.remove(isolate, number);
        self.downloads.leave(isolate);
        self.listings.leave(isolate);
        for upload in self.uploads.leave(isolate) {
            upload.of.abort().await;
        }
        no_result()
    }

    async fn download(&self, isolate: u32, caller: &Caller, object: Object) -> Answer {
        let Object { store, bucket, key, version } = object;
        let of = self.bucket(isolate, store, &bucket)?;
        let record = OperationRecord::begin(caller, "download", &bucket, &key);
        let download = match Download::begin(&of, &key, version).await {
            Ok(download) => download,
            failed => return recorded(record, async { failed }).await.and_then(|_| no_result()),
        };
        let attributes = download.attributes.clone();
        let number = self.downloads.insert(isolate, Recorded::new(download, record));
        json_text(&json!({ "number": number, "attributes": attributes }))
    }

    /// The next objects of a listing; none at its end.
    async fn page(&self, isolate: u32, asked: &Page) -> Answer {
        let listing = self.listings.get(isolate, asked.number).ok_or_else(closed)?;
        listing.go_on();
        let page = listing.of.page(asked.most).await;
        match &page {
            Ok(objects) if !objects.is_empty() => listing.passed(Direction::In, 0, &page),
            _ => listing.end(&page),
        }
        json_text(&page?)
    }

    async fn put(&self, isolate: &Isolate, caller: &Caller, put: Put) -> Answer {
        let bytes = isolate.blobs.take(put.blob).unwrap_or_default();
        let bucket = self.bucket(isolate.id, put.store, &put.bucket)?;
        let mut record = OperationRecord::begin(caller, "upload", &put.bucket, &put.key);
        record.count(Direction::Out, bytes.len());
        json_text(&recorded(record, bucket.put(&put.key, bytes, &put.options)).await?)
    }

    async fn write(&self, isolate: &Isolate, piece: Piece) -> Answer {
        let bytes = isolate.blobs.take(piece.blob).unwrap_or_default();
        let upload = self.uploads.get(isolate.id, piece.number).ok_or_else(closed)?;
        let length = bytes.len();
        upload.go_on();
        let written = upload.of.write(bytes).await;
        upload.passed(Direction::Out, length, &written);
        json_text(&written?)
    }

    /// The number of the next piece as a blob; `null` at the end, which ends the download.
    async fn read(&self, isolate: &Isolate, number: u32) -> Answer {
        let download = self.downloads.get(isolate.id, number).ok_or_else(closed)?;
        download.go_on();
        let piece = download.of.read().await;
        download.passed(Direction::In, piece.as_ref().map_or(0, Bytes::len), &piece);
        if !matches!(&piece, Ok(bytes) if !bytes.is_empty()) {
            download.end(&piece);
            self.downloads.remove(isolate.id, number);
            return json_text(&piece.map(|_| ())?);
        }
        json_text(&isolate.blobs.put(piece?))
    }

    fn signed_in(&self, isolate: u32, sign: &Sign) -> Result<Bucket, Failure> {
        self.bucket(isolate, sign.store, &sign.bucket)
    }

    fn bucket(&self, isolate: u32, store: u32, name: &str) -> Result<Bucket, Failure> {
        let store = self.stores.get(isolate, store).ok_or_else(closed)?;
        Bucket::of(&store, name)
    }
}

/// Runs one operation, and ends its record with the outcome.
async fn recorded<T>(
    record: OperationRecord,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let result = work.await;
    record.end(&result);
    result
}

fn refuse_version(version: Option<&str>) -> Result<(), Failure> {
    let Some(_) = version else { return Ok(()) };
    let message =
        "one version of an object cannot be removed here: leave `version` out, or use the store's own tool";
    Err(Failure::unimplemented(message))
}

fn closed() -> Failure {
    Failure::failed_precondition("the store, or what was open there, is closed: the app has stopped")
}
