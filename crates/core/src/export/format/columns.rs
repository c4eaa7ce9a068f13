//! Columns and their types, for files and loaders that want to know them before the first row.
//!
//! A loader that takes them from the first rows refuses the file when a field shows up only later.

use std::fmt::Write;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text; a time is text too, as RFC 3339.
    Text,
    /// A floating-point number of 64 bits.
    Number,
    /// A whole number of 64 bits with a sign.
    Integer,
    /// True or false.
    Truth,
    /// Any number of the same.
    List(&'static ColumnType),
    /// Named fields.
    Record(&'static [Column]),
}

/// A column of a table, or a field of a record in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub of: ColumnType,
    /// Whether rows may lack it.
    pub is_optional: bool,
}

impl Column {
    /// One that every row has.
    pub(super) const fn always(name: &'static str, of: ColumnType) -> Self {
        Self { name, of, is_optional: false }
    }

    /// One that rows may lack.
    pub(super) const fn maybe(name: &'static str, of: ColumnType) -> Self {
        Self { name, of, is_optional: true }
    }
}

/// A message with its role and content.
pub(super) const MESSAGE: ColumnType = ColumnType::Record(&[
    Column::always("role", ColumnType::Text),
    Column::always("content", ColumnType::Text),
]);

/// A conversation.
pub(super) const MESSAGES: ColumnType = ColumnType::List(&MESSAGE);

/// The columns as a card's head declares them, in YAML.
pub(super) fn features(columns: &[Column]) -> String {
    let mut yaml = "  features:\n".to_owned();
    add_features(&mut yaml, columns, 1);
    yaml
}

fn add_features(yaml: &mut String, columns: &[Column], depth: usize) {
    let indent = "  ".repeat(depth);
    for column in columns {
        writeln!(yaml, "{indent}- name: {}", column.name).expect("writing to a string cannot fail");
        let (key, fields) = match column.of {
            ColumnType::Record(fields) => ("struct:".to_owned(), fields),
            ColumnType::List(ColumnType::Record(fields)) => ("list:".to_owned(), *fields),
            // Older versions of the library know a list of plain values by this name only.
            ColumnType::List(of) => (format!("sequence: {}", type_name(*of)), [].as_slice()),
            of => (format!("dtype: {}", type_name(of)), [].as_slice()),
        };
        writeln!(yaml, "{indent}  {key}").expect("writing to a string cannot fail");
        add_features(yaml, fields, depth + 1);
    }
}

fn type_name(of: ColumnType) -> &'static str {
    match of {
        ColumnType::Text => "string",
        ColumnType::Number => "float64",
        ColumnType::Integer => "int64",
        ColumnType::Truth => "bool",
        ColumnType::List(_) | ColumnType::Record(_) => {
            unreachable!("a list holds plain values or records of fields")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::format::Format;

    #[test]
    fn a_card_declares_columns_as_the_hub_reads_them() {
        const COLUMNS: &[Column] = &[
            Column::always("prompt", MESSAGES),
            Column::always("chosen", MESSAGE),
            Column::maybe("label", ColumnType::Truth),
            Column::always("ids", ColumnType::List(&ColumnType::Text)),
        ];
        let expected = "  features:
  - name: prompt
    list:
    - name: role
      dtype: string
    - name: content
      dtype: string
  - name: chosen
    struct:
    - name: role
      dtype: string
    - name: content
      dtype: string
  - name: label
    dtype: bool
  - name: ids
    sequence: string
";
        assert_eq!(features(COLUMNS), expected);
        for format in Format::ALL {
            // No type that a card has no word for.
            format.columns().map(features);
        }
    }
}
