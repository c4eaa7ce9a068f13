//! Whom encrypted connections trust: the usual certificate authorities, or those of `SSL_CERT_FILE`.

use anyhow::{bail, Context, Result};
use std::path::Path;
use ureq::tls::{parse_pem, Certificate, PemItem, RootCerts, TlsConfig};
use ureq::Error;

/// The variable that OpenSSL and Python's libraries read too.
const VARIABLE: &str = "SSL_CERT_FILE";

/// What to do where a connection fails at a certificate.
pub const ADVICE: &str =
    "where a company's proxy opens connections, or the server's certificate is a private one, \
    set SSL_CERT_FILE to a PEM file with the root certificate that it goes back to";

/// What connections trust.
pub fn tls() -> Result<TlsConfig> {
    let path = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let roots = path.map(|path| roots(Path::new(&path))).transpose()?.unwrap_or(RootCerts::WebPki);
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn roots(path: &Path) -> Result<RootCerts> {
    let shown = path.display();
    let pem = std::fs::read(path).with_context(|| format!("{VARIABLE} is {shown}, which cannot be read"))?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    let certificates: Result<Vec<Certificate<'static>>, Error> = certificates.collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates.into()),
        _ => bail!("{VARIABLE} is {shown}, which holds no certificates: expected a PEM file"),
    }
}

/// What is wrong with the certificate that a connection failed at; none where it was something else.
pub fn problem(error: &Error) -> Option<String> {
    let text = match error {
        Error::Io(io) => io.to_string(),
        Error::Rustls(rustls) => rustls.to_string(),
        _ => return None,
    };
    text.contains("certificate").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn certificates_are_read_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, format!("# Ours\n{one}\n{one}")).unwrap();
        assert!(
            matches!(roots(&path).unwrap(), RootCerts::Specific(certificates) if certificates.len() == 2)
        );
        for wrong in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n", "<html></html>"] {
            std::fs::write(&path, wrong).unwrap();
            let error = roots(&path).unwrap_err().to_string();
            assert!(error.contains("roots.pem, which holds no certificates"), "{wrong:?}: {error}");
        }
        let error = roots(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.starts_with("SSL_CERT_FILE is ") && error.contains("cannot be read"), "{error}");
    }

    #[test]
    fn certificates_are_told_from_other_failures() {
        let of = |text: &str| problem(&Error::Io(io::Error::new(io::ErrorKind::InvalidData, text)));
        let unknown = "invalid peer certificate: UnknownIssuer";
        assert_eq!(of(unknown).as_deref(), Some(unknown));
        assert_eq!(of("connection reset by peer"), None);
        assert_eq!(problem(&Error::HostNotFound), None);
    }
}
