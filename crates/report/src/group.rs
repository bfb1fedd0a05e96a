//! What one line of a report stands for.

use allocinstr_sites::{Packages, Site, SiteTable, readable};

/// The size of what is added up, as in pprof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A call in the source.
    Site,
    /// A function; overloads, and instances of a generic function, are one where they read the same.
    Function,
    /// A source file.
    File,
    /// A Go import path, an AssemblyScript source module, a Rust crate, a C++ namespace.
    Package,
}

/// Names what sites belong to.
pub struct Groups<'a> {
    table: &'a SiteTable,
    packages: Packages<'a>,
}

impl<'a> Groups<'a> {
    /// For the sites of `table`.
    pub fn new(table: &'a SiteTable) -> Groups<'a> {
        let packages = Packages::new(&table.model, &table.names);
        Groups { table, packages }
    }

    /// What `site` belongs to, for people; empty where that is not known.
    pub fn name(&self, site: &Site, granularity: Granularity) -> String {
        let (function, file, ..) = self.table.frame(site.frame);
        match granularity {
            Granularity::Site => place(self.table, site.frame, self.table.callee(site)),
            Granularity::Function => function.map_or(String::new(), readable),
            Granularity::File => file.unwrap_or("").to_owned(),
            Granularity::Package => function.map_or(String::new(), |name| self.packages.of(name)),
        }
    }
}

/// `function (file:line:column) → callee`, as far as it is known, for people: names are shortened.
pub fn place(table: &SiteTable, frame: u32, callee: &str) -> String {
    let (function, file, line, column) = table.frame(frame);
    let (function, callee) = (function.map(readable), readable(callee));
    let position = match (file, line, column) {
        (None, ..) => String::new(),
        (Some(file), 0, _) => file.to_owned(),
        (Some(file), line, 0) => format!("{file}:{line}"),
        (Some(file), line, column) => format!("{file}:{line}:{column}"),
    };
    let from = match (function, position.as_str()) {
        (Some(function), "") => function,
        (Some(function), position) => format!("{function} ({position})"),
        (None, position) => position.to_owned(),
    };
    format!("{from} → {callee}")
}
