//! `allocinstr sites`: the plan as a report, which is also the dry run.

use crate::analysis::Selection;
use crate::failure::Usage;
use crate::files::{self, Input};
use crate::llvm;
use crate::progress::Progress;
use crate::report;
use crate::summary::{allocators, warnings};
use crate::tables::{By, Style, draw};
use crate::terminal::{Terminal, plural};
use allocinstr_report::{Granularity, Group, Groups};
use allocinstr_sites::{Site, SiteTable, Storage, printable};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// The site table, as --sites writes it
    Json,
    /// One line a site
    Csv,
    /// For a web page or a pull request
    Markdown,
    /// file:line:column lines, as TinyGo prints them and editors jump to
    Tinygo,
}

/// Lists the allocation sites of a module, and counts them
///
/// Writes nothing but the report. Of an instrumented module the site table inside is read.
#[derive(Args)]
#[command(after_help = "\
Examples:
  allocinstr sites app.wasm -print-allocs 'web/wasm/app'
  allocinstr sites app.instr.wasm --format csv > sites.csv

Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr")]
pub(crate) struct Arguments {
    /// Module or LLVM IR; - is stdin
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// How the report is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Only the table of these, with the sites in each; left out, there is one of each
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,
    #[command(flatten)]
    selection: Selection,
}

pub(crate) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<()> {
    let progress = Progress::new(terminal, 3);
    let input = &arguments.input;
    if arguments.by.is_some() && !matches!(arguments.format, Format::Table | Format::Markdown) {
        let problem = "--by is for --format table and markdown; the others list every site";
        return Err(Usage(problem.to_owned()).into());
    }
    let mut inputs = arguments.selection.inputs();
    inputs.push(("the input", input));
    files::refuse_clashes(&inputs, &[])?;
    let table = match files::read_input(input)? {
        Input::Module(module) => module_table(arguments, &module.bytes, &progress, terminal)?,
        Input::Llvm(ir) => {
            let done = llvm::run(arguments.selection.job()?, &ir, input, None)?;
            progress.finish();
            allocators(&done.findings, terminal);
            warnings(&done.table, &done.findings, terminal);
            *done.table
        }
    };
    report::build(&table, terminal);
    progress.finish();
    let mut out = Vec::new();
    match arguments.format {
        Format::Table => write_tables(&mut out, &table, Style::Plain, arguments.by)?,
        Format::Markdown => write_tables(&mut out, &table, Style::Markdown, arguments.by)?,
        Format::Json => writeln!(out, "{}", table.to_json())?,
        Format::Csv => write_csv(&mut out, &table)?,
        Format::Tinygo => write_tinygo(&mut out, &table)?,
    }
    files::write_stdout(&out)
}

/// The table of a module: the one inside, or what there would be.
fn module_table(
    arguments: &Arguments,
    bytes: &[u8],
    progress: &Progress,
    terminal: Terminal,
) -> anyhow::Result<SiteTable> {
    let input = &arguments.input;
    Ok(
        if let Some(section) =
            allocinstr_wasm::site_table_section(bytes).with_context(|| files::input_name(input))?
        {
            if arguments.selection.is_given() {
                let problem = "the module is instrumented: what is counted was chosen then; \
                           leave -print-allocs and its like out, or give the original";
                return Err(Usage(problem.to_owned()).into());
            }
            SiteTable::from_json(section).with_context(|| files::input_name(input))?
        } else {
            let side = arguments.selection.side_files(input, bytes, terminal)?;
            let analysis = arguments.selection.analyse(
                bytes,
                input,
                &side,
                None,
                Storage::default(),
                progress,
            )?;
            progress.finish();
            allocators(&analysis.findings, terminal);
            warnings(&analysis.plan.table, &analysis.findings, terminal);
            analysis.plan.table
        },
    )
}

fn write_tables(
    out: &mut impl Write,
    table: &SiteTable,
    style: Style,
    only: Option<By>,
) -> anyhow::Result<()> {
    let sites = plural(table.sites.len() as u64, "site");
    let slots = plural(table.slots.into(), "slot");
    writeln!(out, "{sites}, {slots}, model {}", table.model)?;
    if table.sites.is_empty() {
        return Ok(());
    }
    let groups = Groups::new(table);
    if only.is_none() {
        let kind = |site: &Site| named(site.kind.name());
        write_counts(out, style, "kind", count(table, kind))?;
        let attribution = |site: &Site| named(site.attribution.name());
        write_counts(out, style, "attribution", count(table, attribution))?;
    }
    for by in [By::Package, By::File, By::Function] {
        if only.is_some_and(|only| only != by) {
            continue;
        }
        let counts = count(table, |site| groups.of(site, by.granularity()));
        if only.is_some() || counts.iter().any(|(name, _)| !name.is_empty()) {
            let counts = counts.into_iter().map(|(name, n)| (by.group(name), n));
            write_counts(out, style, by.name(), counts.collect())?;
        }
    }
    if only.is_none_or(|only| only == By::Site) {
        write_sites(out, table, style, &groups)?;
    }
    Ok(())
}

fn named(name: &str) -> Group {
    let name = name.to_owned();
    let key = name.clone();
    Group { key, name }
}

/// The name of each group, and how many sites are of it.
fn count(table: &SiteTable, group: impl Fn(&Site) -> Group) -> Vec<(String, u64)> {
    let mut counts = BTreeMap::new();
    for site in &table.sites {
        let Group { key, name } = group(site);
        counts.entry(key).or_insert((name, 0)).1 += 1;
    }
    counts.into_values().collect()
}

fn write_counts(
    out: &mut impl Write,
    style: Style,
    heading: &str,
    mut counts: Vec<(String, u64)>,
) -> anyhow::Result<()> {
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rows = counts
        .into_iter()
        .map(|(name, count)| [count.to_string(), name]);
    writeln!(out, "\n{}", draw(style, ["sites", heading], 1, rows))?;
    Ok(())
}

fn write_sites(
    out: &mut impl Write,
    table: &SiteTable,
    style: Style,
    groups: &Groups<'_>,
) -> anyhow::Result<()> {
    let rows = table.sites.iter().map(|site| {
        [
            site.id.to_string(),
            match (site.size, site.count_only) {
                (Some(size), _) => size.to_string(),
                (None, true) => "?".to_owned(),
                (None, false) => String::new(),
            },
            site.kind.name().to_owned(),
            site.attribution.name().to_owned(),
            groups.of(site, Granularity::Site).name,
        ]
    });
    let header = ["id", "size", "kind", "attribution", "site"];
    writeln!(out, "\n{}", draw(style, header, 2, rows))?;
    Ok(())
}

fn write_csv(out: &mut impl Write, table: &SiteTable) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "id",
        "key",
        "kind",
        "attribution",
        "function",
        "file",
        "line",
        "column",
        "callee",
        "size",
        "count_only",
        "offset",
    ])?;
    for site in &table.sites {
        let (function, file, line, column) = table.frame(site.frame);
        let known = |number: u32| {
            if number == 0 {
                String::new()
            } else {
                number.to_string()
            }
        };
        csv.write_record([
            &site.id.to_string(),
            &site.key,
            site.kind.name(),
            site.attribution.name(),
            function.unwrap_or(""),
            file.unwrap_or(""),
            &known(line),
            &known(column),
            table.callee(site),
            &site.size.map_or(String::new(), |size| size.to_string()),
            &site.count_only.to_string(),
            &site.offset.to_string(),
        ])?;
    }
    csv.flush()?;
    Ok(())
}

fn write_tinygo(out: &mut impl Write, table: &SiteTable) -> anyhow::Result<()> {
    for site in &table.sites {
        let (function, file, line, column) = table.frame(site.frame);
        let size = match site.size {
            Some(size) => plural(size, "byte"),
            None if site.count_only => "size is not known".to_owned(),
            None => "size is not constant".to_owned(),
        };
        // Without a file the function stands in its place: the line still says where.
        let place = printable(file.or(function).unwrap_or("?"));
        let callee = printable(table.callee(site));
        let kind = site.kind.name();
        writeln!(
            out,
            "{place}:{line}:{column}: object allocated on the heap: {size} ({kind}, {callee})"
        )?;
    }
    Ok(())
}
