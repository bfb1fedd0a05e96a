//! The plan: what happens to every call that is counted. Pure data; a rewriter decides nothing.

use crate::model::{Kind, Model, SizeRule};
use crate::program::{CallId, Frame, FrameId, FunctionId, NameId, Names, Program, Target};
use crate::select::Selector;
use crate::survey::{Allocator, Attribution, Survey, mark};
use crate::table::{Bytes, FrameRow, Overflow, Site, SiteTable, Storage};
use foldhash::fast::RandomState;
use regex::Regex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use xxhash_rust::xxh3::xxh3_128;

/// What to count, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Selected functions and files; unanchored.
    pub regex: Regex,
    /// Select what the model calls runtime, too.
    pub include_runtime: bool,
    /// The highest level of attribution.
    pub attribute: Attribution,
    /// Most counters, overflow slot included; at least 1.
    pub max_sites: u32,
    /// Bytes as requested or as the heap spends them.
    pub bytes: Bytes,
    /// Where the counters are; changes nothing of what is counted, so it is no part of the build id.
    pub storage: Storage,
    /// The program's own logging function.
    pub log_fn: Option<String>,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An allocator call that counts at `slot`.
    Direct {
        /// Counter index.
        slot: u32,
    },
    /// A call whose pool growth moves to `slot`: through, dispatch and host sites.
    Measured {
        /// Counter index.
        slot: u32,
    },
    /// An allocator call that is no site: counts in the pool.
    Pool,
    /// A call beneath an allocator that drops: what it adds to the pool stays there.
    Shield,
}

/// How requested sizes become counted bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// Bytes are rounded up to a multiple of this.
    pub granule: u32,
    /// Bytes added before rounding.
    pub header: u32,
    /// Whether a request for 0 bytes counts.
    pub zero: bool,
}

/// Everything a rewriter needs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What happens to which call, by call.
    pub actions: Vec<(CallId, Action)>,
    /// The allocators; whatever refers to one outside inner functions refers to its pool trampoline.
    pub allocators: BTreeMap<FunctionId, Allocator>,
    /// How bytes are counted.
    pub rounding: Rounding,
    /// What the counters mean.
    pub table: SiteTable,
}

/// The build id: a hash of the inputs and of every option that changes what is counted, as 32 hex
/// digits. `inputs` are the program and its debug data, absent where there is none; `model` is the
/// model's name or text, with the user's own `rules`.
pub fn build_id(
    inputs: &[Option<&[u8]>],
    model: &str,
    rules: &[String],
    options: &Options,
) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for input in inputs {
        part(if input.is_some() { b"given" } else { b"absent" });
        // Inputs are large, and nobody gains by a collision.
        part(&xxh3_128(input.unwrap_or_default()).to_le_bytes());
    }
    part(model.as_bytes());
    for rule in rules {
        part(rule.as_bytes());
    }
    part(
        format!(
            "{} {:?} {} {} {:?}",
            options.regex,
            options.log_fn,
            options.include_runtime,
            options.max_sites,
            (options.attribute, options.bytes),
        )
        .as_bytes(),
    );
    hash.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

struct Found<'p> {
    call: CallId,
    chain: &'p [FrameId],
    reported: FrameId,
    kind: Kind,
    callee: Target,
    attribution: Attribution,
    size: Option<u64>,
    count_only: bool,
}

impl Plan {
    /// Plans `program`, whose frames are set for the survey's candidates.
    pub fn new(
        program: &Program,
        survey: &Survey,
        model: &Model,
        options: &Options,
        build_id: String,
    ) -> Plan {
        let mut found = find_sites(program, survey, model, options);
        found.sort_by_key(|site| (site.attribution, site.call));

        let heap = &model.heaps[survey.heap];
        let mut table = SiteTable::new(build_id, model.name.clone(), heap.class);
        table.bytes = options.bytes;
        table.regex = options.regex.as_str().to_owned();
        table.attribute = options.attribute;
        table.storage = options.storage;
        table.log_fn.clone_from(&options.log_fn);
        table.slots = (found.len() as u64 + 1).min(u64::from(options.max_sites.max(1))) as u32;
        let last = table.slots - 1;
        let past_cap = found.len().saturating_sub(last as usize);
        table.overflow = Overflow {
            id: last,
            sites: past_cap as u32,
        };

        let slot = |index: usize| (index as u64).min(u64::from(last)) as u32;
        let mut actions = pool_actions(program, survey);
        actions.extend(survey.shields.iter().map(|&call| (call, Action::Shield)));
        actions.extend(found.iter().enumerate().map(|(index, site)| {
            let slot = slot(index);
            let action = match site.attribution {
                Attribution::Direct => Action::Direct { slot },
                _ => Action::Measured { slot },
            };
            (site.call, action)
        }));
        // What was added later takes precedence.
        actions.sort_by_key(|&(call, _)| call);
        actions.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                *earlier = *later;
            }
            same
        });
        fill_table(&mut table, program, &found, slot);

        let (granule, header) = match options.bytes {
            Bytes::Requested => (1, 0),
            Bytes::Heap => (heap.granule, heap.header),
        };
        Plan {
            actions,
            allocators: survey.allocators.clone(),
            rounding: Rounding {
                granule,
                header,
                zero: heap.zero,
            },
            table,
        }
    }

    /// Whether `function` is named as an allocator from outside: by an export, by its address, or as the start function.
    pub fn is_exposed(&self, program: &Program, function: FunctionId) -> bool {
        let f = &program.functions[function as usize];
        self.allocators.contains_key(&function)
            && (f.address_taken || f.start || !f.exports.is_empty())
    }

    /// Whether nothing in the program would be counted, so that it is best left as it is.
    pub fn is_empty(&self, program: &Program) -> bool {
        self.actions.is_empty() && !self.allocators.keys().any(|&f| self.is_exposed(program, f))
    }
}

/// Every call of an allocator that counts, as long as it is no site.
fn pool_actions(program: &Program, survey: &Survey) -> Vec<(CallId, Action)> {
    let is_allocator = mark(program.functions.len(), survey.allocators.keys().copied());
    let mut actions = Vec::new();
    for (index, function) in program.functions.iter().enumerate() {
        if survey.inner[index] {
            continue;
        }
        for call in function.calls.clone() {
            if let Target::Direct(callee) = program.calls[call as usize].target
                && is_allocator[callee as usize]
            {
                actions.push((call, Action::Pool));
            }
        }
    }
    actions
}

fn find_sites<'p>(
    program: &'p Program,
    survey: &Survey,
    model: &Model,
    options: &Options,
) -> Vec<Found<'p>> {
    let names = &program.names;
    let mut selector = Selector::new(&options.regex, model, options.include_runtime);
    let never = options
        .log_fn
        .as_deref()
        .map(|name| logging_functions(program, name));
    let mut kinds: HashMap<(Option<NameId>, Option<NameId>), Option<Kind>, RandomState> =
        HashMap::default();
    let mut kind_of = |frame: Frame| {
        *kinds
            .entry((frame.function, frame.file))
            .or_insert_with(|| kind_of(model, names, frame))
    };
    let mut sites = Vec::new();
    let mut owner: FunctionId = 0;
    for (call, chain) in program.frames.chains() {
        while program.functions[owner as usize].calls.end <= call {
            owner += 1;
        }
        if never.as_ref().is_some_and(|never| never[owner as usize]) {
            continue;
        }
        let selected = chain.iter().enumerate().position(|(depth, &frame)| {
            let frame = program.frames.get(frame);
            let is_enclosing = depth + 1 == chain.len();
            selector.frame(names, frame)
                || is_enclosing
                    && selector.raw_symbol(program, owner)
                    && !selector.is_runtime(names, frame)
        });
        let (Some(at), Some(attribution)) = (selected, survey.attribution(program, call)) else {
            continue;
        };
        let target = program.calls[call as usize].target;
        let definition = match target {
            Target::Direct(callee) => program.functions[callee as usize].definition,
            Target::Indirect(_) => None,
        };
        // A selected callee counts for itself, unless its calls are never sites.
        if let (Target::Direct(callee), Some(definition)) = (target, definition)
            && matches!(attribution, Attribution::Through | Attribution::Dispatch)
            && !survey.shared[callee as usize]
            && selector.frame(names, definition)
        {
            continue;
        }
        let allocator = match target {
            Target::Direct(callee) => survey.allocators.get(&callee),
            Target::Indirect(_) => None,
        };
        let size = allocator.and_then(|a| constant_size(program, call, a.size));
        let beneath = at
            .checked_sub(1)
            .map(|under| program.frames.get(chain[under]));
        let kind = beneath
            .filter(|frame| selector.is_runtime(names, *frame))
            .or(definition.filter(|_| allocator.is_none()))
            .and_then(&mut kind_of)
            .unwrap_or_else(|| match (attribution, size, allocator) {
                (Attribution::Direct, None, Some(a)) if a.size.is_known() => a.dynamic_kind,
                (Attribution::Direct, ..) => Kind::Alloc,
                (Attribution::Host, ..) => Kind::Host,
                (Attribution::Through | Attribution::Dispatch, ..) => Kind::Call,
            });
        let named_kind = matches!(kind, Kind::Slice | Kind::Map | Kind::Chan);
        if options.attribute == Attribution::Direct
            && attribution != Attribution::Direct
            && !named_kind
        {
            continue;
        }
        sites.push(Found {
            call,
            chain,
            reported: chain[at],
            kind,
            callee: target,
            attribution,
            size,
            count_only: match (allocator, target) {
                (Some(allocator), _) => !allocator.size.is_known(),
                (None, Target::Direct(callee)) => survey.count_only[callee as usize],
                (None, Target::Indirect(ty)) => survey.count_only_types[ty as usize],
            },
        });
    }
    sites
}

fn kind_of(model: &Model, names: &Names, frame: Frame) -> Option<Kind> {
    let path = frame
        .function
        .map(|id| crate::symbol::own_path(names.get(id)));
    model.kind_of(path.as_deref(), frame.file.map(|id| names.get(id)))
}

fn constant_size(program: &Program, call: CallId, rule: SizeRule) -> Option<u64> {
    match rule {
        SizeRule::Parameter(a) => program.constant(call, a),
        SizeRule::Product(a, b) => program
            .constant(call, a)?
            .checked_mul(program.constant(call, b)?),
        SizeRule::Unknown => None,
    }
}

/// The logging function and what it calls: a site in there would log itself for ever.
fn logging_functions(program: &Program, name: &str) -> Vec<bool> {
    let mut seen = vec![false; program.functions.len()];
    let mut stack: Vec<FunctionId> = (0..program.functions.len() as FunctionId)
        .filter(|&f| program.is_named(f, name))
        .collect();
    while let Some(function) = stack.pop() {
        if std::mem::replace(&mut seen[function as usize], true) {
            continue;
        }
        let calls = &program.functions[function as usize].calls;
        for call in &program.calls[calls.start as usize..calls.end as usize] {
            if let Target::Direct(callee) = call.target {
                stack.push(callee);
            }
        }
    }
    seen
}

fn fill_table(
    table: &mut SiteTable,
    program: &Program,
    found: &[Found<'_>],
    slot: impl Fn(usize) -> u32,
) {
    let mut names = Names::default();
    let mut frame_ids: HashMap<FrameId, u32, RandomState> = HashMap::default();
    let mut callees: HashMap<Target, NameId, RandomState> = HashMap::default();
    let mut rows: Vec<FrameRow> = Vec::new();
    let keys = keys(program, found);
    table.sites.reserve_exact(found.len());
    for (index, (site, key)) in found.iter().zip(keys).enumerate() {
        let mut frame_id = |id: FrameId| {
            *frame_ids.entry(id).or_insert_with(|| {
                let frame = program.frames.get(id);
                let mut name =
                    |id: Option<NameId>| id.map(|id| names.intern(program.names.get(id)));
                rows.push((
                    name(frame.function),
                    name(frame.file),
                    frame.line,
                    frame.column,
                ));
                (rows.len() - 1) as u32
            })
        };
        let chain = site.chain.iter().map(|&id| frame_id(id)).collect();
        let frame = frame_id(site.reported);
        let callee = callees.entry(site.callee).or_insert_with(|| {
            names.intern(&match site.callee {
                Target::Direct(callee) => {
                    let definition = program.functions[callee as usize].definition;
                    match definition.and_then(|frame| frame.function) {
                        Some(name) => program.names.get(name).to_owned(),
                        None => program.display_name(callee),
                    }
                }
                Target::Indirect(ty) => format!("indirect {}", program.types[ty as usize]),
            })
        });
        table.sites.push(Site {
            id: slot(index),
            key,
            frame,
            chain,
            kind: site.kind,
            callee: *callee,
            attribution: site.attribution,
            size: site.size,
            count_only: site.count_only,
            offset: program.calls[site.call as usize].offset.into(),
        });
    }
    table.frames = rows;
    table.names = names.into_list();
}

/// Stable keys: a hash of function, file, the functions of the chain, and an ordinal among equal
/// ones that follows the source, not the code. Copies of one source position share a key.
fn keys(program: &Program, found: &[Found<'_>]) -> Vec<String> {
    /// In an identity, a name that is not known.
    const NONE: NameId = NameId::MAX;
    let name = |id: NameId| match id {
        NONE => "",
        id => program.names.get(id),
    };
    let known = |id: Option<NameId>| id.filter(|&id| !name(id).is_empty()).unwrap_or(NONE);
    let mut groups: HashMap<Vec<NameId>, Vec<usize>, RandomState> = HashMap::default();
    let mut identity = Vec::new();
    for (index, site) in found.iter().enumerate() {
        let reported = program.frames.get(site.reported);
        let functions = site.chain.iter().map(|&id| program.frames.get(id).function);
        identity.clear();
        identity.extend([known(reported.function), known(reported.file)]);
        identity.extend(functions.map(known));
        match groups.get_mut(&identity) {
            Some(members) => members.push(index),
            None => {
                groups.insert(identity.clone(), vec![index]);
            }
        }
    }
    let mut keys = vec![String::new(); found.len()];
    for (identity, mut members) in groups {
        let position = |index: usize| {
            let frame = program.frames.get(found[index].reported);
            // Without a line every call is a position of its own.
            (
                frame.line,
                frame.column,
                if frame.line == 0 {
                    found[index].call
                } else {
                    0
                },
            )
        };
        members.sort_by_key(|&index| position(index));
        let mut group = Sha256::new();
        for id in identity {
            let part = name(id);
            group.update((part.len() as u64).to_le_bytes());
            group.update(part.as_bytes());
        }
        let mut ordinal = 0u64;
        for (at, &index) in members.iter().enumerate() {
            if at > 0 && position(members[at - 1]) != position(index) {
                ordinal += 1;
            }
            let hash = group.clone().chain_update(ordinal.to_le_bytes()).finalize();
            let first = hash.first_chunk().expect("a hash has 32 bytes");
            keys[index] = format!("{:016x}", u64::from_be_bytes(*first));
        }
    }
    keys
}
