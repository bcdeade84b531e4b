//! One suite of behaviour over every store that can be run here: memory, a folder, and S3 as `s3s-fs` speaks it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod fixture;
mod in_cloud;
mod in_folder;
mod s3_server;
mod suite;

use fixture::{Fixture, folder, memory, s3};

macro_rules! behaviour_of {
    ($($store:ident),+ : $behaviours:tt) => { $(behaviour_of!(@store $store $behaviours);)+ };
    (@store $store:ident [$($behaviour:ident),+ $(,)?]) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $behaviour() {
                    let fixture: super::Fixture = super::$store().await;
                    crate::suite::$behaviour(&fixture).await;
                }
            )+
        }
    };
}

behaviour_of!(memory, folder, s3: [
    keeps_what_was_uploaded,
    keeps_an_empty_object,
    replaces_an_object_as_a_whole,
    replaces_nothing_where_asked_not_to,
    says_what_is_not_there,
    removes_what_is_there_or_not,
    keeps_keys_as_they_are,
    lists_by_prefix_and_in_pages,
    keeps_buckets_apart,
    uploads_in_parts,
    shows_nothing_of_an_upload_that_was_given_up,
    takes_nothing_after_the_end_of_an_upload,
    refuses_keys_that_leave_the_bucket,
]);
