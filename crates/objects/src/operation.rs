//! The operations of objects.

use twinloop_runtime::Confidential;

use crate::location::Settings;
use crate::request::{Begin, Handle, List, Object, Page, Piece, Put, Sign};

twinloop_runtime::operations! {
    /// An operation of objects, with its arguments.
    pub(crate) enum Operation of "objects" {
        /// Opens the store of an app.
        Open(Confidential<Settings>) = 1,
        /// Closes a store.
        Close(Handle) = 2,
        /// Says what is known of an object.
        Attributes(Object) = 3,
        /// Says whether there is an object.
        Exists(Object) = 4,
        /// Removes an object.
        Remove(Object) = 5,
        /// Uploads an object that is in memory.
        Put(Put) = 6,
        /// Begins an upload in pieces.
        Upload(Begin) = 7,
        /// Sends a piece of an upload.
        Write(Piece) = 8,
        /// Ends an upload: its object becomes visible.
        Finish(Handle) = 9,
        /// Gives an upload up.
        Abort(Handle) = 10,
        /// Begins a download.
        Download(Object) = 11,
        /// Gives the next piece of a download.
        Read(Handle) = 12,
        /// Ends a download early.
        EndDownload(Handle) = 13,
        /// Begins a listing.
        List(List) = 14,
        /// Gives the next objects of a listing.
        Next(Page) = 15,
        /// Ends a listing early.
        EndList(Handle) = 16,
        /// Signs a URL to upload to.
        SignUpload(Sign) = 17,
        /// Signs a URL to download from.
        SignDownload(Sign) = 18,
    }
}
