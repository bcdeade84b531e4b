//! Object storage: the buckets of an app, kept in a folder, in memory, in S3, Google Cloud Storage or Azure Blob Storage.
//!
//! [`component`] is what an isolate calls. The engine beneath works without an isolate:
//!
//! - `location` reads `OBJECTS_URL`, and `store` opens what it names;
//! - `key` says which keys are accepted, `bucket` answers the short questions about one object;
//! - `upload`, `download` and `listing` are the three kinds of work that take several calls, each with bounded memory;
//! - `connector` carries HTTP over Hyper and rustls; `content_types` remembers in a folder what a file system does not.

mod bucket;
mod component;
mod connector;
mod content_types;
mod download;
mod failure;
mod key;
mod listing;
mod location;
mod operation;
mod record;
mod request;
mod store;
mod upload;

pub use bucket::{Attributes, Bucket, UploadOptions};
pub use component::{PRIMITIVE, component};
pub use download::Download;
pub use listing::{ListedObject, Listing};
pub use location::{Settings, StoreUrl};
pub use store::BucketStore;
pub use upload::{PART_BYTES, Upload};
