//! One line in, one record out, or what is wrong with it.

use super::check::Finding;
use super::locate::column_of;
use super::problem::{Fault, printable};
use super::record::{NAMES, Record};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The record on a line that is not blank.
pub(super) fn parse_record<T: Record>(line: &[u8]) -> Result<T, Vec<Fault>> {
    let line = text(line).map_err(|fault| vec![fault])?;
    if let Some(record) = good_record(line) {
        return Ok(record);
    }
    check_schema::<T>(line).map_err(|fault| vec![fault])?;
    let mut record: T = parse_json(line).map_err(|fault| vec![fault])?;
    record.extra_mut().remove("schema");
    let findings = record.check();
    if findings.is_empty() { Ok(record) } else { Err(locate(line, findings)) }
}

/// The record on a line in which nothing is wrong: without looking for what may be and where, it is found in half the time.
fn good_record<T: Record>(line: &str) -> Option<T> {
    // Of two fields of this name the last would be taken, without a word.
    if line.matches("\"schema\"").nth(1).is_some() {
        return None;
    }
    let mut record: T = serde_json::from_str(line).ok()?;
    let schema = record.extra_mut().remove("schema")?;
    (schema == T::SCHEMA && record.check().is_empty()).then_some(record)
}

/// The line as text.
pub(crate) fn text(line: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(line).map_err(|error| Fault {
        incomplete: error.error_len().is_none(),
        ..Fault::new(error.valid_up_to() as u64 + 1, "the line is not valid UTF-8").expected("text in UTF-8")
    })?;
    match text.find('\0') {
        // What a file system leaves behind when the power fails.
        Some(at) => Err(Fault {
            incomplete: true,
            ..Fault::new(at as u64 + 1, "the line holds zero bytes").expected("text in UTF-8")
        }),
        None => Ok(text),
    }
}

/// The findings with their columns.
pub(super) fn locate(line: &str, findings: Vec<Finding>) -> Vec<Fault> {
    let fault = |finding: Finding| {
        let message = format!("field `{}`: {}", finding.path, finding.message);
        Fault::new(column_of(line, &finding.path), message).expected(finding.expected)
    };
    findings.into_iter().map(fault).collect()
}

/// Refuses a line that is no record of this kind and version, before its fields are looked at.
pub(super) fn check_schema<T: Record>(line: &str) -> Result<(), Fault> {
    let start = line.len() - line.trim_start().len();
    if !line[start..].starts_with('{') {
        return Err(Fault::new(start as u64 + 1, "the line is no JSON object")
            .expected(format!("`{{\"schema\":\"{}\", …}}`", T::SCHEMA)));
    }
    let Some(schema) = parse_json::<Header>(line)?.schema else {
        return match T::NEEDS_SCHEMA {
            true => Err(Fault::new(start as u64 + 1, "there is no field `schema`")
                .expected(format!("`\"schema\":\"{}\"`", T::SCHEMA))),
            false => Ok(()),
        };
    };
    if schema == T::SCHEMA {
        return Ok(());
    }
    let own_name = name_of(T::SCHEMA).expect("every SCHEMA has a name");
    let message = match name_of(&schema) {
        Some(name) if name == own_name => {
            format!("version `{schema}` is not known to this program")
        }
        Some(name) if NAMES.contains(&name) => format!("a record of another kind, `{schema}`"),
        _ => format!("the schema `{}` is not known to this program", printable(&schema)),
    };
    Err(Fault::new(column_of(line, "schema"), message).expected(format!("`{}`", T::SCHEMA)))
}

/// What a line says it is.
#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    schema: Option<String>,
}

/// The name of the record that a line says it is, whatever else is wrong with it.
pub(super) fn record_name(line: &[u8]) -> Option<&'static str> {
    let schema = serde_json::from_slice::<Header>(line).ok()?.schema?;
    let name = name_of(&schema)?;
    NAMES.into_iter().find(|known| *known == name)
}

/// `sample` of `tiebreak/sample/1`.
fn name_of(schema: &str) -> Option<&str> {
    schema.strip_prefix("tiebreak/")?.split_once('/').map(|(name, _)| name)
}

/// A value from a line of JSON, with path and column of what does not fit.
pub(crate) fn parse_json<T: DeserializeOwned>(line: &str) -> Result<T, Fault> {
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| fault_of(error.inner(), &error.path().to_string(), line))?;
    deserializer.end().map_err(|error| fault_of(&error, ".", line))?;
    Ok(value)
}

/// What serde says, taken apart into what is wrong and what was expected.
fn fault_of(error: &serde_json::Error, path: &str, line: &str) -> Fault {
    let full = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = full.strip_suffix(&position).unwrap_or(&full);
    let (message, expected) = match text.rsplit_once(", expected ") {
        Some((message, expected)) => (message, Some(expected)),
        None => (text, None),
    };
    let end = error.column().max(1) as u64;
    let (column, message) = match error.classify() {
        // serde_json tells where a value ends; where it starts is of more use.
        Category::Data if path != "." => (column_of(line, path), format!("field `{path}`: {message}")),
        Category::Data => (end, message.to_owned()),
        _ => (end, format!("not JSON: {message}")),
    };
    let fault = Fault { incomplete: breaks_off(error, line), ..Fault::new(column, message) };
    match expected {
        Some(expected) => fault.expected(expected),
        None => fault,
    }
}

/// Whether the line ends before its JSON does; a number that is cut within is invalid before it is incomplete.
fn breaks_off(error: &serde_json::Error, line: &str) -> bool {
    let cut_number =
        error.is_syntax() && error.column() >= line.len() && line.ends_with(['-', '+', '.', 'e', 'E']);
    error.is_eof() || cut_number
}
