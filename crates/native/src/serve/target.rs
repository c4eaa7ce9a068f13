//! Which file a request means; nothing outside the folder, by whatever name.

use percent_encoding::percent_decode_str;
use std::path::{Component, Path, PathBuf};

/// What an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(PathBuf),
    /// A folder's address without its last slash: relative links would go wrong.
    Folder,
    /// Nothing that is served.
    Missing,
}

impl Target {
    /// Of the request's target, such as `/a%20b/c.js?x`, in a folder by its canonical path.
    pub fn find(folder: &Path, target: &str) -> Self {
        Self::inside(folder, target).unwrap_or(Self::Missing)
    }

    fn inside(folder: &Path, target: &str) -> Option<Self> {
        let address = path_of(target).strip_prefix('/')?;
        let mut path = folder.to_owned();
        for segment in address.split('/').filter(|segment| !segment.is_empty()) {
            path.push(name(segment)?);
        }
        // Links are followed before it is asked where they lead.
        let mut path = path.canonicalize().ok().filter(|path| path.starts_with(folder))?;
        let asks_for_folder = address.is_empty() || address.ends_with('/');
        if path.is_dir() && !asks_for_folder {
            return Some(Self::Folder);
        }
        if path.is_dir() {
            path = path.join("index.html").canonicalize().ok().filter(|path| path.starts_with(folder))?;
        } else if asks_for_folder {
            return None;
        }
        path.is_file().then_some(Self::File(path))
    }
}

/// The target without its query.
pub fn path_of(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

/// A segment's plain name; none for what could lead elsewhere on some system.
fn name(segment: &str) -> Option<String> {
    let name = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
    if name.contains(['/', '\\', ':', '\0']) {
        return None;
    }
    let mut components = Path::new(&name).components();
    let is_plain = matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none();
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let around = tempfile::tempdir().unwrap();
        fs::write(around.path().join("secret.txt"), "secret").unwrap();
        let folder = around.path().join("dist");
        fs::create_dir_all(folder.join("sub dir")).unwrap();
        fs::create_dir_all(folder.join("bare")).unwrap();
        for file in ["index.html", "a.js", "sub dir/index.html", "sub dir/ä.txt"] {
            fs::write(folder.join(file), file).unwrap();
        }
        let folder = folder.canonicalize().unwrap();
        (around, folder)
    }

    #[test]
    fn files_and_folders_are_found() {
        let (_around, folder) = folder();
        for (target, file) in [
            ("/", "index.html"),
            ("/?study=a.json&slot=1", "index.html"),
            ("/a.js", "a.js"),
            ("/a.js?v=../../x", "a.js"),
            ("//a.js", "a.js"),
            ("/sub%20dir/", "sub dir/index.html"),
            ("/sub%20dir/%C3%A4.txt", "sub dir/ä.txt"),
        ] {
            assert_eq!(Target::find(&folder, target), Target::File(folder.join(file)), "{target}");
        }
        assert_eq!(Target::find(&folder, "/sub%20dir"), Target::Folder);
    }

    #[test]
    fn nothing_outside_the_folder_is_found() {
        let (_around, folder) = folder();
        for target in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/%2E%2E%2Fsecret.txt",
            "/..%2fsecret.txt",
            "/..%5csecret.txt",
            "/..\\secret.txt",
            "/%252e%252e/secret.txt",
            "/./a.js",
            "/sub%20dir/../../secret.txt",
            "/sub%20dir/../a.js",
            "/C:/secret.txt",
            "/a.js%00.txt",
            "/a.js/",
            "/bare/",
            "/%ff",
            "a.js",
            "http://127.0.0.1/a.js",
            "",
            "*",
        ] {
            assert_eq!(Target::find(&folder, target), Target::Missing, "{target}");
        }
        let absolute = folder.with_file_name("secret.txt");
        assert_eq!(Target::find(&folder, &format!("/{}", absolute.display())), Target::Missing);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_within_the_folder() {
        use std::os::unix::fs::symlink;
        let (around, folder) = folder();
        symlink(folder.join("a.js"), folder.join("same.js")).unwrap();
        symlink(around.path().join("secret.txt"), folder.join("out.txt")).unwrap();
        symlink(around.path(), folder.join("up")).unwrap();
        symlink(around.path().join("secret.txt"), folder.join("bare/index.html")).unwrap();
        assert_eq!(Target::find(&folder, "/same.js"), Target::File(folder.join("a.js")));
        for target in ["/out.txt", "/up/secret.txt", "/up/", "/up", "/bare/"] {
            assert_eq!(Target::find(&folder, target), Target::Missing, "{target}");
        }
        assert_eq!(Target::find(&folder, "/up/dist/a.js"), Target::File(folder.join("a.js")));
    }
}
