//! The components of this build; a component's place in the list is its number in every frame.

use twinloop_runtime::Component;

use crate::diagnosis::Diagnosis;
use crate::fault;

/// Numbers: 0 diagnosis, 1 api, 2 sqldb, 3 pubsub, 4 cron, 5 secrets. `contract/frames.json` says the same.
pub(crate) fn all() -> Vec<Box<dyn Component>> {
    fault::point("components");
    let all: Vec<Box<dyn Component>> = vec![
        Box::new(Diagnosis),
        twinloop_api::component(),
        twinloop_sqldb::component(),
        twinloop_pubsub::component(),
        twinloop_cron::component(),
        twinloop_secrets::component(),
    ];
    fault::in_each(all)
}
