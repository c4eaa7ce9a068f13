//! From a page to one HTML file that needs nothing else.
//!
//! The template engine escapes every text; only the style, which is ours, and drawings, whose texts the drawing library escapes, are written as they are.
//! The file's own policy allows this style and nothing else: no script, no address, no other style.

use super::page::Page;
use anyhow::{Context, Result};
use base64::Engine as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{context, Environment, HtmlEscape, Value};
use sha2::{Digest, Sha256};

const TEMPLATES: [(&str, &str); 3] = [
    ("report.html", include_str!("template/report.html")),
    ("blocks.html", include_str!("template/blocks.html")),
    ("table.html", include_str!("template/table.html")),
];
const STYLE: &str = concat!(include_str!("template/report.css"), include_str!("template/print.css"));

/// The page as a file.
pub fn html(page: &Page) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("prose", prose);
    environment.add_filter("command", command);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).context("a template of the report is damaged")?;
    }
    let template = environment.get_template("report.html").context("the report has no template")?;
    let values = context! { page => Serde(page), style => STYLE, policy => policy(), version => env!("CARGO_PKG_VERSION") };
    template.render(values).context("cannot write the report")
}

/// A text escaped, what stands between two backticks as code, numbers together with their percent signs, and flags unbroken.
fn prose(text: &str) -> Value {
    let escaped = HtmlEscape(text).to_string().replace(" %", "\u{a0}%");
    let mut parts = escaped.split('`');
    let mut html = unbroken(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        match parts.next() {
            Some(after) => html += &format!("<code>{}</code>{}", unbroken(part), unbroken(after)),
            None => html += &format!("`{}", unbroken(part)),
        }
    }
    Value::from_safe_string(html)
}

/// A command escaped, its flags unbroken.
fn command(text: &str) -> Value {
    Value::from_safe_string(unbroken(&HtmlEscape(text).to_string()))
}

/// Flags in an escaped text, such as `--half-life`, kept on one line: a browser breaks lines after hyphens.
fn unbroken(escaped: &str) -> String {
    // A longer word is no flag of ours, and could be wider than a phone.
    const LONGEST: usize = 40;
    let word = |word: &str| match word.starts_with("--") && word.len() <= LONGEST {
        true => format!("<span class=\"flag\">{word}</span>"),
        false => word.to_owned(),
    };
    escaped.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What the file may load and run: nothing but the style that has this hash.
fn policy() -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests {
    use super::super::chart::{dots, Dot, Ink, Scale};
    use super::super::page::{Block, DisputeView, Figure, Item, Key, Section, Speech, Table};
    use super::*;

    const HOSTILE: &str = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

    /// A page whose every text is hostile.
    fn hostile() -> Page {
        let text = || HOSTILE.to_owned();
        let mut table = Table::of_words(text(), [HOSTILE, HOSTILE]);
        table.row([text(), text()]);
        let mut numbers = Table::of_numbers(text(), [HOSTILE]);
        numbers.row([text()]);
        let mut folded = Table::of_numbers(text(), [HOSTILE]);
        folded.row([text()]);
        let mut opinions = Table::of_words(text(), [HOSTILE]);
        opinions.row([text()]);
        let dot = Dot {
            name: "</svg><b>&".to_owned(),
            value: 0.5,
            interval: Some((0.1, 0.9)),
            ink: Ink::First,
            n: Some(9),
        };
        let figure = Figure {
            title: text(),
            text: text(),
            picture: Some(dots(&[dot], Scale::Percent, Some(0.5))),
            legend: Key::of([HOSTILE, HOSTILE], |_| true),
            notes: vec![text()],
            table: numbers,
        };
        let speech = || Speech { who: text(), text: text(), left_out: 3 };
        let dispute = DisputeView {
            title: text(),
            text: text(),
            messages: vec![speech()],
            responses: vec![speech(), speech()],
            opinions,
        };
        let blocks = vec![
            Block::heading(text()),
            Block::text(text()),
            Block::Answer { label: text(), text: text(), more: vec![text()] },
            Block::cannot_tell(text(), text()),
            Block::missing(text(), text()),
            Block::nothing(text()),
            Block::Facts { facts: vec![super::super::page::Fact::new(HOSTILE, HOSTILE)] },
            Block::List { items: vec![Item::new(text(), text()).leading_to("one")] },
            Block::Table(table),
            Block::Folded(folded),
            Block::Figures { figures: vec![figure] },
            Block::Disputes { disputes: vec![dispute] },
        ];
        let sections = vec![Section { id: "one", title: "One", blocks }];
        Page { title: text(), subtitle: text(), sections, notes: vec![text()] }
    }

    #[test]
    fn no_text_becomes_markup() {
        let html = html(&hostile()).unwrap();
        for markup in ["<script", "<img", "<b>", "onerror=alert(2)>\""] {
            assert!(!html.contains(markup), "`{markup}` in {html}");
        }
        for once in ["</style>", "</title>\n<meta", "</head>", "</html>"] {
            assert_eq!(html.matches(once).count(), 1, "`{once}` in {html}");
        }
        assert!(html.matches("&lt;script&gt;").count() > 20, "every text is there");
    }

    #[test]
    fn backticks_become_code_and_what_belongs_together_is_not_broken() {
        for (text, expected) in [
            ("what `length` is worth", "what <code>length</code> is worth"),
            ("`<b>`, `tie", "<code>&lt;b&gt;</code>, `tie"),
            ("5 % of & all", "5\u{a0}% of &amp; all"),
            ("with --half-life, or", "with <span class=\"flag\">--half-life,</span> or"),
            ("`a --b \"c\"`", "<code>a <span class=\"flag\">--b</span> &quot;c&quot;</code>"),
        ] {
            assert_eq!(prose(text).to_string(), expected);
        }
    }

    #[test]
    fn the_file_needs_nothing_else() {
        let html = html(&hostile()).unwrap();
        let own = html.replace("&lt;img src=x", "");
        for address in ["http:", "https:", "src=", "@import", "url(", "<link", "style=", "javascript:"] {
            assert!(!own.contains(address), "`{address}` in {own}");
        }
        let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
        let written = hash.replace('/', "&#x2f;");
        assert!(html.contains(&format!("sha256-{written}")), "the policy allows the style: {written}");
    }

    #[test]
    fn the_markup_is_well_formed() {
        let html = html(&hostile()).unwrap();
        let mut open: Vec<&str> = Vec::new();
        for tag in html.split('<').skip(1).map(|part| part.split('>').next().unwrap()) {
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
            if tag.starts_with('!') || tag.ends_with('/') || name == "meta" {
                continue;
            }
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "closes what is open, in {html}");
            } else {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn ids_are_unique_and_links_lead_to_them() {
        let html = html(&hostile()).unwrap();
        let values = |attribute: &str| -> Vec<String> {
            let start = format!(" {attribute}=\"");
            let parts = html.split(start.as_str()).skip(1);
            parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
        };
        let mut ids = values("id");
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
        for target in values("href")
            .iter()
            .map(|link| &link[1..])
            .chain(values("aria-labelledby").iter().flat_map(|names| names.split(' ')))
        {
            assert!(ids.iter().any(|id| id == target), "`{target}` is not in {ids:?}");
        }
    }
}
