//! What is said of a plan: the summary of what was done, and what the user should know about the numbers.

use crate::terminal::{Terminal, bytes, plural};
use allocinstr_sites::{
    AllocatorClass, Attribution, Bytes, DebugData, Findings, FoundAllocator, Hint, Kind, Site,
    SiteTable, Storage, printable,
};

/// What was done.
pub(crate) fn summary(
    table: &SiteTable,
    findings: &Findings,
    (before, after): (u64, u64),
    terminal: Terminal,
) {
    let counts = |names: &[&'static str], of: fn(&Site) -> &'static str| {
        let mut counts = vec![0; names.len()];
        for site in &table.sites {
            let at = names.iter().position(|name| *name == of(site));
            counts[at.expect("the names are all there are")] += 1;
        }
        let parts = counts.iter().zip(names).filter(|(count, _)| **count > 0);
        let parts: Vec<String> = parts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        if parts.is_empty() {
            "none".to_owned()
        } else {
            parts.join(", ")
        }
    };
    let class = match table.allocator_class {
        AllocatorClass::NeverFrees => "never frees: cumulative bytes are the growth",
        AllocatorClass::FreesUntracked => "frees, which is not tracked: cumulative bytes are churn",
    };
    terminal.line("model", &format!("{}, {class}", table.model));
    allocators(findings, terminal);
    let kinds = Kind::ALL.map(Kind::name);
    let by_kind = counts(&kinds, |site| site.kind.name());
    terminal.line("sites", &format!("{} ({by_kind})", table.sites.len()));
    let attributions = Attribution::ALL.map(Attribution::name);
    terminal.line(
        "attribution",
        &counts(&attributions, |site| site.attribution.name()),
    );
    terminal.line("slots", &format!("{}, the last for overflow", table.slots));
    let grown = after as i64 - before as i64;
    let percent = 100.0 * grown as f64 / before as f64;
    let (from, to) = (bytes(before), bytes(after));
    terminal.line(
        "size",
        &format!("{from} -> {to} ({grown:+} bytes, {percent:+.1} %)"),
    );
    let place = table.storage.name();
    let counters = match &table.log_fn {
        None => place.to_owned(),
        Some(name) => format!("sites in {name}, the pool in {place}"),
    };
    let needs = match table.storage {
        // Those with multi-memory.
        Storage::Memory => ", loads in Node >= 22, Chrome >= 120, Firefox >= 125, wasmtime",
        Storage::Globals => ", loads in every engine: Node 20, Safari, wazero and WAMR, too",
        Storage::Native if table.log_fn.is_some() => "",
        Storage::Native => {
            ": link runtime/native/allocinstr.c, and set ALLOCINSTR_OUT when it runs"
        }
    };
    terminal.line("storage", &format!("{counters}{needs}"));
}

/// The allocators that were found, and the functions they share with others, where details are wanted.
pub(crate) fn allocators(findings: &Findings, terminal: Terminal) {
    if !terminal.verbose {
        return;
    }
    for FoundAllocator {
        name, size, drops, ..
    } in &findings.allocators
    {
        let drops = if *drops {
            ", drops what is counted beneath"
        } else {
            ""
        };
        terminal.line("allocator", &format!("{name}, size {size}{drops}"));
    }
    for name in &findings.shared {
        terminal.line(
            "shared",
            &format!("{name}: allocators call it, its calls are never sites"),
        );
    }
}

/// What the user should know about the numbers, before measuring.
pub(crate) fn warnings(table: &SiteTable, findings: &Findings, terminal: Terminal) {
    match findings.debug {
        DebugData::InlineFrames | DebugData::Lines => {}
        DebugData::Names if table.storage == Storage::Native => terminal.note(
            "no debug data: inlined code is invisible, and sites have no lines; compile with -g",
        ),
        DebugData::Names => terminal.note(
            "no debug data: inlined code is invisible, and sites have no lines; \
             keep DWARF, or pass --debug-file or --source-map",
        ),
        DebugData::None => {
            let advice = Some(findings.advice.as_str()).filter(|advice| !advice.is_empty());
            terminal.note(&format!(
                "no function names: functions are func[N], and allocators are found by export or \
                 import only; {}",
                advice.unwrap_or("build with names")
            ));
        }
    }
    let names = |of: &dyn Fn(&&FoundAllocator) -> bool| {
        let names = findings.allocators.iter().filter(of);
        names
            .map(|allocator| printable(&allocator.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !findings.is_called {
        terminal.warning(&format!(
            "nothing in the module calls {}: only what the host allocates is counted; if the program has \
             another allocator, --allocator 'NAME-REGEX=SIZE-RULE' names it",
            names(&|_| true)
        ));
    } else if table.sites.is_empty() {
        terminal.warning(&format!(
            "-print-allocs {:?} matches no call that allocates; everything is counted in the \
             unattributed pool; {}",
            table.regex,
            findings.hint.as_ref().map_or(String::new(), hint)
        ));
    }
    if table.bytes == Bytes::Heap && findings.counts_requested {
        terminal.warning(&format!(
            "model {} does not say what the heap spends: --bytes heap counts what is requested; \
             a --model-file with granule and header does",
            table.model
        ));
    }
    if table.overflow.sites > 0 {
        let all = table.sites.len() + 1;
        terminal.warning(&format!(
            "{} the overflow slot {}: totals stay exact, but to tell them apart \
             use -print-allocs-max-sites {all}, or narrow -print-allocs",
            match table.overflow.sites {
                1 => "1 site is in".to_owned(),
                sites => format!("{} share", plural(sites.into(), "site")),
            },
            table.overflow.id
        ));
    }
    let count_only = table.sites.iter().filter(|site| site.count_only).count() as u64;
    if count_only > 0 {
        terminal.warning(&format!(
            "{} allocations whose bytes are not known, of {}; \
             --allocator 'NAME-REGEX=SIZE-RULE' says where the size is",
            match count_only {
                1 => "1 site counts".to_owned(),
                sites => format!("{sites} sites count"),
            },
            names(&|allocator| !allocator.is_known())
        ));
    }
    let hiding = names(&|allocator| allocator.may_hide);
    if !hiding.is_empty() {
        terminal.warning(&format!(
            "no allocator is known beneath {hiding}: wherever the compiler inlined it, allocations are not counted; \
             #[inline(never)] on the functions of a #[global_allocator] keeps them in sight"
        ));
    }
    for pattern in &findings.unmatched {
        terminal.warning(&format!("--allocator {pattern:?} matches no function"));
    }
}

/// Why nothing matched, and what would.
fn hint(hint: &Hint) -> String {
    match hint {
        Hint::Runtime => "it matches runtime code, which only --include-runtime selects".to_owned(),
        Hint::Nearest(names) if names.is_empty() => {
            "no function outside the runtime allocates".to_owned()
        }
        Hint::Nearest(names) => {
            let names: Vec<String> = names.iter().map(|name| printable(name)).collect();
            format!("nearest names: {}", names.join(", "))
        }
    }
}
