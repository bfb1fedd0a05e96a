//! `allocinstr report`: what was measured, for people.

use crate::arguments::number;
use crate::failure::BadInput;
use crate::files;
use crate::tables::{By, Style, draw};
use crate::terminal::{Terminal, bytes, plural};
use allocinstr_report::{Snapshot, top};
use allocinstr_sites::{AllocatorClass, SiteTable};
use anyhow::Context;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints the sites that allocate most
#[derive(Args)]
#[command(after_help = "\
Examples:
  allocinstr report snapshot.json --sites app.instr.wasm
  allocinstr report snapshot.json --sites sites.json --by package --top 50

Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr")]
pub(crate) struct Arguments {
    /// Snapshot (JSON); - is stdin
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// Site table: the instrumented module, or the file written by --sites
    #[arg(long, value_name = "FILE")]
    sites: PathBuf,
    /// What a line stands for
    #[arg(long, value_name = "WHAT", default_value = "site")]
    by: By,
    /// How many lines are printed
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true,
          value_parser = number::<{ u32::MAX }>)]
    top: u32,
}

pub(crate) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<()> {
    let inputs = [
        ("the snapshot", &arguments.snapshot),
        ("--sites", &arguments.sites),
    ];
    files::refuse_clashes(&inputs.map(|(role, path)| (role, path.as_path())), &[])?;
    let name = || files::input_name(&arguments.snapshot);
    let snapshot = Snapshot::from_json(&files::read(&arguments.snapshot)?).with_context(name)?;
    let table = read_table(&arguments.sites)?;
    let rows = top(&snapshot, &table, arguments.by.granularity())
        .with_context(|| format!("{}, {}", name(), files::input_name(&arguments.sites)))?;
    build(&table, terminal);
    let totals = snapshot.totals;
    let unattributed = percent(totals.unattributed_bytes, totals.alloc_bytes);
    let mut out = Vec::new();
    if unattributed > 50.0 {
        writeln!(
            out,
            "More than half of the bytes are explained by no site: select more.\n"
        )?;
    }
    let class = match snapshot.allocator_class {
        AllocatorClass::NeverFrees => "memory is never freed: this is the growth",
        AllocatorClass::FreesUntracked => "memory is freed, which is not tracked: this is churn",
    };
    let (count, sum) = (totals.alloc_count, bytes(totals.alloc_bytes));
    writeln!(out, "{sum} in {}; {class}", plural(count, "allocation"))?;
    let (count, sum) = (totals.unattributed_count, bytes(totals.unattributed_bytes));
    writeln!(
        out,
        "no site explains {sum} in {} ({unattributed:.1} %)",
        plural(count, "allocation")
    )?;
    if table.sites.iter().any(|site| site.count_only) {
        writeln!(
            out,
            "the bytes of some allocations are not known: sums are lower bounds"
        )?;
    }
    writeln!(out)?;
    let (count, most) = (rows.len(), arguments.top as usize);
    let by = arguments.by;
    let lines = rows.into_iter().take(most).map(|row| {
        [
            if row.count_only {
                "?".to_owned()
            } else {
                bytes(row.alloc_bytes)
            },
            match (row.count_only, row.alloc_bytes) {
                (true, 0) => "?".to_owned(),
                _ => format!("{:.1} %", percent(row.alloc_bytes, totals.alloc_bytes)),
            },
            row.alloc_count.to_string(),
            match by {
                By::Site => row.kind.map_or("", |kind| kind.name()).to_owned(),
                _ => row.sites.to_string(),
            },
            by.group(row.name),
        ]
    });
    let (third, numbers) = match by {
        By::Site => ("kind", 3),
        _ => ("sites", 4),
    };
    let header = ["bytes", "share", "count", third, by.name()];
    writeln!(out, "{}", draw(Style::Plain, header, numbers, lines))?;
    if count > most {
        let more = plural((count - most) as u64, &format!("more {}", by.name()));
        writeln!(out, "\n{more}; --top {count} shows all")?;
    }
    files::write_stdout(&out)
}

/// Which build a table is of, where details are wanted.
pub(crate) fn build(table: &SiteTable, terminal: Terminal) {
    if terminal.verbose {
        terminal.line("build", &table.build_id);
        terminal.line("model", &table.model);
        terminal.line("selected", &table.regex);
    }
}

/// The site table in a file of its own, or in the section of an instrumented module.
pub(crate) fn read_table(path: &Path) -> anyhow::Result<SiteTable> {
    let place = || files::input_name(path);
    let bytes = files::read(path)?;
    if !bytes.starts_with(b"\0asm") {
        return SiteTable::from_json(&bytes).with_context(place);
    }
    let section = allocinstr_wasm::site_table_section(&bytes).with_context(place)?;
    let section = section.ok_or_else(|| {
        BadInput(format!(
            "{}: is not instrumented: it has no site table",
            path.display()
        ))
    })?;
    SiteTable::from_json(section).with_context(place)
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}
