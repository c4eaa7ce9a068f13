//! Markdown as a tree that a page can build elements from, text by text.
//!
//! Nothing in the tree is HTML: tags in a response are text like any other, an image is its description,
//! and a link has an address only where that is of the web or of mail.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::Serialize;

/// The longest text that is parsed; a longer one is shown as it is.
const MOST_BYTES: usize = 200_000;
/// The deepest nesting; what lies deeper is put on the level above it.
const MOST_DEPTH: usize = 24;

/// A part of a text: a block, or something within one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(optional_fields, rename = "MarkdownNode"))]
pub struct Node {
    /// `paragraph`, `heading`, `list`, `item`, `quote`, `code_block`, `rule`, `table`, `row`, `cell`;
    /// `text`, `strong`, `emphasis`, `strike`, `code`, `link`, `break`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Of `text`, `code` and `code_block`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a heading, 1 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Of a list that counts: its first number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<u64>,
    /// Of a list: whether it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
    /// Of a row: whether it is the table's head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Of a link: an address that begins with `https:`, `http:` or `mailto:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// What is in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "types", ts(as = "Option<Vec<Node>>"))]
    pub children: Vec<Node>,
}

impl Node {
    fn of(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    fn text(kind: &'static str, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::of(kind) }
    }
}

/// The blocks of a Markdown text.
pub fn markdown(text: &str) -> Vec<Node> {
    if text.len() > MOST_BYTES {
        return vec![Node { children: vec![Node::text("text", text)], ..Node::of("paragraph") }];
    }
    let mut tree = Tree { stack: vec![Node::of("root")], too_deep: 0 };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        tree.take(event);
    }
    while tree.stack.len() > 1 {
        tree.close();
    }
    tree.stack.pop().map(|root| root.children).unwrap_or_default()
}

struct Tree {
    /// The open nodes, outermost first.
    stack: Vec<Node>,
    /// Open tags that have no node because they lie too deep.
    too_deep: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(_) if self.stack.len() > MOST_DEPTH => self.too_deep += 1,
            Event::End(_) if self.too_deep > 0 => self.too_deep -= 1,
            Event::Start(tag) => self.stack.push(node_of(tag)),
            Event::End(TagEnd::HtmlBlock) => {
                // A block of tags is a paragraph that shows them.
                if let Some(last) = self.stack.last_mut() {
                    trim_end(last);
                }
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.add_text(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.add_text(&text),
            Event::Code(text) => self.add(Node::text("code", text.into_string())),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.add_text(&text),
            Event::FootnoteReference(name) => self.add_text(&format!("[^{name}]")),
            Event::SoftBreak => self.add_text("\n"),
            Event::HardBreak => self.add(Node::of("break")),
            Event::Rule => self.add(Node::of("rule")),
            Event::TaskListMarker(done) => self.add_text(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn add(&mut self, node: Node) {
        if let Some(open) = self.stack.last_mut() {
            open.children.push(node);
        }
    }

    fn add_text(&mut self, text: &str) {
        let Some(open) = self.stack.last_mut() else { return };
        if open.kind == "code_block" {
            open.text.get_or_insert_default().push_str(text);
            return;
        }
        match open.children.last_mut() {
            Some(Node { kind: "text", text: Some(last), .. }) => last.push_str(text),
            _ => open.children.push(Node::text("text", text)),
        }
    }

    fn close(&mut self) {
        if self.stack.len() > 1
            && let Some(node) = self.stack.pop()
        {
            self.add(node);
        }
    }
}

fn node_of(tag: Tag<'_>) -> Node {
    match tag {
        Tag::Paragraph | Tag::HtmlBlock => Node::of("paragraph"),
        Tag::Heading { level, .. } => Node { level: Some(level_of(level)), ..Node::of("heading") },
        Tag::BlockQuote(_) => Node::of("quote"),
        Tag::CodeBlock(_) => Node::text("code_block", ""),
        Tag::List(start) => Node { ordered: Some(start.is_some()), start, ..Node::of("list") },
        Tag::Item => Node::of("item"),
        Tag::Table(_) => Node::of("table"),
        Tag::TableHead => Node { header: Some(true), ..Node::of("row") },
        Tag::TableRow => Node { header: Some(false), ..Node::of("row") },
        Tag::TableCell => Node::of("cell"),
        Tag::Emphasis => Node::of("emphasis"),
        Tag::Strong => Node::of("strong"),
        Tag::Strikethrough => Node::of("strike"),
        Tag::Link { dest_url, .. } => Node { href: safe_address(&dest_url), ..Node::of("link") },
        // Of an image its description is left, in brackets.
        Tag::Image { .. } => Node { children: vec![Node::text("text", "[image] ")], ..Node::of("emphasis") },
        _ => Node::of("paragraph"),
    }
}

fn level_of(level: HeadingLevel) -> u8 {
    level as u8
}

/// The address, where it is of the web or of mail and holds nothing that hides what it is.
fn safe_address(address: &CowStr<'_>) -> Option<String> {
    let lower = address.to_ascii_lowercase();
    let is_known = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    let is_plain = !address.chars().any(|c| c.is_control() || c.is_whitespace());
    (is_known && is_plain && address.len() <= 2000).then(|| address.to_string())
}

fn trim_end(node: &mut Node) {
    if let Some(Node { text: Some(text), .. }) = node.children.last_mut() {
        text.truncate(text.trim_end().len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        serde_json::to_string(&markdown(text)).unwrap()
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(json(text), expected);
    }

    #[test]
    fn what_replies_hold_becomes_a_tree() {
        check(
            "Hi **you** and *me*",
            r#"[{"type":"paragraph","children":[{"type":"text","text":"Hi "},{"type":"strong","children":[{"type":"text","text":"you"}]},{"type":"text","text":" and "},{"type":"emphasis","children":[{"type":"text","text":"me"}]}]}]"#,
        );
        check(
            "3. a\n4. b",
            r#"[{"type":"list","start":3,"ordered":true,"children":[{"type":"item","children":[{"type":"text","text":"a"}]},{"type":"item","children":[{"type":"text","text":"b"}]}]}]"#,
        );
        check("```\nlet x;\n```", r#"[{"type":"code_block","text":"let x;\n"}]"#);
        check(
            "# T\n\n---",
            r#"[{"type":"heading","level":1,"children":[{"type":"text","text":"T"}]},{"type":"rule"}]"#,
        );
        check(
            "|a|\n|-|\n|b|",
            r#"[{"type":"table","children":[{"type":"row","header":true,"children":[{"type":"cell","children":[{"type":"text","text":"a"}]}]},{"type":"row","header":false,"children":[{"type":"cell","children":[{"type":"text","text":"b"}]}]}]}]"#,
        );
    }

    #[test]
    fn tags_are_text() {
        check(
            "<script>alert(1)</script>",
            r#"[{"type":"paragraph","children":[{"type":"text","text":"<script>alert(1)</script>"}]}]"#,
        );
        assert!(json("a <img src=x onerror=alert(1)> b").contains("a <img src=x onerror=alert(1)> b"));
    }

    #[test]
    fn only_addresses_of_the_web_and_of_mail_are_links() {
        assert!(json("[a](https://example.org/x)").contains(r#""href":"https://example.org/x""#));
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//example.org",
            "file:///etc/passwd",
            "<java\tscript:x>",
        ] {
            assert!(!json(&format!("[a]({address})")).contains("href"), "{address}");
        }
        assert!(!json("![a](https://example.org/x.png)").contains("example.org"));
    }

    #[test]
    fn bombs_are_bounded() {
        fn depth(nodes: &[Node]) -> usize {
            nodes.iter().map(|node| 1 + depth(&node.children)).max().unwrap_or(0)
        }
        for text in [
            ">".repeat(5_000),
            "- ".repeat(3_000),
            "[".repeat(50_000),
            "*a ".repeat(20_000),
            "`".repeat(9_999),
            "![".repeat(9_999),
        ] {
            let tree = markdown(&text);
            assert!(depth(&tree) <= MOST_DEPTH + 3, "{}", &text[..6]);
        }
        let long = "a".repeat(MOST_BYTES + 1);
        assert_eq!(markdown(&long)[0].children[0].text.as_deref(), Some(long.as_str()));
    }
}
