//! What templates written for Python's Jinja expect to find.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};
use regex::Regex;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;
use std::sync::LazyLock;

/// Steps that a template may take, far more than any conversation needs; it takes about a second to use them up.
const FUEL: u64 = 5_000_000;
/// How deep macros may call each other, so that they end before the stack does.
const RECURSION_LIMIT: usize = 64;

/// The function by which templates ask for the date.
pub(super) const DATE_FUNCTION: &str = "strftime_now";

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Such as 2026.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn new() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_LIMIT);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", raise_exception);
    environment.add_filter("tojson", to_json);
    environment.add_test("iterable", is_iterable);
    environment
}

/// Gives templates the function `strftime_now`, which for them tells the date.
pub(super) fn set_date(environment: &mut Environment<'static>, date: Date) {
    environment.add_function(DATE_FUNCTION, move |format: &str| date.format(format));
}

/// Takes out the tags around an assistant's text that only training uses, and keeps what they do to the white space around them.
pub(super) fn without_generation_tags(source: &str) -> String {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\{%(?<left>[-+]?)\s*(?<end>end)?generation\s*(?<right>[-+]?)%\}")
            .expect("the pattern is sound")
    });
    let replaced = TAG.replace_all(source, |tag: &regex::Captures| {
        let block = if tag.name("end").is_some() { "endif" } else { "if true" };
        format!("{{%{} {block} {}%}}", &tag["left"], &tag["right"])
    });
    replaced.into_owned()
}

impl Date {
    fn format(self, format: &str) -> Result<String, Error> {
        let mut text = String::new();
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            match character {
                '%' => text.push_str(&self.part(&mut characters)?),
                other => text.push(other),
            }
        }
        Ok(text)
    }

    fn part(self, directive: &mut impl Iterator<Item = char>) -> Result<String, Error> {
        let month = MONTHS.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or_default();
        Ok(match directive.next() {
            Some('Y') => format!("{:04}", self.year),
            Some('y') => format!("{:02}", self.year % 100),
            Some('m') => format!("{:02}", self.month),
            Some('d') => format!("{:02}", self.day),
            Some('B') => month.to_owned(),
            Some('b') => month.chars().take(3).collect(),
            Some('%') => "%".to_owned(),
            other => {
                let name = other.map_or_else(String::new, String::from);
                let text = format!("strftime_now knows %Y, %y, %m, %d, %B and %b, but not %{name}");
                return Err(Error::new(ErrorKind::InvalidOperation, text));
            }
        })
    }
}

/// As in Python, where nothing can be taken out of `none`: templates ask so whether there are tools.
fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, format!("the template refuses these messages: {message}")))
}

/// JSON as Python writes it, with a space after commas and colons and with no character escaped for HTML.
fn to_json(value: Value, options: Kwargs) -> Result<String, Error> {
    let json = match options.get::<Option<usize>>("indent")? {
        Some(width) => serialize(&value, PrettyFormatter::with_indent(" ".repeat(width.min(16)).as_bytes())),
        None => serialize(&value, Spaced),
    };
    json.map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, format!("cannot be written as JSON: {error}"))
    })
}

fn serialize(value: &Value, formatter: impl Formatter) -> serde_json::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(String::from_utf8(bytes).expect("JSON is UTF-8"))
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
