//! Tables for terminals and for markdown.

use allocinstr_sites::printable;
use comfy_table::{CellAlignment, Table, presets};

/// How a table is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Markdown,
}

/// Draws `rows` under `header`, the first `numbers` columns aligned right. Names come from the
/// module: what could end a line, a cell or a tag is escaped.
pub(crate) fn draw<const N: usize>(
    style: Style,
    header: [&str; N],
    numbers: usize,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Plain => presets::NOTHING,
        Style::Markdown => presets::ASCII_MARKDOWN,
    });
    table.set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| match style {
            Style::Plain => printable(&cell),
            Style::Markdown => markdown(&printable(&cell)),
        }));
    }
    for column in 0..numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    let lines = text.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}

fn markdown(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '<' => out.push_str("&lt;"),
                '&' => out.push_str("&amp;"),
                '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '\\' => out.extend(['\\', c]),
                _ => out.push(c),
            }
            out
        })
}
