//! What stands around a word without changing it.

/// Without white space and characters that nobody sees, at both ends.
pub fn space(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Without quotes, brackets, emphasis and stops too.
pub fn wrapping(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || WRAPPING.contains(c))
}

/// Without what begins a line of Markdown: headings, lists, emphasis.
pub fn line_start(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "#*_-+•–".contains(c));
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match text[digits..].strip_prefix(['.', ')']) {
        Some(rest) if digits > 0 => rest.trim_start_matches(|c: char| c.is_whitespace() || "*_".contains(c)),
        _ => text,
    }
}

const WRAPPING: &str = "*_~`\"'“”„‟‘’‚«»‹›「」『』【】《》()[]{}（）［］.,;:!?。！？：；，、…#";

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' | '\u{FE0F}')
}

/// Without `prefix`, which is in small letters, in whatever case the text has it.
pub fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    let mut is_next = |c: char| rest.next().is_some_and(|other| other == c || other.to_lowercase().eq([c]));
    let is_prefix = prefix.chars().all(&mut is_next);
    is_prefix.then_some(rest.as_str())
}

/// In small letters, and else as [`visible`].
pub fn plain(text: &str) -> String {
    visible(text).to_lowercase()
}

/// Full-width letters and digits as plain ones, runs of white space as one space, and without what nobody sees.
pub fn visible(text: &str) -> String {
    let wide = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '’' => '\'',
        c => c,
    };
    let text: String = text.chars().filter(|c| !is_invisible(*c)).map(wide).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
