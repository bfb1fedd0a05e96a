//! The plan carried out through the intermediate representation of walrus.

use crate::decode::Module;
use crate::error::{Error, Result};
use crate::rewrite::{RewriteOptions, Rewritten};
use allocinstr_sites::Plan;

pub(crate) fn rewrite(_: &Module<'_>, _: &Plan, _: &RewriteOptions<'_>) -> Result<Rewritten> {
    Err(Error::Unsupported {
        kind: "--engine walrus",
        advice: "use the default",
    })
}
