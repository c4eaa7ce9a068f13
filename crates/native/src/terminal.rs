//! Text for people: wrapped, in colour where that is wanted, and harmless.

use console::Style;
use textwrap::Options;

/// The widest that text is read with ease.
const WIDEST: usize = 100;
/// Where there is no terminal.
const PLAIN_WIDTH: usize = 80;

/// How standard output is written to.
pub struct Paper {
    width: usize,
    has_colour: bool,
}

impl Paper {
    /// That of standard output: its width, and colour only on a terminal without `NO_COLOR`.
    pub fn of_stdout() -> Self {
        let term = console::Term::stdout();
        let width = term.size_checked().map_or(PLAIN_WIDTH, |(_, columns)| usize::from(columns));
        let refuses_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width: width.clamp(20, WIDEST), has_colour: term.is_term() && !refuses_colour }
    }

    #[cfg(test)]
    pub fn plain(width: usize) -> Self {
        Self { width, has_colour: false }
    }

    /// `text` in paragraphs, each line after `indent`, with a line end after each.
    pub fn wrap(&self, text: &str, indent: &str) -> String {
        self.hang(text, indent, indent)
    }

    /// The same, with `first` before the first line.
    pub fn hang(&self, text: &str, first: &str, indent: &str) -> String {
        let options = Options::new(self.width).initial_indent(first).subsequent_indent(indent);
        let mut wrapped = textwrap::fill(harmless(text).trim_end(), options);
        wrapped.push('\n');
        wrapped
    }

    /// Lines as they are, those at the margin as headings, with a line end after each.
    pub fn with_headings(&self, text: &str) -> String {
        let line = |line: &str| {
            let is_heading = !line.is_empty() && !line.starts_with(' ');
            (if is_heading { self.bold(line) } else { line.to_owned() }) + "\n"
        };
        text.lines().map(line).collect()
    }

    pub fn bold(&self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    pub fn green(&self, text: &str) -> String {
        self.styled(text, Style::new().green())
    }

    pub fn red(&self, text: &str) -> String {
        self.styled(text, Style::new().red())
    }

    pub fn dim(&self, text: &str) -> String {
        self.styled(text, Style::new().dim())
    }

    fn styled(&self, text: &str, style: Style) -> String {
        style.force_styling(self.has_colour).apply_to(text).to_string()
    }
}

/// `text` without the control characters with which a model could command a terminal.
pub fn harmless(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c })
        .collect()
}

/// `1,234,567`.
pub fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 B`, `16.5 GB`: in powers of 1000, as disks and the hub have it.
pub fn bytes(number: u64) -> String {
    let mut unit = number as f64;
    if unit < 1000.0 {
        return format!("{number} B");
    }
    for name in ["kB", "MB", "GB"] {
        unit /= 1000.0;
        // What would be written as 1000.0 is one of the next unit.
        if unit < 999.95 {
            return format!("{unit:.1} {name}");
        }
    }
    format!("{:.1} TB", unit / 1000.0)
}

/// `1 prompt`, `2 prompts`.
pub fn plural(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {noun}{end}", count(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_under_its_indent() {
        let paper = Paper::plain(20);
        assert_eq!(paper.hang("one two three four five", "a: ", "   "), "a: one two three\n   four five\n");
        assert_eq!(paper.wrap("one\ntwo\n", "  "), "  one\n  two\n");
        assert_eq!(paper.bold("x"), "x");
    }

    #[test]
    fn a_response_cannot_command_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\nc\rd"), "a\u{fffd}[2Jb\nc\u{fffd}d");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([0u64, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [999, 1000, 999_949, 999_950, 16_500_000_000, 2_000_000_000_000_000].map(bytes),
            ["999 B", "1.0 kB", "999.9 kB", "1.0 MB", "16.5 GB", "2000.0 TB"]
        );
        assert_eq!([plural(1, "prompt"), plural(1200, "pair")], ["1 prompt", "1,200 pairs"]);
    }
}
