//! What is counted: allocator models, selection, the call graph, the plan and the site table.
//!
//! A front end decodes a [`Program`]; [`Survey`] finds its allocators and the calls that may be
//! sites; the front end adds frames for those; [`Plan`] selects and decides; a rewriter obeys.
//!
//! ```
//! use allocinstr_sites::Model;
//!
//! let models = Model::built_in();
//! assert!(models.iter().any(|model| model.name == "tinygo"));
//! let tinygo = &models[0];
//! assert!(tinygo.is_runtime(Some("runtime.hashmapSet"), None));
//! assert!(!tinygo.is_runtime(Some("web/wasm/app.render"), None));
//! ```

mod choose;
mod detect;
mod findings;
mod job;
mod model;
mod plan;
mod program;
mod select;
mod survey;
mod symbol;
mod table;

pub use choose::{ChooseError, Failure, ModelChoice};
pub use detect::{DetectError, detect};
pub use findings::{Findings, FoundAllocator, Hint};
pub use job::{IrFormat, Job, Reply};
pub use model::{
    AllocatorClass, AllocatorRule, Detect, Heap, Kind, Model, ModelError, Pattern, Patterns, Place,
    Shape, SizeRule, Success,
};
pub use plan::{Action, Options, Plan, Rounding, build_id};
pub use program::{
    Call, CallId, DebugData, Declared, Frame, FrameId, Frames, Function, FunctionId, NameId, Names,
    PointerWidth, Program, Signature, Target, TypeId, ValueType,
};
pub use survey::{Allocator, Attribution, Survey, SurveyError};
pub use symbol::{Packages, demangle, own_name, own_path, printable, readable, readable_function};
pub use table::{
    Bytes, FormatError, FrameRow, Overflow, Site, SiteTable, Storage, Stub, TableError,
    check_format,
};
